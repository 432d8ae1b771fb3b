"""A cheaper service is bought instead only where nothing but the money tells the difference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import RankedListing, RefundOffer, Score, ScorePart, ServiceListing
from domain.drafting import Draft, Shortlist
from domain.equivalents import NO_WORSE, with_cheaper_equals
from domain.plan import PaidStep, Step
from domain.schemas import Schema
from tests.fakes.builders import call, each, listing, output_of, reshape, terms, usdc

REQUEST = "the weather in Oslo"
ALIKE = {"description": "What weather does"}
"""Both say the same of themselves."""

FREE: dict[str, Any] = {"accepts": ()}
TEXT: Schema = {"type": "string"}


def costing(base_units: int, **changes: Any) -> tuple[Any, ...]:
    return (terms(base_units=base_units, **changes),)


def ranked(one: ServiceListing, **parts: float) -> RankedListing:
    values = {"semantic": 0.7, "reputation": 0.7, "price": 0.7, "latency": 0.7} | parts
    scores: dict[str, Any] = {name: ScorePart(value=v, why="") for name, v in values.items()}
    return RankedListing(listing=one, score=Score(**scores))


def other(name: str = "cheap", base_units: int = 100_000, **changes: Any) -> ServiceListing:
    """Does what the weather service does, for less."""
    return listing(name, **ALIKE | {"accepts": costing(base_units)} | changes)


def changed(
    *others: RankedListing | ServiceListing,
    mine: ServiceListing | None = None,
    steps: tuple[Step, ...] = (),
    request: str = REQUEST,
    same_job: bool = True,
) -> list[Draft]:
    """Drafts with cheaper equals of the weather service, which is bought unless said otherwise."""
    own = mine or listing()
    found = [one if isinstance(one, RankedListing) else ranked(one) for one in others]
    job = tuple(sorted(one.listing.id for one in (ranked(own), *found)))
    shortlist = Shortlist(
        text=request, candidates=(ranked(own), *found), jobs=(job,) if same_job else ()
    )
    draft = Draft(steps=steps or (call(service=own),))
    return list(
        with_cheaper_equals(draft, shortlist, request=request, budget=usdc("1.00")),
    )


def bought(drafts: list[Draft], at: int = 0) -> list[str]:
    steps = [draft.steps[at] for draft in drafts]
    return [step.service for step in steps if isinstance(step, PaidStep)]


def test_equals_are_tried_by_what_they_save() -> None:
    cheap, cheaper, dear = other(), other("cheaper", 50_000), other("dear", 900_000)

    assert bought(changed(cheap, cheaper, dear)) == [cheaper.id, cheap.id]


@given(st.lists(st.integers(0, 10**6), max_size=5))
def test_nothing_is_changed_that_saves_nothing(prices: list[int]) -> None:
    others = [other(f"other{at}", price) for at, price in enumerate(prices)]

    found = bought(changed(*others))

    costs = {str(one.id): one.accepts[0].base_units for one in others}
    assert set(found) == {one for one, cost in costs.items() if cost < 500_000}
    assert [costs[one] for one in found] == sorted(costs[one] for one in found)


@pytest.mark.parametrize("part", ["semantic", "reputation", "latency"])
def test_a_service_of_less_merit_is_no_equal_however_cheap(part: str) -> None:
    bad = ranked(other(base_units=1), price=1.0, **{part: 0.7 - NO_WORSE - 0.01})
    fair = ranked(other(base_units=1), **{part: 0.7 - NO_WORSE / 2})

    assert changed(bad) == []
    assert len(changed(fair)) == 1


def test_a_service_that_does_another_job_is_no_equal() -> None:
    assert changed(other(), same_job=False) == []


@pytest.mark.parametrize(
    ("request_", "mine"),
    [
        ("the weather in Oslo from Skywatch", {"name": "skywatch"}),
        ("the weather in Oslo from skywatch.example", {"url": "https://skywatch.example/run"}),
        ("the marine weather in Oslo", {"description": "What marine weather does"}),
        ("the marine weather in Oslo", {"tags": ("marine",)}),
    ],
)
def test_who_asked_for_something_by_name_gets_no_other(request_: str, mine: dict[str, Any]) -> None:
    own = listing(**ALIKE | mine)

    assert changed(other(), mine=own, request=request_) == []
    assert len(changed(other(), mine=own, request=REQUEST)) == 1


@pytest.mark.parametrize(
    "schemas",
    [
        {"input_schema": {"type": "object", "properties": {"town": TEXT}, "required": ["town"]}},
        {"input_schema": {}},
        {"output_schema": {"type": "object", "properties": {"text": TEXT}, "required": ["text"]}},
        {"output_schema": {}},
        {"media_type": "text/plain"},
    ],
    ids=["takes another name", "says not what it takes", "gives another name", "says not", "form"],
)
def test_other_names_or_forms_make_another_service(schemas: dict[str, Any]) -> None:
    used = (
        call(),
        reshape("short", {"it": output_of("weather", "report")}, "it"),
    )

    assert changed(other(**schemas)) == []
    assert changed(other(**schemas), steps=used) == []


def test_what_nobody_uses_may_be_missing_where_something_else_is_used() -> None:
    both = {"report": TEXT, "map": TEXT}
    own = listing(
        output_schema={"type": "object", "properties": both, "required": ["report", "map"]}
    )
    used = (
        call(service=own),
        reshape("short", {"it": output_of("weather", "report")}, "it"),
    )

    assert changed(other(), mine=own) == []  # a person may look for the map
    assert len(changed(other(), mine=own, steps=used)) == 1


def test_an_output_that_nobody_describes_is_equal_to_itself_only() -> None:
    own = listing(output_schema={})

    assert changed(other(), mine=own) == []
    assert len(changed(other(output_schema={}), mine=own)) == 1


def test_a_refund_is_not_given_up_for_a_lower_price() -> None:
    own = listing(refund=None)

    assert changed(other(refund=None)) == []
    assert len(changed(other(refund=None), mine=own)) == 1
    assert len(changed(other(), mine=own)) == 1


def test_a_promise_to_call_off_is_no_refund() -> None:
    cancel = RefundOffer(url="https://cheap.example/c", window_seconds=3_600, kind="cancel")

    assert changed(other(refund=cancel)) == []


def test_another_way_to_pay_is_no_equal() -> None:
    assert changed(other(accepts=costing(1, scheme="upto"))) == []


def test_what_is_free_needs_no_undoing() -> None:
    free = other(**FREE, refund=None)

    (found,) = changed(free)

    (step,) = found.steps
    assert isinstance(step, PaidStep)
    assert step.service == free.id
    assert step.undo is not None
    assert step.undo.action == "none"


def test_a_draft_is_changed_in_one_step_and_one_service_only() -> None:
    both = (call("one"), call("two"))
    cheap = other()

    found = changed(cheap, steps=both)

    assert len(found) == 2
    for draft in found:
        assert sorted(bought([draft], 0) + bought([draft], 1)) == sorted([cheap.id, listing().id])
        for before, after in zip(both, draft.steps, strict=True):
            kept = before.model_dump(exclude={"service", "undo"})
            assert after.model_dump(exclude={"service", "undo"}) == kept


def test_a_cheaper_fallback_and_the_choice_change_places() -> None:
    cheap, third = other(), other("third", 500_000)

    found = changed(cheap, third, steps=(call(alternates=(cheap.id, third.id)),))

    (step,) = found[0].steps
    assert isinstance(step, PaidStep)
    assert (step.service, step.alternates) == (cheap.id, (listing().id, third.id))


def test_a_map_is_bought_from_the_cheaper_one_too() -> None:
    names: Schema = {"type": "array", "items": TEXT}
    lists = listing("lists", output_schema={"type": "object", "properties": {"names": names}})
    steps = (call("names", lists), each("all", over=output_of("names", "names")))

    assert bought(changed(other(), steps=steps), 1) == [other().id]
