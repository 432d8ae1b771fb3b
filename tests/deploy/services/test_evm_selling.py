"""Sellers paid on two chains ask for, take and give back the same on either."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2

from deploy.evm.contracts import USDC
from deploy.services.catalogue import ALSO_EVM, LISTINGS
from deploy.services.evm_channels import ChannelStore, Claimer, channel_scheme
from deploy.services.evm_shop import METERED, PRICE
from domain.chains import BASE_SEPOLIA
from tests.deploy.services.buyer import Buyer, receipt
from tests.deploy.services.evm_buyer import FUNDS, EvmBuyer, challenge
from tests.deploy.services.stack import Stack

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

BY_PATH = {listing.path: listing for listing in LISTINGS}


def claim(stack: Stack, transaction: str, network: str = BASE_SEPOLIA) -> httpx.Response:
    body = {"transaction": transaction, "network": network, "reason": "not needed"}
    return httpx.post(f"{stack.services.url}/refunds", json=body, timeout=30)


def settled(buyer: EvmBuyer, balance: int) -> bool:
    """Whether a balance is reached before a few blocks have passed."""
    deadline = time.monotonic() + 10
    while buyer.balance != balance and time.monotonic() < deadline:
        time.sleep(0.1)
    return buyer.balance == balance


@pytest.mark.parametrize("path", sorted(ALSO_EVM))
def test_solana_is_listed_first_and_the_price_is_the_same(both: Stack, path: str) -> None:
    solana, evm = challenge(both.services.url + path)["accepts"]

    assert (solana["network"], evm["network"]) == (SOLANA_DEVNET_CAIP2, BASE_SEPOLIA)
    assert solana["amount"] == evm["amount"] == str(BY_PATH[path].base_units)
    assert (evm["scheme"], evm["asset"].lower()) == ("exact", USDC.lower())
    assert evm["extra"] == {"name": "USDC", "version": "2"}


def test_the_others_are_sold_on_solana_alone(both: Stack) -> None:
    for path in sorted(set(BY_PATH) - ALSO_EVM):
        accepts = challenge(both.services.url + path)["accepts"]
        assert [accept["network"] for accept in accepts] == [SOLANA_DEVNET_CAIP2], path


async def test_one_listing_is_bought_on_either_chain(both: Stack, evm_buyer: EvmBuyer) -> None:
    url, price = both.services.url + "/text/count", BY_PATH["/text/count"].base_units
    pay_to = challenge(url)["accepts"][1]["payTo"]
    before = evm_buyer.chain.balance(pay_to)
    on_evm = await evm_buyer.buy(url, {"text": "two words"})
    solana = Buyer(both, both.payer())
    on_solana = await solana.buy(url, {"text": "two words"})

    assert on_evm.json() == on_solana.json()
    assert evm_buyer.balance == FUNDS - price
    assert evm_buyer.chain.balance(pay_to) == before + price
    assert receipt(on_evm).network == BASE_SEPOLIA
    assert solana.balance == 100_000_000 - price


async def test_a_request_that_cannot_be_served_costs_nothing(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    response = await evm_buyer.buy(both.services.url + "/text/count", {"text": 7})

    assert (response.status_code, evm_buyer.balance) == (422, FUNDS)


async def test_a_maximum_is_not_charged_whole(both: Stack, evm_buyer: EvmBuyer) -> None:
    url = both.services.url + "/evm/metered"
    assert challenge(url, "GET")["accepts"][0]["amount"] == str(PRICE)
    response = await evm_buyer.buy(url)

    assert response.status_code == 200
    assert receipt(response).amount == str(METERED)
    assert evm_buyer.balance == FUNDS - METERED


async def test_one_deposit_pays_many_calls_and_the_rest_comes_back(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    url = both.services.url + "/evm/channel"
    answers = [await evm_buyer.buy(url) for _ in range(4)]
    deposited = FUNDS - evm_buyer.balance

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [bool(receipt(answer).transaction) for answer in answers] == [True, *[False] * 3]
    assert len({answer.json()["number"] for answer in answers}) == 4
    refunded = await asyncio.to_thread(evm_buyer.channels.refund, url)
    assert refunded.success
    assert refunded.amount == str(deposited - 4 * PRICE)
    assert evm_buyer.balance == FUNDS - 4 * PRICE


async def test_vouchers_become_money_when_they_are_claimed(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    url = both.services.url + "/evm/channel"
    pay_to = challenge(url, "GET")["accepts"][0]["payTo"]
    for _ in range(2):
        await evm_buyer.buy(url)
    before = evm_buyer.chain.balance(pay_to)
    # The seller's own file, read as a process that starts anew reads it.
    store = ChannelStore(both.keys.parent / "services" / "channels.sqlite")
    scheme: Any = channel_scheme(pay_to, store)
    claimer = Claimer(scheme, facilitator=both.facilitator.url, network=BASE_SEPOLIA)
    await asyncio.to_thread(claimer.claim)
    await asyncio.to_thread(claimer.claim)
    claimer.close()
    store.close()

    assert evm_buyer.chain.balance(pay_to) == before + 2 * PRICE


@pytest.mark.parametrize("path", ["/evm/fixed", "/convert/units"])
async def test_money_comes_back_once(both: Stack, evm_buyer: EvmBuyer, path: str) -> None:
    body = None if path == "/evm/fixed" else BY_PATH[path].example
    paid = receipt(await evm_buyer.buy(both.services.url + path, body)).transaction
    first, second = claim(both, paid), claim(both, paid.upper().replace("0X", "0x"))

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["refundTransaction"] == second.json()["refundTransaction"]
    assert settled(evm_buyer, FUNDS)
    await asyncio.sleep(3)  # the seller looks after its refunds every two seconds
    assert evm_buyer.balance == FUNDS


async def test_claims_at_the_same_moment_pay_once(both: Stack, evm_buyer: EvmBuyer) -> None:
    paid = receipt(await evm_buyer.buy(both.services.url + "/evm/fixed")).transaction
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(asyncio.to_thread(claim, both, paid)) for _ in range(4)]

    assert sorted(call.result().status_code for call in calls) == [200, 200, 200, 202]
    assert settled(evm_buyer, FUNDS)


async def test_a_seller_that_promised_nothing_gives_nothing_back(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    answer = await evm_buyer.buy(both.services.url + "/text/count", {"text": "hi"})

    assert claim(both, receipt(answer).transaction).status_code == 403


@pytest.mark.parametrize("transaction", ["0x" + "1" * 64, "0x12", "5" * 88])
def test_what_is_no_payment_is_not_given_back(both: Stack, transaction: str) -> None:
    assert claim(both, transaction).status_code == 404


async def test_what_a_contract_paid_is_not_given_back_to_it(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    url = both.services.url + "/evm/channel"
    await evm_buyer.buy(url)
    refunded = await asyncio.to_thread(evm_buyer.channels.refund, url)  # claims what was charged
    held = evm_buyer.chain.balance(BATCH_SETTLEMENT_ADDRESS)

    assert claim(both, refunded.transaction).status_code == 403
    assert evm_buyer.chain.balance(BATCH_SETTLEMENT_ADDRESS) == held


def test_the_bazaar_serves_what_is_accepted_on_either_chain(both: Stack) -> None:
    def found(**query: str) -> set[str]:
        answer = httpx.get(
            f"{both.facilitator.url}/discovery/resources",
            params={"limit": "1000", "network": BASE_SEPOLIA, **query},
        ).json()
        root = both.services.url
        listed = [item["resource"] for item in answer["items"]]
        return {url.removeprefix(root) for url in listed if url.startswith(root)}

    assert found(scheme="exact") == ALSO_EVM | {"/evm/fixed"}
    assert found(scheme="upto") == {"/evm/metered"}
    assert found(scheme="batch-settlement") == {"/evm/channel"}


async def test_a_payment_on_evm_counts_in_the_record(both: Stack, evm_buyer: EvmBuyer) -> None:
    url = both.services.url + "/finance/loan"

    def calls() -> int:
        answer = httpx.get(f"{both.facilitator.url}/discovery/resources", params={"limit": "1000"})
        items = {item["resource"]: item for item in answer.json()["items"]}
        return int(items[url]["quality"]["measured"]["settledCalls"])

    before = calls()
    await evm_buyer.buy(url, BY_PATH["/finance/loan"].example)
    deadline = time.monotonic() + 5
    while calls() == before and time.monotonic() < deadline:
        await asyncio.sleep(0.05)

    assert calls() == before + 1
