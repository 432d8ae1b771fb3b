"""Requests are answered, and refused, with a real node's words."""

import base64
import itertools
import json
import struct
from typing import Any

import pytest
from solders.account import Account
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from deploy.localnet.addresses import (
    DEVNET_GENESIS_HASH,
    TOKEN_PROGRAM,
    USDC_DEVNET_MINT,
    associated_token_account,
)
from deploy.localnet.chain import LocalChain
from deploy.localnet.rpc import METHODS, Rpc
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, ask, ask_error, pay

LOOKUP_TABLES = Pubkey.from_string("AddressLookupTab1e1111111111111111111111111")
BASE64 = {"encoding": "base64"}
BUYER_USDC = str(associated_token_account(BUYER.pubkey()))


def wire(transaction: VersionedTransaction) -> str:
    return base64.b64encode(bytes(transaction)).decode()


def signed(chain: LocalChain, lamports: int = 1_000, **options: Any) -> VersionedTransaction:
    return pay(chain.latest_blockhash()[0], lamports, **options)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 40_000, -32700),
        (b'{"jsonrpc": "2.0", "id": NaN, "method": "getCoffee"}', -32601),
        (b"[]", -32600),
        (b"7", -32600),
        (b'{"id": 1, "method": "getSlot"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "getCoffee"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "getBalance", "params": {}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "getBalance", "params": ["x"]}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "getBalance"}', -32602),
    ],
)
def test_a_request_that_means_nothing_is_refused(rpc: Rpc, sent: bytes, code: int) -> None:
    reply: Any = rpc.answer(sent).body

    assert reply["error"]["code"] == code


def test_no_parameters_break_a_method(rpc: Rpc) -> None:
    nonsense = (["x"], [1], [{}], [[]], [None, None, None], [{"a": []}, 7], ["x", "y", "z"])
    for method, params in itertools.product(sorted(METHODS), nonsense):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

        reply: Any = rpc.answer(json.dumps(request).encode()).body

        assert reply.get("error", {}).get("code") != -32603, (method, params)


def test_a_batch_is_answered_in_order(rpc: Rpc) -> None:
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "getHealth"},
        {"jsonrpc": "2.0", "id": 2, "method": "getCoffee"},
    ]

    reply: Any = rpc.answer(json.dumps(batch).encode()).body

    assert [entry["id"] for entry in reply] == [1, 2]
    assert reply[0]["result"] == "ok"
    assert reply[1]["error"]["code"] == -32601


def test_the_genesis_hash_is_devnets(rpc: Rpc) -> None:
    assert ask(rpc, "getGenesisHash") == DEVNET_GENESIS_HASH


def test_preflight_says_what_a_node_says_of_a_failing_transfer(rpc: Rpc) -> None:
    error = ask_error(rpc, "sendTransaction", wire(signed(rpc.chain, 100 * SOL)), BASE64)

    assert error["code"] == -32002
    assert error["message"] == (
        "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1"
    )
    assert error["data"]["err"] == {"InstructionError": [0, {"Custom": 1}]}
    assert any("insufficient lamports" in line for line in error["data"]["logs"])
    assert rpc.chain.machine.balance(BUYER.pubkey()) == 10 * SOL


def test_preflight_says_what_a_node_says_of_a_duplicate(rpc: Rpc) -> None:
    sent = wire(signed(rpc.chain))
    ask(rpc, "sendTransaction", sent, BASE64)

    error = ask_error(rpc, "sendTransaction", sent, BASE64)

    assert error["code"] == -32002
    assert error["data"]["err"] == "AlreadyProcessed"
    assert error["message"].endswith("This transaction has already been processed")


def test_preflight_says_what_a_node_says_of_an_expired_blockhash(rpc: Rpc) -> None:
    sent = wire(signed(rpc.chain))
    rpc.chain.advance_slots(151)

    error = ask_error(rpc, "sendTransaction", sent, BASE64)

    assert (error["code"], error["data"]["err"]) == (-32002, "BlockhashNotFound")
    assert error["message"] == "Transaction simulation failed: Blockhash not found"


def test_preflight_refuses_a_forged_signature(rpc: Rpc) -> None:
    message = signed(rpc.chain).message
    forged = wire(VersionedTransaction.populate(message, [Signature.new_unique()]))

    error = ask_error(rpc, "sendTransaction", forged, BASE64)

    assert error["code"] == -32003


