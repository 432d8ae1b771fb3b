"""What a request makes depend on something is bought only when that turns out so."""

from collections.abc import Mapping
from typing import Any

import pytest

from activities.planning.gating import MAX_TITLE_CHARACTERS, with_conditions
from activities.planning.linking import Link
from activities.planning.parts import Feed, Key, Part
from domain.catalogue import ServiceListing
from domain.errors import RequestNotServable
from domain.ids import StepId
from domain.plan import Conditional, Gate, PaidStep, Step
from domain.schemas import Schema
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import call, listing

TEXT: Schema = {"type": "string"}


def thing(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


QUOTE = listing(
    "quote",
    description="Price of a coin",
    input_schema=thing(symbol=TEXT),
    output_schema=thing(price={"type": "number"}),
)
MESSAGE = listing(
    "message", description="Sends a message to a phone", input_schema={}, output_schema=thing()
)
CHART = listing(
    "chart", description="Draws a chart of a coin", input_schema={}, output_schema=thing()
)
ALL = (QUOTE, MESSAGE, CHART)


def gated(
    text: str,
    feeds: Mapping[str, ServiceListing] | None = None,
    services: tuple[ServiceListing, ...] = ALL,
) -> tuple[Step, ...]:
    """Steps of a plan that buys of all services, some fed by others, by their names."""
    parts = {
        Key(one.id): Part(
            Key(one.id),
            {},
            {"x": Feed(Key((feeds or {})[one.name].id), Link("price", 1.0))}
            if one.name in (feeds or {})
            else {},
        )
        for one in services
    }
    ids = {Key(one.id): StepId(one.name) for one in services}
    steps = [call(one.name, one) for one in services]
    return with_conditions(candidates(text, *services), parts, steps, ids)


def gates(steps: tuple[Step, ...]) -> dict[str, tuple[str, bool] | None]:
    return {
        str(step.id): None if step.when is None else (str(step.when.step), step.when.outcome)
        for step in steps
        if isinstance(step, PaidStep)
    }


def test_a_request_without_conditions_is_left_as_it_is() -> None:
    steps = gated("Get the price of SOL. Send a message to my phone. Draw a chart.")

    assert set(gates(steps).values()) == {None}
    assert len(steps) == len(ALL)


def test_each_case_waits_for_its_own_outcome_and_the_source_for_none() -> None:
    steps = gated(
        "Get the price of SOL. If it is above 100, send a message to my phone. "
        "Otherwise draw a chart."
    )

    assert gates(steps) == {"quote": None, "message": ("test", True), "chart": ("test", False)}


def test_unless_is_the_other_outcome_of_the_same_test() -> None:
    steps = gated(
        "Get the price of SOL. Unless it is above 100, send a message to my phone. "
        "Otherwise draw a chart."
    )

    assert gates(steps) == {"quote": None, "message": ("test", False), "chart": ("test", True)}


def test_what_the_test_looks_at_never_waits_for_it() -> None:
    steps = gated(
        "Get the price of SOL. If it is above 100, send a message to my phone.",
        feeds={"message": QUOTE},
        services=(QUOTE, MESSAGE),
    )

    assert gates(steps) == {"quote": None, "message": ("test", True)}


def test_what_only_feeds_a_step_that_waits_waits_with_it() -> None:
    text = "Get the price of SOL. If it is above 100, send a message to my phone."

    alone = gated(text, feeds={"message": CHART}, services=(QUOTE, CHART, MESSAGE))
    shared = gated(text, services=(QUOTE, CHART, MESSAGE))

    assert gates(alone)["chart"] == ("test", True)
    assert gates(shared)["chart"] is None


def test_the_test_reads_the_service_that_was_there_before_it() -> None:
    steps = gated("Get the price of SOL. If it is above 100, send a message to my phone.")

    (test,) = [step for step in steps if isinstance(step, Conditional)]
    assert [binding.kind for binding in test.inputs.values()] == ["output"]
    assert [getattr(binding, "step", None) for binding in test.inputs.values()] == ["quote"]
    assert len(test.title) <= MAX_TITLE_CHARACTERS


def test_what_waits_for_two_tests_keeps_the_first() -> None:
    steps = gated(
        "Get the price of SOL. If it is above 100, send a message to my phone. "
        "If it is below 50, draw a chart."
    )

    assert gates(steps)["message"] == ("test", True)
    assert gates(steps)["chart"] == ("test-2", True)
    assert [step.id for step in steps if isinstance(step, Conditional)] == ["test", "test-2"]


def test_a_test_that_nothing_can_tell_is_refused_and_named() -> None:
    with pytest.raises(RequestNotServable, match="it is raining"):
        gated(
            "Get the price of SOL. If it is raining, send a message to my phone.",
            services=(QUOTE, MESSAGE),
        )


def test_gates_do_not_change_what_is_bought() -> None:
    text = "Get the price of SOL. If it is above 100, send a message to my phone."

    steps = [step for step in gated(text) if isinstance(step, PaidStep)]

    assert [step.model_copy(update={"when": None}) for step in steps] == [
        call(one.name, one) for one in ALL
    ]
    assert Gate(step=StepId("test"), outcome=True) in [step.when for step in steps]
