"""Each fault does what it says, and nothing is wrong unless asked."""

import base64
import time
from typing import Any

import httpx
import pytest

from deploy.localnet.rpc import Rpc
from deploy.localnet.server import LocalnetServer
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, ask, ask_error, body, pay, post

JSON = {"content-type": "application/json"}
SELLER_KEY = str(SELLER.pubkey())


def send(rpc: Rpc, lamports: int = 1_000, **options: Any) -> tuple[str, list[Any]]:
    transaction = pay(rpc.chain.latest_blockhash()[0], lamports)
    wire = base64.b64encode(bytes(transaction)).decode()
    return str(transaction.signatures[0]), [wire, {"encoding": "base64", **options}]


def test_nothing_is_wrong_by_default(rpc: Rpc) -> None:
    assert ask(rpc, "localnet_faults") == []


def test_a_dropped_answer_is_lost_after_its_effect(server: LocalnetServer) -> None:
    post(server.rpc_url, "localnet_setFault", {"kind": "drop", "method": "sendTransaction"})
    signature, params = send(server.rpc)

    with pytest.raises(httpx.RemoteProtocolError):
        post(server.rpc_url, "sendTransaction", *params)

    post(server.rpc_url, "localnet_clearFaults")
    (status,) = post(server.rpc_url, "getSignatureStatuses", [signature])["value"]
    assert status["err"] is None


def test_a_delayed_answer_is_late(server: LocalnetServer) -> None:
    described = {"kind": "delay", "method": "getSlot", "seconds": 0.3, "count": 1}
    post(server.rpc_url, "localnet_setFault", described)

    with pytest.raises(httpx.ReadTimeout):
        post(server.rpc_url, "getSlot", timeout=0.1)
    started = time.monotonic()
    post(server.rpc_url, "getSlot")

    assert time.monotonic() - started < 0.2


def test_a_transaction_that_never_lands_is_acknowledged(rpc: Rpc) -> None:
    ask(rpc, "localnet_setFault", {"kind": "never_land", "count": 1})
    signature, params = send(rpc)

    assert ask(rpc, "sendTransaction", *params) == signature
    assert ask(rpc, "getSignatureStatuses", [signature])["value"] == [None]
    assert rpc.chain.machine.balance(SELLER.pubkey()) == SOL
    # The same bytes sent again, once the fault is spent, do land.
    ask(rpc, "sendTransaction", *params)
    assert rpc.chain.machine.balance(SELLER.pubkey()) == SOL + 1_000


def test_an_rpc_error_comes_before_any_effect(rpc: Rpc) -> None:
    described = {"kind": "rpc_error", "method": "sendTransaction", "message": "busy", "count": 1}
    ask(rpc, "localnet_setFault", described)
    signature, params = send(rpc)

    error = ask_error(rpc, "sendTransaction", *params)

    assert error == {"code": -32005, "message": "busy"}
    assert ask(rpc, "getSignatureStatuses", [signature])["value"] == [None]


def test_an_rpc_error_may_be_an_http_error(server: LocalnetServer) -> None:
    described = {"kind": "rpc_error", "method": "getSlot", "http_status": 503}
    post(server.rpc_url, "localnet_setFault", described)

    reply = httpx.post(server.rpc_url, content=body("getSlot"), headers=JSON)

    assert reply.status_code == 503


def test_a_lagging_node_does_not_know_recent_transactions(rpc: Rpc) -> None:
    rpc.chain.advance_slots(10)
    ask(rpc, "localnet_setFault", {"kind": "lag", "slots": 5})
    signature, params = send(rpc)
    ask(rpc, "sendTransaction", *params)
    versioned = {"maxSupportedTransactionVersion": 0}

    assert ask(rpc, "getSignatureStatuses", [signature])["value"] == [None]
    assert ask(rpc, "getTransaction", signature, versioned) is None
    assert ask(rpc, "getSignaturesForAddress", SELLER_KEY) == []
    assert ask(rpc, "getBalance", SELLER_KEY)["value"] == SOL
    rpc.chain.advance_slots(5)
    assert ask(rpc, "getSignatureStatuses", [signature])["value"][0] is not None
    assert ask(rpc, "getTransaction", signature, versioned) is not None
    assert len(ask(rpc, "getSignaturesForAddress", SELLER_KEY)) == 1
    assert ask(rpc, "getBalance", SELLER_KEY)["value"] == SOL + 1_000


def test_a_lagging_node_still_shows_accounts_that_are_gone(rpc: Rpc) -> None:
    ask(rpc, "localnet_setFault", {"kind": "lag", "slots": 1})
    rpc.chain.advance_slots(1)
    rpc.chain.submit(pay(rpc.chain.latest_blockhash()[0], 10 * SOL - 5_000))

    assert rpc.chain.machine.account(BUYER.pubkey()) is None
    assert ask(rpc, "getBalance", str(BUYER.pubkey()))["value"] == 10 * SOL


def test_a_fault_strikes_as_often_as_asked(rpc: Rpc) -> None:
    ask(rpc, "localnet_setFault", {"kind": "rpc_error", "method": "getSlot", "count": 2})

    ask(rpc, "getBlockHeight")
    ask_error(rpc, "getSlot")
    (left,) = ask(rpc, "localnet_faults")
    ask_error(rpc, "getSlot")

    assert left["count"] == 1
    assert ask(rpc, "getSlot") == rpc.chain.slot
    assert ask(rpc, "localnet_faults") == []


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"kind": "sulk"},
        {"kind": "delay"},
        {"kind": "lag"},
        {"kind": "lag", "slots": 0},
        {"kind": "drop", "count": 0},
        {"kind": "drop", "when": "now"},
        {"kind": "delay", "seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(rpc: Rpc, described: dict[str, Any]) -> None:
    assert ask_error(rpc, "localnet_setFault", described)["code"] == -32602
