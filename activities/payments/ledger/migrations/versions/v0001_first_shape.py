"""The ledger before it had migrations; a ledger of that time is taken as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create what a ledger of that time has, unless it is there."""
    if "payments" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "payments",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("workflow_id", sa.String(255), nullable=False, index=True),
        sa.Column("first_run_id", sa.String(64), nullable=False),
        sa.Column("step_id", sa.String(255), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("listing_id", sa.Text, nullable=False, index=True),
        sa.Column("base_units", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(32), nullable=False, index=True),
        sa.Column("entry", sa.Text, nullable=False),
        sa.UniqueConstraint("workflow_id", "first_run_id", "step_id", "ordinal"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False, index=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
    )
    op.create_table(
        "inbound",
        sa.Column("transaction", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
    )
