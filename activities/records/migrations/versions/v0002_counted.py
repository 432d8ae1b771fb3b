"""What an import has counted stays with its cursor, for whoever goes on with it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the counts; an import that is under way begins to count here."""
    op.add_column("bazaars", sa.Column("counted", sa.Text, nullable=False, server_default=""))
