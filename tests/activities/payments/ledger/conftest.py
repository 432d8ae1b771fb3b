"""Every test of the ledger runs on both databases."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.payments.ledger.store import SqlLedger
from tests.activities.payments.ledger.databases import PostgresServer, sqlite_url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    try:
        running = PostgresServer(tmp_path_factory.mktemp("postgres"))
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as err:
        pytest.skip(f"*** PostgreSQL cannot start here, the ledger is tested less: {err} ***")
    yield running
    running.close()


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
