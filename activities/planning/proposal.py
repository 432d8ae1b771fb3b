"""A draft in the form a language model writes: flat, strict, without undo and without JSON in JSON.

Model output is data from a stranger. What cannot be read here is refused with a reason; what can
be read goes to the compiler, which trusts none of it either. How a step is undone is never asked
of the model: it follows from the listing.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from activities.planning.ports import UnreadableAnswer
from domain.catalogue import ServiceListing
from domain.drafting import Draft, Shortlist
from domain.ids import ListingId, StepId
from domain.intent import Understanding
from domain.money import Amount
from domain.offers import listed_offer
from domain.plan import (
    Binding,
    Conditional,
    DataTransform,
    Item,
    MapStep,
    Output,
    PaidStep,
    Step,
    Undo,
    Value,
    bindings_of,
)
from domain.purchases import undo_of

MAX_TITLE_CHARACTERS: Final = 120
"""Titles are shown on one line, to a person who decides about money."""

_STEP_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,47}")
"""Ids name payments: ``#`` is kept for the items of a ``map``."""

_STEP: Final = TypeAdapter[Step](Step)

_Parsed = TypeVar("_Parsed", bound=BaseModel)


class Strict(BaseModel):
    """Base of what a model writes: every field is there, nothing else is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProposedArgument(Strict):
    """One named input. Fields that its source does not need are empty strings."""

    name: str = Field(description="the input's name")
    source: Literal["value", "output", "item"] = Field(
        description="value: fixed now; output: from an earlier step; item: the map's current item"
    )
    value_json: str = Field(description='for value: JSON text, so "Oslo" in quotes; else empty')
    step: str = Field(description="for output: id of the step that produces it; else empty")
    path: str = Field(description="for output and item: JMESPath into it; empty takes it whole")


class ProposedStep(Strict):
    """One step. Fields that its kind does not need are empty, false or 0."""

    id: str = Field(description="short lower-case name, unique: letters, digits, - and _")
    kind: Literal["service_call", "data_transform", "conditional", "map"]
    title: str = Field(description="what the step does, for the person who pays; one line")
    service: str = Field(description="service_call and map: a candidate's id, copied exactly")
    alternates: list[str] = Field(description="up to two candidate ids that do the same job")
    arguments: list[ProposedArgument] = Field(
        description="inputs of the service, or names the expression may use"
    )
    expression: str = Field(description="data_transform and conditional: JMESPath; else empty")
    over_step: str = Field(description="map: id of the step whose output holds the list")
    over_path: str = Field(description="map: JMESPath to the list; empty when it is the output")
    max_items: int = Field(description="map: most items to buy for, 1 to 100; else 0")
    after: list[str] = Field(description="ids of steps that must end first though none is used")
    when_step: str = Field(description="id of the conditional that gates this step, or empty")
    when_outcome: bool = Field(description="the outcome of when_step that runs this step")


class Proposal(Strict):
    """Propose a plan made of the candidate services."""

    understood_as: Literal[
        "", "question", "report", "conversion", "creation", "action", "lookup", "monitoring"
    ] = Field(description="what kind of thing the request wants; empty when unsure")
    goals: list[str] = Field(
        description="what the request wants, one short line for each goal, in its own words"
    )
    steps: list[ProposedStep] = Field(description="in any order; data and gates decide the order")


class Missing(Strict):
    """Say that the candidates cannot answer the request."""

    missing: str = Field(description="what no candidate does, in one or two sentences")


def read_missing(given: JsonValue) -> str:
    """Read why the request cannot be served.

    Raises:
        UnreadableAnswer: It is not what was asked for.
    """
    return one_line(read_form(Missing, given).missing)


def read_understanding(given: JsonValue) -> Understanding:
    """Read what kind of thing the model takes the request for; only ever shown.

    Raises:
        UnreadableAnswer: The proposal it stands in is none.
    """
    proposal = read_form(Proposal, given)
    return Understanding.bounded(proposal.understood_as, map(one_line, proposal.goals))


def read_draft(given: JsonValue, *, shortlist: Shortlist, budget: Amount) -> Draft:
    """Read a proposal.

    Raises:
        UnreadableAnswer: It is no draft; says where.
    """
    catalogue = shortlist.catalogue()
    steps = read_form(Proposal, given).steps
    return Draft(steps=tuple(_read_step(step, catalogue, budget) for step in steps))


def write_proposal(draft: Draft) -> Proposal:
    """Write a draft back in the form a model writes, for a repair round."""
    return Proposal(understood_as="", goals=[], steps=[_write_step(step) for step in draft.steps])


def read_form(form: type[_Parsed], given: JsonValue) -> _Parsed:
    """Read an answer in one of our forms.

    Raises:
        UnreadableAnswer: It is not what was asked for; says where.
    """
    try:
        return form.model_validate(given)
    except ValidationError as err:
        _refuse(err, "the tool input")


def one_line(text: str) -> str:
    """Return ``text`` without line breaks and invisible characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _refuse(err: ValidationError, what: str) -> NoReturn:
    detail = err.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in detail["loc"])
    raise UnreadableAnswer(f"{what}, {where}: {detail['msg'][:200]}") from err


