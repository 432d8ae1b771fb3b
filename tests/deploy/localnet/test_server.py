"""Unmodified clients work over HTTP and websocket; foreign pages do not."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import websockets
from solana.rpc.async_api import AsyncClient
from solana.rpc.models import TxOpts
from solana.rpc.websocket_api import connect
from solders.pubkey import Pubkey
from solders.rpc.config import RpcTransactionLogsFilterMentions
from solders.rpc.responses import (
    AccountNotification,
    LogsNotification,
    SignatureNotification,
    SlotNotification,
    SubscriptionResult,
)
from solders.transaction import VersionedTransaction
from solders.transaction_status import TransactionConfirmationStatus

from deploy.localnet.addresses import USDC_DEVNET_MINT, associated_token_account
from deploy.localnet.server import LocalnetServer, bind_loopback
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, body, pay

JSON = {"content-type": "application/json"}


def signed(server: LocalnetServer, lamports: int = 1_000, **options: Any) -> VersionedTransaction:
    return pay(server.chain.latest_blockhash()[0], lamports, **options)


async def test_solana_py_sends_confirms_and_reads(server: LocalnetServer) -> None:
    async with AsyncClient(server.rpc_url) as client:
        latest = (await client.get_latest_blockhash()).value
        transaction = pay(latest.blockhash, 1_000, memo="hello")
        signature = (await client.send_raw_transaction(bytes(transaction))).value
        await client.confirm_transaction(
            signature, last_valid_block_height=latest.last_valid_block_height
        )
        status = (await client.get_signature_statuses([signature])).value[0]
        found = (await client.get_transaction(signature, max_supported_transaction_version=0)).value
        listed = (await client.get_signatures_for_address(SELLER.pubkey())).value

    assert status is not None
    assert status.confirmation_status == TransactionConfirmationStatus.Finalized
    assert found is not None
    assert found.transaction.meta is not None
    assert found.transaction.meta.err is None
    assert [(entry.signature, entry.memo) for entry in listed] == [(signature, "[5] hello")]


@pytest.mark.parametrize("encoding", ["json", "jsonParsed", "base64"])
async def test_solana_py_reads_every_transaction_encoding(
    server: LocalnetServer, encoding: str
) -> None:
    landed = server.rpc.faucet.mint_usdc(BUYER.pubkey(), 7)

    async with AsyncClient(server.rpc_url) as client:
        found = await client.get_transaction(landed.signature, encoding, None, 0)

    assert found.value is not None
    assert found.value.transaction.meta is not None
    assert found.value.transaction.meta.inner_instructions == []


async def test_solana_py_reads_accounts_tokens_and_the_cluster(server: LocalnetServer) -> None:
    token = associated_token_account(BUYER.pubkey())
    async with AsyncClient(server.rpc_url) as client:
        assert (await client.get_balance(BUYER.pubkey())).value == 10 * SOL
        assert (await client.get_token_account_balance(token)).value.amount == "100000000"
        info = (await client.get_account_info(USDC_DEVNET_MINT)).value
        assert info is not None
        assert len(info.data) == 82
        assert (await client.get_account_info_json_parsed(token)).value is not None
        assert (await client.get_multiple_accounts([token, Pubkey.new_unique()])).value[1] is None
        assert (await client.get_minimum_balance_for_rent_exemption(165)).value == 2_039_280
        height = (await client.get_block_height()).value
        assert (await client.get_latest_blockhash()).value.last_valid_block_height == height + 150
        assert (await client.get_epoch_info()).value.block_height == height
        slot = (await client.get_slot()).value
        assert (await client.get_block(slot, max_supported_transaction_version=0)).value is not None
        assert (await client.get_block_time(slot)).value is not None
        assert (await client.get_version()).value.solana_core
        assert (await client.get_token_largest_accounts(USDC_DEVNET_MINT)).value[0].address == token
        airdrop = (await client.request_airdrop(Pubkey.new_unique(), SOL)).value
        assert (await client.get_signature_statuses([airdrop])).value[0] is not None


async def test_solana_py_simulates(server: LocalnetServer) -> None:
    async with AsyncClient(server.rpc_url) as client:
        good = (await client.simulate_transaction(signed(server), sig_verify=True)).value
        bad = (await client.simulate_transaction(signed(server, 100 * SOL))).value

    assert good.err is None
    assert good.units_consumed
    assert bad.err is not None


async def test_without_preflight_solana_py_gets_the_same_signature_twice(
    server: LocalnetServer,
) -> None:
    wire, options = bytes(signed(server)), TxOpts(skip_preflight=True)

    async with AsyncClient(server.rpc_url) as client:
        first = await client.send_raw_transaction(wire, opts=options)
        second = await client.send_raw_transaction(wire, opts=options)

    assert first.value == second.value
    assert server.chain.machine.balance(SELLER.pubkey()) == SOL + 1_000


async def next_of(websocket: Any, kind: type) -> Any:
    async with asyncio.timeout(5):
        while True:
            for message in await websocket.recv():
                if isinstance(message, kind):
                    return message


async def test_a_subscriber_hears_of_a_signature_account_and_logs(server: LocalnetServer) -> None:
    transaction = signed(server, memo="hear this")
    async with connect(server.ws_url) as websocket:
        await websocket.signature_subscribe(transaction.signatures[0])
        await websocket.account_subscribe(SELLER.pubkey())
        await websocket.logs_subscribe(RpcTransactionLogsFilterMentions(SELLER.pubkey()))
        for _ in range(3):
            await next_of(websocket, SubscriptionResult)

        server.chain.submit(transaction)

        heard = {}
        async with asyncio.timeout(5):
            while len(heard) < 3:
                heard.update({type(message): message for message in await websocket.recv()})
    assert heard[SignatureNotification].result.value.err is None
    assert heard[AccountNotification].result.value.lamports == SOL + 1_000
    assert heard[LogsNotification].result.value.signature == transaction.signatures[0]


async def test_a_signature_that_landed_before_notifies_at_once(server: LocalnetServer) -> None:
    transaction = signed(server)
    server.chain.submit(transaction)

    async with connect(server.ws_url) as websocket:
        await websocket.signature_subscribe(transaction.signatures[0])

        assert (await next_of(websocket, SignatureNotification)).result.value.err is None


async def test_an_account_too_large_for_base58_does_not_silence_the_feed(
    server: LocalnetServer,
) -> None:
    token = associated_token_account(BUYER.pubkey())
    subscribe = {"jsonrpc": "2.0", "id": 1, "method": "accountSubscribe", "params": [str(token)]}
    async with websockets.connect(server.ws_url) as websocket, asyncio.timeout(5):
        await websocket.send(json.dumps(subscribe))
        await websocket.recv()
        server.rpc.faucet.mint_usdc(BUYER.pubkey(), 1)

        notice = json.loads(await websocket.recv())

    assert notice["params"]["result"]["value"]["data"].startswith("error:")


async def test_a_bad_subscription_is_refused(server: LocalnetServer) -> None:
    wrong = {"id": 1, "jsonrpc": "2.0", "method": "accountSubscribe"}
    key = str(BUYER.pubkey())
    async with websockets.connect(server.ws_url) as websocket, asyncio.timeout(5):
        await websocket.send(json.dumps({**wrong, "params": [key, {"encoding": "morse"}]}))
        encoding = json.loads(await websocket.recv())
        await websocket.send(json.dumps({**wrong, "method": "teaSubscribe", "params": []}))
        method = json.loads(await websocket.recv())
        await websocket.send("{")
        parse = json.loads(await websocket.recv())

    codes = [reply["error"]["code"] for reply in (encoding, method, parse)]
    assert codes == [-32602, -32601, -32700]


async def test_every_slot_is_announced_until_unsubscribed(server: LocalnetServer) -> None:
    async with connect(server.ws_url) as websocket:
        await websocket.slot_subscribe()
        number = (await next_of(websocket, SubscriptionResult)).result
        before = server.chain.slot
        server.chain.advance_slots(2)

        first = await next_of(websocket, SlotNotification)
        second = await next_of(websocket, SlotNotification)
        await websocket.slot_unsubscribe(number)

    assert [first.result.slot, second.result.slot] == [before + 1, before + 2]


def test_health_says_ok_and_the_slot(server: LocalnetServer) -> None:
    reply = httpx.get(f"{server.rpc_url}/health")

    assert (reply.status_code, reply.json()) == (200, {"status": "ok", "slot": server.chain.slot})


def test_a_form_of_a_foreign_page_is_refused(server: LocalnetServer) -> None:
    plain = {"content-type": "text/plain"}

    reply = httpx.post(server.rpc_url, content=body("getHealth"), headers=plain)

    assert reply.status_code == 415


def test_a_foreign_origin_gets_no_permission(server: LocalnetServer) -> None:
    asked = {"origin": "https://example.com", "access-control-request-method": "POST"}

    assert httpx.options(server.rpc_url, headers=asked).status_code == 400


def test_a_name_that_merely_resolves_here_is_refused(server: LocalnetServer) -> None:
    reply = httpx.post(
        server.rpc_url, content=body("getHealth"), headers={**JSON, "host": "evil.example"}
    )

    assert reply.status_code == 400


def test_an_oversized_request_is_refused(server: LocalnetServer) -> None:
    reply = httpx.post(server.rpc_url, content=b" " * 60_000, headers=JSON)

    assert reply.status_code == 413


def test_only_loopback_is_served() -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        bind_loopback("0.0.0.0", 0)  # noqa: S104 - the refusal is the point
