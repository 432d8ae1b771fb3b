"""Honest sellers are paid exactly their price, for work that was done, and for nothing else."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from x402.extensions.bazaar import (
    ListDiscoveryResourcesParams,
    SearchDiscoveryResourcesParams,
    with_bazaar,
)
from x402.http.facilitator_client import FacilitatorConfig, HTTPFacilitatorClientSync

from deploy.services.bad_listings import BAD_LISTINGS
from deploy.services.catalogue import LISTINGS, REFUNDING
from deploy.services.misbehaving.kinds import LISTED
from tests.deploy.services.buyer import Buyer, quote, receipt
from tests.deploy.services.stack import Stack

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

UNPROVEN = len(BAD_LISTINGS) + 3
"""Listed without a look: the bad ones, a tool, an unreadable one, and one with a path parameter."""

BY_PATH = {listing.path: listing for listing in LISTINGS}


def items(stack: Stack, **params: str) -> list[dict[str, Any]]:
    query = {"limit": "1000", **params}
    answer = httpx.get(f"{stack.facilitator.url}/discovery/resources", params=query).json()
    found: list[dict[str, Any]] = answer["items"]
    return found


async def test_the_pipeline_of_the_example_is_bought_for_its_price(
    stack: Stack, buyer: Buyer
) -> None:
    root, before = stack.services.url, buyer.balance
    volume = (await buyer.buy(f"{root}/dex/volume", {"chain": "solana", "days": 30})).json()
    trend = (await buyer.buy(f"{root}/analytics/trend", {"series": volume["series"]})).json()
    charts = (await buyer.buy(f"{root}/charts/timeseries", {"series": volume["series"]})).json()
    report = await buyer.buy(
        f"{root}/reports/html",
        {"title": "Solana DEX volume", "analysis": trend["analysis"], "charts": charts["charts"]},
    )

    assert report.headers["content-type"].startswith("text/html")
    assert report.text.startswith("<!doctype html>")
    assert before - buyer.balance == 3_550_000


@pytest.mark.parametrize("path", ["/text/count", "/images/palette", "/finance/loan", "/charts/png"])
async def test_the_seller_receives_exactly_the_price(stack: Stack, buyer: Buyer, path: str) -> None:
    listing, url = BY_PATH[path], stack.services.url + path
    pay_to = quote(url)["accepts"][0]["payTo"]
    before = stack.node.usdc(pay_to)
    response = await buyer.buy(url, listing.example)

    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == listing.media_type
    assert stack.node.usdc(pay_to) - before == listing.base_units
    paid = receipt(response)
    assert paid.success
    landed = stack.node.chain.landed(paid.transaction)
    assert landed is not None
    assert landed.transfers[0].base_units == listing.base_units


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dex/volume", {"days": 0}),
        ("/analytics/trend", {"series": []}),
        ("/places/geocode", {"place": "Atlantis"}),
        ("/text/count", "not an object"),
    ],
)
async def test_a_request_that_cannot_be_served_costs_nothing(
    stack: Stack, buyer: Buyer, path: str, body: object
) -> None:
    before = buyer.balance
    response = await buyer.buy(stack.services.url + path, body)

    assert response.status_code == 422
    assert "error" in response.json()
    assert buyer.balance == before


async def test_a_buyer_without_money_is_not_served(stack: Stack) -> None:
    poor = Buyer(stack, stack.payer(base_units=0))
    response = await poor.buy(f"{stack.services.url}/text/count", {"text": "hi"})

    assert response.status_code == 402
    assert "words" not in response.text


async def test_several_buyers_at_once_are_each_charged_once(stack: Stack) -> None:
    buyers = [Buyer(stack, stack.payer()) for _ in range(4)]
    url = f"{stack.services.url}/checks/checksum"
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(one.buy(url, {"text": "x"})) for one in buyers]

    assert [call.result().status_code for call in calls] == [200] * 4
    assert [one.balance for one in buyers] == [100_000_000 - 1000] * 4


def test_a_402_names_the_service_its_schemas_and_its_refunds(stack: Stack) -> None:
    terms = quote(f"{stack.services.url}/charts/timeseries")

    assert terms["resource"]["serviceName"] == "Atelier Time Series Charts"
    assert terms["resource"]["mimeType"] == "application/json"
    assert terms["resource"]["url"] == f"{stack.services.url}/charts/timeseries"
    assert "charts" in terms["resource"]["tags"]
    assert terms["accepts"][0]["amount"] == "500000"
    assert terms["extensions"]["refund"]["info"] == {
        "url": f"{stack.services.url}/refunds",
        "method": "POST",
        "windowSeconds": 3600,
    }
    assert terms["extensions"]["bazaar"]["info"]["input"]["method"] == "POST"
    assert "refund" not in quote(f"{stack.services.url}/reports/html")["extensions"]


def test_the_bazaar_lists_every_seller_with_live_terms(stack: Stack) -> None:
    health = httpx.get(f"{stack.facilitator.url}/health").json()
    found = {item["resource"]: item for item in items(stack)}

    assert health["catalogued"] == health["expected"] == len(LISTINGS) + len(LISTED) + UNPROVEN
    for listing in LISTINGS:
        item = found[stack.services.url + listing.path]
        assert item["accepts"][0]["amount"] == str(listing.base_units)
        assert item["metadata"]["name"] == listing.name
        assert ("refund" in item["extensions"]) == (listing.seller in REFUNDING)
        schema = item["extensions"]["bazaar"]["schema"]["properties"]
        assert schema["input"]["properties"]["body"] == listing.input_schema()
        assert schema["output"]["properties"]["example"] == listing.output_schema()
        assert item["quality"]["source"] == "sample"


def test_the_packages_own_discovery_client_understands_the_bazaar(stack: Stack) -> None:
    plain: Any = HTTPFacilitatorClientSync(FacilitatorConfig(url=stack.facilitator.url))
    with with_bazaar(plain) as client:
        bazaar = client.extensions.bazaar
        listed = bazaar.list_resources(ListDiscoveryResourcesParams(type="http", limit=10))
        found = bazaar.search(SearchDiscoveryResourcesParams(query="dex volume solana", limit=2))

    assert len(listed.items) == 10
    assert listed.pagination.total == len(LISTINGS) + len(LISTED) + UNPROVEN - 1
    assert "/dex/volume" in {urlsplit(one.resource).path for one in found.resources}
    assert "Helios DEX Volume" in {one.service_name for one in found.resources}
    assert found.pagination is not None
    assert found.pagination.cursor == "2"


async def test_a_settlement_shows_in_the_record(stack: Stack, buyer: Buyer) -> None:
    url = f"{stack.services.url}/convert/units"

    def record() -> dict[str, Any]:
        found = next(item for item in items(stack) if item["resource"] == url)
        quality: dict[str, Any] = found["quality"]
        return quality

    before = record()
    for _ in range(2):
        await buyer.buy(url, BY_PATH["/convert/units"].example)
    deadline = time.monotonic() + 5
    while (after := record())["l30DaysTotalCalls"] < before["l30DaysTotalCalls"] + 2:
        assert time.monotonic() < deadline  # counted just after the reply
        await asyncio.sleep(0.05)

    assert after["l30DaysTotalCalls"] - before["l30DaysTotalCalls"] == 2
    assert after["l30DaysUniquePayers"] - before["l30DaysUniquePayers"] == 1
    assert after["lastCalledAt"] > before["lastCalledAt"]


def test_the_front_page_lists_what_is_sold_and_the_echo_is_free(stack: Stack) -> None:
    page = httpx.get(stack.services.url).text
    body = json.dumps({"a": 1})

    assert all(listing.path in page for listing in LISTINGS)
    assert httpx.post(f"{stack.services.url}/free/echo", content=body).text == body
