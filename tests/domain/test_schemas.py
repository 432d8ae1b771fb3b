"""Schemas written by strangers: certain conflicts are found, nothing is fetched or raised."""

import re
import socket
import sys
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import schemas
from domain.schemas import Schema

WEATHER: Schema = {
    "type": "object",
    "properties": {
        "days": {
            "type": "array",
            "items": {"type": "object", "properties": {"high": {"type": "number"}}},
        },
        "place": {"type": "string"},
        "anything": True,
    },
}

keywords = st.sampled_from(["type", "properties", "required", "items", "enum", "const"]) | (
    st.sampled_from(["$ref", "$id", "$defs", "$dynamicRef", "$anchor", "$schema"])
    | st.sampled_from(["allOf", "anyOf", "not", "pattern", "multipleOf", "minimum"])
)
texts = st.sampled_from(
    ["string", "object", "array", "#", "#/allOf/x", "#/type", "http://[x", "(", "name", "", "%"]
)
hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keywords, inner, max_size=4),
    max_leaves=10,
)
hostile_schemas = st.dictionaries(keywords, hostile, max_size=5)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$id": "http://127.0.0.1:1/", "$ref": "part.json"},
        {"$schema": "http://127.0.0.1:1/meta", "$ref": "http://127.0.0.1:1/x"},
        {"$dynamicRef": "http://127.0.0.1:1/schema.json#part"},
    ],
)
def test_remote_references_are_never_fetched_and_constrain_nothing(schema: Schema) -> None:
    assert schemas.problem_with(5, schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"type": 7},
        {"properties": []},
        {"pattern": "("},
        {"required": "name"},
        {"description": "text", "$ref": "#/description"},
        {"allOf": [{}], "$ref": "#/allOf/x"},
        {"allOf": [{}], "$ref": "#/allOf/9"},
        {"$id": "http://[::1", "$ref": "x"},
        {"$ref": "#"},
        {"$ref": "#/$defs/missing"},
    ],
)
def test_invalid_schemas_constrain_nothing(schema: Schema) -> None:
    assert schemas.problem_with(5, schema) is None


def test_a_number_too_large_for_the_validator_constrains_nothing() -> None:
    assert schemas.problem_with(10**400, {"multipleOf": 0.5}) is None


@given(value=hostile, schema=hostile_schemas, other=hostile_schemas)
def test_no_schema_raises(value: Any, schema: Schema, other: Schema) -> None:
    schemas.problem_with(value, schema)
    schemas.mismatch(schema, other)
    assert all(isinstance(part, dict) for part in schemas.properties_of(schema).values())
    assert all(isinstance(name, str) for name in schemas.required_names(schema))


def test_a_broken_value_is_named_by_its_path() -> None:
    problem = schemas.problem_with({"days": [{"high": "hot"}]}, WEATHER)

    assert problem == "$.days[0].high: 'hot' is not of type 'number'"
    assert schemas.problem_with({"days": [{"high": 3.5}]}, WEATHER) is None


def test_a_large_broken_value_makes_a_short_problem() -> None:
    problem = schemas.problem_with("x" * 100_000, {"type": "integer"})

    assert problem is not None
    assert len(problem) < 300


def test_local_references_are_followed() -> None:
    schema: Schema = {"$defs": {"word": {"type": "string"}}, "$ref": "#/$defs/word"}

    assert schemas.problem_with("a", schema) is None
    assert schemas.problem_with(5, schema) is not None


def test_only_parts_that_are_schemas_are_named() -> None:
    assert list(schemas.properties_of(WEATHER)) == ["days", "place"]
    assert schemas.properties_of({"properties": ["place"]}) == {}


def test_required_names_are_texts_once_each() -> None:
    assert schemas.required_names({"required": ["b", "a", "b", 7, {}]}) == ("b", "a")
    assert schemas.required_names({"required": "b"}) == ()


TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"]


@given(have=st.sampled_from(TYPES), want=st.sampled_from(TYPES))
def test_two_types_fit_when_equal_or_whole_numbers_meet_numbers(have: str, want: str) -> None:
    fits = have == want or (have, want) == ("integer", "number")

    assert (schemas.mismatch({"type": have}, {"type": want}) is None) == fits


