"""Connections to the ledger's database that lock and persist as the ledger relies on."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.payments.ledger.ports import LedgerUnavailable

_READS: Final = "caravan_reads"
"""Marks a connection that only reads, and so needs no write lock."""

_BUSY_SECONDS: Final = 10
"""How long a change waits for another process's change; each takes milliseconds."""

_BUSY_PAUSE_SECONDS: Final = 0.01

_GONE: Final = ("08", "28", "3D", "40", "53", "55P03", "57P")
"""Beginnings of PostgreSQL's codes for what passes or is set right outside: connections, passwords,
missing databases, conflicts, resources, locks, shutdowns.

Source: PostgreSQL documentation, appendix "PostgreSQL Error Codes".
"""

_TAKEN: Final = frozenset(
    {
        "23505",  # PostgreSQL's unique_violation
        *("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID"),
        "SQLITE_CONSTRAINT_TRIGGER",  # how our own triggers refuse a line that is there
    }
)
"""Codes of refusals that mean that a row is there already."""


class AlreadyWritten(Exception):
    """A row that must be the only one of its kind is there already."""


class StatementRefused(Exception):
    """The database refuses what the ledger asks of it: a bug, or somebody changed the tables."""


async def connect(url: str) -> AsyncEngine:
    """An engine for ``url``; the folder of a new SQLite file is made."""
    if not url.startswith("sqlite"):
        # Whoever waited for a lock must see what its holder wrote, whatever the server's default.
        return create_async_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True
        )
    engine = create_async_engine(url, hide_parameters=True)
    if engine.url.database:
        with _translated():
            await asyncio.to_thread(_prepare_file, Path(engine.url.database))
    _prepare_connections(engine)
    return engine


@asynccontextmanager
async def reading_from(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Read without holding up payments."""
    with _translated():
        async with engine.connect() as connection:
            await connection.execution_options(**{_READS: True})
            async with connection.begin():
                yield connection


@asynccontextmanager
async def writing_to(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Write in one transaction.

    Raises:
        LedgerUnavailable: The database does not answer, or did not say that it wrote.
        AlreadyWritten: Another transaction wrote what may be there once only.
    """
    with _translated():
        async with engine.begin() as connection:
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    # A driver's own words may quote whole rows, with addresses and sealed payments in them, so
    # they go no further: neither as text nor as a cause.
    try:
        yield
    except DBAPIError as err:
        raise _meaning(err) from None
    except (OSError, sqlite3.OperationalError, NoConnectionFree) as err:
        raise _unavailable(type(err).__name__) from None


def _meaning(err: DBAPIError) -> Exception:
    code = getattr(err.orig, "sqlstate", None) or getattr(err.orig, "sqlite_errorname", None)
    kind = f"{type(err).__name__} {code}" if code else type(err).__name__
    if code in _TAKEN:
        return AlreadyWritten(kind)
    if err.connection_invalidated or _passes(err, code):
        return _unavailable(kind)
    return StatementRefused(f"the ledger's database refuses a statement: {kind}")


def _passes(err: DBAPIError, code: str | None) -> bool:
    if code is None or code.startswith("SQLITE_"):
        # SQLite's own general error is a statement that it cannot run, such as for a missing table.
        return isinstance(err, InterfaceError | OperationalError) and code != "SQLITE_ERROR"
    return code.startswith(_GONE)


def _unavailable(kind: str) -> LedgerUnavailable:
    return LedgerUnavailable(
        f"the ledger's database does not answer ({kind}); "
        "check CARAVAN_LEDGER_URL and that it is up"
    )


def _prepare_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    late = time.monotonic() + _BUSY_SECONDS
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as database:
        while not _writes_ahead(database):
            # Of two that make a new file at once one is turned away, and not made to wait.
            if time.monotonic() > late:
                raise _unavailable("SQLITE_BUSY")
            time.sleep(_BUSY_PAUSE_SECONDS)


def _writes_ahead(database: sqlite3.Connection) -> bool:
    try:
        database.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _prepare_connections(engine: AsyncEngine) -> None:
    # The driver's own transaction handling begins too late; ours locks at once.
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API connection
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    del configure, begin
