"""Schemas out of a declaration: version 2, the lists of fields of version 1, and plain ones."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from activities.discovery.bazaar_address import Address
from activities.discovery.bazaar_values import (
    Json,
    Malformed,
    first,
    is_object,
    mapping,
    sequence,
    text,
)
from domain.ids import canonical_json

MAX_SCHEMA_BYTES: Final = 64 * 1024
"""A schema goes into the shortlist; a larger one is a seller filling our disk."""

MAX_SCHEMA_DEPTH: Final = 32
"""Deeper is made to exhaust whoever walks it."""

MAX_PATTERN_CHARACTERS: Final = 200
"""Longest regular expression of a stranger that we run."""

MAX_UNBOUNDED: Final = 4
"""Unbounded repetitions in one; pydantic's own pattern for decimals has four."""

_EXAMPLE_DEPTH: Final = 4
"""Levels of an example whose names are taken for those of the output."""

_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{)")
_UNBOUNDED: Final = re.compile(r"(?<!\\)[*+]|\{\d*,\}")

_JSON_BODIES: Final = ["json", "application/json", None]
"""A list, for strangers write types that have no hash."""

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Verbs a paid call may use."""


class Declared(NamedTuple):
    """What an item says of its call, brought to version 2's form."""

    raw: Json
    asked: Json
    """``info.input``: the verb, and example values."""
    shape: Json
    """The schema of that."""
    given: Json
    """``info.output``."""
    answer: Json
    """The schema of that."""


def declaration_of(item: Json) -> Declared:
    """Find the declaration.

    Raises:
        Malformed: There is none.
    """
    for holder in (item.get("extensions"), item.get("metadata"), item):
        found = mapping(mapping(holder).get("bazaar"))
        if found:
            info, schema = mapping(found.get("info")), mapping(found.get("schema"))
            return Declared(
                found,
                mapping(info.get("input")),
                _part(schema, "input"),
                mapping(info.get("output")),
                _part(schema, "output"),
            )
    return _older(item)


def method_of(declared: Declared, item: Json) -> str:
    """Read the verb; where none is stated, a body makes it a ``POST``."""
    asked, shape = declared.asked, declared.shape
    stated = first(asked, "method", "httpMethod") or first(item, "method", "httpMethod")
    if not isinstance(stated, str):
        allowed = sequence(_part(shape, "method").get("enum"))
        only = allowed[0] if len(allowed) == 1 else None
        body = any(name in asked for name in ("body", "bodyType", "bodyFields"))
        body = body or "body" in mapping(shape.get("properties"))
        stated = only if isinstance(only, str) else ("POST" if body else "GET")
    if stated.upper() not in METHODS:
        raise Malformed(f"its method {text(stated, 20)!r} is not one a paid call uses")
    return stated.upper()


def input_schema_of(declared: Declared, address: Address) -> dict[str, Any]:
    """What a call takes: its body or query, and the parameters of its path as required ones."""
    asked, properties = declared.asked, mapping(declared.shape.get("properties"))
    if asked.get("bodyType") not in _JSON_BODIES:
        raise Malformed(f"it takes {text(asked.get('bodyType'), 20)!r}, not JSON")
    body, query = mapping(properties.get("body")), mapping(properties.get("queryParams"))
    if body and sequence(query.get("required")):
        raise Malformed("it takes a body and a query together")
    if sequence(_part(declared.shape, "headers").get("required")):
        raise Malformed("it needs headers of its own")
    # The declaration helpers of the x402 packages leave an object's own type out.
    found = {"type": "object", **(body or query or {"properties": {}})}
    return bounded(_with_path(found, address, declared))


def output_schema_of(declared: Declared) -> dict[str, Any]:
    """What it gives; from an example only the names, for nobody promised their types."""
    parts = mapping(declared.answer.get("properties"))
    for name in ("schema", "example"):
        found = mapping(parts.get(name))
        if len(found) > 1 or (found and found.get("type") != "object"):
            return bounded(found)
    stated = mapping(declared.given.get("schema"))
    if stated:
        return bounded(stated)
    example = mapping(declared.given.get("example"))
    return bounded({"type": "object", **_names_of(example, _EXAMPLE_DEPTH)} if example else {})


def example_of(declared: Declared, address: Address) -> dict[str, Any] | None:
    """The seller's own arguments; every parameter of the path has one, for prices are asked so."""
    asked = declared.asked
    stated = dict(mapping(asked.get("body")) or mapping(asked.get("queryParams")))
    values = mapping(asked.get("pathParams"))
    schemas = _path_schemas(declared)
    for name, written in address.parameters.items():
        value = values.get(written, address.example.get(name))
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
            value = first(mapping(schemas.get(written)), "example", "default")
        stated[name] = value if isinstance(value, str | int | float) else "example"
    return bounded(stated) or None


