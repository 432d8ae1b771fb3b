"""One paid call: what was answered, and what the chain proves about its price."""

from rich.console import Group, RenderableType
from rich.text import Text

from domain.runs import RunSnapshot
from starter.document_call import CallDocument
from starter.document_payments import payments_of
from starter.exits import money_open
from starter.render_lists import receipts_page
from starter.render_run import payments_table, rollback_table
from starter.tables import facts
from starter.wording import plain, run_words


def call_page(snapshot: RunSnapshot, document: CallDocument) -> RenderableType:
    """How a paid call ended: answer, where its body lies, receipt."""
    report, answer = snapshot.report, document.response
    head = Text.assemble((f"{plain(report.request_id)}  ", "bold"), run_words(report.state))
    lines = [("call", report.text), ("paid", str(report.spent))]
    if answer is not None and answer.status is not None:
        lines.append(("HTTP status", str(answer.status)))
    if answer is not None and answer.media_type is not None:
        lines.append(("media type", answer.media_type))
    lines.extend(("body", file.path) for file in document.artifacts)
    if money_open(report):
        lines.append(("unresolved", f"{report.reserved} may still leave the wallet"))
    if document.temporal_url is not None:
        lines.append(("in Temporal", document.temporal_url))
    parts: list[RenderableType] = [head, facts(lines)]
    if report.receipts:
        parts += [Text(), receipts_page(report.receipts, None)]
    elif payments := payments_of(report):
        parts += [Text(), payments_table(payments)]
    if report.rollback:
        parts += [rollback_table(report)]
    return Group(*parts)
