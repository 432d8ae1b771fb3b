"""Turn a draft into a plan, or say in machine-readable reasons why it is none."""

import re
from collections.abc import Iterator
from typing import Final

from domain import graph
from domain.bindings import expression_problem
from domain.drafting import Catalogue, Draft
from domain.fallbacks import fallback_reasons, with_adaptations
from domain.ids import ListingId, StepId
from domain.limits import MAX_STEPS
from domain.money import Amount
from domain.offers import listed_offer
from domain.plan import (
    Conditional,
    DataTransform,
    MapStep,
    PaidStep,
    Plan,
    Step,
    bindings_of,
    dependencies,
)
from domain.reasons import DraftRefused, Reason, ReasonCode
from domain.step_types import Outputs, output_schemas, step_reasons
from domain.waste import waste_in

_STEP_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
"""Step ids become file names, and parts of payment slots, where ``#`` has a meaning."""


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
    outputs = output_schemas(draft, catalogue)
    _raise_if_any(_typing_reasons(draft, catalogue, outputs))
    _raise_if_any(fallback_reasons(draft, catalogue, outputs))
    _raise_if_any(_waste_reasons(draft))
    steps = tuple(with_adaptations(step, draft, catalogue, outputs) for step in draft.steps)
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
        yield from step_reasons(step, catalogue, outputs)


def _waste_reasons(draft: Draft) -> Iterator[Reason]:
    for step, message in waste_in(draft):
        yield Reason(code=ReasonCode.NEEDLESS_STEP, step=step, message=message)


def _budget_reasons(plan: Plan, budget: Amount) -> Iterator[Reason]:
    if plan.estimated_cost > budget:
        gap = plan.estimated_cost - budget
        message = f"the plan costs {plan.estimated_cost}, {gap} more than the budget of {budget}"
        yield Reason(code=ReasonCode.OVER_BUDGET, message=message)


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
