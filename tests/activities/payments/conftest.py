"""One demo market for all payment tests; a fresh wallet and ledger for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.records.store import SqlRecords
from tests.activities.payments.counter import Counter
from tests.activities.payments.desk import Desk
from tests.deploy.services.stack import Stack


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("market"))
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqlRecords]:
    opened = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
async def desk(market: Stack, tmp_path: Path) -> AsyncIterator[Desk]:
    async with Desk.open(market, tmp_path, market.payer(base_units=20_000_000)) as opened:
        opened.knobs(reset=True)
        yield opened


@pytest.fixture
async def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    monkeypatch.setattr("activities.payments.settling._LOOK_PAUSE_SECONDS", 0)
    async with Counter.open(tmp_path) as opened:
        yield opened
