"""Brings a ledger to the shape this code knows. There is no way back: restore a backup instead."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.payments.ledger.engines import reading_from, writing_to
from domain.errors import Misconfigured

NEWEST: Final = "0003"
"""Shape that this code reads and writes: the newest of ``migrations/versions``."""

_FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x0CA2_A7A4
"""PostgreSQL advisory lock that processes starting together take; any constant of ours."""

_HAS_VERSION: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
}
"""Asks whether a database was ever migrated."""


async def bring_up_to_date(engine: AsyncEngine) -> None:
    """Upgrade to the newest shape in one transaction; a ledger that has it is only looked at.

    Raises:
        Misconfigured: A newer Caravan has upgraded it further.
        LedgerUnavailable: The database does not answer.
    """
    async with reading_from(engine) as connection:
        if await _shape(connection) == NEWEST:
            return  # and whoever is paying meanwhile need not wait for this start
    async with writing_to(engine) as connection:
        await connection.run_sync(_upgrade)


async def _shape(connection: AsyncConnection) -> str | None:
    if (await connection.scalar(text(_HAS_VERSION[connection.dialect.name]))) is None:
        return None
    shape: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return shape


def _upgrade(connection: Connection) -> None:
    # Alembic takes longer to load than everything else here together, and is seldom needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise Misconfigured(f"the ledger has shape {current}, which needs a newer Caravan")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
