"""Turn a draft into a plan, or say in machine-readable reasons why it is none."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, TypeGuard

from pydantic import BaseModel, ConfigDict

from domain import graph, schemas
from domain.adapting import DoesNotFit, adapt, presented, used_names
from domain.bindings import expression_problem
from domain.catalogue import Offer, ServiceListing
from domain.drafting import Draft
from domain.errors import PlanRejected
from domain.expression_types import Inferred, infer, known_shape, named, result_problem
from domain.ids import ListingId, StepId
from domain.limits import MAX_STEPS
from domain.money import Amount
from domain.plan import (
    Adaptation,
    Binding,
    Conditional,
    DataTransform,
    MapStep,
    PaidStep,
    Plan,
    ServiceCall,
    Step,
    bindings_of,
    dependencies,
)
from domain.shapes import constant, items_of
from domain.waste import waste_in


class ReasonCode(StrEnum):
    """Why a draft is not a plan. Stable names: drafters repair by them."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_MANY_STEPS = "too_many_steps"
    BAD_STEP_ID = "bad_step_id"
    DUPLICATE_STEP = "duplicate_step"
    CYCLE = "cycle"
    DANGLING_REFERENCE = "dangling_reference"
    UNKNOWN_SERVICE = "unknown_service"
    MISSING_ARGUMENT = "missing_argument"
    UNKNOWN_ARGUMENT = "unknown_argument"
    TYPE_MISMATCH = "type_mismatch"
    BAD_EXPRESSION = "bad_expression"
    BAD_GATE = "bad_gate"
    MISPLACED_ITEM = "misplaced_item"
    MISSING_COMPENSATION = "missing_compensation"
    FALSE_COMPENSATION = "false_compensation"
    UNFIT_ALTERNATE = "unfit_alternate"
    NEEDLESS_STEP = "needless_step"
    OVER_BUDGET = "over_budget"


class Reason(BaseModel):
    """One broken rule."""

    model_config = ConfigDict(frozen=True)

    code: ReasonCode
    step: StepId | None = None
    message: str


class DraftRefused(PlanRejected):
    """A draft with the rules it breaks."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(f"[{reason.code}] {reason.message}" for reason in reasons))


Catalogue = Mapping[ListingId, ServiceListing]

Outputs = Mapping[StepId, schemas.Schema]
"""What each step of a draft gives."""

_STEP_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
"""Step ids become file names, and parts of payment slots, where ``#`` has a meaning."""

_ANYTHING: Final[schemas.Schema] = {}


def compile_plan(draft: Draft, *, request: str, catalogue: Catalogue, budget: Amount) -> Plan:
    """Check ``draft`` against every rule and return the plan it describes.

    Args:
        draft: Untrusted; from a model or the embedded drafter.
        request: The person's words; part of the plan and so of its digest.
        catalogue: The only services the plan may use.
        budget: Most the plan may cost at its chosen services. Also fixes the plan's asset.

    Raises:
        DraftRefused: With every broken rule found, not just the first.
    """
    # Rules on shape come first: the ones after them follow references and would stumble.
    _raise_if_any(_shape_reasons(draft))
    _raise_if_any(_reference_reasons(draft, catalogue, budget))
    outputs = _output_schemas(draft, catalogue)
    _raise_if_any(_typing_reasons(draft, catalogue, outputs))
    _raise_if_any(_fallback_reasons(draft, catalogue, outputs))
    _raise_if_any(_waste_reasons(draft))
    steps = tuple(_with_adaptations(step, draft, catalogue, outputs) for step in draft.steps)
    plan = _assemble(steps, request=request, catalogue=catalogue, budget=budget)
    _raise_if_any(_budget_reasons(plan, budget))
    return plan


def _raise_if_any(reasons: Iterator[Reason]) -> None:
    found = tuple(reasons)
    if found:
        raise DraftRefused(found)


