"""What a migration did once it does for ever, whatever becomes of the tables of today."""

import ast
import hashlib
import re
import sqlite3
import sys
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from activities.payments.ledger import migrating
from activities.payments.ledger.tables import METADATA
from tests.activities.payments.ledger.test_migrating import OLD

FOLDER = migrating._FOLDER
MIGRATIONS = sorted(FOLDER.rglob("*.py"))
MAY_IMPORT: Final = {"alembic", "sqlalchemy", "domain.ids", *sys.stdlib_module_names}
"""``domain.ids`` says how digests are made, which no ledger survives a change of."""

AS_IT_WAS = Path(__file__).with_name("second_shape.txt")
"""Its tables, and a digest of every row, as the second shape was when it was made."""


def migrated(path: Path, revision: str) -> sqlite3.Connection:
    """The old ledger, brought to one shape."""
    database = sqlite3.connect(path)
    database.executescript(OLD)
    database.close()
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    return sqlite3.connect(path)


def schema(database: sqlite3.Connection, kind: str) -> list[str]:
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN (?, ?)"
    kinds = ("trigger", "trigger") if kind == "trigger" else ("table", "index")
    found = [" ".join(sql.split()) for (sql,) in database.execute(query, kinds)]
    return sorted(sql for sql in found if "alembic_version" not in sql)


def rows(database: sqlite3.Connection) -> list[str]:
    found = []
    for table in ("payments", "journal", "book", "inbound", "payees", "purse"):
        for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - ours
            # Lines that the migration adds itself are of when it runs.
            said = ["now" if _is_new(word) else str(word) for word in row]
            digest = hashlib.sha256("|".join(said).encode()).hexdigest()
            found.append(f"{table} {said[0].rstrip('-')} {digest}")
    return found


def _is_new(word: object) -> bool:
    return bool(re.match(r"20\d\d-", str(word))) and str(word) not in OLD.replace("T", " ")


def test_the_second_shape_is_made_as_it_was(tmp_path: Path) -> None:
    database = migrated(tmp_path / "ledger.sqlite", "0002")

    made = [*schema(database, "table"), *schema(database, "trigger"), *rows(database)]
    database.close()

    assert made == AS_IT_WAS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_needs_nothing_that_may_change(path: Path) -> None:
    own = "activities.payments.ledger.migrations"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    live = {name for name in imported if name not in MAY_IMPORT}
    assert {n for n in live if n.partition(".")[0] not in MAY_IMPORT and own not in n} == set()


def test_the_tables_of_today_are_what_migrations_make(tmp_path: Path) -> None:
    database = migrated(tmp_path / "ledger.sqlite", "head")
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    METADATA.create_all(fresh)
    fresh.dispose()
    today = sqlite3.connect(tmp_path / "fresh.sqlite")

    made, declared = schema(database, "table"), schema(today, "table")
    database.close()
    today.close()

    assert made == declared
