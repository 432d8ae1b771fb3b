"""Identifiers, canonical JSON and digests."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from domain.ids import (
    CanonicalJson,
    CanonicalObject,
    Digest,
    StepId,
    canonical_json,
    digest_bytes,
    digest_json,
    digest_model,
    listing_id,
    payment_key,
    request_id,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
names = st.text(max_size=12)


def reordered(value: JsonValue) -> JsonValue:
    """The same value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(value=json_values)
def test_the_order_of_keys_does_not_matter(value: JsonValue) -> None:
    assert canonical_json(reordered(value)) == canonical_json(value)


@given(value=json_values)
def test_canonical_json_is_json_of_the_same_value(value: JsonValue) -> None:
    assert json.loads(canonical_json(value)) == value


@given(left=json_values, right=json_values)
def test_different_values_have_different_digests(left: JsonValue, right: JsonValue) -> None:
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)

    assert (digest_json(left) == digest_json(right)) == same


@given(value=json_values, key=st.text())
def test_any_addition_changes_the_digest(value: JsonValue, key: str) -> None:
    assert digest_json([value, key]) != digest_json([value])
    assert digest_json({"a": value, "b": key}) != digest_json({"a": value})


def test_canonical_json_has_no_spaces_and_keeps_letters() -> None:
    assert canonical_json({"ø": [1, "å"], "a": None}) == '{"a":null,"ø":[1,"å"]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "\ud800"])
def test_what_json_cannot_hold_has_no_canonical_form(value: Any) -> None:
    wrappings: list[Any] = [value, [value], {"a": {"b": value}}]
    for wrapped in wrappings:
        with pytest.raises(ValueError, match=r"."):
            canonical_json(wrapped)
        with pytest.raises(ValidationError):
            TypeAdapter[JsonValue](CanonicalJson).validate_python(wrapped)


def test_half_a_character_as_a_name_has_no_canonical_form() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[dict[str, JsonValue]](CanonicalObject).validate_python({"\ud800": 1})


def test_digests_are_sha256_in_lower_case_hexadecimal() -> None:
    assert digest_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_json("a") == digest_bytes(b'"a"')


def test_the_digest_of_a_model_is_that_of_its_json() -> None:
    class Pair(BaseModel):
        b: int
        a: int

    assert digest_model(Pair(b=1, a=2)) == digest_json({"a": 2, "b": 1})


def test_a_listing_is_named_by_what_is_called() -> None:
    assert listing_id(method="post", url="https://a.example/x") == "POST https://a.example/x"


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("Get me the weather in Oslo and Bergen now", "get-weather-oslo-bergen"),
        ("天气", "request"),
        ("the of and", "request"),
        ("x" * 100, "x" * 40),
        ("A" * 39 + " bc", "a" * 39),
    ],
)
def test_a_request_id_tells_what_was_asked(text: str, middle: str) -> None:
    assert request_id(text=text, day="20261121", entropy="k3") == f"20261121-{middle}-k3"


@given(text=st.text())
def test_a_request_id_is_safe_in_paths_and_addresses(text: str) -> None:
    made = request_id(text=text, day="20261121", entropy="k3")

    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(made) <= len("20261121--k3") + 40


@given(
    first=st.tuples(names, names, names, names, st.integers(0, 5)),
    second=st.tuples(names, names, names, names, st.integers(0, 5)),
)
def test_a_payment_key_depends_on_each_of_its_inputs_alone(
    first: tuple[str, str, str, str, int], second: tuple[str, str, str, str, int]
) -> None:
    assert (key_of(*first) == key_of(*second)) == (first == second)


@given(at=st.integers(0, 3), text=st.text(min_size=1, max_size=5))
def test_changing_one_input_changes_the_payment_key(at: int, text: str) -> None:
    same = ["run/a", "first", "step", "purchase"]
    changed = [part + text if index == at else part for index, part in enumerate(same)]

    assert key_of(*changed, 0) != key_of(*same, 0)
    assert key_of(*same, 1) != key_of(*same, 0)
    assert key_of(*same, 0) == key_of(*same, 0)


def test_text_cannot_move_from_one_input_to_the_next() -> None:
    assert key_of("a", "b", "c", "d", 0) != key_of("ab", "", "c", "d", 0)
    assert key_of("a", 'b","c', "", "d", 0) != key_of("a", "b", "c", "d", 0)


def key_of(*parts: Any) -> str:
    workflow_id, first_run_id, step_id, purchase, ordinal = parts
    return payment_key(
        workflow_id=workflow_id,
        first_run_id=first_run_id,
        step_id=StepId(step_id),
        purchase=Digest(purchase),
        ordinal=ordinal,
    )
