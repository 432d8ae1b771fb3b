"""A plan at its price, as a person is asked to approve it."""

import math

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain import graph
from domain.execution import StepState, StepView
from domain.ids import StepId
from domain.plan import MapStep, PaidStep, Plan, Step, dependencies
from domain.runs import RunReport, RunSnapshot
from starter.render_approval import limits_of, must_see, new_payees, terms_table
from starter.tables import facts, grid
from starter.wording import duration, plain, said


def plan_page(snapshot: RunSnapshot) -> RenderableType:
    """Everything that bears on the decision; what a person must see comes first."""
    report, plan, request = snapshot.report, snapshot.plan, snapshot.approval_request
    if plan is None:
        return Text("There is no plan yet.")
    parts: list[RenderableType] = [] if request is None else list(must_see(request))
    parts += [
        Text.assemble(("Plan for: ", "bold"), said(report.text)),
        plan_table(plan, report),
        Text("Live terms; a fallback is used only inside the most it may cost", style="bold"),
        terms_table(plan),
        facts(_facts(snapshot, plan)),
    ]
    payees = None if request is None else new_payees(request)
    return Group(*parts) if payees is None else Group(*parts, payees)


def plan_table(plan: Plan, report: RunReport) -> Table:
    """One row a step."""
    table = grid("step", "service", "price", "after", "time", "if undone", right={"price", "time"})
    views = {view.id: view for view in report.steps}
    for step in plan.steps:
        table.add_row(*_row(step, plan, views.get(step.id)))
    return table


def seconds_of(step: Step, plan: Plan) -> float:
    """Time to expect for a step; work on data takes none worth showing."""
    if not isinstance(step, PaidStep):
        return 0.0
    seconds = plan.offer(step.service).seconds
    if isinstance(step, MapStep):
        return seconds * math.ceil(step.max_items / step.max_parallel)
    return seconds


def _row(step: Step, plan: Plan, view: StepView | None) -> tuple[Text, ...]:
    after = ", ".join(dependencies(step)) or "-"
    if not isinstance(step, PaidStep):
        return (
            said(step.id, "bold"),
            Text(f"({step.kind.replace('_', ' ')})", style="dim"),
            Text("-"),
            said(after),
            Text("-"),
            Text("nothing to undo", style="dim"),
        )
    reused = view is not None and view.state is StepState.REUSED
    return (
        said(step.id, "bold"),
        said(_service(step, plan)),
        Text("paid before", style="green") if reused else _price(step, plan),
        said(after),
        Text("-" if reused else duration(seconds_of(step, plan))),
        said(step.undo.note if step.undo else "not said"),
    )


def _service(step: PaidStep, plan: Plan) -> str:
    name = plan.offer(step.service).name
    return f"{name}, up to {step.max_items} times" if isinstance(step, MapStep) else name


def _price(step: PaidStep, plan: Plan) -> Text:
    cost = plan.estimated_cost_of(step)
    return Text(str(cost) if cost.base_units else "free")


def _facts(snapshot: RunSnapshot, plan: Plan) -> list[tuple[str, str]]:
    report = snapshot.report
    edges = {step.id: dependencies(step) for step in plan.steps}
    groups = graph.parallel_groups(edges)
    path, seconds = graph.critical_path(edges, _times(plan, report))
    request = snapshot.approval_request
    lines = [
        ("order", "  then  ".join(" + ".join(map(plain, group)) for group in groups)),
        ("slowest chain", f"{' > '.join(map(plain, path))}, about {duration(seconds)}"),
        ("estimated", str(request.estimated if request else report.estimated_cost)),
    ]
    lines.append(("budget", str(report.budget)))
    lines.append(("planned by", _planner(report)))
    if report.plan_digest is not None:
        lines.append(("plan digest", report.plan_digest[:12]))
    return lines + (limits_of(request) if request is not None else [])


def _times(plan: Plan, report: RunReport) -> dict[StepId, float]:
    reused = {view.id for view in report.steps if view.state is StepState.REUSED}
    return {step.id: 0.0 if step.id in reused else seconds_of(step, plan) for step in plan.steps}


def _planner(report: RunReport) -> str:
    if report.drafter is None:
        return f"taken over from {report.retry_of}" if report.retry_of else "not said"
    tokens = report.usage.input_tokens + report.usage.output_tokens
    if not tokens:
        return f"{report.drafter} planner"
    dollars = report.usage.cost_micro_usd / 1_000_000
    return f"{report.drafter}, {tokens:,} tokens, {dollars:.4f} USD"
