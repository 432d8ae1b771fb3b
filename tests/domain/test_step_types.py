"""A step takes only what can be of the kind that it wants."""

import pytest

from domain.ids import StepId
from domain.plan import Gate, Item, Step, Value
from domain.reasons import DraftRefused, ReasonCode
from domain.schemas import Schema
from tests.domain.drafts import LISTS, OPEN, compiled, reasons
from tests.fakes.builders import call, catalogue, decide, each, listing, output_of, reshape


@pytest.mark.parametrize("path", ["a.[", "", "x" * 2_001, "(" * 900])
def test_paths_into_outputs_must_be_expressions(path: str) -> None:
    assert (ReasonCode.BAD_EXPRESSION, "two") in reasons(
        call("one"), reshape("two", {"x": output_of("one", path)})
    )


def test_a_step_may_not_take_what_its_source_never_produces() -> None:
    steps = (call("one"), call("two", arguments={"place": output_of("one", "town")}))

    with pytest.raises(DraftRefused, match="of one, there is no 'town', only report"):
        compiled(*steps)


def test_outputs_must_fit_the_argument_they_fill() -> None:
    names = call("names", LISTS)
    good = call("two", OPEN, arguments={"anything": output_of("names", "names")})
    bad = call("two", arguments={"place": output_of("names", "count")})

    assert compiled(names, good).steps
    assert reasons(names, bad) == [(ReasonCode.TYPE_MISMATCH, "two")]


def test_what_cannot_be_known_before_the_run_is_let_through() -> None:
    steps = (
        call("names", LISTS),
        reshape("any", {"x": output_of("names")}, "x.names[0]"),
        call("two", arguments={"place": output_of("any")}),
        call("three", arguments={"place": output_of("names", "names[*] | [0]")}),
    )

    assert len(compiled(*steps).steps) == 4


def test_the_output_of_a_conditional_is_a_boolean() -> None:
    steps = (
        call("one"),
        decide("really", {"x": output_of("one")}),
        call("two", arguments={"place": output_of("really")}),
    )

    with pytest.raises(DraftRefused, match="value is boolean, but string is wanted"):
        compiled(*steps)


def test_a_map_goes_over_lists_and_produces_one() -> None:
    names = call("names", LISTS)
    items = each("all", over=output_of("names", "names"), arguments={"place": Item()})
    not_a_list = each("all", over=output_of("names", "count"))
    unclear = each("all", over=output_of("names", "names[*]"))
    again = each("more", over=output_of("all"), arguments={"place": Item(path="report")})

    assert compiled(names, items, again).steps
    assert compiled(names, unclear).steps
    assert reasons(names, not_a_list) == [(ReasonCode.TYPE_MISMATCH, "all")]
    assert reasons(names, items, call("two", arguments={"place": output_of("all")})) == [
        (ReasonCode.TYPE_MISMATCH, "two")
    ]


def test_a_map_keeps_the_name_of_its_list_to_itself() -> None:
    mine = {"over": Value(value="mine")}
    steps = (
        call("names", LISTS),
        each("all", over=output_of("names"), service=OPEN, arguments=mine),
    )

    assert reasons(*steps) == [(ReasonCode.UNKNOWN_ARGUMENT, "all")]
    assert compiled(call("one", OPEN, arguments=mine)).steps


@pytest.mark.parametrize(
    "schema",
    [
        {"required": [{}, ["place"], 7, "place"], "properties": {"place": True, "x": {}}},
        {"required": "place", "properties": ["place"]},
        {"properties": {"place": {"$ref": "#/properties/x/y"}}},
        {"properties": {"place": {"type": {"a": []}, "items": 5}}},
    ],
)
def test_a_malformed_schema_of_a_service_is_survived(schema: Schema) -> None:
    odd = listing("odd", input_schema=schema, output_schema=schema)
    steps = (call("one", odd), call("two", odd, arguments={"place": output_of("one", "place")}))

    try:
        compiled(*steps, known=catalogue(odd))
    except DraftRefused as refused:
        assert {reason.code for reason in refused.reasons} == {ReasonCode.UNKNOWN_ARGUMENT}  # noqa: PT017 - either outcome is allowed


TYPED: list[tuple[str, tuple[Step, ...], str]] = [
    (
        "a transform asks for a name that is not there",
        (call("names", LISTS), reshape("one", {"x": output_of("names")}, "x.titles")),
        "there is no 'titles', only names, count",
    ),
    (
        "a transform takes an input that is not there",
        (call("names", LISTS), reshape("one", {"x": output_of("names", "titles")}, "x")),
        "input x: there is no 'titles'",
    ),
    (
        "a transform gives what its consumer cannot take",
        (
            call("names", LISTS),
            reshape("one", {"x": output_of("names", "names")}, "x[:2]"),
            call("two", arguments={"place": output_of("one")}),
        ),
        "of one, value is array or null, but string is wanted",
    ),
    (
        "a decision can never be true",
        (
            call("names", LISTS),
            decide("ask", {"x": output_of("names", "count")}, "x == 'many'"),
            call("two", when=Gate(step=StepId("ask"), outcome=True)),
        ),
        "never equals",
    ),
    (
        "a map goes over what is no list",
        (
            call("names", LISTS),
            each("all", over=output_of("names", "count"), arguments={"place": Item()}),
        ),
        "the list it maps: value is integer or null, but array is wanted",
    ),
    (
        "a map's item is not what its service takes",
        (
            reshape("made", {}, "[`1`, `2`]"),
            each("all", over=output_of("made"), arguments={"place": Item()}),
        ),
        "argument place of weather: value is integer, but string is wanted",
    ),
]


@pytest.mark.parametrize(("steps", "said"), [t[1:] for t in TYPED], ids=[t[0] for t in TYPED])
def test_what_an_expression_gives_must_fit_what_takes_it(
    steps: tuple[Step, ...], said: str
) -> None:
    with pytest.raises(DraftRefused) as refused:
        compiled(*steps)

    assert [reason.code for reason in refused.value.reasons] == [ReasonCode.TYPE_MISMATCH]
    assert said in refused.value.message


def test_a_transform_that_fits_is_part_of_a_plan() -> None:
    steps = (
        call("names", LISTS),
        reshape("one", {"x": output_of("names", "names")}, "join(', ', x[:2])"),
        call("two", arguments={"place": output_of("one")}),
    )

    assert compiled(*steps).step(StepId("one")) == steps[1]
