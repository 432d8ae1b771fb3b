"""Brings a ledger to the shape this code knows. There is no way back: restore a backup instead."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from domain.errors import Misconfigured

_FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x0CA2_A7A4
"""PostgreSQL advisory lock that processes starting together take; any constant of ours."""


def upgrade(connection: Connection) -> None:
    """Upgrade to the newest shape, inside the caller's transaction; costs little when it is.

    Raises:
        Misconfigured: A newer Caravan has upgraded it further.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise Misconfigured(f"the ledger has shape {current}, which needs a newer Caravan")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
