"""Services with parameters in their path: what is called, what is bound, what is refused."""

from typing import Any

import pytest

from domain.catalogue import Offer
from domain.errors import DataError, OfferRefused
from domain.ids import StepId
from domain.payments import Authorization
from domain.purchases import PlanQuoted, QuotePlan
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import call, listing, offer, plan, usdc

URL = "https://weather.example/places/{place}/today"


def templated(**changes: Any) -> Offer:
    fields: dict[str, Any] = {"url": URL, "method": "GET", "example": {"place": "São Paulo"}}
    return offer(**fields | changes)


async def quoted(counter: Counter, chosen: Offer) -> PlanQuoted:
    step = call(service=listing(chosen.name))
    ask = QuotePlan(plan=plan(step, offers=(chosen,)), budget=usdc("10.00"))
    found: PlanQuoted = await counter.run(counter.payments.quote, ask)
    return found


async def test_the_sellers_example_fills_the_address_of_an_unpaid_question(
    counter: Counter,
) -> None:
    found = await quoted(counter, templated())

    (order,) = counter.seller.orders
    assert order.url == "https://weather.example/places/S%C3%A3o%20Paulo/today"
    assert order.arguments == {}
    assert found.plan.offers[0].url == URL


async def test_a_service_without_an_example_for_its_path_cannot_be_quoted(
    counter: Counter,
) -> None:
    with pytest.raises(OfferRefused, match="the path needs place"):
        await quoted(counter, templated(example={"other": 1}))

    assert counter.seller.orders == []


async def test_what_is_paid_is_the_filled_address_and_nothing_twice(counter: Counter) -> None:
    found = await counter.authorize(templated())

    assert isinstance(found, Authorization)
    (order,) = counter.seller.orders
    entry = await counter.ledger.in_slot(slot())
    assert order.url == "https://weather.example/places/Oslo/today"
    assert order.arguments == {}
    assert entry is not None
    assert entry.claim.url == order.url
    assert entry.claim.order_digest == order.digest


async def test_another_value_in_the_path_is_another_purchase(counter: Counter) -> None:
    oslo = await counter.authorize(templated(), slot=slot(step=StepId("a")))
    rome = await counter.authorize(templated(), slot=slot(step=StepId("b")), place="Rome")

    assert isinstance(oslo, Authorization)
    assert isinstance(rome, Authorization)
    first, second = counter.seller.orders
    assert first.digest != second.digest


@pytest.mark.parametrize("place", ["..", ".", " ", "x" * 600])
async def test_a_value_that_is_no_segment_is_never_sent(counter: Counter, place: str) -> None:
    with pytest.raises(DataError, match="of a path"):
        await counter.authorize(templated(), place=place)

    assert counter.seller.orders == []


async def test_a_value_cannot_change_the_host_or_climb(counter: Counter) -> None:
    await counter.authorize(templated(), place="../../@evil.example/?x=#")

    (order,) = counter.seller.orders
    assert order.url == (
        "https://weather.example/places/..%2F..%2F%40evil.example%2F%3Fx%3D%23/today"
    )


async def test_a_rule_against_the_host_holds_for_the_filled_address(counter: Counter) -> None:
    counter.rule(deny={"hosts": ["weather.example"]})

    with pytest.raises(OfferRefused, match=r"weather\.example"):
        await quoted(counter, templated())
