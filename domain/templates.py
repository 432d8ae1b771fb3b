"""Approved plans kept for another day: the same services and graph, with named values to change."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from domain import graph, schemas
from domain.catalogue import Offer
from domain.errors import RequestRejected
from domain.ids import CanonicalJson, Digest, RequestId, StepId, digest_model
from domain.ids import listing_id as id_of
from domain.money import Amount
from domain.plan import Binding, MapStep, PaidStep, Plan, Step, Value, bindings_of, dependencies
from domain.purchases import undo_of

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
"""Names become file names and parts of workflow ids."""

MAX_TEMPLATE_BYTES: Final = 4 * 1024 * 1024
"""A file from a stranger must not fill our memory; the largest plan has a fifth of it."""

_MAX_SHOWN_CHARACTERS: Final = 60


class Frozen(BaseModel):
    """Base of the immutable models of this module. Unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Frozen):
    """Where a parameter goes: one named input of one step."""

    step: StepId
    argument: str

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.step}.{self.argument}"


class Parameter(Frozen):
    """A value that may differ from run to run."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    places: tuple[Place, ...] = Field(min_length=1)
    default: CanonicalJson
    """The value of the run it was saved from."""


class Template(Frozen):
    """A plan to run again. Its prices are read and approved anew each time."""

    version: Literal[1] = 1
    name: str
    text: str
    """The request it was planned for."""
    budget: Amount
    plan: Plan
    parameters: tuple[Parameter, ...] = ()
    saved_from: RequestId
    saved_at: datetime

    @property
    def digest(self) -> Digest:
        """Names its content; two templates are the same where this is equal."""
        return digest_model(self)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        # Files come from strangers: what is not true of a saved plan must not become one.
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name[:60]!r} is no name: a-z, 0-9, - and _, at most 60")
        _check_plan(self.plan)
        names = [parameter.name for parameter in self.parameters]
        if len(names) != len(set(names)):
            raise ValueError("two parameters have one name")
        for parameter in self.parameters:
            for place in parameter.places:
                _value_at(self.plan, place)
        return self


def template_of(
    plan: Plan,
    *,
    name: str,
    budget: Amount,
    named: Mapping[str, tuple[Place, ...]] | None,
    saved_from: RequestId,
    saved_at: datetime,
) -> Template:
    """Make a template of a run's plan.

    Args:
        plan: The plan as approved.
        name: What to call it.
        budget: Of the run; the default of later ones.
        named: Parameters by name; without it, every fixed value of the plan is one.
        saved_from: The run.
        saved_at: When.

    Raises:
        RequestRejected: The name or a place makes no sense; the message says which there are.
    """
    if not NAME.fullmatch(name):
        raise RequestRejected(f"{name[:60]!r} is no name for a template: use a-z, 0-9, - and _")
    places = suggested(plan) if named is None else named
    try:
        return Template(
            name=name,
            text=plan.request,
            budget=budget,
            plan=unquoted(plan),
            parameters=tuple(_parameter(plan, key, where) for key, where in places.items()),
            saved_from=saved_from,
            saved_at=saved_at,
        )
    except ValueError as err:
        raise RequestRejected(f"the template cannot be made: {_first_line(err)}") from err


def suggested(plan: Plan) -> dict[str, tuple[Place, ...]]:
    """Every fixed value of a plan by a name; equal inputs of equal value share one."""
    found: dict[tuple[str, str], list[Place]] = {}
    for place, value in _values(plan):
        found.setdefault((place.argument, json.dumps(value.value)), []).append(place)
    named: dict[str, tuple[Place, ...]] = {}
    for (argument, _), places in found.items():
        base = re.sub(r"[^a-z0-9]+", "_", argument.lower()).strip("_")[:32] or "value"
        base = base if base[0].isalpha() else f"v_{base}"
        name, number = base, 2
        while name in named:
            name, number = f"{base}_{number}", number + 1
        named[name] = tuple(places)
    return named


def filled(template: Template, given: Mapping[str, str]) -> Plan:
    """The template's plan with new values.

    Args:
        template: What to run.
        given: Values by parameter, as a person writes them; the others keep their defaults.

    Raises:
        RequestRejected: A name is unknown, or a value does not fit what a service takes.
    """
    known = {parameter.name: parameter for parameter in template.parameters}
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        there = ", ".join(known) or "none"
        raise RequestRejected(
            f"{template.name} has no parameter {unknown[0][:40]!r}; there are: {there}"
        )
    plan = template.plan
    words: list[str] = []
    for name, text in given.items():
        value = _read(plan, known[name], text)
        plan = _with_value(plan, known[name], value)
        words.append(f"{name}={_shown(value)}")
    if not words:
        return plan
    # What was asked for is part of what is approved: it must say what differs.
    return plan.model_copy(update={"request": f"{template.text} [{', '.join(words)}]"})


def unquoted(plan: Plan) -> Plan:
    """A plan whose prices count as listed, not as read live."""
    offers = tuple(offer.model_copy(update={"quoted_at": None}) for offer in plan.offers)
    return plan.model_copy(update={"offers": offers})


def _check_plan(plan: Plan) -> None:
    ids = [step.id for step in plan.steps]
    edges = {step.id: dependencies(step) for step in plan.steps}
    if len(ids) != len(set(ids)) or not ids:
        raise ValueError("its steps are not told apart by their names")
    graph.topological_order(edges)
    offers = {offer.listing_id: offer for offer in plan.offers}
    for offer in plan.offers:
        _check_offer(offer)
    for step in plan.steps:
        if isinstance(step, PaidStep):
            missing = [one for one in (step.service, *step.alternates) if one not in offers]
            if missing:
                raise ValueError(f"step {step.id} buys {missing[0]}, which nobody offers in it")
            if step.undo != undo_of(offers[step.service]):
                raise ValueError(f"step {step.id} says something else about undoing than its offer")


def _check_offer(offer: Offer) -> None:
    if offer.listing_id != id_of(method=offer.method, url=offer.url):
        raise ValueError(f"{offer.url[:80]} is not the address of {offer.listing_id}")


def _parameter(plan: Plan, name: str, places: tuple[Place, ...]) -> Parameter:
    values = [_value_at(plan, place).value for place in places]
    return Parameter(name=name, places=places, default=values[0] if values else None)


def _values(plan: Plan) -> Iterator[tuple[Place, Value]]:
    for step in plan.steps:
        for argument, binding in bindings_of(step).items():
            if isinstance(binding, Value):
                yield Place(step=step.id, argument=argument), binding


def _value_at(plan: Plan, place: Place) -> Value:
    for found, value in _values(plan):
        if found == place:
            return value
    there = ", ".join(str(found) for found, _ in _values(plan)) or "none"
    raise ValueError(f"{place} is no fixed value of the plan; there are: {there}")


def _read(plan: Plan, parameter: Parameter, text: str) -> JsonValue:
    """Read a value as the first reading that every place takes: JSON, else plain text."""
    readings: list[JsonValue] = [text]
    with contextlib.suppress(ValueError, RecursionError):
        readings.insert(0, json.loads(text, parse_constant=_no_constant))
    if isinstance(parameter.default, str):
        readings.reverse()
    problems = [_problem(plan, parameter, reading) for reading in readings]
    for reading, problem in zip(readings, problems, strict=True):
        if problem is None:
            return reading
    raise RequestRejected(f"{parameter.name}={text[:_MAX_SHOWN_CHARACTERS]}: {problems[0]}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _problem(plan: Plan, parameter: Parameter, value: JsonValue) -> str | None:
    for place in parameter.places:
        step = plan.step(place.step)
        if not isinstance(step, PaidStep):
            continue
        for offer in plan.offers_for(step):
            schema = schemas.properties_of(offer.input_schema).get(place.argument, {})
            problem = schemas.problem_with(value, schema)
            if problem is not None:
                return f"{offer.name} does not take it: {problem}"
    return None


def _with_value(plan: Plan, parameter: Parameter, value: JsonValue) -> Plan:
    places = {(place.step, place.argument) for place in parameter.places}

    def changed(step: Step) -> Step:
        new: dict[str, Binding] = {
            argument: Value(value=value) if (step.id, argument) in places else binding
            for argument, binding in bindings_of(step).items()
            if not (isinstance(step, MapStep) and argument == "over")
        }
        field = "arguments" if isinstance(step, PaidStep) else "inputs"
        return step.model_copy(update={field: new})

    return plan.model_copy(update={"steps": tuple(changed(step) for step in plan.steps)})


def _shown(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    short = " ".join(text.split())
    if len(short) <= _MAX_SHOWN_CHARACTERS:
        return short
    return short[: _MAX_SHOWN_CHARACTERS - 1] + "…"


def _first_line(err: ValueError) -> str:
    lines = [line.strip() for line in str(err).splitlines() if line.strip()]
    # pydantic puts its own summary first and the reason under it.
    reason = next((line for line in lines if line.startswith("Value error, ")), lines[0])
    return reason.removeprefix("Value error, ").partition(" [type=")[0]
