"""A fallback stands in under its own names, or is refused: never by a guess."""

from typing import Any

import pytest

from domain.adapting import DoesNotFit, adapt, presented, same_name
from domain.catalogue import ServiceListing
from domain.compiler import compile_plan
from domain.drafting import Draft
from domain.plan import (
    Adaptation,
    Binding,
    DataTransform,
    Item,
    PaidStep,
    Plan,
    ServiceCall,
    Step,
    Value,
    adaptation_of,
)
from domain.reasons import DraftRefused
from tests.fakes.builders import (
    call,
    catalogue,
    each,
    listing,
    offer,
    output_of,
    plan,
    reshape,
    usdc,
)

CHOSEN = listing()
"""From a place to a report."""

LISTS = listing(
    "lists",
    output_schema={
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
        "required": ["names"],
    },
)


def schema(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": kind} if isinstance(kind, str) else kind
            for name, kind in properties.items()
        },
        "required": list(required),
    }


def other(
    takes: dict[str, Any] | None = None, gives: dict[str, Any] | None = None
) -> ServiceListing:
    return listing(
        "other",
        input_schema=takes or CHOSEN.input_schema,
        output_schema=gives or CHOSEN.output_schema,
    )


def fitted(
    alternate: ServiceListing,
    *,
    chosen: ServiceListing = CHOSEN,
    used: tuple[str, ...] = (),
    **arguments: Binding,
) -> Adaptation:
    step = call(service=chosen, arguments=arguments or {"place": Value(value="Oslo")})
    return adapt(step, chosen=chosen, alternate=alternate, used=used)


def misfit(alternate: ServiceListing, **given: Any) -> str:
    with pytest.raises(DoesNotFit) as refused:
        fitted(alternate, **given)
    return str(refused.value)


def compiled(*steps: Step, known: tuple[ServiceListing, ...]) -> Plan:
    return compile_plan(
        Draft(steps=steps), request="weather", catalogue=catalogue(*known), budget=usdc("9")
    )


def paid(step: Step) -> PaidStep:
    assert isinstance(step, PaidStep)
    return step


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("place", "city"),
        ("startDate", "start_date"),
        ("from_date", "since_day"),
        ("lat", "latitude"),
        ("summary_text", "abstractContent"),
        ("prices", "price"),
        ("URL", "link"),
    ],
)
def test_names_that_say_the_same_are_one(one: str, two: str) -> None:
    assert same_name(one, two)
    assert same_name(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("latitude", "longitude"),
        ("mean", "median"),
        ("start", "end"),
        ("from", "to"),
        ("from_currency", "to_currency"),
        ("start_date", "start"),
        ("country_code", "country"),
        ("temperature_c", "temperature_f"),
        ("", ""),
        ("日付", "日付2"),
    ],
)
def test_names_of_one_topic_are_not_one_name(one: str, two: str) -> None:
    assert not same_name(one, two)
    assert not same_name(two, one)


def test_equal_names_need_no_others() -> None:
    assert fitted(other(), used=("report",)) == Adaptation(service=other().id)


def test_what_is_called_otherwise_is_called_so() -> None:
    found = fitted(
        other(schema(("city",), city="string"), schema(reports="string")), used=("report",)
    )

    assert (found.inputs, found.outputs) == ({"place": "city"}, {"report": "reports"})


def test_a_fallback_that_names_no_inputs_is_sent_the_planned_ones() -> None:
    assert fitted(other({"type": "object", "description": "anything"})).inputs == {}


@pytest.mark.parametrize(
    "takes",
    [
        schema(colour="string"),
        schema(city="integer"),
        schema(city={"type": "string", "format": "uri"}),
        schema(city={"type": "string", "enum": ["Bergen"]}),
    ],
    ids=["another meaning", "another type", "another format", "another choice"],
)
def test_an_input_without_a_certain_counterpart_is_refused(takes: dict[str, Any]) -> None:
    assert "nothing that stands for input place" in misfit(other(takes))


def test_two_counterparts_are_none() -> None:
    assert "city and town" in misfit(other(schema(city="string", town="string")))


def test_one_counterpart_does_not_stand_for_two() -> None:
    chosen = listing(input_schema=schema(place="string", town="string"))

    words = misfit(
        other(schema(city="string")),
        chosen=chosen,
        place=Value(value="Oslo"),
        town=Value(value="Oslo"),
    )

    assert "at once" in words


def test_a_chosen_value_may_be_one_of_a_list_and_an_unknown_one_may_not() -> None:
    known = other(schema(city={"type": "string", "enum": ["Oslo", "Bergen"]}))

    assert fitted(known, place=Value(value="Oslo")).inputs == {"place": "city"}
    assert "nothing that stands for" in misfit(known, place=output_of("names", "name"))


