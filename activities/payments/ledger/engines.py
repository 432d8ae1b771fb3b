"""Connections to the ledger's database that lock and persist as the ledger relies on."""

import asyncio
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

READ_ONLY: Final = {"caravan_reads": True}
"""Marks a connection that only reads, and so needs no write lock."""


async def connect(url: str) -> AsyncEngine:
    """An engine for ``url``; the folder of a new SQLite file is made."""
    if not url.startswith("sqlite"):
        # Whoever waited for a lock must see what its holder wrote, whatever the server's default.
        return create_async_engine(url, isolation_level="READ COMMITTED")
    engine = create_async_engine(url)
    if engine.url.database:
        folder = Path(engine.url.database).parent
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    _prepare_sqlite(engine)
    return engine


def _prepare_sqlite(engine: AsyncEngine) -> None:
    # The driver's own transaction handling begins too late; ours locks at once.
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API connection
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("caravan_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    del configure, begin
