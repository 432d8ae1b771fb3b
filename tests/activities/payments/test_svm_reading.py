"""A message is explained only if it is one plain transfer; everything hostile is refused."""

import base64
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.system_program import AdvanceNonceAccountParams as Advance
from solders.system_program import TransferParams, advance_nonce_account, transfer
from solders.token import ID as TOKEN_PROGRAM

from activities.payments import svm_transfer
from activities.payments.svm_reading import TransferWords, explain
from domain.chains import USDC_DEVNET
from domain.errors import SignatureRefused

WALLET, SELLER, FACILITATOR, THIEF = (
    Keypair.from_seed(bytes([n] * 32)).pubkey() for n in (41, 42, 43, 44)
)
TOKEN_2022 = Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
PAYMENT = svm_transfer.Transfer(
    payer=WALLET,
    pay_to=SELLER,
    fee_payer=FACILITATOR,
    asset=USDC_DEVNET,
    base_units=400_000,
    memo="ab" * 16,
    authority=WALLET,
)
HONEST = svm_transfer.message_of(PAYMENT, Hash.default())
SOURCE = svm_transfer.token_account(WALLET, USDC_DEVNET)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def message_with(*more: Instruction, payer: Pubkey = FACILITATOR, plain: bool = True) -> str:
    """Compile the honest instructions with others behind them."""
    honest = [
        set_compute_unit_limit(20_000),
        set_compute_unit_price(1),
        svm_transfer._transfer_checked(PAYMENT),
        Instruction(svm_transfer.MEMO_PROGRAM, b"memo", []),
    ]
    instructions = [*(honest if plain else []), *more]
    return text(to_bytes_versioned(MessageV0.try_compile(payer, instructions, [], Hash.default())))


def token(*data: int, accounts: tuple[Pubkey, ...], program: Pubkey = TOKEN_PROGRAM) -> Instruction:
    metas = [AccountMeta(key, is_signer=key == WALLET, is_writable=True) for key in accounts]
    return Instruction(program, bytes(data), metas)


def test_an_honest_payment_is_said_in_full() -> None:
    assert explain(svm_transfer.message_text(HONEST)) == TransferWords(
        source=str(SOURCE),
        destination=str(svm_transfer.token_account(SELLER, USDC_DEVNET)),
        mint=USDC_DEVNET.address,
        authority=str(WALLET),
        base_units=400_000,
        decimals=6,
        fee_payer=str(FACILITATOR),
        memo="ab" * 16,
    )


HOSTILE: dict[str, Instruction] = {
    "a second transfer": svm_transfer._transfer_checked(replace(PAYMENT, pay_to=THIEF)),
    "an allowance": token(4, *struct.pack("<Q", 10**12), accounts=(SOURCE, THIEF, WALLET)),
    "a new owner": token(6, 2, 1, *bytes(THIEF), accounts=(SOURCE, WALLET)),
    "a burn": token(8, *struct.pack("<Q", 10**6), accounts=(SOURCE, THIEF, WALLET)),
    "a closed account": token(9, accounts=(SOURCE, THIEF, WALLET)),
    "a transfer of the other token program": token(
        12, *struct.pack("<QB", 1, 6), accounts=(SOURCE, THIEF, THIEF, WALLET), program=TOKEN_2022
    ),
    "lamports": transfer(TransferParams(from_pubkey=WALLET, to_pubkey=THIEF, lamports=10**9)),
    "a nonce, which makes it valid for ever": advance_nonce_account(
        Advance(nonce_pubkey=THIEF, authorized_pubkey=WALLET)
    ),
    "a program nobody knows": Instruction(
        THIEF, b"\0", [AccountMeta(WALLET, is_signer=True, is_writable=True)]
    ),
    "a second memo": Instruction(svm_transfer.MEMO_PROGRAM, b"more", []),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_payment_that_does_anything_else_is_refused(name: str) -> None:
    with pytest.raises(SignatureRefused):
        explain(message_with(HOSTILE[name]))


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"a second transfer"}))
def test_what_is_no_payment_is_refused(name: str) -> None:
    with pytest.raises(SignatureRefused):
        explain(message_with(HOSTILE[name], plain=False))


