"""Any draft at all: refused, or a plan with nothing left open."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import graph
from domain.catalogue import ServiceListing
from domain.compiler import compile_plan
from domain.drafting import Draft
from domain.ids import ListingId
from domain.money import Amount
from domain.plan import PaidStep, Plan, Step, dependencies
from domain.reasons import DraftRefused
from tests.domain.drafts import BUDGET, FINAL, KNOWN, LISTS, SPARE, compiled
from tests.fakes.builders import call, draft, output_of

ids = st.sampled_from(["a", "b", "c", "missing"])
paths = st.none() | st.sampled_from(["report", "names", "a.[", "", "names[0]", "town"])
bindings: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, kind=st.just("value"), value=st.sampled_from(["Oslo", 7, None, [1], {}])),
    st.builds(dict, kind=st.just("output"), step=ids, path=paths),
    st.builds(dict, kind=st.just("item"), path=paths),
)
arguments = st.dictionaries(st.sampled_from(["place", "over", "town"]), bindings, max_size=2)
listings = st.sampled_from([*KNOWN, "GET https://stranger.example"])
undos: st.SearchStrategy[dict[str, str] | None] = st.none() | st.builds(
    dict, action=st.sampled_from(["refund_claim", "none"]), note=st.sampled_from(["", "words"])
)
common: dict[str, Any] = {
    "id": st.sampled_from(["a", "b", "c"]),
    "title": st.text(max_size=3),
    "after": st.lists(ids, max_size=1),
    "when": st.none() | st.builds(dict, step=ids, outcome=st.booleans()),
}
buying: dict[str, Any] = {
    "service": listings,
    "alternates": st.lists(listings, max_size=1),
    "arguments": arguments,
    "undo": undos,
}
looking: dict[str, Any] = {
    "inputs": arguments,
    "expression": st.sampled_from(["@", "a", "", "a.[", "x.names"]),
}
steps_of_any_kind = st.one_of(
    st.fixed_dictionaries({"kind": st.just("service_call"), **common, **buying}),
    st.fixed_dictionaries({"kind": st.just("data_transform"), **common, **looking}),
    st.fixed_dictionaries({"kind": st.just("conditional"), **common, **looking}),
    st.fixed_dictionaries(
        {
            "kind": st.just("map"),
            **common,
            **buying,
            "over": st.builds(dict, kind=st.just("output"), step=ids, path=paths),
            "max_items": st.integers(1, 100),
        }
    ),
)


@given(steps=st.lists(steps_of_any_kind, max_size=4), budget=st.integers(0, 10**8))
def test_any_draft_is_refused_or_a_plan_with_nothing_left_open(
    steps: list[dict[str, Any]], budget: int
) -> None:
    try:
        made = Draft.model_validate({"steps": steps})
    except ValidationError:
        return
    money = Amount(asset=BUDGET.asset, base_units=budget)

    try:
        plan = compile_plan(made, request="r", catalogue=KNOWN, budget=money)
    except DraftRefused as refused:
        assert refused.reasons  # noqa: PT017 - either outcome is allowed
        return

    assert_complete(plan, money)


@given(
    content=st.recursive(st.none() | st.integers() | st.text(max_size=4), st.lists, max_leaves=4)
)
def test_what_is_no_draft_never_reaches_the_compiler(content: Any) -> None:
    with pytest.raises(ValidationError):
        Draft.model_validate(content)


def assert_complete(plan: Plan, budget: Amount) -> None:
    """Every reference of ``plan`` resolves, and its price is within ``budget``."""
    named = {step.id for step in plan.steps}
    used: set[ListingId] = set()
    for step in plan.steps:
        assert named.issuperset(dependencies(step))
        if isinstance(step, PaidStep):
            used |= {one.listing_id for one in plan.offers_for(step)}
            assert step.undo is not None
    assert [one.listing_id for one in plan.offers] == sorted(used)
    assert graph.topological_order({step.id: dependencies(step) for step in plan.steps})
    assert plan.estimated_cost <= budget
    assert Plan.model_validate_json(plan.model_dump_json()).digest == plan.digest


def test_a_large_honest_draft_is_a_plan_in_which_all_resolves() -> None:
    steps: list[Step] = [call("s0", LISTS)]
    for number in range(1, 50):
        source = output_of(f"s{number - 1}", "names[0]")
        steps.append(call(f"s{number}", LISTS, arguments={"place": source}, alternates=(SPARE.id,)))

    plan = compiled(*steps)

    assert_complete(plan, BUDGET)
    assert plan.request == "the weather"
    assert plan.asset == BUDGET.asset


def test_the_order_of_the_catalogue_does_not_change_the_digest() -> None:
    backwards: dict[ListingId, ServiceListing] = {one: KNOWN[one] for one in reversed(KNOWN)}
    steps = (call("one"), call("two", FINAL))

    assert compiled(*steps).digest == compiled(*steps, known=backwards).digest
    assert compiled(*steps).digest != compiled(*steps, request="another").digest


def test_a_draft_of_the_builders_is_a_plan() -> None:
    assert compiled(*draft().steps).digest
