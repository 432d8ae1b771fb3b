"""Quotes put into plans, and what a purchase is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import ChannelTerms, RefundOffer, Terms
from domain.errors import OfferRefused
from domain.ids import ListingId, StepId
from domain.payments import BINDING_TERMS, difference
from domain.plan import PaidStep, Plan
from domain.purchases import (
    Order,
    Unavailable,
    offers_to_ask,
    plan_changes,
    requote,
    services,
    undo_of,
)
from tests.fakes.builders import (
    NOW,
    call,
    each,
    evm_terms,
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
CANCEL = RefundOffer(url="https://a.example/x", window_seconds=600, kind="cancel")
CHANNEL = evm_terms(scheme="batch-settlement")

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
        (offer(refund=CANCEL), "cancel_call", "called off within 10 min"),
        (offer(terms=None, refund=CANCEL), "none", "free"),
        (offer(terms=CHANNEL), "channel_refund", "comes back"),
        (offer(terms=CHANNEL, refund=CANCEL), "channel_refund", "comes back"),
    ],
)
def test_what_can_be_undone_is_said_in_words(bought: object, action: str, note: str) -> None:
    undo = undo_of(offer().model_validate(bought))

    assert undo.action == action
    assert note in undo.note
    assert undo != no_undo()


DONE = [(), (StepId("first"),), (StepId("all"),), (StepId("first"), StepId("all"))]


@pytest.mark.parametrize("done", DONE)
def test_only_sellers_of_what_is_not_bought_are_asked(done: tuple[StepId, ...]) -> None:
    asked = {one.listing_id for one in offers_to_ask(PLAN, done)}

    assert asked == {
        listing_id for step in paid(PLAN) if step.id not in done for listing_id in services(step)
    }


@given(
    live=st.dictionaries(st.sampled_from([A.id, B.id, C.id]), answers),
    done=st.sampled_from(DONE),
)
def test_what_is_bought_stays_with_whom_it_was_bought_from(
    live: Live, done: tuple[StepId, ...]
) -> None:
    asked = {one.listing_id for one in offers_to_ask(PLAN, done)}
    answered: Live = {one: answer for one, answer in live.items() if one in asked}
    try:
        quoted = requote(PLAN, answered, now=NOW, done=done)
    except OfferRefused:
        return

    for before, after in zip(paid(PLAN), paid(quoted), strict=True):
        assert before.id not in done or after == before
        assert quoted.offers_for(after)
    for one in quoted.offers:
        if one.listing_id not in asked:
            assert one == PLAN.offer(one.listing_id)


def test_a_plan_of_which_everything_is_bought_needs_no_seller() -> None:
    everything = tuple(step.id for step in paid(PLAN))

    assert offers_to_ask(PLAN, everything) == ()
    assert requote(PLAN, {}, now=NOW, done=everything) == PLAN


CHANGES: dict[str, object] = {
    "scheme": "upto",
    "network": "eip155:8453",
    "asset": "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
    "pay_to": "0x" + "ee" * 20,
    "flow": "prepaid",
    "transfer_method": "permit2",
    "channel": ChannelTerms(receiver_authorizer="0xee", withdraw_delay_seconds=10**9),
    "base_units": 600_000,
}


def at(quote: Terms | None) -> Plan:
    return plan(call("first", A), offers=(offer("a", terms=quote),))


@pytest.mark.parametrize("field", [*BINDING_TERMS, "base_units"])
def test_whatever_needs_a_new_approval_is_named_in_it(field: str) -> None:
    was = evm_terms()
    together = {"network", "asset"} if field in {"network", "asset"} else {field}
    now = evm_terms(**{name: CHANGES[name] for name in together})

    assert difference(now, was) is not None
    changes = plan_changes(at(was), at(now), done=())
    assert len(changes) == len(together)
    assert all(change.startswith("first: a ") for change in changes)
    if field != "base_units":
        told = [f"{getattr(now, field)} instead of {getattr(was, field)}" in c for c in changes]
        assert any(told)


def test_a_new_price_is_named_in_whole_tokens() -> None:
    dearer, cheaper = evm_terms(base_units=600_000), evm_terms(base_units=400_000)

    assert plan_changes(at(cheaper), at(dearer), done=()) == (
        "first: a costs 0.60 USDC instead of 0.40 USDC",
    )
    assert plan_changes(at(None), at(dearer), done=()) == ("first: a now asks for money",)
    assert plan_changes(at(dearer), at(None), done=()) == ("first: a is free now",)


@given(live=st.fixed_dictionaries({A.id: answers, B.id: answers, C.id: answers}))
def test_a_plan_that_says_no_change_costs_and_buys_the_same(live: Live) -> None:
    try:
        quoted = requote(PLAN, live, now=NOW)
    except OfferRefused:
        return

    if not plan_changes(PLAN, quoted, done=()):
        assert [services(step) for step in paid(quoted)] == [services(step) for step in paid(PLAN)]
        assert [quoted.maximum_cost_of(step) for step in quoted.steps] == [
            PLAN.maximum_cost_of(step) for step in PLAN.steps
        ]
        assert [one.terms for one in quoted.offers] == [one.terms for one in PLAN.offers]


@pytest.mark.parametrize("done", [(), (StepId("first"),)])
def test_a_seller_that_gives_way_is_named_unless_it_was_paid(done: tuple[StepId, ...]) -> None:
    quoted = requote(PLAN, {A.id: GONE, B.id: terms(), C.id: None}, now=NOW, done=done)

    changes = plan_changes(PLAN, quoted, done=done)

    first = {"first: a gives way to b", "first: a can no longer be used"}
    assert first <= set(changes) if not done else not first & set(changes)
    assert "all: a can no longer be used" in changes


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
