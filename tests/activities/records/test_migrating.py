"""The records' shape: made once, cheap to check, and refused where a newer Caravan made it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, text

from activities.records import migrating
from activities.records.engines import connect, writing
from activities.records.ports import Written
from activities.records.store import SqlRecords
from activities.records.tables import BAZAARS, METADATA
from domain.errors import Misconfigured, UpstreamUnavailable
from tests.activities.payments.ledger.databases import sqlite_url


def test_the_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_current_head() == migrating.HEAD


async def test_the_migrations_make_the_tables_that_the_code_knows(
    records: SqlRecords, url: str
) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    engine = await connect(url)
    async with writing(engine) as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    assert await records.listings.count() == 0


async def test_opening_again_takes_no_lock_and_loads_no_migrations(
    records: SqlRecords, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "alembic.command", None)  # loading it would raise
    monkeypatch.setattr(migrating, "writing", None)

    again = await SqlRecords.open(url)

    assert await again.listings.version() == await records.listings.version()
    await again.close()


async def test_records_of_a_newer_caravan_are_refused(records: SqlRecords, url: str) -> None:
    engine = await connect(url)
    async with writing(engine) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()

    with pytest.raises(Misconfigured, match="shape 9999"):
        await SqlRecords.open(url)
    assert await records.listings.count() == 0


async def test_a_database_that_is_not_there_is_said_without_what_was_asked(tmp_path: Path) -> None:
    folder = tmp_path / "is-a-folder"
    folder.mkdir()

    with pytest.raises(UpstreamUnavailable, match="CARAVAN_RECORDS_URL"):
        await SqlRecords.open(f"sqlite+aiosqlite:///{folder}")
    assert sqlite_url(tmp_path)


async def test_an_import_that_an_earlier_caravan_left_is_gone_on_with(tmp_path: Path) -> None:
    def first_shape(connection: Connection) -> None:
        config = Config()
        folder = Path(migrating.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    url, now = sqlite_url(tmp_path), datetime(2026, 11, 21, 12, tzinfo=UTC)
    engine = await connect(url)
    async with writing(engine) as connection:
        await connection.run_sync(first_shape)
        row = {"bazaar": "b", "rank": 0, "number": 4, "cursor": "200", "problem": ""}
        await connection.execute(insert(BAZAARS).values(**row, started_at=now))
    await engine.dispose()

    records = await SqlRecords.open(url)

    assert await records.listings.begin("b", now=now) == (4, "200")
    assert await records.listings.counted("b") == Written()
    await records.close()
