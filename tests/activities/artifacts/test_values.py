"""Stored content as values."""

import pytest
from hypothesis import given
from pydantic import JsonValue

from activities.artifacts.values import load_inputs, load_list, load_value, store_value
from domain.bindings import BoundInputs, ItemRef
from domain.errors import DataError
from domain.plan import Item
from tests.domain.test_ids import json_values
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import artifact


@given(json_values)
async def test_a_value_survives_being_stored(value: JsonValue) -> None:
    store = FakeArtifactStore()

    assert await load_value(store, await store_value(store, value)) == value


@pytest.mark.parametrize(
    ("content", "media_type", "value"),
    [
        (b'{"a":1}', "application/json", {"a": 1}),
        (b"[1]", "Application/JSON; charset=utf-8", [1]),
        (b"[1]", "application/geo+json", [1]),
        ("é".encode(), "text/plain", "é"),
        (b"<p>", "text/html; charset=utf-8", "<p>"),
        (b"\xff", "image/png", {"media_type": "image/png", "base64": "/w=="}),
    ],
)
async def test_content_is_read_by_its_type(
    content: bytes, media_type: str, value: JsonValue
) -> None:
    store = FakeArtifactStore()

    assert await load_value(store, await store.put(content, media_type)) == value


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<html>", "application/json"),
        (b"", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "text/plain"),
    ],
)
async def test_content_that_is_not_its_type_is_a_data_error(
    content: bytes, media_type: str
) -> None:
    store = FakeArtifactStore()
    ref = await store.put(content, media_type)

    with pytest.raises(DataError, match=f"is not {media_type}"):
        await load_value(store, ref)


async def test_what_was_never_stored_is_a_data_error() -> None:
    with pytest.raises(DataError):
        await load_value(FakeArtifactStore(), artifact())


@pytest.mark.parametrize("value", [{"a": 1}, "list", None, 7])
async def test_a_list_is_nothing_else(value: JsonValue) -> None:
    store = FakeArtifactStore()

    with pytest.raises(DataError, match="not a list"):
        await load_list(store, await store_value(store, value))


async def test_an_item_that_is_not_there_is_a_data_error() -> None:
    store = FakeArtifactStore()
    items = await store_value(store, ["only"])
    bound = BoundInputs(bindings={"a": Item()}, item=ItemRef(list=items, index=1))

    with pytest.raises(DataError, match="1 items, none at 1"):
        await load_inputs(store, bound)
