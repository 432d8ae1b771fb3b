"""Every test of the records runs on both databases."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.records.store import SqlRecords
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
async def records(url: str) -> AsyncIterator[SqlRecords]:
    opened = await SqlRecords.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[SqlRecords]:
    """The same records through connections of another process."""
    opened = await SqlRecords.open(url)
    yield opened
    await opened.close()
