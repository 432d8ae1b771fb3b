"""Clients published by others pay the demo services: exactly the price, or nothing."""

import json
from typing import Any

import httpx
import pytest
from solders.keypair import Keypair
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2, USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from deploy.services.catalogue import LISTINGS, REFUNDING
from deploy.services.chain import Transfer
from tests.deploy.services.buyer import quote
from tests.deploy.services.stack import Stack
from tests.interop.clients import Answer, Client, PaymentRefused

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

BY_PATH = {listing.path: listing for listing in LISTINGS}
REFUNDABLE = "/convert/units"
DEAR = "/analytics/trend"
DEFAULT_CAP_BASE_UNITS = 1_000_000
"""One dollar, the default of both packages, in USDC."""


def seller_of(market: Stack, path: str) -> str:
    return str(quote(market.services.url + path)["accepts"][0]["payTo"])


def paid_transfer(market: Stack, answer: Answer) -> Transfer:
    """Return the only transfer of the receipt's transaction, as the chain has it."""
    assert answer.transaction is not None
    landed = market.node.chain.landed(answer.transaction)
    assert landed is not None
    (transfer,) = landed.transfers
    return transfer


def history(market: Stack, payer: Keypair) -> list[dict[str, Any]]:
    """Return everything that ever touched the payer's money, successful or not."""
    account = derive_ata(str(payer.pubkey()), USDC_DEVNET_ADDRESS)
    found: list[dict[str, Any]] = market.node.chain.call("getSignaturesForAddress", account)
    return found


def claim(desk: str, answer: Answer) -> int:
    """Ask for the money back; return the status of the reply."""
    body = {"transaction": answer.transaction, "network": SOLANA_DEVNET_CAIP2}
    return httpx.post(desk, json=body, timeout=30).status_code


@pytest.mark.parametrize("path", ["/dex/volume", "/reports/html", REFUNDABLE])
async def test_the_seller_receives_exactly_the_price_on_chain(
    market: Stack, client: Client, path: str
) -> None:
    listing, payer, seller = BY_PATH[path], market.payer(), seller_of(market, path)
    account = str(payer.pubkey())
    earned, owned = market.node.usdc(seller), market.node.usdc(account)
    answer = await client.buy(payer, market.services.url + path, listing.example)

    assert (answer.status, answer.media_type) == (200, listing.media_type)
    assert market.node.usdc(seller) - earned == listing.base_units
    assert owned - market.node.usdc(account) == listing.base_units
    assert paid_transfer(market, answer) == Transfer(
        derive_ata(account, USDC_DEVNET_ADDRESS),
        derive_ata(seller, USDC_DEVNET_ADDRESS),
        listing.base_units,
    )


async def test_what_was_paid_for_is_delivered_whole(market: Stack, client: Client) -> None:
    root, payer = market.services.url, market.payer()
    data = await client.buy(payer, root + "/dex/volume", {"chain": "solana", "days": 30})
    page = await client.buy(payer, root + "/reports/html", BY_PATH["/reports/html"].example)

    assert len(json.loads(data.body)["series"]) == 30
    assert page.body.startswith("<!doctype html>")
    assert page.body.rstrip().endswith("</html>")


async def test_a_payment_is_given_back_for_the_transaction_on_the_receipt(
    market: Stack, client: Client
) -> None:
    listing, payer, url = BY_PATH[REFUNDABLE], market.payer(), market.services.url + REFUNDABLE
    owned = market.node.usdc(str(payer.pubkey()))
    answer = await client.buy(payer, url, listing.example)
    desk = quote(url)["extensions"]["refund"]["info"]["url"]
    paid = market.node.usdc(str(payer.pubkey()))
    answers = [claim(desk, answer) for _ in range(2)]

    assert listing.seller in REFUNDING
    assert owned - paid == listing.base_units
    assert answers == [202, 200]
    assert market.node.usdc(str(payer.pubkey())) == owned


async def test_a_price_above_the_clients_own_cap_is_refused_without_payment(
    market: Stack, client: Client
) -> None:
    listing, payer, seller = BY_PATH[DEAR], market.payer(), seller_of(market, DEAR)
    earned, before = market.node.usdc(seller), history(market, payer)
    with pytest.raises(PaymentRefused, match=r"(?i)spend_?controls"):
        await client.buy(payer, market.services.url + DEAR, listing.example)

    assert listing.base_units > DEFAULT_CAP_BASE_UNITS
    assert history(market, payer) == before
    assert market.node.usdc(seller) == earned


async def test_the_same_price_is_paid_when_the_buyer_raises_the_cap(
    market: Stack, client: Client
) -> None:
    listing, payer, seller = BY_PATH[DEAR], market.payer(), seller_of(market, DEAR)
    earned = market.node.usdc(seller)
    url = market.services.url + DEAR
    answer = await client.buy(payer, url, listing.example, cap_usd="2.00")

    assert answer.status == 200
    assert paid_transfer(market, answer).base_units == listing.base_units
    assert market.node.usdc(seller) - earned == listing.base_units


async def test_a_buyer_without_money_gets_neither_work_nor_receipt(
    market: Stack, client: Client
) -> None:
    payer = market.payer(base_units=0)
    url = market.services.url + "/text/count"
    answer = await client.buy(payer, url, BY_PATH["/text/count"].example)

    assert answer.status == 402
    assert answer.transaction is None
    assert "words" not in answer.body


async def test_a_request_that_cannot_be_served_costs_nothing(market: Stack, client: Client) -> None:
    payer = market.payer()
    before = history(market, payer)
    answer = await client.buy(payer, market.services.url + "/dex/volume", {"days": 0})

    assert answer.status == 422
    assert answer.transaction is None
    assert history(market, payer) == before