def test_without_preflight_what_cannot_land_is_dropped_silently(rpc: Rpc) -> None:
    transaction = signed(rpc.chain)
    rpc.chain.advance_slots(151)

    reply = ask(rpc, "sendTransaction", wire(transaction), {**BASE64, "skipPreflight": True})

    assert reply == str(transaction.signatures[0])
    assert ask(rpc, "getSignatureStatuses", [reply])["value"] == [None]


def test_without_preflight_a_duplicate_gets_its_signature_back(rpc: Rpc) -> None:
    transaction = signed(rpc.chain)
    options = {**BASE64, "skipPreflight": True}

    first = ask(rpc, "sendTransaction", wire(transaction), options)
    second = ask(rpc, "sendTransaction", wire(transaction), options)

    assert first == second
    assert rpc.chain.machine.balance(SELLER.pubkey()) == SOL + 1_000


@pytest.mark.parametrize("sent", ["", "!!", "AAAA", base64.b64encode(bytes(1_300)).decode()])
def test_bytes_that_are_no_transaction_are_refused(rpc: Rpc, sent: str) -> None:
    assert ask_error(rpc, "sendTransaction", sent, BASE64)["code"] == -32602


def test_excess_bytes_are_refused(rpc: Rpc) -> None:
    padded = base64.b64encode(bytes(signed(rpc.chain)) + b"\0").decode()

    assert ask_error(rpc, "sendTransaction", padded, BASE64)["code"] == -32602


def test_a_context_slot_in_the_future_is_refused(rpc: Rpc) -> None:
    wanted = {"minContextSlot": rpc.chain.slot + 1}

    error = ask_error(rpc, "getBalance", str(BUYER.pubkey()), wanted)

    assert (error["code"], error["data"]) == (-32016, {"contextSlot": rpc.chain.slot})


def test_a_versioned_transaction_needs_a_client_that_says_it_knows_them(rpc: Rpc) -> None:
    signature = ask(rpc, "sendTransaction", wire(signed(rpc.chain)), BASE64)

    assert ask_error(rpc, "getTransaction", signature, BASE64)["code"] == -32015
    found = ask(rpc, "getTransaction", signature, {"maxSupportedTransactionVersion": 0})
    assert found["version"] == 0


def test_the_history_shows_memo_error_and_slot(rpc: Rpc) -> None:
    first = ask(rpc, "sendTransaction", wire(signed(rpc.chain, memo="order 7")), BASE64)
    rpc.chain.advance_slots(1)
    failing = wire(signed(rpc.chain, 100 * SOL))
    second = ask(rpc, "sendTransaction", failing, {**BASE64, "skipPreflight": True})

    listed = ask(rpc, "getSignaturesForAddress", str(SELLER.pubkey()))

    assert [entry["signature"] for entry in listed] == [second, first]
    assert [entry["memo"] for entry in listed] == [None, "[7] order 7"]
    assert [entry["err"] for entry in listed] == [{"InstructionError": [0, {"Custom": 1}]}, None]
    assert listed[0]["slot"] == listed[1]["slot"] + 1


def test_the_history_is_read_in_pages(rpc: Rpc) -> None:
    sent = [
        ask(rpc, "sendTransaction", wire(signed(rpc.chain, lamports)), BASE64)
        for lamports in range(1, 6)
    ]
    newest_first = sent[::-1]

    def page(**config: Any) -> list[str]:
        found = ask(rpc, "getSignaturesForAddress", str(BUYER.pubkey()), config)
        return [entry["signature"] for entry in found]

    assert page(limit=2) == newest_first[:2]
    assert page(before=newest_first[1]) == newest_first[2:]
    assert page(until=newest_first[2]) == newest_first[:2]
    assert page(before=newest_first[0], until=newest_first[3]) == newest_first[1:3]
    assert ask_error(rpc, "getSignaturesForAddress", str(BUYER.pubkey()), {"limit": 1_001})


def test_balances_before_and_after_prove_a_token_payment(rpc: Rpc) -> None:
    wallet = Keypair().pubkey()
    ask(rpc, "localnet_mintTo", str(wallet), 5)
    signature = ask(rpc, "localnet_mintTo", str(wallet), 7)

    meta = ask(rpc, "getTransaction", signature, {"maxSupportedTransactionVersion": 0})["meta"]

    assert [entry["uiTokenAmount"]["amount"] for entry in meta["preTokenBalances"]] == ["5"]
    (after,) = meta["postTokenBalances"]
    assert (after["owner"], after["mint"]) == (str(wallet), str(USDC_DEVNET_MINT))
    assert after["uiTokenAmount"] == {
        "amount": "12",
        "decimals": 6,
        "uiAmount": 0.000012,
        "uiAmountString": "0.000012",
    }


