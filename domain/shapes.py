"""Shapes: what a JSON Schema says of a value, in the few words that expressions need.

A shape is a schema of ``type`` (a list, or absent: unknown), ``properties``, ``required``,
``items`` and ``enum``. An object that may have other names than those listed says
``additionalProperties: true``. Without alternatives, references and combinations there is one way
to ask for a name, and only one to join two shapes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from domain.schemas import Schema

ANY: Final[Schema] = {}
"""Nothing is known of the value."""

NULL: Final[Schema] = {"type": ["null"]}

MAX_DEPTH: Final = 12
"""Levels that are looked into; strangers write these schemas, and some nest without end."""

MAX_NODES: Final = 5_000
"""Parts of schemas looked at for one question; references can make a small text a large tree."""

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

_UNFOLLOWED: Final = ("allOf", "if", "not", "$dynamicRef", "dependentSchemas")
"""Keywords that say more of a value than a shape can hold; its names and items stay unknown."""


class TooMuch(ValueError):
    """A schema or an expression of more parts than anybody needs."""


class Purse:
    """Counts the parts that were looked at.

    Raises:
        TooMuch: By ``spend``, when they are too many.
    """

    def __init__(self) -> None:
        self._left = MAX_NODES

    def spend(self) -> None:
        """Count one part."""
        self._left -= 1
        if self._left < 0:
            raise TooMuch("too many parts to look at")


def shape_of(schema: Schema, purse: Purse) -> Schema:
    """Say in a shape what ``schema`` says, as far as that goes.

    Every value that fits ``schema`` fits the shape, with one exception: a seller that lists the
    names of an object and says nothing of others is taken at its word.
    """
    return _shape(schema, schema, purse, 0)


def types_of(shape: Schema) -> frozenset[str]:
    """JSON types that the value may have; all when nothing is known."""
    stated = shape.get("type")
    return frozenset(str(one) for one in stated) if isinstance(stated, list) else _TYPES


def with_types(types: Iterable[str], shape: Schema = ANY) -> Schema:
    """The shape limited to ``types``, which must be among its own."""
    kept = sorted(types)
    found: Schema = {"type": list[JsonValue](kept)}
    if "object" in kept:
        found |= {n: shape[n] for n in _OF_OBJECTS if n in shape}
    if "array" in kept and "items" in shape:
        found["items"] = shape["items"]
    if "enum" in shape and isinstance(values := shape["enum"], list):
        found["enum"] = [value for value in values if type_of(value) in kept]
    return ANY if frozenset(kept) >= _TYPES - {"integer"} and len(found) == 1 else found


_OF_OBJECTS: Final = ("properties", "required", "additionalProperties")


def array_of(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": ["array"], "items": items}


def object_of(properties: Mapping[str, Schema]) -> Schema:
    """An object with exactly these names."""
    return {
        "type": ["object"],
        "properties": dict(properties),
        "required": list[JsonValue](sorted(properties)),
    }


def constant(value: JsonValue) -> Schema:
    """The shape of one value."""
    if isinstance(value, list):
        return {"type": ["array"]}
    if isinstance(value, dict):
        return object_of({name: constant(part) for name, part in value.items()})
    return {"type": [type_of(value)], "enum": [value]}


def type_of(value: JsonValue) -> str:
    """The narrowest JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    names = {float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def or_null(shape: Schema, purse: Purse) -> Schema:
    """What may also be missing."""
    return union((shape, NULL), purse)


def items_of(shape: Schema) -> Schema:
    """The shape of a list's items."""
    return as_schema(shape.get("items"))


def names_of(shape: Schema) -> dict[str, Schema]:
    """The names an object lists."""
    found = shape.get("properties")
    return {n: as_schema(part) for n, part in found.items()} if isinstance(found, dict) else {}


def is_closed(shape: Schema) -> bool:
    """Whether an object has no names but those it lists."""
    return "properties" in shape and shape.get("additionalProperties") is not True


def is_required(shape: Schema, name: str) -> bool:
    """Whether an object always has ``name``."""
    found = shape.get("required")
    return isinstance(found, list) and name in found


def as_schema(value: JsonValue) -> Schema:
    """A part of a schema; unknown where it is none."""
    return value if isinstance(value, dict) else ANY


def union(shapes: Sequence[Schema], purse: Purse) -> Schema:
    """The shape of a value that fits any of ``shapes``."""
    found = shapes[0]
    for other in shapes[1:]:
        found = _join(found, other, purse)
    return found


def _join(one: Schema, other: Schema, purse: Purse) -> Schema:
    purse.spend()
    if one is other:
        return one
    if "type" not in one or "type" not in other:
        return ANY
    left, right = types_of(one), types_of(other)
    found: Schema = {"type": list[JsonValue](sorted(left | right))}
    if "array" in left | right:
        found["items"] = _joined_items(one, other, purse)
    if "object" in left | right:
        found |= _joined_names(one, other, purse)
    values = _values(one, left), _values(other, right)
    if values[0] is not None and values[1] is not None:
        found["enum"] = [*values[0], *(v for v in values[1] if v not in values[0])]
    return found


def _values(shape: Schema, types: frozenset[str]) -> list[JsonValue] | None:
    found = shape.get("enum")
    if isinstance(found, list):
        return found
    return [None] if types == frozenset({"null"}) else None


def _joined_items(one: Schema, other: Schema, purse: Purse) -> Schema:
    having = [part for part in (one, other) if "array" in types_of(part)]
    return union([items_of(part) for part in having], purse)


def _joined_names(one: Schema, other: Schema, purse: Purse) -> Schema:
    having = [part for part in (one, other) if "object" in types_of(part)]
    if len(having) == 1:
        return {name: having[0][name] for name in _OF_OBJECTS if name in having[0]}
    if not all(is_closed(part) for part in having):
        return {}
    left, right = (names_of(part) for part in having)
    properties: dict[str, JsonValue] = {}
    for name in dict.fromkeys((*left, *right)):
        both = name in left and name in right
        properties[name] = (
            _join(left[name], right[name], purse)
            if both
            else (left.get(name) or right.get(name) or ANY)
        )
    always = sorted(n for n in properties if all(is_required(part, n) for part in having))
    return {"properties": properties, "required": list[JsonValue](always)}


def _shape(schema: Schema, root: Schema, purse: Purse, depth: int) -> Schema:
    purse.spend()
    if depth > MAX_DEPTH:
        return ANY
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _shape(_referred(reference, root), root, purse, depth + 1)
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        if isinstance(options, list) and options and "properties" not in schema:
            parts = [_shape(as_schema(one), root, purse, depth + 1) for one in options]
            return _nullable(schema, union(parts, purse), purse)
    return _nullable(schema, _plain(schema, root, purse, depth), purse)


def _plain(schema: Schema, root: Schema, purse: Purse, depth: int) -> Schema:
    types = _stated(schema)
    if types is None:
        return ANY
    found: Schema = {"type": list[JsonValue](sorted(types))}
    values = _enumerated(schema)
    if values is not None:
        found["enum"] = values
    if any(key in schema for key in _UNFOLLOWED):
        return found
    if "array" in types and "prefixItems" not in schema:
        found["items"] = _shape(as_schema(schema.get("items")), root, purse, depth + 1)
    if "object" in types and isinstance(schema.get("properties"), dict):
        found |= _names(schema, root, purse, depth)
    return found


def _names(schema: Schema, root: Schema, purse: Purse, depth: int) -> Schema:
    listed = schema["properties"]
    named = listed.items() if isinstance(listed, dict) else ()
    required = schema.get("required")
    others = schema.get("additionalProperties", False)
    found: Schema = {
        "properties": {n: _shape(as_schema(p), root, purse, depth + 1) for n, p in named},
        "required": required if isinstance(required, list) else [],
    }
    if others is not False or "patternProperties" in schema or {"anyOf", "oneOf"} & schema.keys():
        found["additionalProperties"] = True
    return found


def _stated(schema: Schema) -> frozenset[str] | None:
    stated = schema.get("type")
    if isinstance(stated, str) and stated in _TYPES:
        return frozenset({stated})
    if isinstance(stated, list) and stated:
        names = frozenset(str(one) for one in stated)
        return names if names <= _TYPES else None
    values = _enumerated(schema)
    return frozenset(type_of(one) for one in values) if values else None


def _enumerated(schema: Schema) -> list[JsonValue] | None:
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return found if isinstance(found, list) and found else None


def _nullable(schema: Schema, shape: Schema, purse: Purse) -> Schema:
    # OpenAPI's word; JSON Schema itself knows it not.
    return or_null(shape, purse) if schema.get("nullable") is True and "type" in shape else shape


def _referred(reference: str, root: Schema) -> Schema:
    if not reference.startswith("#"):
        return ANY
    found: JsonValue = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return as_schema(found)
