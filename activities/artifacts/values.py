"""Stored content as JSON values: what plans' expressions see."""

import base64
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from activities.artifacts.ports import ArtifactStore
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.bindings import BoundInputs, ItemRef, answering_to, resolve
from domain.errors import DataError
from domain.ids import canonical_json

_JSON: Final = TypeAdapter[JsonValue](JsonValue)
_LIST: Final = TypeAdapter[list[JsonValue]](list[JsonValue])


async def load_value(store: ArtifactStore, ref: ArtifactRef) -> JsonValue:
    """Read an artifact as a value: JSON parsed, text as a string, the rest as base64."""
    content = await store.get(ref)
    kind = ref.media_type.partition(";")[0].strip().lower()
    try:
        if kind == JSON_MEDIA_TYPE or kind.endswith("+json"):
            return _JSON.validate_json(content)
        if kind.startswith("text/"):
            return content.decode()
    except (ValidationError, UnicodeDecodeError) as err:
        raise DataError(f"artifact {ref.digest} is not {ref.media_type}") from err
    return {"media_type": ref.media_type, "base64": base64.b64encode(content).decode()}


async def store_value(store: ArtifactStore, value: JsonValue) -> ArtifactRef:
    """Store a value as canonical JSON."""
    return await store.put(canonical_json(value), JSON_MEDIA_TYPE)


async def load_list(store: ArtifactStore, ref: ArtifactRef) -> list[JsonValue]:
    """Read an artifact that holds a list."""
    try:
        return _LIST.validate_json(await store.get(ref))
    except ValidationError as err:
        raise DataError(f"artifact {ref.digest} is not a list") from err


async def load_inputs(store: ArtifactStore, inputs: BoundInputs) -> dict[str, JsonValue]:
    """Fill a step's arguments from the store.

    Raises:
        DataError: A path selects nothing, or what is stored is not what it is said to be.
    """
    outputs = {
        step: answering_to(await load_value(store, ref), inputs.output_names.get(step, {}))
        for step, ref in inputs.outputs.items()
    }
    item: JsonValue = None
    if inputs.item is not None:
        item = await _load_item(store, inputs.item)
    return resolve(inputs.bindings, outputs=outputs, item=item)


async def _load_item(store: ArtifactStore, ref: ItemRef) -> JsonValue:
    items = await load_list(store, ref.list)
    if ref.index >= len(items):
        raise DataError(f"artifact {ref.list.digest} has {len(items)} items, none at {ref.index}")
    return items[ref.index]
