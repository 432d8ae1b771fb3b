"""What bazaars list and nobody is offered: items that are kept out, and tools of MCP servers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.records.ports import Quarantined, Tool
from activities.records.tables import QUARANTINE, TOOLS
from activities.records.upserting import upsert
from domain.ids import Digest, digest_json

_AT_ONCE: Final = 500
"""Values bound in one statement; SQLite takes no more than some thousand."""

Rows = Mapping[Digest, Mapping[str, Any]]


async def keep_out(
    connection: AsyncConnection, bazaar: str, number: int, quarantined: Sequence[Quarantined]
) -> int:
    """Write down what is kept out, and return how many of these the import sees for the first time.

    Each keeps the day on which it was kept out first.
    """
    rows: Rows = {
        digest_json([one.name, one.reason]): {
            "name": one.name,
            "reason": one.reason,
            "since": one.since,
        }
        for one in quarantined
    }
    return await _put(connection, QUARANTINE, rows, bazaar, number, keep=("since",))


async def set_apart(
    connection: AsyncConnection, bazaar: str, number: int, tools: Sequence[Tool]
) -> int:
    """Write down tools, and return how many of these the import sees for the first time."""
    rows: Rows = {
        digest_json([one.server, one.name]): {
            "server": one.server,
            "name": one.name,
            "description": one.description,
        }
        for one in tools
    }
    return await _put(connection, TOOLS, rows, bazaar, number)


async def _put(
    connection: AsyncConnection,
    table: Table,
    rows: Rows,
    bazaar: str,
    number: int,
    *,
    keep: Sequence[str] = (),
) -> int:
    items, seen = list(rows), 0
    for start in range(0, len(items), _AT_ONCE):
        query = select(table.c.item).where(
            table.c.bazaar == bazaar,
            table.c.number == number,
            table.c.item.in_(items[start : start + _AT_ONCE]),
        )
        seen += len((await connection.execute(query)).all())
    written = [{"bazaar": bazaar, "item": item, "number": number, **rows[item]} for item in items]
    await upsert(connection, table, written, keep=keep)
    return len(rows) - seen
