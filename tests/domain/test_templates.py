"""Templates: the same plan with other values, and nothing that a file could smuggle in."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import RequestRejected
from domain.ids import RequestId, StepId
from domain.plan import Plan, ServiceCall, Undo, Value
from domain.templates import Place, Template, filled, suggested, template_of
from tests.fakes.builders import NOW, call, listing, offer, output_of, plan, reshape, usdc

RUN = RequestId("20261121-weather-k3")
COUNTED = listing(
    "count",
    input_schema={
        "type": "object",
        "properties": {
            "place": {"type": "string", "enum": ["Oslo", "Rome"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 30},
        },
        "required": ["place"],
    },
)


def two_steps() -> Plan:
    first = call(arguments={"place": Value(value="Oslo")})
    second = call(
        "count", COUNTED, arguments={"place": Value(value="Oslo"), "days": Value(value=7)}
    )
    counted = offer("count").model_copy(update={"input_schema": COUNTED.input_schema})
    return plan(first, second, offers=(counted, offer()))


def saved(of: Plan | None = None, **changes: Any) -> Template:
    fields: dict[str, Any] = {
        "name": "weekly",
        "budget": usdc("2"),
        "named": None,
        "saved_from": RUN,
        "saved_at": NOW,
    }
    return template_of(of or two_steps(), **fields | changes)


def value_of(of: Plan, step: str, argument: str) -> object:
    found = of.step(StepId(step))
    assert isinstance(found, ServiceCall)
    binding = found.arguments[argument]
    assert isinstance(binding, Value)
    return binding.value


def test_equal_values_of_equal_inputs_are_one_parameter() -> None:
    template = saved()

    assert [parameter.name for parameter in template.parameters] == ["place", "days"]
    assert [str(place) for place in template.parameters[0].places] == [
        "weather.place",
        "count.place",
    ]
    assert template.parameters[1].default == 7


def test_a_new_value_reaches_every_place_and_the_words_that_are_approved() -> None:
    template = saved()

    changed = filled(template, {"place": "Rome", "days": "3"})

    assert value_of(changed, "weather", "place") == value_of(changed, "count", "place") == "Rome"
    assert value_of(changed, "count", "days") == 3
    assert changed.request == "the weather in Oslo [place=Rome, days=3]"
    assert changed.digest != template.plan.digest


def test_without_values_the_plan_is_the_one_that_was_saved() -> None:
    template = saved()

    assert filled(template, {}).digest == template.plan.digest


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"city": "Rome"}, "no parameter 'city'; there are: place, days"),
        ({"place": "Atlantis"}, "place=Atlantis: count does not take it"),
        ({"days": "many"}, "days=many: count does not take it"),
        ({"days": "NaN"}, "days=NaN: count does not take it"),
        ({"days": "31"}, "count does not take it"),
    ],
)
def test_a_value_that_a_service_does_not_take_is_refused(
    given: dict[str, str], complaint: str
) -> None:
    with pytest.raises(RequestRejected, match=complaint):
        filled(saved(), given)


def test_a_text_that_looks_like_a_number_stays_a_text_where_texts_are_taken() -> None:
    changed = filled(saved(plan(call())), {"place": "12"})

    assert value_of(changed, "weather", "place") == "12"


def test_only_the_named_places_may_change() -> None:
    where = (Place(step=StepId("count"), argument="days"),)
    template = saved(named={"horizon": where})

    assert [parameter.name for parameter in template.parameters] == ["horizon"]
    with pytest.raises(RequestRejected, match="no parameter 'place'"):
        filled(template, {"place": "Rome"})


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "No Name!"}, "no name for a template"),
        ({"name": "../../etc/passwd"}, "no name for a template"),
        (
            {"named": {"x": (Place(step=StepId("nobody"), argument="y"),)}},
            "nobody.y is no fixed value of the plan; there are: weather.place, count.place",
        ),
        ({"named": {"X Y": (Place(step=StepId("count"), argument="days"),)}}, "cannot be made"),
    ],
)
def test_what_makes_no_template_is_said(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RequestRejected, match=complaint):
        saved(**changes)


def test_outputs_of_steps_are_no_parameters() -> None:
    shaped = reshape("shape", {"report": output_of("weather"), "word": Value(value="x")})

    assert list(suggested(plan(call(), shaped))) == ["place", "word"]


def _renamed(plan: Plan) -> Plan:
    (step,) = plan.steps
    return plan.model_copy(update={"steps": (step, step)})


def _elsewhere(plan: Plan) -> Plan:
    (only,) = plan.offers
    return plan.model_copy(
        update={"offers": (only.model_copy(update={"url": "https://thief.example/run"}),)}
    )


def _unoffered(plan: Plan) -> Plan:
    return plan.model_copy(update={"offers": ()})


def _promising(plan: Plan) -> Plan:
    (step,) = plan.steps
    undo = Undo(action="cancel_call", note="everything comes back")
    return plan.model_copy(update={"steps": (step.model_copy(update={"undo": undo}),)})


def _circular(plan: Plan) -> Plan:
    (step,) = plan.steps
    return plan.model_copy(update={"steps": (step.model_copy(update={"after": (step.id,)}),)})


@pytest.mark.parametrize("spoil", [_renamed, _elsewhere, _unoffered, _promising, _circular])
def test_a_file_cannot_hold_a_plan_that_no_compiler_would_make(
    spoil: Callable[[Plan], Plan],
) -> None:
    good = saved(plan(call()))
    document = good.model_copy(update={"plan": spoil(good.plan)}).model_dump(mode="json")

    with pytest.raises(ValidationError):
        Template.model_validate(document)


def test_a_template_survives_its_file() -> None:
    template = saved()

    assert Template.model_validate_json(template.model_dump_json()).digest == template.digest
