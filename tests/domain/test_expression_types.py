"""What an expression gives is told before it runs, and never otherwise than it turns out."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import schemas
from domain.bindings import search
from domain.errors import DataError
from domain.expression_types import infer, named, result_problem
from domain.shapes import types_of

REVIEW: schemas.Schema = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["good", "bad"]},
        "score": {"type": "number"},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "votes": {"type": "integer"}},
                "required": ["title"],
            },
        },
        "more": {"$ref": "#/$defs/page"},
        "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "open": {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
    },
    "required": ["label", "rows"],
    "$defs": {
        "page": {
            "type": "object",
            "properties": {"next": {"$ref": "#/$defs/page"}, "number": {"type": "integer"}},
        }
    },
}


@pytest.mark.parametrize(
    ("expression", "types"),
    [
        ("label", {"string"}),
        ("score", {"number", "null"}),
        ("label == 'bad'", {"boolean"}),
        ("rows[*].title", {"array"}),
        ("rows[0].title", {"string", "null"}),
        ("join(', ', rows[*].title)", {"string"}),
        ("length(rows) > `0`", {"boolean"}),
        ("sort_by(rows, &votes)[0].title", {"string", "null"}),
        ("max(rows[*].votes)", {"integer", "null"}),
        ("map(&title, rows)", {"array"}),
        ("more.next.next.number", {"integer", "null"}),
        ("either", {"string", "null"}),
        ("{a: rows, b: label}", {"object"}),
        ("[label, score]", {"array"}),
        ("missing || label", {"string"}),
        ("to_array(label)", {"array"}),
        ("not_null(score, label)", {"number", "null", "string"}),
    ],
)
def test_types_follow_the_syntax_and_the_sellers_schema(expression: str, types: set[str]) -> None:
    found = infer(expression, REVIEW)

    assert (types_of(found.shape), found.problems) == (types, ())


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("title", "there is no 'title', only label, score, rows"),
        ("rows.title", "a value of type array has no 'title'"),
        ("rows[*].text", "there is no 'text', only title, votes"),
        ("rows[?text].title", "there is no 'text'"),
        ("label[0]", "is no list"),
        ("label[*]", "is no list"),
        ("label == 'awful'", "it is good, bad, but awful"),
        ("label == `1`", "never equals"),
        ("rows > `3`", "has no order"),
        ("length(score)", "length() cannot take"),
        ("join(rows)", "join() does not take 1 values"),
        ("join(&a, rows)", "join() takes other values in place 1"),
        ("shout(label)", "there is no function 'shout'"),
        ("more.previous", "there is no 'previous'"),
    ],
)
def test_what_cannot_be_meant_is_named(expression: str, said: str) -> None:
    assert said in infer(expression, REVIEW).problems[0]


@pytest.mark.parametrize(
    "expression",
    [
        "open.b",
        "rows[*].title | [0]",
        "score == `null`",
        "@",
        "*",
        "open.b.c[0].d",
        "nothing(",
        "}",
    ],
)
def test_what_may_be_fine_is_no_problem(expression: str) -> None:
    assert infer(expression, REVIEW).problems == ()


def test_a_result_that_cannot_fit_its_consumer_is_a_problem() -> None:
    rows = infer("rows[*].title", REVIEW)

    assert result_problem(rows, {"type": "array", "items": {"type": "string"}}) is None
    assert result_problem(rows, {"type": "string"}) == "value is array, but string is wanted"
    assert result_problem(rows, {"type": "array", "items": {"type": "integer"}}) is not None
    assert result_problem(infer("`null`", REVIEW), {}) == "it never selects anything"
    label = infer("label", REVIEW)
    assert result_problem(label, {"type": "string", "enum": ["up", "down"]}) is not None
    assert result_problem(label, {"type": "string", "enum": ["good", "fine"]}) is None


def test_inputs_are_known_by_the_names_they_are_given() -> None:
    inputs = named({"review": REVIEW, "limit": {"type": "integer"}})

    assert types_of(infer("review.label", inputs).shape) == {"string"}
    assert infer("reviews", inputs).problems == ("there is no 'reviews', only review, limit",)
    assert types_of(infer("limit", inputs).shape) == {"integer"}


@pytest.mark.parametrize(
    "expression", ["|".join(["[@,[@]]"] * 200), "[" * 300 + "@" + "]" * 300, "a." * 900 + "a"]
)
def test_expressions_made_to_grow_are_given_up_in_time(expression: str) -> None:
    started = time.process_time()

    infer(expression, REVIEW)

    assert time.process_time() - started < 2


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    loop: schemas.Schema = {"$ref": "#"}
    wide: schemas.Schema = {
        "type": "object",
        "properties": {name: {"$ref": "#"} for name in "abcdefgh"},
    }

    assert infer("a.b", loop).problems == ()
    assert infer("a.b", wide).problems == ()


NAMES = ("a", "b", "c")
PLAIN: tuple[Any, ...] = (None, True, False, 0, 1, -2, 2.5, "", "x", "yes")


def _schemas() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.sampled_from(["string", "integer", "number", "boolean", "null"]).map(
            lambda name: {"type": name}
        ),
        st.just({"type": ["string", "null"]}),
        st.lists(st.sampled_from(["x", "yes", "no"]), min_size=1, unique=True).map(
            lambda values: {"type": "string", "enum": values}
        ),
        st.just({}),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda items: {"type": "array", "items": items}),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
            st.tuples(
                st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
                st.sets(st.sampled_from(NAMES)),
            ).map(
                lambda made: {
                    "type": "object",
                    "properties": made[0],
                    "required": sorted(made[1] & made[0].keys()),
                }
            ),
        ),
        max_leaves=6,
    )


def _values(schema: Any) -> st.SearchStrategy[Any]:
    """Values that fit, with no names but those that are listed."""
    if "anyOf" in schema:
        return st.one_of([_values(one) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema.get("type")
    if types is None:
        return st.one_of(st.sampled_from(PLAIN), st.lists(st.sampled_from(PLAIN), max_size=2))
    if isinstance(types, list):
        return st.one_of([_values({"type": one}) for one in types])
    if types == "array":
        return st.lists(_values(schema["items"]), max_size=3)
    if types == "object":
        parts = {name: _values(part) for name, part in schema["properties"].items()}
        required = {name: parts.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(required, optional=parts)
    fitting = [one for one in PLAIN if schemas.problem_with(one, schema) is None]
    return st.sampled_from(fitting)


def _expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from([*NAMES, "@", "'x'", "`1`", "`null`", '`[1, "x"]`', '`{"a": 1}`'])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(NAMES)).map(lambda t: f"({t[0]}).{t[1]}"),
            st.tuples(
                inner,
                st.sampled_from(
                    ["[0]", "[-1]", "[*]", "[]", "[1:]", ".*", "[*].a", "[].b", "[?a]", "[*][]"]
                ),
            ).map(lambda t: f"({t[0]}){t[1]}"),
            st.tuples(inner, st.sampled_from(["||", "&&", "|", "==", "!=", "<", ">="]), inner).map(
                lambda t: f"({t[0]} {t[1]} {t[2]})"
            ),
            inner.map(lambda one: f"!({one})"),
            st.tuples(inner, inner).map(lambda t: f"{{a: {t[0]}, c: {t[1]}}}"),
            st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
            st.tuples(
                st.sampled_from(
                    [
                        *("length", "keys", "values", "to_array", "to_string", "type", "max"),
                        *("reverse", "sort", "not_null", "to_number", "abs", "avg", "merge"),
                        *("min", "sum"),
                    ]
                ),
                inner,
            ).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(inner, inner).map(lambda t: f"map(&{t[0]}, {t[1]})"),
            st.tuples(inner, st.sampled_from(NAMES)).map(lambda t: f"sort_by({t[0]}, &{t[1]})"),
            st.tuples(inner, st.sampled_from(NAMES)).map(lambda t: f"max_by({t[0]}, &{t[1]})"),
            inner.map(lambda one: f"join('-', {one})"),
            st.tuples(inner, inner).map(lambda t: f"contains({t[0]}, {t[1]})"),
        ),
        max_leaves=5,
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_inference_never_contradicts_what_evaluating_gives(data: st.DataObject) -> None:
    schema = data.draw(_schemas())
    value = data.draw(_values(schema))
    expression = data.draw(_expressions())

    inferred = infer(expression, schema)

    try:
        found = search(expression, value)
    except DataError:
        return
    assert schemas.problem_with(found, inferred.shape) is None, (
        f"{expression} over {json.dumps(value)} of {schema} gave {found!r}, not {inferred.shape}"
    )


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_selection_that_is_called_impossible_selects_nothing(data: st.DataObject) -> None:
    schema = data.draw(_schemas())
    value = data.draw(_values(schema))
    names = data.draw(st.lists(st.sampled_from([*NAMES, "d"]), min_size=1, max_size=3))

    inferred = infer(".".join(names), schema)

    if inferred.problems:
        assert search(".".join(names), value) is None