def _shape_reasons(draft: Draft) -> Iterator[Reason]:
    steps = draft.steps
    if not steps:
        yield Reason(code=ReasonCode.EMPTY, message="the draft has no steps")
    if len(steps) > MAX_STEPS:
        message = f"{len(steps)} steps are more than {MAX_STEPS}"
        yield Reason(code=ReasonCode.TOO_MANY_STEPS, message=message)
    seen: set[StepId] = set()
    for step in steps:
        if not _STEP_ID.fullmatch(step.id):
            message = f"step {step.id[:60]!r} is not a name of letters, digits, - and _"
            yield Reason(code=ReasonCode.BAD_STEP_ID, step=step.id, message=message)
        if step.id in seen:
            message = f"two steps are called {step.id}"
            yield Reason(code=ReasonCode.DUPLICATE_STEP, step=step.id, message=message)
        seen.add(step.id)
    cycle = graph.find_cycle({step.id: dependencies(step) for step in steps})
    if cycle:
        message = "steps wait for each other: " + " -> ".join((*cycle, cycle[0]))
        yield Reason(code=ReasonCode.CYCLE, step=cycle[0], message=message)


def _reference_reasons(draft: Draft, catalogue: Catalogue, budget: Amount) -> Iterator[Reason]:
    steps = {step.id: step for step in draft.steps}
    for step in draft.steps:
        for wanted in dependencies(step):
            if wanted not in steps:
                message = f"step {step.id} refers to {wanted}, which does not exist"
                yield Reason(code=ReasonCode.DANGLING_REFERENCE, step=step.id, message=message)
        if step.when is not None and not isinstance(steps.get(step.when.step), Conditional):
            message = f"step {step.id} is gated by {step.when.step}, which decides nothing"
            yield Reason(code=ReasonCode.BAD_GATE, step=step.id, message=message)
        if isinstance(step, PaidStep):
            yield from _service_reasons(step, catalogue, budget)
        yield from _expression_reasons(step)


def _service_reasons(step: PaidStep, catalogue: Catalogue, budget: Amount) -> Iterator[Reason]:
    for listing in (step.service, *step.alternates):
        if listing not in catalogue:
            message = f"step {step.id} uses {listing}, which is not among the candidates"
            yield Reason(code=ReasonCode.UNKNOWN_SERVICE, step=step.id, message=message)
        elif catalogue[listing].accepts and listed_offer(catalogue[listing], budget).terms is None:
            message = f"step {step.id} uses {listing}, which takes no {budget.asset.symbol}"
            yield Reason(code=ReasonCode.UNKNOWN_SERVICE, step=step.id, message=message)
    if step.undo is None or not step.undo.note.strip():
        message = f"step {step.id} does not say how it is undone, or that it cannot be"
        yield Reason(code=ReasonCode.MISSING_COMPENSATION, step=step.id, message=message)
    elif step.undo.action == "refund_claim" and not _refundable(step.service, catalogue):
        message = f"step {step.id} promises a refund that {step.service} does not offer"
        yield Reason(code=ReasonCode.FALSE_COMPENSATION, step=step.id, message=message)


def _refundable(listing: ListingId, catalogue: Catalogue) -> bool:
    # An unknown service has its own reason already.
    return listing not in catalogue or catalogue[listing].refund is not None


def _expression_reasons(step: Step) -> Iterator[Reason]:
    expressions = [
        binding.path
        for binding in bindings_of(step).values()
        if binding.kind != "value" and binding.path is not None
    ]
    if isinstance(step, DataTransform | Conditional):
        expressions.append(step.expression)
    for expression in expressions:
        problem = expression_problem(expression)
        if problem:
            message = f"step {step.id}: {problem}"
            yield Reason(code=ReasonCode.BAD_EXPRESSION, step=step.id, message=message)
    if isinstance(step, MapStep) and "over" in step.arguments:
        message = f"step {step.id} gives over, the name under which a map keeps its list"
        yield Reason(code=ReasonCode.UNKNOWN_ARGUMENT, step=step.id, message=message)
    if not isinstance(step, MapStep) and any(
        binding.kind == "item" for binding in bindings_of(step).values()
    ):
        message = f"step {step.id} speaks of an item but is not a map"
        yield Reason(code=ReasonCode.MISPLACED_ITEM, step=step.id, message=message)


