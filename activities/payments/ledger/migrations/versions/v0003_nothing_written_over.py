"""Close the ways around the journal's and the book's refusal to be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Refuse what would replace a line; change no line."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for table, places in _PLACES.items():
            _refuse_to_replace(connection, table, places)
    elif connection.dialect.name == "postgresql":
        for table in _PLACES:
            # A session that poses as a replica runs no other triggers.
            _run(connection, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_stays")


_PLACES = {
    "journal": ("id = NEW.id",),
    "book": (
        # Hidden, and unique as well: a new line at an old one's place would replace it.
        "rowid = NEW.rowid",
        "number = NEW.number",
        "key = NEW.key",
        'network = NEW.network AND "transaction" = NEW."transaction" AND piece = NEW.piece',
    ),
}
"""What no two lines share, for each table: by these SQLite finds the line to replace."""


def _refuse_to_replace(connection: sa.Connection, table: str, places: tuple[str, ...]) -> None:
    # INSERT OR REPLACE deletes the line that is in its way without asking triggers for deletions.
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {place})" for place in places)  # noqa: S608 - ours
    _run(
        connection,
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    )


def _run(connection: sa.Connection, statement: str) -> None:
    connection.execute(sa.text(statement))