@pytest.mark.parametrize(
    ("produced", "wanted", "problem"),
    [
        ({}, {"type": "string"}, None),
        ({"type": "string"}, {}, None),
        ({"type": ["string", "null"]}, {"type": "string"}, None),
        (
            {"type": ["string", "null"]},
            {"type": "integer"},
            "value is null or string, but integer is wanted",
        ),
        (
            {"properties": {"a": {}}},
            {"required": ["a", "b", "c"]},
            "value has no b, c",
        ),
        ({}, {"required": ["b"]}, None),
        ({"properties": {"a": {}}}, {"required": "b"}, None),
        ({"properties": {"a": {}}}, {"required": [{}, ["x"]]}, None),
        (
            {"properties": {"a": {"type": "string"}}},
            {"properties": {"a": {"type": "array"}}},
            "value.a is string, but array is wanted",
        ),
        (
            {"properties": {"a": True, "b": {"type": "string"}}},
            {"properties": {"a": {"type": "array"}, "b": {"type": "string"}}},
            None,
        ),
        (
            {"items": {"properties": {"a": {"type": "string"}}}},
            {"items": {"properties": {"a": {"type": "null"}}}},
            "value[].a is string, but null is wanted",
        ),
        ({"items": {"type": "string"}}, {"type": "array"}, None),
    ],
)
def test_only_certain_conflicts_are_reported(
    produced: Schema, wanted: Schema, problem: str | None
) -> None:
    assert schemas.mismatch(produced, wanted) == problem


def nested(depth: int, leaf: str) -> Schema:
    schema: Schema = {"type": leaf}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def test_endless_nesting_is_compared_only_so_far() -> None:
    assert schemas.mismatch(nested(12, "string"), nested(12, "null")) is not None
    assert schemas.mismatch(nested(13, "string"), nested(13, "null")) is None
    assert schemas.mismatch(nested(300, "string"), nested(300, "null")) is None


@given(schema=hostile_schemas)
def test_a_schema_fits_itself_unless_it_asks_for_what_it_does_not_name(schema: Schema) -> None:
    problem = schemas.mismatch(schema, schema)

    assert problem is None or " has no " in problem


def _doubling(depth: int) -> Schema:
    """A schema of a few lines that takes two to the power of ``depth`` steps."""
    levels: dict[str, Any] = {"l0": {"type": "string"}}
    for level in range(1, depth + 1):
        below = {"$ref": f"#/$defs/l{level - 1}"}
        levels[f"l{level}"] = {"anyOf": [below, below]}
    return {"$defs": levels, "$ref": f"#/$defs/l{depth}"}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a" * 60 + "!", {"pattern": "^(a+)+$"}),
        ("a" * 20_000, {"pattern": "a*a*a*b"}),
        ("a" * 40, {"pattern": "a?" * 40 + "a" * 40}),
        ("a" * 60, {"pattern": "(a|a)" * 35 + "b"}),
        ({"a" * 60: 1}, {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}),
        ({"a" * 60 + "!": 1}, {"propertyNames": {"pattern": "^(a+)+$"}}),
        ([{"n": n} for n in range(20_000)], {"uniqueItems": True}),
        (1, _doubling(40)),
    ],
)
@pytest.mark.timeout(20)
def test_a_schema_made_to_take_for_ever_constrains_nothing(value: Any, schema: Schema) -> None:
    assert schemas.problem_with(value, schema) is None


@given(st.text(alphabet="ab", max_size=12), st.sampled_from(["^a+$", "b", "^(a|b)$", "a{2}"]))
def test_a_harmless_pattern_still_counts(text: str, pattern: str) -> None:
    broken = schemas.problem_with(text, {"type": "string", "pattern": pattern}) is not None

    assert broken is (re.search(pattern, text) is None)


def test_a_schema_that_never_ends_does_not_take_the_process_with_it() -> None:
    endless: Schema = {"$defs": {"x": {"$ref": "#/$defs/x"}}, "$ref": "#/$defs/x"}
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)  # as libraries do
    try:
        assert schemas.problem_with({"a": 1}, endless) is None
    finally:
        sys.setrecursionlimit(limit)