def _typing_reasons(draft: Draft, catalogue: Catalogue, outputs: Outputs) -> Iterator[Reason]:
    for step in draft.steps:
        yield from _step_reasons(step, catalogue, outputs)


def _step_reasons(step: Step, catalogue: Catalogue, outputs: Outputs) -> Iterator[Reason]:
    if isinstance(step, MapStep):
        problem = result_problem(_selected(step.over, outputs), {"type": "array"})
        if problem:
            message = f"step {step.id}, the list it maps: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)
    if isinstance(step, PaidStep):
        yield from _argument_reasons(step, catalogue[step.service], outputs)
    else:
        yield from _computing_reasons(step, outputs)


def _fallback_reasons(draft: Draft, catalogue: Catalogue, outputs: Outputs) -> Iterator[Reason]:
    for step in filter(_is_paid, draft.steps):
        for listing in step.alternates:
            try:
                _fitted(step, catalogue[listing], draft, catalogue, outputs)
            except DoesNotFit as misfit:
                message = f"step {step.id} cannot fall back on {listing}: {misfit}"
                yield Reason(code=ReasonCode.UNFIT_ALTERNATE, step=step.id, message=message)


def _with_adaptations(step: Step, draft: Draft, catalogue: Catalogue, outputs: Outputs) -> Step:
    """The step with the names of its fallbacks; whatever a draft said of them is forgotten."""
    if not isinstance(step, PaidStep):
        return step
    found = [
        _fitted(step, catalogue[listing], draft, catalogue, outputs) for listing in step.alternates
    ]
    differing = tuple(one for one in found if one.inputs or one.outputs)
    return step.model_copy(update={"adaptations": differing})


def _fitted(
    step: PaidStep,
    alternate: ServiceListing,
    draft: Draft,
    catalogue: Catalogue,
    outputs: Outputs,
) -> Adaptation:
    """Fit a fallback into a step: it takes what the step gives, and gives what others take.

    Raises:
        DoesNotFit: It does not; the message says why.
    """
    chosen = catalogue[step.service]
    users = [one for one in draft.steps if step.id in _sources(one)]
    used = used_names(step, chosen, users)
    found = adapt(step, chosen=chosen, alternate=alternate, used=used if users else None)
    renamed = {found.inputs.get(name, name): one for name, one in step.arguments.items()}
    theirs = step.model_copy(update={"arguments": renamed})
    shown = presented(alternate.output_schema, found.outputs)
    instead = {**outputs, step.id: _output_schema(step, shown)}
    problems = list(_argument_reasons(theirs, alternate, outputs))
    for user in users:
        problems += _step_reasons(user, catalogue, instead)
    if problems:
        raise DoesNotFit(problems[0].message)
    return found


def _is_paid(step: Step) -> TypeGuard[PaidStep]:
    return isinstance(step, PaidStep)


def _sources(step: Step) -> set[StepId]:
    return {one.step for one in bindings_of(step).values() if one.kind == "output"}


def _output_schemas(draft: Draft, catalogue: Catalogue) -> Outputs:
    steps = {step.id: step for step in draft.steps}
    outputs: dict[StepId, schemas.Schema] = {}
    for step_id in graph.topological_order({i: dependencies(one) for i, one in steps.items()}):
        step = steps[step_id]
        if isinstance(step, PaidStep):
            outputs[step_id] = _output_schema(step, catalogue[step.service].output_schema)
        elif isinstance(step, Conditional):
            outputs[step_id] = {"type": "boolean"}
        else:
            outputs[step_id] = infer(step.expression, _inputs_of(step, outputs)).shape
    return outputs


def _output_schema(step: PaidStep, service: schemas.Schema) -> schemas.Schema:
    if isinstance(step, ServiceCall):
        return service
    return {"type": "array", "items": known_shape(service)}


def _inputs_of(step: DataTransform | Conditional, outputs: Outputs) -> schemas.Schema:
    return named({name: _selected(one, outputs).shape for name, one in step.inputs.items()})


