"""What the journal and the book say stays said, whoever asks the database otherwise."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from activities.payments.ledger.store import SqlLedger
from tests.activities.payments.ledger.samples import claim, key, paid


@pytest.mark.parametrize("table", ["journal", "book"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET key = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_what_was_written(
    ledger: SqlLedger, url: str, table: str, verb: str
) -> None:
    await paid(ledger, claim("a"))
    before = await ledger.journal(key("a")), await ledger.book()
    stranger = create_async_engine(url)

    try:
        with pytest.raises(DBAPIError):
            async with stranger.begin() as connection:
                await connection.execute(text(verb.format(table)))
    finally:
        await stranger.dispose()

    assert (await ledger.journal(key("a")), await ledger.book()) == before
