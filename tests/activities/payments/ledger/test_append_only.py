"""What the journal and the book say stays said, whoever asks the database otherwise."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from activities.payments.ledger.store import SqlLedger
from tests.activities.payments.ledger.samples import claim, key, paid

COLUMNS = {
    "JOURNAL": "journal (id, key, at, state, evidence, entry)",
    "BOOK": 'book (number, key, workflow_id, network, "transaction", piece, line)',
    "PLACED": 'book (number, key, workflow_id, network, "transaction", piece, line, rowid)',
    "SAME_NUMBER": "FROM book WHERE number = 1 ON CONFLICT (number) DO UPDATE SET",
    "LINE": "at, 'unpaid', 'nothing', entry FROM journal WHERE id = 1",
}

IN_PLACE = [
    "UPDATE journal SET key = 'x'",
    "UPDATE book SET key = 'x'",
    "DELETE FROM journal",
    "DELETE FROM book",
    "TRUNCATE journal",
    "TRUNCATE book",
    "INSERT INTO {JOURNAL} SELECT id, 'x', {LINE} ON CONFLICT (id) DO UPDATE SET key = 'x'",
    "INSERT INTO {BOOK} SELECT 1, 'x', 'x', 'x', 'x', 'x', 'x' {SAME_NUMBER} line = 'x'",
]
"""Statements that both databases know, or that one refuses to read."""

OVER = [
    "INSERT OR REPLACE INTO {JOURNAL} SELECT id, 'x', {LINE}",
    "REPLACE INTO {JOURNAL} SELECT id, key, {LINE}",
    "REPLACE INTO journal (rowid, key, at, state, evidence, entry) SELECT id, key, {LINE}",
    "REPLACE INTO {BOOK} SELECT number, 'x', workflow_id, 'x', 'x', 'x', 'x' FROM book",
    "REPLACE INTO {BOOK} SELECT 9, key, workflow_id, 'x', 'x', 'x', 'x' FROM book",
    "REPLACE INTO {BOOK} SELECT 9, 'x', 'x', network, \"transaction\", piece, 'x' FROM book",
    "REPLACE INTO {PLACED} SELECT 9, 'x', 'x', 'x', 'x', 'x', 'x', rowid FROM book",
    "INSERT OR IGNORE INTO {BOOK} SELECT 1, 'x', 'x', 'x', 'x', 'x', 'x' FROM book",
    "UPDATE OR REPLACE journal SET id = 2 WHERE id = 1",
    "UPDATE OR REPLACE book SET number = 2 WHERE number = 1",
]
"""SQLite's ways to write over a row; deletions in the course of them fire no trigger."""


async def run(engine: AsyncEngine, statements: Sequence[str]) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement.format(**COLUMNS)))


async def refused(ledger: SqlLedger, url: str, statements: Sequence[str]) -> None:
    await paid(ledger, claim("a"))
    await paid(ledger, claim("b"))
    before = [await ledger.journal(key(name)) for name in "ab"], await ledger.book()
    stranger = create_async_engine(url)

    try:
        with pytest.raises(DBAPIError):
            await run(stranger, statements)
    finally:
        await stranger.dispose()

    assert ([await ledger.journal(key(name)) for name in "ab"], await ledger.book()) == before


@pytest.mark.parametrize("statement", IN_PLACE)
async def test_the_database_refuses_to_change_what_was_written(
    ledger: SqlLedger, url: str, statement: str
) -> None:
    await refused(ledger, url, [statement])


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", OVER)
async def test_sqlite_refuses_to_write_over_what_was_written(
    ledger: SqlLedger, url: str, statement: str
) -> None:
    await refused(ledger, url, [statement])


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["journal", "book"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET key = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_a_session_that_poses_as_a_replica_is_refused_as_well(
    ledger: SqlLedger, url: str, table: str, verb: str
) -> None:
    await refused(ledger, url, ["SET session_replication_role = replica", verb.format(table)])


async def test_new_lines_are_still_taken(ledger: SqlLedger) -> None:
    for number in range(3):
        await paid(ledger, claim(f"{number}x"))

    assert [line.number for line in await ledger.book()] == [1, 2, 3]
