"""Words to write the inputs and outputs of sellers with, as JSON Schema."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]


def text(says: str = "", eg: str | None = None, **more: Any) -> Schema:
    return _described({"type": "string", **more}, says, eg)


def choice(says: str, *values: str) -> Schema:
    return _described({"type": "string", "enum": list(values)}, says, values[0])


def whole(
    says: str = "", eg: int | None = None, least: int | None = None, most: int | None = None
) -> Schema:
    return _described({"type": "integer", **_bounds(least, most)}, says, eg)


def number(
    says: str = "", eg: float | None = None, least: float | None = None, most: float | None = None
) -> Schema:
    return _described({"type": "number", **_bounds(least, most)}, says, eg)


def flag(says: str = "", *, eg: bool | None = None) -> Schema:
    return _described({"type": "boolean"}, says, eg)


def many(of: Schema, says: str = "", eg: list[Any] | None = None) -> Schema:
    return _described({"type": "array", "items": of}, says, eg)


def rows(**columns: Schema) -> Schema:
    return many(thing(**columns))


def thing(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def anything(says: str = "", eg: Mapping[str, Any] | None = None) -> Schema:
    return _described({"type": "object"}, says, eg)


def form(fields: Mapping[str, Schema]) -> Schema:
    """Make an object of fields; a question mark ends the name of one that may be left out."""
    return {
        "type": "object",
        "properties": {name.rstrip("?"): field for name, field in fields.items()},
        "required": [name for name in fields if not name.endswith("?")],
    }


def example_of(schema: Schema) -> Any:
    """Make a value that fits: the field's own example, or the plainest there is."""
    if "examples" in schema:
        return schema["examples"][0]
    if schema["type"] == "object":
        return {name: example_of(field) for name, field in schema.get("properties", {}).items()}
    if schema["type"] == "array":
        return [example_of(schema["items"])]
    return {"string": "…", "integer": 1, "number": 1.5, "boolean": True}[schema["type"]]


def is_valid(value: str | float | bool, schema: Schema) -> bool:
    """Whether a value fits."""
    return Draft202012Validator(schema).is_valid(value)


def _described(schema: Schema, says: str, eg: object) -> Schema:
    if says:
        schema["description"] = says
    if eg is not None:
        schema["examples"] = [eg]
    return schema


def _bounds(least: float | None, most: float | None) -> Schema:
    named = {"minimum": least, "maximum": most}
    return {name: value for name, value in named.items() if value is not None}
