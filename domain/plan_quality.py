"""What a person should know of a plan besides its price."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from domain import graph
from domain.ids import StepId
from domain.money import Amount, total
from domain.plan import Conditional, PaidStep, Plan, dependencies
from domain.waste import outputs_used


class PlanQuality(BaseModel):
    """What a person should know of a plan besides its price."""

    model_config = ConfigDict(frozen=True)

    delivers: tuple[StepId, ...]
    """Steps whose output no other step uses: what the person gets."""
    irreversible: tuple[StepId, ...]
    """Paid steps whose money stays spent whatever happens."""
    irreversible_cost: Amount
    groups: tuple[tuple[StepId, ...], ...]
    """Steps that run side by side, in order."""
    slowest: tuple[StepId, ...]
    """The chain of steps that decides how long it takes."""


def quality_of(plan: Plan, seconds: Mapping[StepId, float]) -> PlanQuality:
    """Look a plan over.

    Args:
        plan: A compiled plan.
        seconds: Time to expect for each step.
    """
    edges = {step.id: dependencies(step) for step in plan.steps}
    lasting = [step for step in plan.steps if isinstance(step, PaidStep) and _lasts(step, plan)]
    used = outputs_used(plan.steps)
    return PlanQuality(
        delivers=tuple(
            step.id
            for step in plan.steps
            if step.id not in used and not isinstance(step, Conditional)
        ),
        irreversible=tuple(step.id for step in lasting),
        irreversible_cost=total([plan.estimated_cost_of(step) for step in lasting], plan.asset),
        groups=graph.parallel_groups(edges),
        slowest=graph.critical_path(edges, seconds)[0],
    )


def _lasts(step: PaidStep, plan: Plan) -> bool:
    costs = plan.estimated_cost_of(step).base_units > 0
    return costs and (step.undo is None or step.undo.action == "none")
