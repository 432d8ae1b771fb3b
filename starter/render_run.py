"""A run while it goes on, and how it ended."""

from datetime import datetime, timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.execution import StepState, StepView
from domain.money import Amount
from domain.runs import FINAL_STATES, RunReport, RunSnapshot, RunState, transactions_saved
from domain.writes import WriteReceipt
from starter.document import RunDocument
from starter.document_payments import PaymentEntry, payments_of, refunded
from starter.exits import money_open
from starter.outputs import WrittenFile
from starter.render_approval import budget_page, signatures_table
from starter.render_planning import planning_facts
from starter.tables import facts, grid
from starter.wording import (
    duration,
    network_words,
    payment_words,
    plain,
    run_words,
    said,
    short,
    step_words,
    undo_words,
)

_NAMES: Final = frozenset({"to", "transaction", "evidence"})
"""Columns of addresses and transactions."""


def progress_page(snapshot: RunSnapshot, now: datetime) -> RenderableType:
    """The steps as they stand, and the money."""
    report = snapshot.report
    head = Text.assemble((f"{plain(report.request_id)}  ", "bold"), run_words(report.state))
    if not report.steps:
        return head
    parts: list[RenderableType] = [head, steps_table(report, now), Text(money_line(report))]
    if report.state is RunState.AWAITING_BUDGET and snapshot.budget_request is not None:
        parts += [Text(), budget_page(snapshot.budget_request)]
    if snapshot.signature_requests:
        parts += [Text(), signatures_table(snapshot)]
    if report.rollback:
        parts += [Text(), rollback_table(report)]
    return Group(*parts)


def steps_table(report: RunReport, now: datetime) -> Table:
    """One row a step."""
    table = grid("step", "service", "state", "paid", "took", right={"paid", "took"})
    for view in report.steps:
        table.add_row(
            said(view.id, "bold"),
            said(view.service or "-"),
            _state(view),
            Text(str(view.cost) if view.cost.base_units else "-"),
            Text(duration(_took(view, now))),
        )
    return table


def money_line(report: RunReport) -> str:
    """What was paid, of what was approved."""
    if report.state in FINAL_STATES and not report.receipts and not money_open(report):
        return "nothing was paid"
    line = f"spent {report.spent} of {report.cap} approved"
    if report.reserved.base_units:
        line += f", {report.reserved} signed for"
    if report.lost is not None and report.lost.base_units:
        line += f", {report.lost} lost so far"
    back = refunded(report)
    return line + (f", {back} came back" if back.base_units else "")


def ending_page(
    snapshot: RunSnapshot, document: RunDocument, *, folder: str | None = None
) -> RenderableType:
    """How a run ended: result, money, proofs, undo, files, where to look next."""
    report = snapshot.report
    parts: list[RenderableType] = [
        Text.assemble((f"{plain(report.request_id)}  ", "bold"), run_words(report.state))
    ]
    if any(view.state is not StepState.PENDING for view in report.steps):
        parts.append(steps_table(report, report.ended_at or report.started_at))
    parts.append(facts(_facts(snapshot, document, folder)))
    payments = payments_of(report)
    if payments:
        parts += [Text(), payments_table(payments)]
    if report.rollback:
        parts += [Text(), rollback_table(report)]
    return Group(*parts)


def payments_table(payments: tuple[PaymentEntry, ...]) -> Table:
    """One row a payment."""
    table = grid("step", "payment", "amount", "to", "transaction", right={"amount"}, names=_NAMES)
    table.title = "Payments"
    for entry in payments:
        table.add_row(
            said(entry.step_id, "bold"),
            payment_words(entry.state),
            Text(f"{entry.amount} {entry.asset}" if entry.amount else "not known"),
            Text(f"{short(entry.pay_to)}\n{network_words(entry.network)}"),
            Text(short(entry.transaction)),
        )
    return table


