"""Brings the records to the shape this code knows; costs one query where they have it."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.engines import reading, writing
from domain.errors import Misconfigured

HEAD: Final = "0002"
"""The newest shape; a test compares it with the migrations."""

_FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x0CA2_A7A5
"""PostgreSQL advisory lock that processes starting together take; any constant of ours."""


async def bring_up(engine: AsyncEngine) -> None:
    """Upgrade to the newest shape.

    Raises:
        Misconfigured: A newer Caravan has upgraded them further.
    """
    async with reading(engine) as connection:
        if await connection.run_sync(_shape) == HEAD:
            return
    async with writing(engine) as connection:
        await connection.run_sync(_upgrade)


def _shape(connection: Connection) -> str | None:
    if "alembic_version" not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    # Loading Alembic takes longer than everything else here, and is hardly ever needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    shape = _shape(connection)
    if shape is not None and shape not in known:
        raise Misconfigured(f"the records have shape {shape}, which needs a newer Caravan")
    command.upgrade(config, "head")
