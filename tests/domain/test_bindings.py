"""Arguments filled from the plan, from outputs and from items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from domain.bindings import (
    MAX_EXPRESSION_CHARACTERS,
    BoundInputs,
    ExpandMap,
    ItemRef,
    expression_problem,
    is_true,
    needed_outputs,
    resolve,
    search,
)
from domain.errors import DataError
from domain.ids import StepId, canonical_json
from domain.limits import MAX_MAP_ITEMS
from domain.plan import Binding, Item, Value
from tests.domain.test_ids import json_values
from tests.fakes.builders import artifact, output_of

OUTPUTS: dict[StepId, JsonValue] = {StepId("weather"): {"days": [{"high": 3}], "none": None}}

fragments = st.lists(
    st.sampled_from(["a", "b.c", "@", "[0]", "[*]", "[]", "[?a>b]", "[::0]", "[::-1]", "&a"])
    | st.sampled_from(["|", "||", "!", "<", "==", "{a:b}", ",", ".", "-", "(", ")", "`1`", '`"'])
    | st.sampled_from(["max_by(@,&a)", "contains('a',`1`)", "to_number('inf')", "ceil(@)"])
    | st.sampled_from(["sum(@)", "9" * 20, "\u00e9", "\ud800"]),
    max_size=6,
).map("".join)


def test_the_steps_that_bindings_need_are_named_once_in_order() -> None:
    bindings: dict[str, Binding] = {
        "a": output_of("weather"),
        "b": output_of("news", "title"),
        "c": output_of("weather", "days"),
        "d": Item(),
        "e": Value(value=1),
    }

    assert needed_outputs(bindings) == ("news", "weather")


def test_every_kind_of_binding_is_filled() -> None:
    bindings: dict[str, Binding] = {
        "fixed": Value(value=[1, None]),
        "whole": output_of("weather"),
        "part": output_of("weather", "days[0].high"),
        "item": Item(),
        "name": Item(path="name"),
    }

    filled = resolve(bindings, outputs=OUTPUTS, item={"name": "Oslo"})

    assert filled == {
        "fixed": [1, None],
        "whole": OUTPUTS[StepId("weather")],
        "part": 3,
        "item": {"name": "Oslo"},
        "name": "Oslo",
    }


def test_an_output_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="argument place needs the output of news"):
        resolve({"place": output_of("news")}, outputs=OUTPUTS)


@pytest.mark.parametrize("path", ["nowhere", "none", "days[7]"])
def test_a_path_that_selects_nothing_is_named(path: str) -> None:
    with pytest.raises(DataError) as failed:
        resolve({"place": output_of("weather", path)}, outputs=OUTPUTS)

    assert failed.value.message == (
        f"argument place: {path} selects nothing in the output of weather"
    )


def test_a_path_into_an_item_that_selects_nothing_is_named() -> None:
    with pytest.raises(DataError, match="nowhere selects nothing in the item"):
        resolve({"place": Item(path="nowhere")}, outputs={}, item={"a": 1})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("", {}),
        ("a b", {}),
        ("unknown(@)", {}),
        ("sum(@)", ["a"]),
        ("(" * 900 + "a" + ")" * 900, {}),
        ("a" * (MAX_EXPRESSION_CHARACTERS + 1), {}),
        ("[::0]", [1]),
        ("contains('abc', `1`)", {}),
        ("[?a > b]", [{"a": "x", "b": 1}]),
        ("max_by(@, &a)", [{"a": 1}, {"a": "x"}]),
        ("&a", {}),
        ("to_number('nan')", {}),
        ("ceil(to_number('inf'))", {}),
    ],
)
def test_an_expression_that_fails_is_a_data_error(expression: str, value: JsonValue) -> None:
    with pytest.raises(DataError):
        search(expression, value)


@given(expression=fragments | st.text(max_size=20), value=json_values)
def test_an_expression_finds_json_or_is_a_data_error(expression: str, value: JsonValue) -> None:
    try:
        found = search(expression, value)
    except DataError:
        return
    canonical_json(found)
    assert expression_problem(expression) is None


@given(expression=fragments, value=json_values)
def test_what_does_not_compile_is_never_evaluated(expression: str, value: JsonValue) -> None:
    if expression_problem(expression) is not None:
        with pytest.raises(DataError):
            search(expression, value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("a.[", "is not JMESPath"),
        ("x" * (MAX_EXPRESSION_CHARACTERS + 1), "longer than 2000 characters"),
        ("(" * 900, "is not JMESPath"),
    ],
)
def test_a_bad_expression_is_said_in_one_short_line(expression: str, said: str) -> None:
    problem = expression_problem(expression)

    assert problem is not None
    assert said in problem
    assert "\n" not in problem
    assert len(problem) < 400


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_empty_null_and_false_are_false(value: JsonValue) -> None:
    assert not is_true(value)


@pytest.mark.parametrize("value", [0, 0.0, True, " ", [None], {"a": None}, 1])
def test_everything_else_is_true_zero_included(value: JsonValue) -> None:
    assert is_true(value)


@given(value=json_values)
def test_truth_is_jmespaths_own(value: JsonValue) -> None:
    assert is_true(value) == search("!!@", value)


def test_a_map_goes_over_one_item_at_least_and_the_limit_at_most() -> None:
    inputs = BoundInputs(bindings={}, item=ItemRef(list=artifact(), index=0))

    for count in (0, MAX_MAP_ITEMS + 1):
        with pytest.raises(ValidationError):
            ExpandMap(step_id=StepId("m"), inputs=inputs, max_items=count)