def bounded(value: Json) -> dict[str, Any]:
    """Return the value once it is known to hurt nobody who stores, shows or runs it."""
    if _is_deep(value):
        raise Malformed(f"its schema has more than {MAX_SCHEMA_DEPTH} levels")
    try:
        written = canonical_json(dict(value))
    except (ValueError, TypeError) as err:
        raise Malformed("its schema is not JSON") from err
    if len(written) > MAX_SCHEMA_BYTES:
        raise Malformed(f"its schema has {len(written):,} bytes, more than {MAX_SCHEMA_BYTES:,}")
    if rb"\u0000" in written:
        raise Malformed("its schema has characters that no database keeps")
    if any(_is_slow(pattern) for pattern in _patterns(value)):
        raise Malformed("its schema has a pattern that could take for ever to check")
    return dict(value)


def _part(schema: Json, name: str) -> Json:
    return mapping(mapping(schema.get("properties")).get(name))


def _older(item: Json) -> Declared:
    """Version 1 declares beside the terms, some bazaars at the item itself; all as one form."""
    way = mapping(next(iter(sequence(item.get("accepts"))), None))
    metadata = mapping(item.get("metadata"))
    for holder in (way, metadata, item):
        old = mapping(holder.get("outputSchema"))
        plain = mapping(first(holder, "inputSchema", "input_schema"))
        if plain:
            asked: Json = {key: item[key] for key in ("method",) if key in item}
            return Declared({}, asked, _shape(plain), {}, _answer(old))
        if old and ("input" in old or "output" in old):
            asked = mapping(old.get("input"))
            fields = first(asked, "bodyFields", "queryParams", "queryFields", "body")
            shape = {"properties": {"body": _schema_of_fields(mapping(fields))}}
            path = mapping(asked.get("pathParams"))
            if path:
                shape["properties"]["pathParams"] = _schema_of_fields(path)
            return Declared({}, _without_fields(asked), shape, {}, _answer(old.get("output")))
    raise Malformed("it declares no input")


def _shape(schema: Json) -> Json:
    return {"properties": {"body": schema if "properties" in schema else _schema_of_fields(schema)}}


def _answer(schema: object) -> Json:
    stated = mapping(schema)
    if stated and "properties" not in stated and all(is_object(one) for one in stated.values()):
        stated = {"type": "object", "properties": dict(stated)}
    return {"properties": {"example": stated}}


def _without_fields(asked: Json) -> Json:
    """Version 1's fields describe; they are no example of a call."""
    described = {"bodyFields", "queryParams", "queryFields", "pathParams", "body"}
    kept: dict[str, Any] = {key: value for key, value in asked.items() if key not in described}
    if "bodyFields" in asked or "body" in asked:
        kept.setdefault("bodyType", "json")
    return kept


def _schema_of_fields(fields: Json) -> Json:
    """Turn a list of fields into a schema; a field says itself whether it is required."""
    if is_object(fields.get("properties")):
        return fields
    properties = {
        name: {key: value for key, value in mapping(field).items() if key != "required"}
        for name, field in fields.items()
    }
    required = [name for name, field in fields.items() if mapping(field).get("required") is True]
    return {"type": "object", "properties": properties, "required": required}


def _path_schemas(declared: Declared) -> Json:
    return mapping(_part(declared.shape, "pathParams").get("properties"))


def _with_path(schema: dict[str, Any], address: Address, declared: Declared) -> dict[str, Any]:
    described = _path_schemas(declared)
    wanted = sequence(_part(declared.shape, "pathParams").get("required"))
    named = {*described, *mapping(declared.asked.get("pathParams")), *map(str, wanted)}
    strays = sorted(named - set(address.parameters.values()))
    if strays:
        raise Malformed(f"its path has no place for {text(strays[0], 40)!r}")
    if not address.parameters:
        return schema
    properties = dict(mapping(schema.get("properties")))
    for name, written in address.parameters.items():
        if name in properties:
            raise Malformed(f"it takes {name} in its path and beside it")
        properties[name] = dict(mapping(described.get(written))) or {"type": "string"}
    given = [one for one in sequence(schema.get("required")) if isinstance(one, str)]
    return {
        **schema,
        "properties": properties,
        "required": list(dict.fromkeys([*given, *address.parameters])),
    }


def _names_of(example: Json, depth: int) -> dict[str, Any]:
    properties = {
        name: _names_of(value, depth - 1) if is_object(value) and depth > 1 else {}
        for name, value in example.items()
    }
    return {"properties": properties}


def _is_deep(value: object) -> bool:
    level, nodes = 0, [value]
    while nodes:
        level += 1
        if level > MAX_SCHEMA_DEPTH:
            return True
        nodes = [child for node in nodes for child in _children(node)]
    return False


def _children(node: object) -> list[Any]:
    if isinstance(node, dict):
        return [child for child in node.values() if isinstance(child, dict | list)]
    return [c for c in node if isinstance(c, dict | list)] if isinstance(node, list) else []


def _patterns(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _patterns(one)
    if is_object(node):
        for name, one in node.items():
            if name == "pattern" and isinstance(one, str):
                yield one
            elif name == "patternProperties" and is_object(one):
                yield from one
            yield from _patterns(one)


def _is_slow(pattern: str) -> bool:
    """Whether a pattern may backtrack without end; some harmless ones are refused with them."""
    return (
        len(pattern) > MAX_PATTERN_CHARACTERS
        or _REPEATED_GROUP.search(pattern) is not None
        or len(_UNBOUNDED.findall(pattern)) > MAX_UNBOUNDED
    )