def test_two_equal_gifts_in_one_slot_are_two_gifts(rpc: Rpc) -> None:
    wallet = str(Pubkey.new_unique())

    gifts = {ask(rpc, "requestAirdrop", wallet, SOL) for _ in range(2)}

    assert len(gifts) == 2
    assert ask(rpc, "getBalance", wallet)["value"] == 2 * SOL


def test_token_accounts_are_found_by_owner_and_mint(rpc: Rpc) -> None:
    owner = str(BUYER.pubkey())

    by_mint = ask(rpc, "getTokenAccountsByOwner", owner, {"mint": str(USDC_DEVNET_MINT)}, BASE64)
    by_program = ask(
        rpc, "getTokenAccountsByOwner", owner, {"programId": str(TOKEN_PROGRAM)}, BASE64
    )

    assert [entry["pubkey"] for entry in by_mint["value"]] == [BUYER_USDC]
    assert by_program["value"] == by_mint["value"]
    assert ask(rpc, "getTokenAccountBalance", BUYER_USDC)["value"]["amount"] == "100000000"
    assert ask(rpc, "getTokenSupply", str(USDC_DEVNET_MINT))["value"]["amount"] == "100000000"


def test_program_accounts_are_filtered_by_size_and_bytes(rpc: Rpc) -> None:
    filters = [{"dataSize": 165}, {"memcmp": {"offset": 32, "bytes": str(BUYER.pubkey())}}]

    found = ask(rpc, "getProgramAccounts", str(TOKEN_PROGRAM), {**BASE64, "filters": filters})

    assert [entry["pubkey"] for entry in found] == [BUYER_USDC]


def test_a_closed_account_leaves_the_index(rpc: Rpc) -> None:
    rpc.chain.write_accounts({Pubkey.from_string(BUYER_USDC): None})
    owner = str(BUYER.pubkey())

    found = ask(rpc, "getTokenAccountsByOwner", owner, {"mint": str(USDC_DEVNET_MINT)}, BASE64)

    assert found["value"] == []


def test_a_fee_is_quoted_only_while_the_blockhash_lives(rpc: Rpc) -> None:
    message = signed(rpc.chain).message
    assert isinstance(message, MessageV0)
    encoded = base64.b64encode(b"\x80" + bytes(message)).decode()

    assert ask(rpc, "getFeeForMessage", encoded)["value"] == 5_000
    rpc.chain.advance_slots(151)
    assert ask(rpc, "getFeeForMessage", encoded)["value"] is None


def test_an_address_loaded_from_a_table_is_in_the_history(rpc: Rpc) -> None:
    table, loaded = Pubkey.new_unique(), SELLER.pubkey()
    # kind, never deactivated, extended in slot 0 from index 0, no authority, padding
    header = struct.pack("<IQQBB32sH", 1, 2**64 - 1, 0, 0, 0, bytes(32), 0)
    rpc.chain.write_accounts({table: Account(SOL, header + bytes(loaded), LOOKUP_TABLES)})
    move = transfer(TransferParams(from_pubkey=BUYER.pubkey(), to_pubkey=loaded, lamports=1_000))
    message = MessageV0.try_compile(
        BUYER.pubkey(),
        [move],
        [AddressLookupTableAccount(table, [loaded])],
        rpc.chain.latest_blockhash()[0],
    )
    assert loaded not in message.account_keys
    signature = ask(rpc, "sendTransaction", wire(VersionedTransaction(message, [BUYER])), BASE64)

    (listed,) = ask(rpc, "getSignaturesForAddress", str(loaded))
    found = ask(rpc, "getTransaction", signature, {"maxSupportedTransactionVersion": 0})

    assert listed["signature"] == signature
    assert found["meta"]["loadedAddresses"] == {"writable": [str(loaded)], "readonly": []}
    assert ask(rpc, "getBalance", str(loaded))["value"] == SOL + 1_000


def test_a_lookup_table_that_does_not_exist_is_named_as_the_cause(rpc: Rpc) -> None:
    message = MessageV0.try_compile(
        BUYER.pubkey(),
        [
            transfer(
                TransferParams(
                    from_pubkey=BUYER.pubkey(), to_pubkey=SELLER.pubkey(), lamports=1_000
                )
            )
        ],
        [AddressLookupTableAccount(Pubkey.new_unique(), [SELLER.pubkey()])],
        rpc.chain.latest_blockhash()[0],
    )

    error = ask_error(rpc, "sendTransaction", wire(VersionedTransaction(message, [BUYER])), BASE64)

    assert error["data"]["err"] == "AddressLookupTableNotFound"
