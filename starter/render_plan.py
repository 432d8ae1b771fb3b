"""A plan at its price, as a person is asked to approve it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.execution import StepState, StepView
from domain.plan import MapStep, PaidStep, Plan, Step, dependencies
from domain.plan_quality import PlanQuality, quality_of
from domain.runs import RunReport, RunSnapshot
from starter.render_approval import limits_of, must_see, new_payees, terms_table
from starter.render_planning import planned_by, planning_facts
from starter.step_times import seconds_of, times_of
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
    times = times_of(plan, report)
    quality = quality_of(plan, times)
    seconds = sum(times[step] for step in quality.slowest)
    request = snapshot.approval_request
    slowest = " > ".join(map(plain, quality.slowest))
    lines = [
        ("delivers", ", ".join(map(plain, quality.delivers)) or "nothing by itself"),
        ("order", "  then  ".join(" + ".join(map(plain, group)) for group in quality.groups)),
        ("slowest chain", f"{slowest}, about {duration(seconds)}"),
        ("no way back", _lasting(quality)),
        ("estimated", str(request.estimated if request else report.estimated_cost)),
    ]
    lines.append(("budget", str(report.budget)))
    lines += [("planned by", planned_by(report)), *planning_facts(report)]
    if report.plan_digest is not None:
        lines.append(("plan digest", report.plan_digest[:12]))
    return lines + (limits_of(request) if request is not None else [])


def _lasting(quality: PlanQuality) -> str:
    if not quality.irreversible:
        return "nothing that is paid"
    return f"{', '.join(map(plain, quality.irreversible))}: {quality.irreversible_cost}"
