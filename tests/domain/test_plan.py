"""Plans: costs, dependencies and the digest that an approval names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from domain.ids import StepId
from domain.money import total
from domain.plan import (
    Gate,
    Item,
    Plan,
    ServiceCall,
    Value,
    bindings_of,
    dependencies,
)
from tests.fakes.builders import (
    NOW,
    call,
    decide,
    draft,
    each,
    evm_terms,
    listing,
    offer,
    output_of,
    plan,
    reshape,
    terms,
    usdc,
)

CHEAP, DEAR = listing("cheap"), listing("dear")
DEAR_TERMS = evm_terms(scheme="batch-settlement", base_units=400_000)

EVERYTHING = plan(
    call("first", CHEAP, alternates=(DEAR.id,)),
    decide("really", {"w": output_of("first")}),
    reshape("names", {"w": output_of("first")}, when=Gate(step=StepId("really"), outcome=True)),
    each("all", over=output_of("names"), service=DEAR, arguments={"place": Item()}),
    offers=(
        offer("cheap", terms=terms(base_units=100_000), quoted_at=NOW),
        offer("dear", terms=DEAR_TERMS, quoted_at=NOW),
    ),
)
"""A plan with every kind of step, paid on two chains."""


def places_in(value: JsonValue, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all leaves of a JSON value."""
    if isinstance(value, dict) and value:
        return [p for name, part in value.items() for p in places_in(part, (*path, name))]
    if isinstance(value, list) and value:
        return [p for at, part in enumerate(value) for p in places_in(part, (*path, at))]
    return [path]


PLACES = places_in(EVERYTHING.model_dump(mode="json"))


@given(place=st.sampled_from(PLACES))
def test_a_change_of_any_field_changes_the_digest(place: tuple[Any, ...]) -> None:
    content: Any = EVERYTHING.model_dump(mode="json")
    *way, last = place
    holder = content
    for part in way:
        holder = holder[part]
    was = holder[last]
    holder[last] = "2020-01-01T00:00:00Z" if last == "quoted_at" else changed(was)

    try:
        other = Plan.model_validate(content)
    except ValidationError:
        return
    assert other.digest != EVERYTHING.digest


def changed(value: JsonValue) -> JsonValue:
    """Give another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "x"


def test_the_digest_survives_json_and_the_order_of_keys() -> None:
    content = json.loads(EVERYTHING.model_dump_json())
    backwards = {name: content[name] for name in reversed(content)}

    assert Plan.model_validate(backwards).digest == EVERYTHING.digest


def test_a_step_costs_what_its_chosen_service_asks() -> None:
    first, really, names, everything = EVERYTHING.steps

    assert EVERYTHING.estimated_cost_of(first) == usdc("0.10")
    assert EVERYTHING.estimated_cost_of(really) == usdc("0")
    assert EVERYTHING.estimated_cost_of(names) == usdc("0")
    assert EVERYTHING.estimated_cost_of(everything) == usdc("1.20")
    assert EVERYTHING.estimated_cost == usdc("1.30")


def test_a_step_costs_at_most_its_dearest_approved_service() -> None:
    first, really, _, everything = EVERYTHING.steps

    assert EVERYTHING.maximum_cost_of(first) == usdc("0.40")
    assert EVERYTHING.maximum_cost_of(really) == usdc("0")
    assert EVERYTHING.maximum_cost_of(everything) == usdc("1.20")


@given(
    prices=st.lists(st.none() | st.integers(0, 10**12), min_size=1, max_size=3),
    items=st.integers(1, 100),
)
def test_no_plan_costs_more_than_its_maximum(prices: list[int | None], items: int) -> None:
    services = [listing(f"s{number}") for number in range(len(prices))]
    others = tuple(service.id for service in services[1:])
    made = plan(
        call("one", services[0], alternates=others),
        each("all", over=output_of("one"), service=services[0], max_items=items),
        offers=tuple(
            offer(f"s{number}", terms=None if price is None else terms(base_units=price))
            for number, price in enumerate(prices)
        ),
    )
    paid = [price or 0 for price in prices]

    assert made.estimated_cost.base_units == paid[0] * (1 + items)
    most = total([made.maximum_cost_of(step) for step in made.steps], made.asset)
    assert most.base_units == max(paid) + paid[0] * items
    assert made.estimated_cost <= most


def test_steps_and_offers_are_found_by_name() -> None:
    step = EVERYTHING.step(StepId("first"))

    assert isinstance(step, ServiceCall)
    assert step.title == "Do first"
    assert EVERYTHING.offer(DEAR.id).name == "dear"
    assert [one.name for one in EVERYTHING.offers_for(step)] == ["cheap", "dear"]


def test_bindings_are_the_named_inputs_of_every_kind_of_step() -> None:
    first, really, names, everything = EVERYTHING.steps

    assert set(bindings_of(first)) == {"place"}
    assert set(bindings_of(really)) == {"w"}
    assert set(bindings_of(names)) == {"w"}
    assert bindings_of(everything) == {"over": output_of("names"), "place": Item()}


def test_a_step_waits_for_its_data_its_order_and_its_gate() -> None:
    step = call(
        "last",
        arguments={"place": output_of("d"), "day": output_of("a"), "fixed": Value(value="z")},
        after=(StepId("c"), StepId("a")),
        when=Gate(step=StepId("b"), outcome=False),
    )

    assert dependencies(step) == ("a", "b", "c", "d")
    assert dependencies(call()) == ()
    assert dependencies(EVERYTHING.steps[3]) == ("names",)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", ["\udfff"]])
def test_no_argument_is_what_json_cannot_hold(value: JsonValue) -> None:
    with pytest.raises(ValidationError):
        Value(value=value)


def test_half_a_character_is_no_text_of_a_plan() -> None:
    with pytest.raises(ValidationError):
        call("broken", title="\ud800")


def test_a_step_names_two_fallbacks_at_most() -> None:
    assert call(alternates=(CHEAP.id, DEAR.id)).alternates
    with pytest.raises(ValidationError, match="at most 2 items"):
        call(alternates=(CHEAP.id, DEAR.id, listing("third").id))


def test_unknown_fields_are_errors() -> None:
    content: dict[str, Any] = draft().model_dump(mode="json")
    content["steps"][0]["price"] = "0.00"

    with pytest.raises(ValidationError, match="Extra inputs"):
        type(draft()).model_validate(content)