def rollback_table(report: RunReport) -> Table:
    """One row an undo, in the order in which they were done."""
    table = grid(
        *("step", "done", "outcome", "money back", "evidence"),
        right={"money back"},
        names=_NAMES,
    )
    table.title = "Rollback, newest payment first"
    for entry in report.rollback:
        action, outcome = undo_words(entry.action, entry.outcome)
        evidence = short(entry.transaction) if entry.transaction else "none"
        reason = f"\n{plain(entry.reason)}" if entry.reason else ""
        table.add_row(
            said(entry.step_id, "bold"),
            Text(action),
            Text(outcome),
            Text(f"{entry.returned.to_decimal()} of {entry.paid}"),
            Text.assemble(evidence, (reason, "dim")),
        )
    return table


def change_lines(before: RunSnapshot | None, after: RunSnapshot) -> list[str]:
    """What changed between two looks, a line each, for logs and pipes."""
    known = {view.id: view for view in before.report.steps} if before else {}
    lines: list[str] = []
    if before is None or before.report.state is not after.report.state:
        lines.append(f"{after.report.request_id}: {run_words(after.report.state).plain}")
    for view in after.report.steps:
        old = known.get(view.id)
        if old is None and view.state is StepState.PENDING:
            continue
        if old is None or (old.state, old.note) != (view.state, view.note):
            lines.append(_line(view))
    return [plain(line) for line in lines]


def _line(view: StepView) -> str:
    paid = f", paid {view.cost}" if view.cost.base_units else ""
    note = f": {view.note}" if view.note else ""
    return f"  {view.id}: {step_words(view).plain[2:]}{paid}{note}"


def _state(view: StepView) -> Text:
    words = step_words(view)
    if view.note and view.state not in {StepState.SUCCEEDED, StepState.PENDING}:
        words.append(f"\n{plain(view.note)}", style="dim")
    return words


def _took(view: StepView, now: datetime) -> timedelta | None:
    if view.started_at is None:
        return None
    return (view.ended_at or now) - view.started_at


def _facts(
    snapshot: RunSnapshot, document: RunDocument, folder: str | None
) -> list[tuple[str, str]]:
    report = snapshot.report
    lines = [("paid", _paid(report))]
    if report.state is RunState.COMPLETED:
        lines.append(("saved", f"{_saved(report)} of the approved {report.cap}"))
    if report.lost is not None and report.lost.base_units:
        lines.append(("lost", f"{report.lost} paid for nothing and not returned"))
    if money_open(report):
        lines.append(("unresolved", f"{report.reserved} may still leave the wallet"))
    shared = transactions_saved(report)
    if shared:
        lines.append(("fees saved", f"{shared} network transactions, by sharing deposits"))
    took = _run_time(snapshot)
    if took is not None:
        lines.append(("took", duration(took)))
    lines += planning_facts(report)
    if report.anchor is not None:
        lines.append(("on-chain record", _anchor(report.anchor)))
    lines.extend(("result", file.path) for file in _results(report, document))
    if folder is not None:
        lines.append(("all files", folder))
    if document.temporal_url is not None:
        lines.append(("in Temporal", document.temporal_url))
    return lines


def _results(report: RunReport, document: RunDocument) -> list[WrittenFile]:
    """Files of the steps that no other step builds on."""
    used = {wanted for view in report.steps for wanted in view.depends_on}
    last = {view.output.digest for view in report.steps if view.output and view.id not in used}
    return [file for file in document.artifacts if file.sha256 in last]


def _paid(report: RunReport) -> str:
    back = refunded(report)
    return f"{report.spent}, of which {back} came back" if back.base_units else str(report.spent)


def _saved(report: RunReport) -> Amount:
    nothing = Amount.zero(report.cap.asset)
    return report.cap - report.spent if report.spent <= report.cap else nothing


def _run_time(snapshot: RunSnapshot) -> timedelta | None:
    """Time at work: the wait for a person's decision is theirs, not the run's."""
    report = snapshot.report
    if report.ended_at is None:
        return None
    begun = snapshot.approval.decided_at if snapshot.approval else report.started_at
    return report.ended_at - begun


def _anchor(anchor: WriteReceipt) -> str:
    if anchor.transaction is not None:
        return f"{anchor.state}, transaction {anchor.transaction}"
    return f"{anchor.state}{': ' + anchor.reason if anchor.reason else ''}"
