"""Connections to the records' database; a power cut may cost its last moments, never its shape."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import UpstreamUnavailable

_READS: Final = "caravan_reads"
_BUSY_MS: Final = 10_000
"""How long a writer waits for another; imports write in short transactions."""


async def connect(url: str) -> AsyncEngine:
    """An engine for ``url``; the folder of a new SQLite file is made."""
    if not url.startswith("sqlite"):
        return create_async_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True
        )
    engine = create_async_engine(url, hide_parameters=True)
    if engine.url.database:
        folder = Path(engine.url.database).parent
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    _prepare_sqlite(engine)
    return engine


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Read without holding up writers."""
    with _translated():
        async with engine.connect() as connection:
            await connection.execution_options(**{_READS: True})
            async with connection.begin():
                yield connection


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Write in one transaction."""
    with _translated():
        async with engine.begin() as connection:
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Say that the database does not answer, without what was asked of it."""
    try:
        yield
    except (OperationalError, InterfaceError, OSError) as err:
        raise UpstreamUnavailable(
            f"the records' database does not answer ({type(err).__name__}); "
            "check CARAVAN_RECORDS_URL and that it is up"
        ) from err


def _prepare_sqlite(engine: AsyncEngine) -> None:
    # The driver's own transaction handling begins too late; ours locks at once.
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API connection
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    del configure, begin
