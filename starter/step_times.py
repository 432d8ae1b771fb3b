"""How long steps take, as far as their services say."""

import math

from domain.execution import StepState
from domain.ids import StepId
from domain.plan import MapStep, PaidStep, Plan, Step
from domain.runs import RunReport


def seconds_of(step: Step, plan: Plan) -> float:
    """Time to expect for a step; work on data takes none worth showing."""
    if not isinstance(step, PaidStep):
        return 0.0
    seconds = plan.offer(step.service).seconds
    if isinstance(step, MapStep):
        return seconds * math.ceil(step.max_items / step.max_parallel)
    return seconds


def times_of(plan: Plan, report: RunReport) -> dict[StepId, float]:
    """Time to expect for each step; what an earlier run delivered takes none."""
    reused = {view.id for view in report.steps if view.state is StepState.REUSED}
    return {step.id: 0.0 if step.id in reused else seconds_of(step, plan) for step in plan.steps}