@pytest.mark.parametrize(
    "gives",
    [schema(colour="string"), schema(reports="integer"), {"type": "object"}],
    ids=["another meaning", "another type", "nothing known"],
)
def test_an_output_that_others_use_must_be_there(gives: dict[str, Any]) -> None:
    assert "report" in misfit(other(gives=gives), used=("report",))


def test_an_output_of_the_same_name_and_another_type_is_refused() -> None:
    assert "its report is integer" in misfit(
        other(gives=schema(report="integer")), used=("report",)
    )


def test_what_the_chosen_service_calls_otherwise_stands_for_nothing_else() -> None:
    chosen = listing(output_schema=schema(price="number", cost="number"))

    assert "output price" in misfit(
        other(gives=schema(cost="number")), chosen=chosen, used=("price",)
    )


def test_another_kind_of_content_does_not_fit_where_it_is_used() -> None:
    pdf = other().model_copy(update={"media_type": "application/pdf"})

    assert "gives application/pdf" in misfit(pdf, used=("report",))


def test_an_output_answers_to_both_names() -> None:
    shown = presented(schema(("reports",), reports="string"), {"report": "reports"})

    assert shown["properties"] == {"reports": {"type": "string"}, "report": {"type": "string"}}
    assert shown["required"] == ["reports", "report"]


def test_the_compiler_finds_the_names_and_forgets_what_a_draft_says_of_them() -> None:
    alternate = other(schema(("city",), city="string"), schema(("reports",), reports="string"))
    lie = Adaptation(service=alternate.id, inputs={"place": "wallet"})
    steps = (
        call(alternates=(alternate.id,), adaptations=(lie,)),
        reshape("short", {"x": output_of("weather", "report")}, "{short: x}"),
    )

    found = compiled(*steps, known=(CHOSEN, alternate))

    step = paid(found.step(steps[0].id))
    assert step.adaptations == (
        Adaptation(service=alternate.id, inputs={"place": "city"}, outputs={"report": "reports"}),
    )
    assert adaptation_of(step, CHOSEN.id).inputs == {}


@pytest.mark.parametrize(
    "user",
    [
        reshape("user", {"x": output_of("weather")}, "x.report"),
        reshape("user", {"x": output_of("weather", "report")}, "x"),
        reshape("user", {"x": output_of("weather", "{all: report}")}, "x.all"),
        call("user", LISTS, arguments={"place": output_of("weather", "report")}),
    ],
)
def test_every_way_to_use_an_output_asks_for_its_name(user: DataTransform | ServiceCall) -> None:
    silent = other(gives=schema(("colour",), colour="string"))

    with pytest.raises(DraftRefused, match="unfit_alternate"):
        compiled(call(alternates=(silent.id,)), user, known=(CHOSEN, LISTS, silent))


def test_an_output_that_nobody_uses_may_be_any() -> None:
    silent = other(gives=schema(("colour",), colour="string"))

    assert compiled(call(alternates=(silent.id,)), known=(CHOSEN, silent)).steps


def test_the_items_of_a_map_are_renamed_as_well() -> None:
    alternate = other(schema(("city",), city="string"), schema(("reports",), reports="string"))
    steps = (
        call("names", LISTS),
        each(
            "all",
            over=output_of("names", "names"),
            arguments={"place": Item()},
            alternates=(alternate.id,),
        ),
        reshape("short", {"x": output_of("all")}, "x[*].report"),
    )

    found = compiled(*steps, known=(CHOSEN, LISTS, alternate))

    (adaptation,) = paid(found.step(steps[1].id)).adaptations
    assert (adaptation.inputs, adaptation.outputs) == ({"place": "city"}, {"report": "reports"})


def test_plans_without_other_names_keep_the_digests_they_had() -> None:
    before = plan(call(alternates=(other().id,)), offers=(offer(), offer("other")))

    assert plan().digest == "7f2377f9cca121c18426cf87fea5d1c7ea237b75d3920811ae6f0503437881f0"
    assert before.digest == "2f3a754ab39c11f5711dc5b6ca691fcfa8b24f16faa01858bdd585e89c1d8534"
    assert "adaptations" not in before.model_dump_json()


def test_plans_with_other_names_come_back_whole() -> None:
    other_names = Adaptation(service=other().id, inputs={"place": "city"})
    made = plan(call(alternates=(other().id,), adaptations=(other_names,)))

    assert Plan.model_validate_json(made.model_dump_json()) == made
    assert made.digest != plan(call(alternates=(other().id,))).digest
