"""Runs, services, receipts and checks as tables."""

from collections.abc import Collection, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.catalogue import RankedListing, Refusal, ScorePart
from domain.drafting import ServicesFound
from domain.ids import PaymentKey
from domain.money import Asset
from domain.payments import Receipt
from starter.document_lists import in_tokens
from starter.finding import RunLine
from starter.tables import facts, grid
from starter.wording import duration, moment, network_words, plain, run_words, said

_SHOWN_REFUSALS = 12


def runs_table(lines: Sequence[RunLine], asset: Asset, now: datetime) -> RenderableType:
    """One row a run, newest first."""
    if not lines:
        return Text('No runs yet. Start one: caravan run "what you want" --budget 5.00')
    table = grid("run", "state", "paid", "started", "took", right={"paid", "took"})
    for line in lines:
        table.add_row(
            said(line.run_id, "bold"),
            run_words(line.status),
            Text(_paid(line.paid, asset)),
            Text(moment(line.started_at)),
            Text(duration((line.ended_at or now) - line.started_at)),
        )
    return table


def services_page(found: ServicesFound) -> RenderableType:
    """What was found with the parts of its score, then what was refused and why."""
    if not found.ranked and not found.refused:
        return Text("No services are listed; the bazaars are empty or were not read yet.")
    parts: list[RenderableType] = []
    if found.ranked:
        parts.append(_services_table(found.ranked))
    if found.refused:
        parts += [Text("Refused", style="bold"), *_refusals(found.refused)]
    return Group(*parts)


def receipts_page(
    receipts: Sequence[Receipt], proven: Collection[PaymentKey] | None
) -> RenderableType:
    """Each receipt in full: these are what a person shows to a seller."""
    if not receipts:
        return Text("No receipts: nothing was paid.")
    return Group(*(_receipt(receipt, proven) for receipt in receipts))


def _services_table(ranked: Sequence[RankedListing]) -> Table:
    parts = ("meaning", "record", "price", "speed")
    table = grid("service", "asks", "score", *parts, right={"asks", "score", *parts})
    for entry in ranked:
        score, listing = entry.score, entry.listing
        price = listing.price
        table.add_row(
            Text.assemble(said(listing.name, "bold"), "\n", said(listing.id, "dim")),
            Text(str(price) if price else "free"),
            Text(f"{score.total:.3f}"),
            *(
                Text(_part(part))
                for part in (score.semantic, score.reputation, score.price, score.latency)
            ),
        )
    return table


def _part(part: ScorePart) -> str:
    return f"{part.value:.2f}"


def _refusals(refused: Sequence[Refusal]) -> list[Text]:
    lines = [
        Text(f"  {plain(entry.name)}: {plain(entry.reason)}") for entry in refused[:_SHOWN_REFUSALS]
    ]
    left = len(refused) - _SHOWN_REFUSALS
    return [*lines, Text(f"  and {left} more; --json names them all")] if left > 0 else lines


def _receipt(receipt: Receipt, proven: Collection[PaymentKey] | None) -> RenderableType:
    lines = [
        ("service", receipt.listing_id),
        ("paid to", receipt.pay_to),
        ("paid from", receipt.payer),
        ("network", f"{network_words(receipt.network)} ({receipt.network})"),
        ("scheme", receipt.scheme),
        ("transaction", receipt.transaction),
        ("slot" if receipt.network.startswith("solana:") else "block", str(receipt.slot)),
        ("payment", receipt.key),
    ]
    if receipt.piece:
        lines.append(("part", receipt.piece))
    if receipt.block_time is not None:
        lines.append(("block time", moment(receipt.block_time)))
    lines.append(
        (
            "delivered",
            f"sha256 {receipt.response_digest}" if receipt.response_digest else "nothing usable",
        )
    )
    if proven is not None:
        held = receipt.key in proven
        lines.append(("on chain", "proven again just now" if held else "NOT PROVEN by the chain"))
    head = Text.assemble(said(receipt.step_id, "bold"), f"  {receipt.amount}")
    return Group(head, facts(lines), Text())


def _paid(paid: float | None, asset: Asset) -> str:
    return "-" if paid is None else str(in_tokens(paid, asset))
