"""Every test of the ledger runs on both databases."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.payments.ledger.store import SqlLedger
from tests.activities.payments.ledger.databases import PostgresServer, serving, sqlite_url


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with serving(os.environ) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    running: PostgresServer = request.getfixturevalue("server")
    return await running.new_database()


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[SqlLedger]:
    opened = await SqlLedger.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[SqlLedger]:
    """The same ledger through connections of another worker."""
    opened = await SqlLedger.open(url)
    yield opened
    await opened.close()
