"""Quotes put into plans, and what a purchase is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import Terms
from domain.errors import OfferRefused
from domain.ids import ListingId
from domain.plan import PaidStep, Plan
from domain.purchases import Order, Unavailable, requote, services, undo_of
from tests.fakes.builders import (
    NOW,
    call,
    each,
    listing,
    no_undo,
    offer,
    output_of,
    plan,
    reshape,
    terms,
)

Live = dict[ListingId, Terms | Unavailable | None]

A, B, C = (listing(name) for name in "abc")
GONE = Unavailable(reason="it did not answer")

PLAN = plan(
    call("first", A, alternates=(B.id, C.id)),
    reshape("same", {"x": output_of("first")}),
    each("all", over=output_of("same"), service=B, alternates=(A.id,)),
    offers=(offer("a"), offer("b", refund=None), offer("c", terms=None)),
)

answers = st.one_of(st.builds(terms, base_units=st.integers(0, 10**6)), st.just(GONE), st.none())


@given(
    live=st.dictionaries(st.sampled_from([A.id, B.id, C.id]), answers),
)
def test_a_plan_keeps_only_usable_services_or_is_refused(live: Live) -> None:
    usable = {one for one, answer in live.items() if not isinstance(answer, Unavailable)}
    possible = all(usable & set(services(step)) for step in paid(PLAN))

    try:
        quoted = requote(PLAN, live, now=NOW)
    except OfferRefused:
        assert not possible
        return

    assert possible
    for before, after in zip(paid(PLAN), paid(quoted), strict=True):
        assert services(after) == tuple(one for one in services(before) if one in usable)
    for one in quoted.offers:
        assert one.terms == live[one.listing_id]
        assert one.quoted_at == NOW
    assert {one.listing_id for one in quoted.offers} == {
        listing_id for step in paid(quoted) for listing_id in services(step)
    }


def paid(made: Plan) -> list[PaidStep]:
    return [step for step in made.steps if isinstance(step, PaidStep)]


def test_unpaid_steps_stay_as_they_are() -> None:
    live: Live = {A.id: terms(), B.id: terms(), C.id: None}

    assert requote(PLAN, live, now=NOW).steps[1] == PLAN.steps[1]


def test_new_prices_make_a_new_digest() -> None:
    cheap: Live = {A.id: terms(), B.id: terms(), C.id: None}
    dear: Live = {**cheap, A.id: terms(base_units=500_001)}

    assert requote(PLAN, cheap, now=NOW).digest == requote(PLAN, cheap, now=NOW).digest
    assert requote(PLAN, dear, now=NOW).digest != requote(PLAN, cheap, now=NOW).digest


def test_a_step_without_any_service_is_refused_with_the_reason() -> None:
    with pytest.raises(OfferRefused, match="step first: a: it did not answer"):
        requote(PLAN, {A.id: GONE, B.id: GONE, C.id: GONE}, now=NOW)


def test_a_service_that_was_not_even_asked_is_not_used() -> None:
    with pytest.raises(OfferRefused, match="no service is left for step first: a: gone"):
        requote(PLAN, {}, now=NOW)


def test_a_fallback_brings_its_own_way_to_undo() -> None:
    quoted = requote(PLAN, {A.id: GONE, B.id: terms(), C.id: None}, now=NOW)

    assert paid(quoted)[0].undo == undo_of(offer("b", refund=None))
    assert paid(quoted)[1].undo == paid(PLAN)[1].undo


@pytest.mark.parametrize(
    ("bought", "action", "note"),
    [
        (offer(terms=None), "none", "free"),
        (offer(refund=None), "none", "no refund"),
        (offer(), "refund_claim", "within 60 min"),
    ],
)
def test_what_can_be_undone_is_said_in_words(bought: object, action: str, note: str) -> None:
    undo = undo_of(offer().model_validate(bought))

    assert undo.action == action
    assert note in undo.note
    assert undo != no_undo()


ORDER = Order(
    method="POST",
    url="https://a.example/run",
    arguments={"place": "Oslo", "day": 1},
    output_schema={"type": "object"},
    media_type="application/json",
)


def test_a_purchase_is_what_is_sent_whatever_is_expected_back() -> None:
    same = ORDER.model_copy(
        update={
            "arguments": {"day": 1, "place": "Oslo"},
            "output_schema": {},
            "media_type": "text/plain",
        }
    )

    assert same.digest == ORDER.digest


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"url": "https://a.example/run2"},
        {"arguments": {"place": "Oslo", "day": "1"}},
        {"arguments": {"place": "Oslo"}},
    ],
)
def test_another_method_address_or_argument_is_another_purchase(change: dict[str, object]) -> None:
    assert ORDER.model_copy(update=change).digest != ORDER.digest