def test_our_own_wallet_pays_no_fee() -> None:
    with pytest.raises(SignatureRefused, match="own wallet pay"):
        explain(message_with(payer=WALLET))


def test_a_transfer_without_its_check_of_the_token_is_refused() -> None:
    unchecked = token(3, *struct.pack("<Q", 400_000), accounts=(SOURCE, THIEF, WALLET))

    with pytest.raises(SignatureRefused, match="no plain transfer"):
        explain(message_with(unchecked, plain=False))


def test_a_transfer_with_more_signers_than_one_is_refused() -> None:
    shared = token(12, *struct.pack("<QB", 1, 6), accounts=(SOURCE, THIEF, THIEF, SELLER, WALLET))

    with pytest.raises(SignatureRefused, match="no plain transfer"):
        explain(message_with(shared, plain=False))


def test_a_message_of_the_old_format_is_refused() -> None:
    instruction = svm_transfer._transfer_checked(PAYMENT)
    legacy = Message.new_with_blockhash([instruction], FACILITATOR, Hash.default())

    with pytest.raises(SignatureRefused, match="version"):
        explain(text(bytes(legacy)))


def test_accounts_out_of_tables_are_refused() -> None:
    raw = to_bytes_versioned(HONEST)
    assert raw[-1] == 0  # the number of tables
    named = raw[:-1] + b"\x01" + bytes(THIEF) + b"\x01\x00" + b"\x00"

    with pytest.raises(SignatureRefused, match="through tables"):
        explain(text(named))


@pytest.mark.parametrize("tail", [b"\0", b"\x01", bytes(64)])
def test_bytes_after_the_message_are_refused(tail: bytes) -> None:
    with pytest.raises(SignatureRefused):
        explain(text(to_bytes_versioned(HONEST) + tail))


@pytest.mark.parametrize("garbage", ["", "gA==", "not base64!", "\u00e9", "gP//////"])
def test_what_is_no_message_is_refused(garbage: str) -> None:
    with pytest.raises(SignatureRefused):
        explain(garbage)


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_do_anything_but_be_refused(content: bytes, versioned: bool) -> None:
    raw = b"\x80" + content if versioned else content

    with pytest.raises(SignatureRefused):
        explain(text(raw))


@given(st.data())
def test_a_changed_byte_is_refused_or_changes_the_words_or_nothing_that_counts(data: Any) -> None:
    raw = bytearray(to_bytes_versioned(HONEST))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    honest = explain(svm_transfer.message_text(HONEST))

    try:
        words = explain(text(bytes(raw)))
    except SignatureRefused:
        return
    if words == honest:
        # Left are the header, the blockhash, and what the fee payer's compute units cost.
        changed = MessageV0.from_bytes(bytes(raw[1:]))
        assert _tokens(changed) == _tokens(HONEST)


@given(
    base_units=st.integers(0, 2**64 - 1),
    memo=st.text(max_size=80),
    payee=st.binary(min_size=32, max_size=32),
)
def test_the_words_are_the_transfers_own(base_units: int, memo: str, payee: bytes) -> None:
    pay_to = Pubkey.from_bytes(payee)
    made = replace(PAYMENT, base_units=base_units, memo=memo, pay_to=pay_to)

    words = explain(svm_transfer.message_text(svm_transfer.message_of(made, Hash.default())))

    assert (words.base_units, words.memo) == (base_units, memo)
    assert words.destination == str(svm_transfer.token_account(pay_to, USDC_DEVNET))


def _tokens(message: MessageV0) -> list[tuple[bytes, list[str]]]:
    keys = message.account_keys
    return [
        (bytes(one.data), [str(keys[index]) for index in bytes(one.accounts)])
        for one in message.instructions
        if keys[one.program_id_index] == TOKEN_PROGRAM
    ]
