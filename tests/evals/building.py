"""Builds a right plan out of a label, to prove that the label asks for something possible."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

from domain.catalogue import ServiceListing
from domain.compiler import compile_plan
from domain.drafting import Draft
from domain.ids import ListingId, StepId
from domain.money import Amount
from domain.plan import (
    Binding,
    Conditional,
    Gate,
    Item,
    MapStep,
    Output,
    PaidStep,
    Plan,
    ServiceCall,
    Step,
    Undo,
    Value,
)
from domain.reasons import DraftRefused
from domain.schemas import properties_of
from tests.evals.asking import Asked, Given, Need, Scalar, Shape
from tests.evals.fields import Schema, is_valid
from tests.evals.markets import BY_KEY

MAX_TRIED: Final = 60
"""Choices of services tried for one shape."""

_NOTHING: Final = Undo(action="none", note="the seller offers no way back")

Listings = Mapping[ListingId, ServiceListing]


class Impossible(Exception):
    """The label asks for what its services cannot do."""


def right_plan(asked: Asked, shape: Shape, listings: Listings, budget: Amount) -> Plan:
    """Make a plan of some labelled services that fulfils every need of ``shape``.

    Raises:
        Impossible: No choice of services can be put together.
    """
    problem: Exception = Impossible("nothing tried")
    keys = [sorted(need.services) for need in shape.needs]
    for tried, chosen in enumerate(product(*keys)):
        if tried >= MAX_TRIED:
            break
        services = dict(zip((n.name for n in shape.needs), chosen, strict=True))
        try:
            draft = Draft(steps=tuple(_steps(asked, shape, services)))
            return compile_plan(draft, request=asked.text, catalogue=listings, budget=budget)
        except (Impossible, DraftRefused) as err:
            problem = err
    raise Impossible(f"{asked.id}: {problem}")


def _steps(asked: Asked, shape: Shape, services: Mapping[str, str]) -> Iterator[Step]:
    for need in shape.needs:
        gate = None
        if need.only_if is not None:
            test = _test(need, services[need.only_if])
            yield test
            gate = Gate(step=test.id, outcome=True)
        yield _paid(asked, need, services, gate)


def _test(need: Need, decider: str) -> Conditional:
    """Decide by the first field in which the two labelled outputs differ."""
    runs, rests = need.runs_after or {}, need.rests_after or {}
    field = next(f for f in BY_KEY[decider].gives if f in runs and runs[f] != rests[f])
    return Conditional(
        id=StepId(f"if-{need.name}"),
        title="Decide",
        inputs={"answer": Output(step=StepId(need.only_if or ""))},
        expression=f"answer.{field} == `{json.dumps(runs[field])}`",
    )


def _paid(asked: Asked, need: Need, services: Mapping[str, str], gate: Gate | None) -> PaidStep:
    sold = BY_KEY[services[need.name]]
    arguments = _given(need, sold.input_schema)
    sources = list(need.feeds_on)
    over: Output | None = None
    if need.each:
        if not sources:
            raise Impossible(f"{need.name} goes over a list that nothing gives")
        over, each = _list_of(sources[0], BY_KEY[services[sources[0]]].gives)
        arguments[_first_free(sold.input_schema, arguments)] = each
        sources = sources[1:]
    for name in sold.input_schema["required"]:
        if name not in arguments:
            field = sold.input_schema["properties"][name]
            arguments[name] = _fed(name, field, sources, services) or _worded(field, asked)
    common = {"id": StepId(need.name), "title": need.name, "when": gate, "service": sold.id}
    if over is not None:
        return MapStep(**common, over=over, arguments=arguments, max_items=5, undo=_NOTHING)
    return ServiceCall(**common, arguments=arguments, undo=_NOTHING)


def _given(need: Need, schema: Schema) -> dict[str, Binding]:
    found: dict[str, Any] = {}
    for value in need.given:
        name, one = next(_rooms(value, schema, found), ("", None))
        if not name:
            raise Impossible(f"{need.name} has no room for {value}")
        is_list = schema["properties"][name]["type"] == "array"
        found[name] = [*found.get(name, []), one] if is_list else one
    return {name: Value(value=one) for name, one in found.items()}


def _rooms(
    value: Given, schema: Schema, taken: Mapping[str, object]
) -> Iterator[tuple[str, Scalar]]:
    """Yield the arguments that can still take a value, each with the spelling that fits."""
    for name, field in schema["properties"].items():
        if re.search(value.named, name) and (name not in taken or field["type"] == "array"):
            one_of = field.get("items", field)
            yield from ((name, one) for one in value.spellings if is_valid(one, one_of))


def _list_of(source: str, gives: Mapping[str, Schema]) -> tuple[Output, Item]:
    for name, field in gives.items():
        columns = properties_of(field.get("items", {}))
        wanted = next((c for c in columns if "url" in c or c in {"link", "title", "headline"}), "")
        addresses = [c for c in columns if "url" in c or c == "link"]
        if wanted:
            column = addresses[0] if addresses else wanted
            return Output(step=StepId(source), path=name), Item(path=column)
    raise Impossible(f"{source} gives no list to go over")


def _first_free(schema: Schema, taken: Mapping[str, Binding]) -> str:
    free = [str(name) for name in schema["required"] if name not in taken]
    if not free:
        raise Impossible("every input is taken")
    return free[0]


def _fed(
    name: str, field: Schema, sources: list[str], services: Mapping[str, str]
) -> Output | None:
    for source in sources:
        gives = BY_KEY[services[source]].gives
        alike = [n for n, f in gives.items() if f["type"] == field["type"]]
        exact = [n for n in alike if n == name]
        if alike:
            return Output(step=StepId(source), path=(exact or alike)[0])
    return None


def _worded(field: Schema, asked: Asked) -> Value:
    """Give a free text of the request, such as a briefing; anything else must be labelled."""
    if field["type"] != "string" or "enum" in field:
        raise Impossible("a required value is neither labelled nor fed")
    return Value(value=asked.text)
