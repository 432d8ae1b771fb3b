"""Runs, services, receipts and checks as tables."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from domain.breakers import Breaker, BreakerKind, BreakerState
from domain.catalogue import Gate, RankedListing, Refusal, ScorePart
from domain.drafting import ServicesFound
from domain.ids import PaymentKey
from domain.money import Asset
from domain.payments import Receipt
from starter.document_lists import in_tokens
from starter.finding import RunLine
from starter.tables import facts, grid
from starter.wording import duration, moment, network_words, plain, run_words, said

_SHOWN_REFUSALS = 12

_GATES: Final[dict[Gate, str]] = {
    "readable": "cannot be read",
    "text": "gives orders",
    "allowed": "not allowed",
    "schema": "cannot be filled in",
    "payable": "cannot be paid",
    "cap": "too dear",
    "breaker": "left alone",
    "alive": "does not answer",
    "terms": "asks something else",
    "duplicate": "listed twice",
}
"""What each gate found, in as few words as a person needs."""


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


def services_page(found: ServicesFound, now: datetime) -> RenderableType:
    """What was found with the parts of its score, what was refused and why, who is left alone."""
    if not found.ranked and not found.refused:
        return Text("No services are listed; the bazaars are empty or were not read yet.")
    parts: list[RenderableType] = []
    if found.ranked:
        parts += [*_services(found.ranked, now), *_why(found.ranked[0])]
    if found.refused:
        parts += [Text("Refused", style="bold"), *_refusals(found.refused)]
    shut = [one for one in found.breakers if one.state(now) is not BreakerState.CLOSED]
    if shut:
        parts += [Text("Left alone after failures", style="bold"), *_breakers(shut, now)]
    return Group(*parts)


def receipts_page(
    receipts: Sequence[Receipt], proven: Collection[PaymentKey] | None
) -> RenderableType:
    """Each receipt in full: these are what a person shows to a seller."""
    if not receipts:
        return Text("No receipts: nothing was paid.")
    return Group(*(_receipt(receipt, proven) for receipt in receipts))


def _services(ranked: Sequence[RankedListing], now: datetime) -> Iterator[RenderableType]:
    """Each service with its address in full and, below it, its figures under those of the others.

    A column for names would leave an address ten letters wide, and break it where it cannot be
    copied any more.
    """
    weights = ranked[0].score.weights
    shares = (weights.semantic, weights.reputation, weights.price, weights.latency)
    heads = ("asks", "score", "meaning", "record", "price", "speed", "checked")
    counts = ("", "", *(f"{share:.0%}" for share in shares), "")
    rows = [_figures(entry, now) for entry in ranked]
    widths = [max(len(row[at]) for row in (heads, counts, *rows)) for at in range(len(heads))]
    yield Text(_aligned(heads, widths), style="bold")
    yield Text(_aligned(counts, widths), style="dim")
    for entry, row in zip(ranked, rows, strict=True):
        yield said(entry.listing.name, "bold")
        yield Text(f"  {plain(entry.listing.id)}", style="dim", no_wrap=True, overflow="ignore")
        yield Text(_aligned(row, widths))
    yield Text()


def _figures(entry: RankedListing, now: datetime) -> tuple[str, ...]:
    score, price = entry.score, entry.listing.price
    return (
        str(price) if price else "free",
        f"{score.total:.3f}",
        *map(_part, (score.semantic, score.reputation, score.price, score.latency)),
        _seen(entry.probed_at, now),
    )


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return f"  {'  '.join(padded)}".rstrip()


def _why(first: RankedListing) -> list[RenderableType]:
    score = first.score
    lines = [
        ("meaning", score.semantic.why),
        ("record", score.reputation.why),
        ("price", score.price.why),
        ("speed", score.latency.why),
    ]
    head = Text.assemble("Why ", (plain(first.listing.name), "bold"), " comes first")
    return [head, facts(lines), Text("For the others: --json", style="dim"), Text()]


def _seen(probed_at: datetime | None, now: datetime) -> str:
    """How long ago the seller was last asked for its price, unpaid."""
    return "never" if probed_at is None else f"{duration(now - probed_at)} ago"


def _part(part: ScorePart) -> str:
    return f"{part.value:.2f}"


def _refusals(refused: Sequence[Refusal]) -> Iterator[RenderableType]:
    for entry in refused[:_SHOWN_REFUSALS]:
        yield _indented(
            Text.assemble(
                (plain(entry.name), "bold"), f" ({_GATES[entry.gate]}): ", plain(entry.reason)
            )
        )
    left = len(refused) - _SHOWN_REFUSALS
    if left > 0:
        yield Text(f"  and {left} more; --json names them all")


def _indented(line: Text) -> Padding:
    """A line whose further lines, where it is long, stand under it and not under the next one."""
    return Padding(line, (0, 0, 0, 2), expand=False)


def _breakers(shut: Sequence[Breaker], now: datetime) -> Iterator[RenderableType]:
    for one in shut:
        counted = "1 failure" if one.failures == 1 else f"{one.failures} failures in a row"
        yield _indented(
            Text.assemble(
                *(one.kind.value, " ", (plain(one.key), "bold")),
                f", {counted}, {_again(one, now)}: ",
                plain(one.reason),
            )
        )


def _again(breaker: Breaker, now: datetime) -> str:
    """When somebody is sent there again."""
    if breaker.is_tried(now):
        return "being tried again by one call, all others wait"
    if breaker.open_until is not None and breaker.state(now) is BreakerState.OPEN:
        return f"tried again in {duration(breaker.open_until - now)}"
    if breaker.kind is BreakerKind.FACILITATOR:
        return "tried again with the next purchase that it settles"
    return "tried again with the next unpaid question"


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