def _read_step(
    step: ProposedStep, catalogue: Mapping[ListingId, ServiceListing], budget: Amount
) -> Step:
    if not _STEP_ID.fullmatch(step.id):
        raise UnreadableAnswer(f"step id {step.id[:60]!r} is not a short lower-case name")
    fields: dict[str, object] = {
        "kind": step.kind,
        "id": step.id,
        "title": one_line(step.title)[:MAX_TITLE_CHARACTERS] or step.id,
        "after": step.after,
    }
    if step.when_step:
        fields["when"] = {"step": step.when_step, "outcome": step.when_outcome}
    inputs = _read_arguments(step)
    if step.kind in {"data_transform", "conditional"}:
        fields |= {"inputs": inputs, "expression": step.expression}
    else:
        fields |= {"service": step.service, "alternates": step.alternates, "arguments": inputs}
        fields["undo"] = _undo(ListingId(step.service), catalogue, budget)
    if step.kind == "map":
        fields["over"] = Output(step=StepId(step.over_step), path=step.over_path or None)
        fields["max_items"] = step.max_items
    try:
        return _STEP.validate_python(fields)
    except ValidationError as err:
        _refuse(err, f"step {step.id}")


def _undo(
    service: ListingId, catalogue: Mapping[ListingId, ServiceListing], budget: Amount
) -> Undo:
    if service not in catalogue:
        # The compiler refuses the service itself; a second reason would only confuse.
        return Undo(action="none", note="not a candidate")
    return undo_of(listed_offer(catalogue[service], budget))


def _read_arguments(step: ProposedStep) -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    for argument in step.arguments:
        if argument.name in found:
            raise UnreadableAnswer(f"step {step.id} gives {argument.name[:60]!r} twice")
        found[argument.name] = _read_binding(step.id, argument)
    return found


def _read_binding(step_id: str, argument: ProposedArgument) -> Binding:
    path = argument.path or None
    if argument.source == "output":
        return Output(step=StepId(argument.step), path=path)
    if argument.source == "item":
        return Item(path=path)
    where = f"step {step_id}, argument {argument.name[:60]}"
    try:
        return Value(value=json.loads(argument.value_json, parse_constant=_no_constant))
    except ValidationError as err:
        _refuse(err, where)
    except (ValueError, RecursionError) as err:
        raise UnreadableAnswer(f"{where}: value_json is not JSON; quote text inside it") from err


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _write_step(step: Step) -> ProposedStep:
    paid = step if isinstance(step, PaidStep) else None
    mapped = step if isinstance(step, MapStep) else None
    inputs = mapped.arguments if mapped else bindings_of(step)
    return ProposedStep(
        id=step.id,
        kind=step.kind,
        title=step.title,
        service=paid.service if paid else "",
        alternates=list(paid.alternates) if paid else [],
        arguments=[_write_binding(name, binding) for name, binding in inputs.items()],
        expression=step.expression if isinstance(step, DataTransform | Conditional) else "",
        over_step=mapped.over.step if mapped else "",
        over_path=(mapped.over.path or "") if mapped else "",
        max_items=mapped.max_items if mapped else 0,
        after=list(step.after),
        when_step=step.when.step if step.when else "",
        when_outcome=step.when.outcome if step.when else False,
    )


def _write_binding(name: str, binding: Binding) -> ProposedArgument:
    return ProposedArgument(
        name=name,
        source=binding.kind,
        value_json=json.dumps(binding.value) if isinstance(binding, Value) else "",
        step=binding.step if isinstance(binding, Output) else "",
        path="" if isinstance(binding, Value) else binding.path or "",
    )
