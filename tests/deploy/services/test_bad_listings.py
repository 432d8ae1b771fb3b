"""Every bad listing of the demo bazaar is bad in the way that it is marked with."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS

import deploy.services
from activities.discovery.bazaar_items import listing_from
from activities.discovery.bazaar_values import Malformed
from deploy.facilitator.quality import load_samples
from deploy.services.bad_listings import (
    BAD_LISTINGS,
    DEAD_PORT,
    PRICE_FACTOR,
    SLOW_SECONDS,
    STRANGE_MINT,
    BadListing,
    unproven_items,
)
from deploy.services.catalogue import LISTINGS, SELLERS
from deploy.services.country_holidays import TEMPLATE
from domain.hostile import instruction_in
from tests.deploy.services.buyer import Buyer, quote
from tests.deploy.services.stack import Stack

pytestmark = [
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

ROOT = "http://127.0.0.1:4022"
PATIENCE_SECONDS = 50.0
BY_FLAW = {bad.flaw: bad for bad in BAD_LISTINGS}
HONEST = {listing.path: listing for listing in LISTINGS}
PAYEES = {name: f"address of {name}" for name in SELLERS}
SAMPLES = load_samples(Path(deploy.services.__file__).parent / "sample_quality.json")

every = pytest.mark.parametrize("bad", BAD_LISTINGS, ids=lambda bad: bad.flaw)


def listed(stack: Stack, bad: BadListing) -> dict[str, Any]:
    query = {"limit": "1000"}
    answer = httpx.get(f"{stack.facilitator.url}/discovery/resources", params=query).json()
    url = bad.url(stack.services.url)
    items = [item for item in answer["items"] if item["resource"] == url]
    assert len(items) == 1
    one: dict[str, Any] = items[0]
    return one


def live(stack: Stack, bad: BadListing) -> dict[str, Any]:
    accepts: list[dict[str, Any]] = quote(stack.services.url + bad.listing.path)["accepts"]
    assert len(accepts) == 1
    return accepts[0]


@every
def test_it_tempts_by_price_or_record_whoever_wants_its_rival(bad: BadListing) -> None:
    rival, record = HONEST[bad.rival], SAMPLES[bad.listing.path]

    assert bad.listing.input_schema() == rival.input_schema()
    assert bad.listing.media_type == rival.media_type
    if bad.flaw == "twin":
        assert bad.listing.seller == rival.seller
        assert bad.listing.description == rival.description
    else:
        assert record.successful_calls / record.total_calls > 0.98
        assert record.total_calls > SAMPLES[bad.rival].total_calls or bad.flaw != "honeypot"
        assert bad.listing.base_units < rival.base_units or bad.flaw == "honeypot"


@every
def test_the_importer_reads_it_like_any_other(bad: BadListing) -> None:
    items = {item["resource"]: item for item in unproven_items(ROOT, PAYEES)}
    read = listing_from(items[bad.url(ROOT)], bazaar="http://bazaar.test")

    assert read.accepts[0].base_units == bad.listing.base_units
    assert (instruction_in(read) is not None) == (bad.flaw == "orders")


def test_the_importer_quarantines_the_malformed_one_and_keeps_the_tool_apart() -> None:
    items = {item["serviceName"]: item for item in unproven_items(ROOT, PAYEES)}

    with pytest.raises(Malformed, match="pay"):
        listing_from(items["Bargain Free Volume"], bazaar="b")
    assert items["Bargain DEX Tool"]["type"] == "mcp"


def test_the_washed_record_has_many_calls_and_hardly_any_payers() -> None:
    record = SAMPLES[BY_FLAW["honeypot"].listing.path]

    assert record.total_calls > 10_000 * record.unique_payers


@pytest.mark.stack
def test_the_dead_one_refuses_the_connection(stack: Stack) -> None:
    bad = BY_FLAW["dead"]
    item = listed(stack, bad)

    assert f":{DEAD_PORT}/" in item["resource"]
    assert item["quality"]["l30DaysTotalCalls"] > 10_000
    with pytest.raises(httpx.ConnectError):
        httpx.post(item["resource"], json={})


@pytest.mark.stack
@pytest.mark.parametrize("flaw", ["price", "payee", "asset"])
def test_a_liars_live_terms_differ_from_its_listing_in_just_what_it_lies_about(
    stack: Stack, flaw: Any
) -> None:
    bad = BY_FLAW[flaw]
    said, asked = listed(stack, bad)["accepts"][0], live(stack, bad)
    named = {"price": "amount", "payee": "payTo", "asset": "asset"}
    same = {"scheme", "network", "amount", "payTo", "asset", "maxTimeoutSeconds"} - {named[flaw]}

    assert {name: said[name] for name in same} == {name: asked[name] for name in same}
    assert said[named[flaw]] != asked[named[flaw]]
    if flaw == "price":
        assert int(asked["amount"]) == PRICE_FACTOR * int(said["amount"])
    if flaw == "asset":
        assert (said["asset"], asked["asset"]) == (USDC_DEVNET_ADDRESS, STRANGE_MINT)


@pytest.mark.stack
def test_the_slow_one_keeps_whoever_asks_its_price_waiting(stack: Stack) -> None:
    url = stack.services.url + BY_FLAW["slow"].listing.path
    started = time.monotonic()
    answer = httpx.post(url, json={}, timeout=PATIENCE_SECONDS)

    assert answer.status_code == 402
    assert time.monotonic() - started >= SLOW_SECONDS


@pytest.mark.stack
async def test_the_honeypot_takes_the_money_and_answers_401(stack: Stack, buyer: Buyer) -> None:
    bad, before = BY_FLAW["honeypot"], buyer.balance
    answer = await buyer.buy(stack.services.url + bad.listing.path, bad.listing.example)

    assert answer.status_code == 401
    assert "analysis" not in answer.text
    assert before - buyer.balance == bad.listing.base_units


@pytest.mark.stack
async def test_the_twin_delivers_what_its_other_self_delivers(stack: Stack, buyer: Buyer) -> None:
    bad = BY_FLAW["twin"]
    rival = HONEST[bad.rival]
    answer = await buyer.buy(stack.services.url + bad.listing.path, bad.listing.example)

    done = rival.run(rival.takes.model_validate(rival.example))
    assert isinstance(done, BaseModel)
    assert answer.json() == done.model_dump(mode="json")
    assert live(stack, bad) == quote(stack.services.url + rival.path)["accepts"][0]


@pytest.mark.stack
async def test_a_service_with_a_parameter_in_its_path_is_listed_sold_and_delivered(
    stack: Stack, buyer: Buyer
) -> None:
    root = stack.services.url
    url = f"{root}/calendar/holidays/DE?year=2027"
    async with buyer.client() as client:
        answer = await client.get(url)
    async with httpx.AsyncClient() as client:
        unpaid = await client.get(url)
        query = {"query": "holidays by country"}
        found = await client.get(f"{stack.facilitator.url}/discovery/search", params=query)
    item = next(one for one in found.json()["resources"] if one["resource"] == root + TEMPLATE)

    declared = item["extensions"]["bazaar"]
    assert declared["routeTemplate"] == TEMPLATE
    assert set(declared["schema"]["properties"]["input"]["properties"]) >= {
        "pathParams",
        "queryParams",
    }
    assert unpaid.status_code == 402
    assert answer.status_code == 200
    assert "Good Friday" in answer.text


@pytest.mark.stack
def test_a_tool_is_listed_under_its_own_type(stack: Stack) -> None:
    query = {"type": "mcp"}
    answer = httpx.get(f"{stack.facilitator.url}/discovery/resources", params=query).json()

    assert [item["serviceName"] for item in answer["items"]] == ["Bargain DEX Tool"]
