"""Refunds over HTTP, proved by balances."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2

from deploy.services.catalogue import LISTINGS, REFUNDING
from deploy.services.refunds import Journal, RefundDesk
from deploy.services.wallets import open_wallets
from tests.deploy.services.buyer import Buyer, quote, receipt
from tests.deploy.services.stack import Stack

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

UNITS = next(listing for listing in LISTINGS if listing.path == "/convert/units")


def claim(url: str, transaction: str, **changes: str) -> httpx.Response:
    body = {"transaction": transaction, "network": SOLANA_DEVNET_CAIP2, "reason": "not needed"}
    return httpx.post(url, json={**body, **changes}, timeout=30)


async def bought(buyer: Buyer, path: str = UNITS.path) -> tuple[str, str]:
    url = buyer.stack.services.url + path
    listing = next(listing for listing in LISTINGS if listing.path == path)
    response = await buyer.buy(url, listing.example)
    assert response.status_code == 200, response.text
    desk = quote(url)["extensions"].get("refund", {}).get("info", {}).get("url", "")
    return receipt(response).transaction, desk or f"{buyer.stack.services.url}/refunds"


async def test_money_comes_back_once_to_the_account_it_came_from(
    stack: Stack, buyer: Buyer
) -> None:
    before = buyer.balance
    transaction, desk = await bought(buyer)
    assert buyer.balance == before - UNITS.base_units

    first, second = claim(desk, transaction), claim(desk, transaction)

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["status"] == "accepted"
    assert first.json()["refundTransaction"] == second.json()["refundTransaction"]
    assert buyer.balance == before
    landed = stack.node.chain.landed(first.json()["refundTransaction"])
    assert landed is not None
    assert landed.transfers[0].base_units == UNITS.base_units


async def test_the_refund_carries_a_memo_that_names_the_payment(stack: Stack, buyer: Buyer) -> None:
    transaction, desk = await bought(buyer)
    refund = claim(desk, transaction).json()["refundTransaction"]
    options: dict[str, Any] = {"encoding": "json", "maxSupportedTransactionVersion": 0}
    found = stack.node.chain.call("getTransaction", refund, options)

    assert any(f"refund:{transaction[:32]}" in line for line in found["meta"]["logMessages"])


async def test_claims_at_the_same_moment_pay_once(buyer: Buyer) -> None:
    before = buyer.balance
    transaction, desk = await bought(buyer)
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(asyncio.to_thread(claim, desk, transaction)) for _ in range(5)]

    answers = [call.result() for call in calls]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 202]
    assert len({answer.json()["refundTransaction"] for answer in answers}) == 1
    assert buyer.balance == before


async def test_a_seller_that_lost_its_journal_finds_its_refund_on_chain(
    stack: Stack, buyer: Buyer, tmp_path: Path
) -> None:
    before = buyer.balance
    transaction, desk = await bought(buyer)
    refund = claim(desk, transaction).json()["refundTransaction"]
    wallets = open_wallets(stack.keys, REFUNDING, REFUNDING).values()
    journal = Journal(tmp_path / "empty.sqlite")
    answer = RefundDesk(stack.node.chain, journal, wallets, time.time).claim(transaction)
    journal.close()

    assert answer.repeated
    assert answer.refund.signed.signature == refund
    assert buyer.balance == before


async def test_a_seller_without_refunds_refuses(buyer: Buyer) -> None:
    transaction, desk = await bought(buyer, "/text/count")

    assert claim(desk, transaction).status_code == 403


@pytest.mark.parametrize(
    ("transaction", "network"),
    [
        ("1" * 64 + "2" * 24, SOLANA_DEVNET_CAIP2),
        ("not base58 !", SOLANA_DEVNET_CAIP2),
        ("3" * 88, "eip155:8453"),
    ],
)
def test_what_is_not_on_this_chain_is_not_found(
    stack: Stack, transaction: str, network: str
) -> None:
    desk = f"{stack.services.url}/refunds"

    assert claim(desk, transaction, network=network).status_code == 404


async def test_a_refund_cannot_be_refunded(buyer: Buyer) -> None:
    transaction, desk = await bought(buyer)
    refund = claim(desk, transaction).json()["refundTransaction"]

    assert claim(desk, refund).status_code == 403


@pytest.mark.parametrize("slots", [0, 400], ids=["still valid", "expired"])
async def test_an_accepted_refund_that_never_landed_is_delivered_after_all(
    stack: Stack, buyer: Buyer, slots: int
) -> None:
    before = buyer.balance
    transaction, desk = await bought(buyer)
    stack.node.chain.call(
        "localnet_setFault", {"method": "sendTransaction", "kind": "never_land", "count": 1}
    )
    assert claim(desk, transaction).status_code == 202
    if slots:
        stack.node.chain.call("localnet_advanceSlots", slots)
    again = claim(desk, transaction)

    assert again.status_code == 200
    assert stack.node.chain.outcome(again.json()["refundTransaction"]) is True
    assert buyer.balance == before


async def test_a_journaled_refund_is_sent_after_the_seller_was_killed(
    stack: Stack, buyer: Buyer
) -> None:
    before = buyer.balance
    response = await buyer.echo("refunding")
    transaction = receipt(response).transaction
    desk = f"{stack.misbehaving.url}/misbehaving/refunding/refund"
    fault = {"method": "sendTransaction", "kind": "drop", "count": 1}
    assert buyer.balance < before
    stack.node.chain.call("localnet_setFault", fault)
    lost = claim(desk, transaction)
    assert lost.status_code in {202, 503}

    port = int(stack.misbehaving.url.rsplit(":", 1)[1])
    stack.misbehaving.kill()
    stack.misbehaving = stack.sell(port, "--misbehaving")
    stack.misbehaving.wait()
    again = claim(desk, transaction)

    assert again.status_code == 200
    assert buyer.balance == before
