"""The catalogue as tables: the bazaars, what is kept out of them and why, the tools."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from activities.discovery.refreshing import CatalogueSeen
from activities.records.ports import BazaarState, Quarantined, Tool
from domain.refreshing import (
    BazaarRefreshed,
    CatalogueRefreshed,
    ImportProgress,
    IndexProgress,
)
from starter.tables import grid
from starter.wording import duration, plain, said, short

_DESCRIPTION_SHOWN: Final = 160
"""Letters of a tool's description in the table; ``--json`` has them all."""


def catalogue_page(seen: CatalogueSeen, now: datetime) -> RenderableType:
    """Every bazaar with what it lists and when it was read."""
    if not seen.bazaars:
        return Text("No bazaar was read yet. Read them: caravan catalogue --refresh")
    head = Text.assemble(
        (f"{_count(seen.listings, 'service')}", "bold"),
        f" in {_count(len(seen.bazaars), 'bazaar')}, version {short(seen.version)}",
    )
    broken = [_failure(one.bazaar, one.problem) for one in seen.bazaars if one.problem]
    return Group(head, _bazaars(seen.bazaars, now), *broken)


def refreshed_lines(refreshed: CatalogueRefreshed) -> Group:
    """What a refresh changed, bazaar by bazaar."""
    lines = [_refreshed(one) for one in refreshed.bazaars]
    if refreshed.index_problem:
        lines.append(Text(f"not all of it is searchable yet: {plain(refreshed.index_problem)}"))
    elif refreshed.indexed:
        lines.append(Text(f"{_count(refreshed.indexed, 'service')} made searchable"))
    return Group(*lines, Text())


def quarantine_page(kept_out: Sequence[Quarantined], *, total: int) -> RenderableType:
    """What is kept out, and why."""
    if not kept_out:
        return Text("Nothing is kept out.")
    table = grid("kept out", "why", "bazaar", "since")
    for one in kept_out:
        table.add_row(
            said(one.name),
            said(one.reason),
            said(one.bazaar, "dim"),
            Text(f"{one.since:%Y-%m-%d %H:%M}", no_wrap=True),
        )
    return Group(table, *_left(total - len(kept_out)))


def tools_page(tools: Sequence[Tool], *, total: int) -> RenderableType:
    """Paid tools of MCP servers, which nobody buys yet."""
    if not tools:
        return Text("No MCP tools are listed.")
    table = grid("tool", "server", "what it says it does")
    for one in tools:
        table.add_row(said(one.name, "bold"), said(one.server), said(_brief(one.description)))
    note = Text("Tools are listed for you to see; runs neither search nor buy them.", style="dim")
    return Group(table, *_left(total - len(tools)), note)


def progress_words(progress: ImportProgress | IndexProgress) -> str:
    """How far a refresh has come."""
    if isinstance(progress, IndexProgress):
        return f"{_count(progress.indexed, 'service')} made searchable so far"
    pages, listings = _count(progress.pages, "page"), _count(progress.listings, "listing")
    return f"{plain(progress.bazaar)}: {pages}, {listings} read"


def _bazaars(bazaars: Sequence[BazaarState], now: datetime) -> Table:
    right = ("listings", "kept out", "tools", "read")
    table = grid("bazaar", *right, "last reading", right=right)
    for one in bazaars:
        table.add_row(
            said(one.bazaar, "bold"),
            Text(f"{one.listings:,}"),
            Text(f"{one.quarantined:,}"),
            Text(f"{one.tools:,}"),
            Text("never" if one.finished_at is None else f"{duration(now - one.finished_at)} ago"),
            _last(one),
        )
    return table


def _last(state: BazaarState) -> Text:
    if state.problem:
        return Text("broke off", style="yellow")
    return Text("under way") if state.cursor else Text("whole", style="dim")


def _failure(bazaar: str, problem: str) -> Text:
    named = plain(problem) if bazaar in problem else f"{plain(bazaar)}: {plain(problem)}"
    return Text(named, style="yellow")


def _refreshed(one: BazaarRefreshed) -> Text:
    if one.problem:
        return Text.assemble("not read: ", _failure(one.bazaar, one.problem))
    words = (
        f": {one.new:,} new, {one.changed:,} changed, {one.same:,} as before, "
        f"{one.removed:,} gone, {one.quarantined:,} kept out"
    )
    note = f"; {plain(one.note)}, so nothing was removed" if one.note else ""
    return Text.assemble((plain(one.bazaar), "bold"), words + note)


def _left(left: int) -> list[Text]:
    return [Text(f"and {left:,} more; --limit shows more of them", style="dim")] if left > 0 else []


def _brief(text: str) -> str:
    return text if len(text) <= _DESCRIPTION_SHOWN else text[: _DESCRIPTION_SHOWN - 2] + ".."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
