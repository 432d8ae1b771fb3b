"""The run as a Markdown table, for Temporal's Web UI."""

from domain.execution import StepView
from domain.runs import RunReport


def status_page(report: RunReport) -> str:
    """Write where a run stands, for a person who opens it in the Web UI."""
    lines = [
        f"**{report.state.replace('_', ' ')}** · spent {report.spent} of {report.cap} approved"
        + (f" · {report.reserved} signed for" if report.reserved.base_units else ""),
        "",
        f"> {_inline(report.text)}",
        "",
        "| step | service | state | paid | transaction |",
        "| --- | --- | --- | --- | --- |",
    ]
    transactions = {receipt.step_id: receipt.transaction for receipt in report.receipts}
    lines.extend(_row(view, transactions.get(view.id, "")) for view in report.steps)
    if report.error is not None:
        lines += ["", f"**{report.error.code}**: {_inline(report.error.message)}"]
    for entry in report.rollback:
        undone = entry.outcome.replace("_", " ")
        lines.append(f"- undo {entry.step_id}: {undone} {entry.transaction or entry.reason}")
    if report.anchor is not None:
        lines += ["", f"on-chain record: {report.anchor.state} {report.anchor.transaction or ''}"]
    return "\n".join(lines)


def _row(view: StepView, transaction: str) -> str:
    cells = [
        _inline(view.title),
        _inline(view.service or "-"),
        view.state.replace("_", " "),
        str(view.cost) if view.cost.base_units else "-",
        f"`{transaction}`" if transaction else "-",
    ]
    return "| " + " | ".join(cells) + " |"


def _inline(text: str) -> str:
    """Keep a stranger's text inside its cell and without effect."""
    short = " ".join(text.split())[:160]
    return "".join("\\" + letter if letter in "|`<>[]*_#\\" else letter for letter in short)
