"""Payments as operators see them: lists, journals, audits, refunds, checked books."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.bookkeeping import Mismatch, PaymentInspected, PaymentView, RecordsAudited
from domain.rollback import RefundOutcome
from starter.tables import facts, grid
from starter.verifying.book import BookChecked, LineChecked, Verdict
from starter.wording import (
    duration,
    moment,
    network_words,
    payment_words,
    plain,
    said,
    short,
)
from starter.workflow_ids import run_of

_KEY_SHOWN: Final = 12
"""Digits of a key in a table; commands take the beginning of one."""

_VERDICTS: Final = {
    Verdict.PROVEN: ("proven", "green"),
    Verdict.REFUTED: ("REFUTED", "bold red"),
    Verdict.NOT_ASKED: ("NOT ASKED", "bold yellow"),
}


def payments_list(payments: Sequence[PaymentView], now: datetime) -> RenderableType:
    """One row a payment, newest first; below it why it waits, where it does."""
    if not payments:
        return Text("No such payments.")
    table = grid("payment", "step and run", "state", "amount", "changed", right={"amount"})
    for view in payments:
        table.add_row(
            Text(view.key[:_KEY_SHOWN], style="bold"),
            Text.assemble(said(view.step_id, "bold"), "\n", said(run_of(view.workflow_id), "dim")),
            _state(view),
            Text(str(view.amount)),
            Text(f"{duration(now - view.changed_at)} ago"),
        )
    return table


def payment_page(found: PaymentInspected) -> RenderableType:
    """One payment in full, with its journal."""
    view = found.payment
    lines = [
        ("payment", view.key),
        ("run", run_of(view.workflow_id)),
        ("step", view.step_id),
        ("service", view.listing_id),
        ("amount", str(view.amount)),
        ("network", f"{network_words(view.network)} ({view.network})"),
        ("paid to", view.pay_to),
        ("transaction", view.transaction or "none known"),
        ("sent", f"{view.sends} x, always the same bytes" if view.sends else "never"),
        ("begun", moment(view.begun_at)),
    ]
    if view.reason:
        lines.append(("reason", view.reason))
    table = grid("when", "state", "evidence")
    table.title = "Journal"
    for line in found.journal:
        table.add_row(Text(moment(line.at)), payment_words(line.state), Text(plain(line.evidence)))
    return Group(_parked(view), facts(lines), Text(), table)


def audit_page(audited: RecordsAudited) -> RenderableType:
    """What an audit found, mismatches first and loud."""
    lines = [
        ("compared", f"{audited.payments} payments: ledger, history and chain"),
        ("proven", f"{len(audited.proven)} on chain"),
    ]
    if audited.unsettled:
        shown = ", ".join(key[:_KEY_SHOWN] for key in audited.unsettled)
        lines.append(("no ending yet", shown))
    summary = facts(lines)
    if not audited.mismatches:
        return Group(summary, Text("Ledger, history and chain agree.", style="green"))
    heading = Text(f"{len(audited.mismatches)} MISMATCHES", style="bold red")
    return Group(heading, _mismatches(audited.mismatches), summary)


def refund_page(outcome: RefundOutcome) -> RenderableType:
    """How a refund that a person asked for ended."""
    if outcome.transaction is not None:
        head = Text(f"{outcome.returned} came back", style="green")
    elif outcome.cancelled:
        head = Text("The seller called it off; no money came back", style="yellow")
    else:
        head = Text("No money came back", style="red")
    lines: list[tuple[str, str]] = [("payment", outcome.key)]
    if outcome.transaction is not None:
        lines.append(("transaction", outcome.transaction))
    if outcome.reason:
        lines.append(("reason", outcome.reason))
    return Group(head, facts(lines))


def checked_page(checked: BookChecked) -> RenderableType:
    """A checked book: every line with its verdict, then the verdict on the whole."""
    parts: list[RenderableType] = []
    if checked.lines:
        parts.append(_checked_table(checked.lines))
    if checked.problems:
        parts.append(Text("The book contradicts itself:", style="bold red"))
        parts += [Text(f"  - {plain(problem)}") for problem in checked.problems]
    counts = Counter(one.verdict for one in checked.lines)
    words = [f"{counts[v]} {_VERDICTS[v][0]}" for v in Verdict if counts[v]]
    kind = "whole book" if checked.book.whole else "excerpt: what it leaves out cannot be seen"
    parts.append(
        facts(
            [
                ("book", f"{kind}, written {moment(checked.book.exported_at)}"),
                ("lines", f"{len(checked.lines)}: {', '.join(words) or 'none'}"),
            ]
        )
    )
    verdict = "Every line is proven." if checked.ok else "This book is NOT proven."
    parts.append(Text(verdict, style="green" if checked.ok else "bold red"))
    return Group(*parts)


def _checked_table(lines: Sequence[LineChecked]) -> Table:
    table = grid(
        *("no", "amount", "on", "transaction", "verdict"),
        right={"no", "amount"},
        names={"transaction"},
    )
    for one in lines:
        receipt = one.line.receipt
        words, style = _VERDICTS[one.verdict]
        why = f"\n{plain(one.why)}" if one.why else ""
        table.add_row(
            Text(str(one.line.number)),
            Text(str(receipt.amount)),
            Text(network_words(plain(receipt.network))),
            Text(short(receipt.transaction)),
            Text.assemble((words, style), why),
        )
    return table


def _mismatches(found: Sequence[Mismatch]) -> Table:
    table = grid("what", "payment", "on", "transaction", "in words", names={"transaction"})
    for one in found:
        table.add_row(
            Text(one.kind.replace("_", " "), style="bold red"),
            Text(one.key[:_KEY_SHOWN] if one.key else "-"),
            Text(network_words(one.network)),
            Text(short(one.transaction)),
            Text(plain(one.message)),
        )
    return table


def _state(view: PaymentView) -> Text:
    words = payment_words(view.state)
    if view.parked:
        words.append(f"\nparked: {plain(view.parked)}", style="bold yellow")
    elif view.reason:
        words.append(f"\n{plain(view.reason)}", style="dim")
    return words


def _parked(view: PaymentView) -> Text:
    state = Text.assemble(("state  ", "dim"), payment_words(view.state))
    if view.parked:
        state.append(f"; waits for an operator: {plain(view.parked)}", style="bold yellow")
    return state