def _selected(binding: Binding, outputs: Outputs) -> Inferred:
    """What a binding takes; of an item nothing is said here."""
    if binding.kind == "value":
        return Inferred(constant(binding.value))
    if binding.kind == "item":
        return Inferred(_ANYTHING)
    return infer(binding.path or "@", outputs[binding.step])


def _computing_reasons(step: DataTransform | Conditional, outputs: Outputs) -> Iterator[Reason]:
    for name, binding in step.inputs.items():
        for problem in _selected(binding, outputs).problems[:1]:
            message = f"step {step.id}, input {name}: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)
    for problem in infer(step.expression, _inputs_of(step, outputs)).problems:
        message = f"step {step.id}, {step.expression[:80]!r}: {problem}"
        yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)


def _argument_reasons(
    step: PaidStep, listing: ServiceListing, outputs: Outputs
) -> Iterator[Reason]:
    known = schemas.properties_of(listing.input_schema)
    for name in schemas.required_names(listing.input_schema):
        if name not in step.arguments:
            message = f"step {step.id} does not give {name}, which {listing.name} requires"
            yield Reason(code=ReasonCode.MISSING_ARGUMENT, step=step.id, message=message)
    for name, binding in step.arguments.items():
        if known and name not in known:
            message = f"step {step.id} gives {name}, which {listing.name} does not know"
            yield Reason(code=ReasonCode.UNKNOWN_ARGUMENT, step=step.id, message=message)
            continue
        item = _item_schema(step, outputs)
        problem = _binding_problem(binding, known.get(name, _ANYTHING), outputs, item)
        if problem:
            message = f"step {step.id}, argument {name} of {listing.name}: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)


def _item_schema(step: PaidStep, outputs: Outputs) -> schemas.Schema:
    return items_of(_selected(step.over, outputs).shape) if isinstance(step, MapStep) else _ANYTHING


def _binding_problem(
    binding: Binding,
    wanted: schemas.Schema,
    outputs: Outputs,
    item: schemas.Schema,
) -> str | None:
    if binding.kind == "value":
        return schemas.problem_with(binding.value, wanted)
    if binding.kind == "item":
        return result_problem(infer(binding.path or "@", item), wanted)
    problem = result_problem(_selected(binding, outputs), wanted)
    return f"of {binding.step}, {problem}" if problem else None


def _assemble(
    steps: tuple[Step, ...], *, request: str, catalogue: Catalogue, budget: Amount
) -> Plan:
    used = {
        listing
        for step in steps
        if isinstance(step, PaidStep)
        for listing in (step.service, *step.alternates)
    }
    offers = tuple(listed_offer(catalogue[listing], budget) for listing in sorted(used))
    return Plan(request=request, asset=budget.asset, steps=steps, offers=offers)


def listed_offer(listing: ServiceListing, budget: Amount) -> Offer:
    """Offer a service at its cheapest listed terms in the budget's asset, not yet quoted live."""
    spent = (budget.asset.network, budget.asset.address)
    payable = [terms for terms in listing.accepts if (terms.network, terms.asset) == spent]
    return Offer(
        listing_id=listing.id,
        name=listing.name,
        method=listing.method,
        url=listing.url,
        media_type=listing.media_type,
        input_schema=listing.input_schema,
        output_schema=listing.output_schema,
        example=listing.input_example,
        terms=min(payable, key=lambda terms: terms.base_units, default=None),
        refund=listing.refund,
        seconds=listing.seconds,
    )


def _waste_reasons(draft: Draft) -> Iterator[Reason]:
    for step, message in waste_in(draft):
        yield Reason(code=ReasonCode.NEEDLESS_STEP, step=step, message=message)


def _budget_reasons(plan: Plan, budget: Amount) -> Iterator[Reason]:
    if plan.estimated_cost > budget:
        gap = plan.estimated_cost - budget
        message = f"the plan costs {plan.estimated_cost}, {gap} more than the budget of {budget}"
        yield Reason(code=ReasonCode.OVER_BUDGET, message=message)
