"""Expressions that would take a worker down, and plain ones that must not be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from domain import expressions
from domain.bindings import search
from domain.errors import DataError
from domain.expressions import ExpressionTooCostly, evaluate
from tests.domain.test_ids import json_values

ROWS: JsonValue = [{"a": n, "b": {"c": "x" * 20}} for n in range(20_000)]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[@,@]" + "|[@,@]" * 200, 1),
        ("{a:@,b:@}" + "|{a:@,b:@}" * 100, 1),
        ("[@,@]" + "|[@,@][]" * 100, [1]),
        ("[@,@]" + "|[@,@]" * 60 + "|to_string(@)", 1),
        ("[[@,@]" + "|[@,@]" * 60 + ",[@,@]" + "|[@,@]" * 60 + "]|[0]==[1]", 1),
        ("join(g,l)", {"g": "x" * 1_000_000, "l": ["y"] * 1_000}),
        ("|".join(["[::1]"] * 300), [0] * 500_000),
    ],
)
def test_an_expression_that_grows_without_end_is_refused(expression: str, value: JsonValue) -> None:
    with pytest.raises(ExpressionTooCostly):
        evaluate(expression, value)


def test_a_plan_hears_of_it_as_a_data_error() -> None:
    with pytest.raises(DataError, match="failed: it would make a value of"):
        search("[@,@]" + "|[@,@]" * 200, 1)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("length([*].{a:a,c:b.c})", 20_000),
        ("sort_by(@,&a)[-1].a", 19_999),
        ("length([?a>`9999`])", 10_000),
        ("join('',[:3].b.c)", "x" * 60),
    ],
)
def test_plain_work_on_large_data_is_done(expression: str, found: JsonValue) -> None:
    assert search(expression, ROWS) == found


@given(json_values)
def test_a_value_passes_unchanged(value: JsonValue) -> None:
    assert evaluate("@", value) == value


@given(st.lists(st.sampled_from(["[@,@]", "[@,@][]", "{a:@,b:@}", "*", "[]", "to_string(@)"])))
def test_no_result_is_larger_than_what_may_be_stored(parts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expressions, "MAX_VALUE_SIZE", 1_000)
        try:
            found = evaluate("|".join(["@", *parts]), ["x"])
        except ExpressionTooCostly:
            return

    assert _size(found) <= 1_000


def _size(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + sum(len(name) + _size(part) for name, part in value.items())
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return len(value) if isinstance(value, str) else 1
