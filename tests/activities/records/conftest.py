"""Every test of the records runs on both databases."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.records.store import SqlRecords
from tests.activities.payments.ledger.databases import PostgresServer, sqlite_url


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    # Not below pytest's own folder: as root the server runs as somebody else, whom any other
    # pytest that starts meanwhile locks out of there.
    folder = Path(tempfile.mkdtemp(prefix="caravan-postgres-"))
    try:
        running = PostgresServer(folder)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as err:
        shutil.rmtree(folder)
        if os.environ.get("CI"):
            raise
        pytest.skip(f"*** PostgreSQL cannot start here, the records are tested less: {err} ***")
    yield running
    running.close()
    shutil.rmtree(folder)


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
