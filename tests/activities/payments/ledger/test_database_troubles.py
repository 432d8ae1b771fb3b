"""A database that does not answer is waited for, and no trouble tells what the ledger holds."""

import asyncio
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from activities.payments.ledger import migrating
from activities.payments.ledger.engines import StatementRefused
from activities.payments.ledger.ports import LedgerUnavailable
from activities.payments.ledger.store import SqlLedger
from domain.errors import RecordsDisagree, UpstreamUnavailable
from domain.payments import PaymentState
from tests.activities.payments.ledger.samples import (
    WIDE,
    authorization,
    claim,
    key,
    paid,
    receipt,
    sent,
    terms,
)
from tests.activities.payments.ledger.test_crashes import ROOT

SECRET = "never-to-be-read"
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@asynccontextmanager
async def operator(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else's to the same PostgreSQL database."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def cut(connection: asyncpg.Connection, *, waiting: bool) -> int:
    """End the ledger's connections, as a restart of the database does."""
    only = "AND wait_event_type = 'Lock'" if waiting else ""
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608 - ours
        f"WHERE datname = current_database() AND pid <> pg_backend_pid() {only}"
    )
    return len(ended)


async def test_a_database_that_refuses_connections_is_tried_again(unused_tcp_port: int) -> None:
    address = f"postgresql+asyncpg://caravan:{SECRET}@127.0.0.1:{unused_tcp_port}/ledger"

    with pytest.raises(UpstreamUnavailable) as caught:
        await SqlLedger.open(address)

    assert caught.value.retryable
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@on_postgresql
async def test_a_database_that_is_not_there_yet_is_tried_again(url: str) -> None:
    with pytest.raises(LedgerUnavailable):
        await SqlLedger.open(url.replace("ledger_", "no_ledger_"))


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LedgerUnavailable):
        await SqlLedger.open(f"sqlite+aiosqlite:///{tmp_path}/file/ledger.sqlite")


@on_postgresql
async def test_connections_that_died_while_idle_are_not_noticed(
    ledger: SqlLedger, url: str
) -> None:
    await ledger.reserve(claim("a"), WIDE)
    async with operator(url) as connection:
        assert await cut(connection, waiting=False)

    assert (await ledger.get(key("a"))).state is PaymentState.RESERVED


@on_postgresql
async def test_a_connection_lost_in_the_midst_of_a_change_can_be_made_good(
    ledger: SqlLedger, url: str
) -> None:
    await sent(ledger, claim("a"))
    async with operator(url) as holder, operator(url) as killer:
        holding = holder.transaction()
        await holding.start()
        await holder.execute("SELECT * FROM payments FOR UPDATE")
        changing = asyncio.create_task(
            ledger.settle(key("a"), PaymentState.UNPAID, receipt=None, reason=SECRET)
        )
        while not await cut(killer, waiting=True):
            await asyncio.sleep(0.01)
        with pytest.raises(LedgerUnavailable) as caught:
            await changing
        await holding.rollback()

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    ended = await ledger.settle(key("a"), PaymentState.UNPAID, receipt=None, reason="again")
    assert ended.state is PaymentState.UNPAID
    assert [line.state.value for line in await ledger.journal(key("a"))][-1] == "unpaid"


async def test_a_statement_that_is_refused_shows_nothing_of_the_payment(ledger: SqlLedger) -> None:
    wanted = claim("a", asked=terms(pay_to=SECRET))
    await ledger.reserve(wanted, WIDE)
    async with ledger._engine.begin() as connection:
        await connection.execute(text("ALTER TABLE journal RENAME COLUMN entry TO gone"))

    with pytest.raises(StatementRefused) as caught:
        await ledger.sign(authorization(wanted, SECRET))

    assert SECRET not in "".join(traceback.format_exception(caught.value))


@on_postgresql
async def test_a_row_that_is_refused_is_not_quoted(ledger: SqlLedger) -> None:
    wanted = claim("a", asked=terms(pay_to=SECRET))
    async with ledger._engine.begin() as connection:
        await connection.execute(text("ALTER TABLE payments ADD CHECK (base_units < 0)"))

    with pytest.raises(StatementRefused) as caught:
        await ledger.reserve(wanted, WIDE)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_transaction_that_is_taken_is_refused_without_the_drivers_words(
    ledger: SqlLedger,
) -> None:
    first, second = claim("a"), claim("b")
    await paid(ledger, first, receipt(first, "same"))

    with pytest.raises(RecordsDisagree) as caught:
        await paid(ledger, second, receipt(second, "same"))

    words = "".join(traceback.format_exception(caught.value))
    assert "INSERT" not in words
    assert "DETAIL" not in words


@on_sqlite
@pytest.mark.usefixtures("ledger")
async def test_opening_a_ledger_of_today_waits_for_no_writer(url: str) -> None:
    writer = sqlite3.connect(url.partition("///")[2], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    opened = await SqlLedger.open(url)

    assert await opened.book() == ()
    await opened.close()
    writer.close()


@on_postgresql
@pytest.mark.usefixtures("ledger")
async def test_opening_a_ledger_of_today_waits_for_no_other_start(url: str) -> None:
    async with operator(url) as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", migrating._LOCK)

        async with asyncio.timeout(30):
            opened = await SqlLedger.open(url)

        await opened.close()


_OPEN = """
import asyncio, sys
from activities.payments.ledger.store import SqlLedger

ledger = asyncio.run(SqlLedger.open(sys.argv[1]))
sys.exit("alembic" in sys.modules)
"""


@on_sqlite
@pytest.mark.usefixtures("ledger")
async def test_opening_a_ledger_of_today_loads_no_migrations(url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _OPEN, url, cwd=ROOT)

    assert await process.wait() == 0


def test_the_newest_shape_is_the_last_migration() -> None:
    scripts = ScriptDirectory(str(migrating._FOLDER))

    assert scripts.get_current_head() == migrating.NEWEST
