"""Brings a ledger to the shape this code knows. There is no way back: restore a backup instead."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x0CA2_A7A4
"""PostgreSQL advisory lock that processes starting together take; any constant of ours."""


def upgrade(connection: Connection) -> None:
    """Upgrade to the newest shape, inside the caller's transaction; costs little when it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if MigrationContext.configure(connection).get_current_revision() == head():
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def head() -> str:
    """The newest revision."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
