"""Insert or replace rows, the same on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Row = Mapping[str, Any]


async def upsert(
    connection: AsyncConnection,
    table: Table,
    rows: Sequence[Row],
    *,
    keep: Sequence[str] = (),
) -> None:
    """Write rows over those of the same primary key.

    Args:
        connection: In a transaction.
        table: Where to.
        rows: All with the same columns.
        keep: Columns that stay as they are in rows that are there.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {
        name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep
    }
    if changed:
        written = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        written = statement.on_conflict_do_nothing(index_elements=keys)
    await connection.execute(written, [dict(row) for row in rows])
