"""JMESPath's functions: what each takes, and what it gives for what it is given."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from jmespath import functions

from domain.schemas import Schema
from domain.shapes import ANY, Purse, array_of, items_of, or_null, types_of, union, with_types

MAX_NAME_CHARACTERS: Final = 40


class Argument(NamedTuple):
    """One value given to a function."""

    shape: Schema
    refers: bool = False
    """It is an expression, such as ``&price``, and no value."""


def call_problem(name: str, arguments: Sequence[Argument]) -> str | None:
    """Say why a function cannot be called so, if it certainly cannot."""
    entry = functions.Functions.FUNCTION_TABLE.get(name)
    if entry is None:
        return f"there is no function {name[:MAX_NAME_CHARACTERS]!r}"
    places: Sequence[Mapping[str, Any]] = entry["signature"]
    variadic = bool(places[-1].get("variadic"))
    few = len(arguments) < len(places)
    if few or (len(arguments) > len(places) and not variadic):
        return f"{name}() does not take {len(arguments)} values"
    for at, argument in enumerate(arguments):
        wanted = places[min(at, len(places) - 1)]["types"]
        if ("expref" in wanted) != argument.refers:
            return f"{name}() takes other values in place {at + 1}"
        if wanted and not argument.refers and not types_of(argument.shape) & _accepted(wanted):
            return f"{name}() cannot take {kind_of(argument.shape)}"
    return None


def call_result(name: str, arguments: Sequence[Schema], purse: Purse) -> Schema:
    """The shape of what a function gives, called rightly. ``map`` is not known here."""
    first = arguments[0]
    if name in _KEEPING:
        allowed = types_of(first) & {"array", "string"}
        return with_types(allowed, first) if "type" in first else ANY
    if name in _PICKING:
        return or_null(items_of(first), purse)
    if name == "not_null":
        return union(arguments, purse)
    if name == "to_array":
        return _wrapped(first)
    return _RESULTS.get(name, ANY)


def kind_of(shape: Schema) -> str:
    """Name a shape's types."""
    return "a value of type " + " or ".join(sorted(types_of(shape)))


def _wrapped(shape: Schema) -> Schema:
    types = types_of(shape)
    if types == frozenset({"array"}):
        return shape
    return {"type": ["array"]} if "array" in types else array_of(shape)


def _accepted(names: Sequence[str]) -> frozenset[str]:
    plain = {name.partition("-")[0] for name in names}
    return frozenset(plain | ({"integer"} if "number" in plain else set()))


_KEEPING: Final = frozenset({"reverse", "sort", "sort_by"})
"""Give back what they were given, in another order."""

_PICKING: Final = frozenset({"max", "min", "max_by", "min_by"})
"""Give one item, or nothing of an empty list."""

_NUMBER: Final[Schema] = {"type": ["integer", "number"]}
_PERHAPS_NUMBER: Final[Schema] = {"type": ["integer", "null", "number"]}
_STRING: Final[Schema] = {"type": ["string"]}
_BOOLEAN: Final[Schema] = {"type": ["boolean"]}

_RESULTS: Final[Mapping[str, Schema]] = {
    **dict.fromkeys(("abs", "ceil", "floor", "sum"), _NUMBER),
    **dict.fromkeys(("contains", "ends_with", "starts_with"), _BOOLEAN),
    **dict.fromkeys(("join", "to_string", "type"), _STRING),
    **dict.fromkeys(("avg", "to_number"), _PERHAPS_NUMBER),
    "keys": array_of(_STRING),
    "length": {"type": ["integer"]},
    "merge": {"type": ["object"]},
    "values": {"type": ["array"]},
}
