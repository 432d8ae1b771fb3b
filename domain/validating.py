"""Checking a value against a stranger's JSON Schema in bounded time.

Every keyword that is applied costs a step, and a regular expression as many steps as it could
backtrack. A schema that runs out of steps constrains nothing: that is its author's defect.
"""

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import (
    extend,  # pyright: ignore[reportUnknownVariableType] - open stubs
)

MAX_STEPS: Final = 300_000
"""Keywords applied to one value: a large answer has tens of thousands of parts."""

MAX_DEPTH: Final = 200
"""Keywords inside keywords. A schema that refers to itself has no end; the interpreter's own limit
is no guard, as libraries raise it until the stack overflows."""

REFERENCE_STEPS: Final = 20
"""What following one reference costs, measured against a plain keyword."""

MAX_PATTERN_STEPS: Final = 2_000_000
"""Backtracking allowed to all patterns together; about a tenth of a second."""

MAX_PATTERN_CHARACTERS: Final = 200
"""A longer pattern is not meant to be read by anyone."""

MAX_UNIQUE_ITEMS: Final = 1_000
"""Items compared with each other; that takes the square of their number."""

_REPEATED_GROUP: Final = re.compile(r"\)[*+?{]")
"""What makes backtracking exponential in the text."""

_CHOICES: Final = re.compile(r"[*+?{|]")
"""Where a matcher may try several ways. Those in a character class count as well; no harm."""

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class TooCostly(ValueError):
    """A schema that would take too long; it constrains nothing."""


class _Purse:
    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self.pattern_steps = MAX_PATTERN_STEPS
        self.depth = 0


_PURSE: Final[ContextVar[_Purse]] = ContextVar("purse")


def first_error(value: object, schema: object, *, registry: object) -> ValidationError | None:
    """The first way in which ``value`` breaks ``schema``, or ``None``.

    Raises:
        TooCostly: The schema takes too many steps.
    """
    token = _PURSE.set(_Purse())
    try:
        validator: Any = _BOUNDED(schema, registry=registry)
        error: ValidationError | None = next(validator.iter_errors(value), None)
    finally:
        _PURSE.reset(token)
    return error


def affordable(pattern: str, text: str) -> bool:
    """Whether a search costs at most what is left; if so, it is paid for."""
    if len(pattern) > MAX_PATTERN_CHARACTERS or _REPEATED_GROUP.search(pattern):
        return False
    purse = _PURSE.get()
    cost, size = 1, len(text) + 2
    for _ in range(len(_CHOICES.findall(pattern)) + 1):
        cost *= size
        if cost > purse.pattern_steps:
            return False
    purse.pattern_steps -= cost
    return True


def _counted(check: Keyword, steps: int = 1) -> Keyword:
    def run(validator: Any, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 - the package's own
        purse = _PURSE.get()
        purse.steps -= steps
        if purse.steps < 0 or purse.depth >= MAX_DEPTH:
            raise TooCostly("the schema takes too many steps")
        purse.depth += 1
        try:
            yield from check(validator, rule, value, schema) or ()
        finally:
            purse.depth -= 1

    return run


def _pattern(validator: Any, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    if isinstance(value, str) and isinstance(rule, str) and affordable(rule, value):
        yield from _BUILT_IN["pattern"](validator, rule, value, schema) or ()


def _unique_items(
    validator: Any,  # noqa: ANN401
    rule: Any,  # noqa: ANN401
    value: Any,  # noqa: ANN401
    schema: Any,  # noqa: ANN401
) -> Iterator[ValidationError]:
    items: Any = value
    if isinstance(value, list) and len(items) <= MAX_UNIQUE_ITEMS:
        yield from _BUILT_IN["uniqueItems"](validator, rule, value, schema) or ()


def _additional(validator: Any, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    # With patterns for names, which names are additional is itself a matter of patterns.
    if not schema.get("patternProperties"):
        yield from _BUILT_IN["additionalProperties"](validator, rule, value, schema) or ()


def _nothing(*_: object) -> Iterator[ValidationError]:
    # These walk through the whole schema again, by patterns and without counting.
    yield from ()


_BUILT_IN: Final[dict[str, Keyword]] = dict(Draft202012Validator.VALIDATORS)

_BOUNDED: Final[Any] = extend(  # type: ignore[no-untyped-call] # the package's stubs
    Draft202012Validator,
    {name: _counted(check) for name, check in _BUILT_IN.items()}
    | {
        "$ref": _counted(_BUILT_IN["$ref"], REFERENCE_STEPS),
        "$dynamicRef": _counted(_BUILT_IN["$dynamicRef"], REFERENCE_STEPS),
        "pattern": _counted(_pattern),
        "uniqueItems": _counted(_unique_items),
        "additionalProperties": _counted(_additional),
        "patternProperties": _nothing,
        "unevaluatedItems": _nothing,
        "unevaluatedProperties": _nothing,
    },
)
