"""Filling a step's arguments from the plan and from what earlier steps produced."""

from collections.abc import Mapping
from typing import Any, Final

import jmespath
import jmespath.exceptions
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from domain.artifacts import ArtifactRef
from domain.errors import DataError
from domain.expressions import evaluate
from domain.ids import ListingId, StepId, canonical_json
from domain.limits import MAX_MAP_ITEMS
from domain.plan import Binding, Output

MAX_EXPRESSION_CHARACTERS: Final = 2_000
"""A longer expression is a program; plans come from models and strangers' words."""

_FAILURES: Final = (
    *(jmespath.exceptions.JMESPathError, RecursionError),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
"""What evaluating can raise: the package checks few of the values that it computes with."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class ItemRef(Frozen):
    """One item of a stored list."""

    list: ArtifactRef
    index: int = Field(ge=0)


class BoundInputs(Frozen):
    """A step's bindings with references to everything they point at."""

    bindings: dict[str, Binding]
    outputs: dict[StepId, ArtifactRef] = {}
    item: ItemRef | None = None
    output_names: dict[StepId, dict[str, str]] = {}
    """Of outputs that a service with other names delivered: name in the plan, name in there."""
    input_names: dict[ListingId, dict[str, str]] = {}
    """Of services that take the arguments under other names: name in the plan, name there."""


class TransformData(Frozen):
    """Reshape values with an expression over the named inputs."""

    step_id: StepId
    inputs: BoundInputs
    expression: str


class Decide(Frozen):
    """Ask whether an expression over the named inputs is true."""

    step_id: StepId
    inputs: BoundInputs
    expression: str


class ExpandMap(Frozen):
    """List the items that a ``map`` step goes over; its list is bound as ``over``."""

    step_id: StepId
    inputs: BoundInputs
    max_items: int = Field(ge=1, le=MAX_MAP_ITEMS)


class MapExpanded(Frozen):
    """The items, stored as one list."""

    items: ArtifactRef
    count: int


class CollectOutputs(Frozen):
    """Make one list of what the items of a ``map`` produced."""

    step_id: StepId
    outputs: tuple[ArtifactRef, ...]
    output_names: tuple[dict[str, str], ...] = ()
    """For each output the names it was planned under, where others delivered any; else nothing."""


def needed_outputs(bindings: Mapping[str, Binding]) -> tuple[StepId, ...]:
    """Steps whose outputs the bindings refer to, sorted."""
    found = {binding.step for binding in bindings.values() if isinstance(binding, Output)}
    return tuple(sorted(found))


def resolve(
    bindings: Mapping[str, Binding],
    *,
    outputs: Mapping[StepId, JsonValue],
    item: JsonValue = None,
) -> dict[str, JsonValue]:
    """Fill every argument.

    Raises:
        DataError: A path selects nothing, or an output it points at is missing; the message
            names argument, step and path.
    """
    return {name: _resolve_one(name, binding, outputs, item) for name, binding in bindings.items()}


def answering_to(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """An output that also answers to the names it was planned under."""
    if not isinstance(value, dict):
        return value
    return value | {ours: value[theirs] for ours, theirs in names.items() if theirs in value}


def search(expression: str, value: JsonValue) -> JsonValue:
    """Evaluate JMESPath.

    Raises:
        DataError: The expression is too long, too costly, malformed, fails on ``value`` or finds
            what JSON cannot hold.
    """
    problem = expression_problem(expression)
    if problem:
        raise DataError(problem)
    try:
        found: Any = evaluate(expression, value)
        canonical_json(found)
    except _FAILURES as err:
        raise DataError(f"the expression {expression[:80]!r} failed: {str(err)[:200]}") from err
    return found  # type: ignore[no-any-return] # proven to be JSON two lines above


def expression_problem(expression: str) -> str | None:
    """Say why ``expression`` is not JMESPath that may be evaluated, whatever the values."""
    if len(expression) > MAX_EXPRESSION_CHARACTERS:
        return f"the expression is longer than {MAX_EXPRESSION_CHARACTERS} characters"
    try:
        jmespath.compile(expression)
    except _FAILURES as err:
        why = (str(err).splitlines() or [type(err).__name__])[0]
        return f"{expression[:80]!r} is not JMESPath: {why[:200]}"
    return None


def is_true(value: JsonValue) -> bool:
    """JMESPath's own truth: empty and null are false, 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})


def _resolve_one(
    name: str, binding: Binding, outputs: Mapping[StepId, JsonValue], item: JsonValue
) -> JsonValue:
    if binding.kind == "value":
        return binding.value
    if binding.kind == "item":
        source, whence = item, "the item"
    else:
        if binding.step not in outputs:
            raise DataError(f"argument {name} needs the output of {binding.step}, which has none")
        source, whence = outputs[binding.step], f"the output of {binding.step}"
    if binding.path is None:
        return source
    found = search(binding.path, source)
    if found is None:
        raise DataError(f"argument {name}: {binding.path} selects nothing in {whence}")
    return found
