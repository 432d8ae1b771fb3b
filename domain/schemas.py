"""JSON Schema as far as plans need it: does a producer's output fit a consumer's input?"""

from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import JsonValue
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

from domain.validating import first_error

Schema = dict[str, JsonValue]

_DEFECTS_OF_SCHEMAS: Final = (
    *(SchemaError, Unresolvable, RecursionError),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
"""What a validator raises at schemas that pass its own check, such as a reference to a text."""
_DEPTH: Final = 12
"""Levels compared; strangers write these schemas, and some nest without end."""


def problem_with(value: JsonValue, schema: Schema) -> str | None:
    """Say why ``value`` breaks ``schema``, or ``None`` when it does not.

    A schema that is itself invalid constrains nothing: it is the seller's defect, not the value's.
    Remote references constrain nothing either: the empty registry never fetches one. Nor does what
    would take too long, such as a pattern made to backtrack for ever.
    """
    try:
        Draft202012Validator.check_schema(schema)
        error = first_error(value, schema, registry=EMPTY_REGISTRY)
    except _DEFECTS_OF_SCHEMAS:
        return None
    return None if error is None else f"{error.json_path}: {error.message[:200]}"


def properties_of(schema: Schema) -> dict[str, Schema]:
    """The named parts of an object schema that are themselves schemas."""
    found = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    return {name: part for name, part in found.items() if isinstance(part, dict)}


def required_names(schema: Schema) -> tuple[str, ...]:
    """The names an object schema insists on, in its order."""
    found = schema.get("required")
    if not isinstance(found, list):
        return ()
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))


def types_of(schema: Schema) -> frozenset[str]:
    """The types that a schema states; none where it leaves them open."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    return frozenset(str(name) for name in stated) if isinstance(stated, list) else frozenset()


def mismatch(
    produced: Schema, wanted: Schema, *, where: str = "value", depth: int = 0
) -> str | None:
    """Say why what ``produced`` describes cannot be used where ``wanted`` is asked.

    Only certain conflicts are reported: where either side is silent, the real value is checked
    against the schema before anything is paid for.
    """
    if depth > _DEPTH:
        return None
    have, want = types_of(produced), types_of(wanted)
    if have and want and not _overlap(have, want):
        return f"{where} is {_names(have)}, but {_names(want)} is wanted"
    return (
        _missing_property(produced, wanted, where)
        or _property_mismatch(produced, wanted, where, depth)
        or _item_mismatch(produced, wanted, where, depth)
    )


def _missing_property(produced: Schema, wanted: Schema, where: str) -> str | None:
    have = produced.get("properties")
    if not isinstance(have, dict):
        return None
    missing = [name for name in required_names(wanted) if name not in have]
    return f"{where} has no {', '.join(missing)}" if missing else None


def _property_mismatch(produced: Schema, wanted: Schema, where: str, depth: int) -> str | None:
    have, want = produced.get("properties"), wanted.get("properties")
    if not isinstance(have, dict) or not isinstance(want, dict):
        return None
    for name in sorted(have.keys() & want.keys()):
        left, right = have[name], want[name]
        if isinstance(left, dict) and isinstance(right, dict):
            found = mismatch(left, right, where=f"{where}.{name}", depth=depth + 1)
            if found:
                return found
    return None


def _item_mismatch(produced: Schema, wanted: Schema, where: str, depth: int) -> str | None:
    left, right = _items(produced), _items(wanted)
    if left is None or right is None:
        return None
    return mismatch(left, right, where=f"{where}[]", depth=depth + 1)


def _schema_in(schema: Schema | None, name: str) -> Schema | None:
    found = schema.get(name) if schema is not None else None
    return found if isinstance(found, dict) else None


def _items(schema: Schema) -> Schema | None:
    return _schema_in(schema, "items")


def _overlap(have: frozenset[str], want: frozenset[str]) -> bool:
    if have & want:
        return True
    return "integer" in have and "number" in want


def _names(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
