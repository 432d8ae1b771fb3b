"""The first shape of the records."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "bazaars",
        sa.Column("bazaar", sa.String(300), primary_key=True),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_table(
        "listed",
        sa.Column("bazaar", sa.String(300), primary_key=True),
        sa.Column("listing_id", sa.String(2_000), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("listing", sa.Text, nullable=False),
    )
    op.create_index("listed_by_listing", "listed", ["listing_id"])
    op.create_table(
        "shown",
        sa.Column("listing_id", sa.String(2_000), primary_key=True),
        sa.Column("bazaar", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_table(
        "outputs",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("listing_id", sa.String(2_000), primary_key=True),
    )
    op.create_index("outputs_by_listing", "outputs", ["listing_id"])
    op.create_table(
        "changes",
        sa.Column("mark", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("listing_id", sa.String(2_000), nullable=False, unique=True),
        sa.Column("gone", sa.Boolean, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("bazaar", sa.String(300), primary_key=True),
        sa.Column("item", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_table(
        "tools",
        sa.Column("bazaar", sa.String(300), primary_key=True),
        sa.Column("item", sa.String(64), primary_key=True),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "probes",
        sa.Column("listing_id", sa.String(2_000), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probe", sa.Text, nullable=False),
    )
    op.create_table(
        "observations",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("listing_id", sa.String(2_000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observation", sa.Text, nullable=False),
    )
    op.create_index("observations_by_listing", "observations", ["listing_id", "at"])
    op.create_table(
        "breakers",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("breaker", sa.Text, nullable=False),
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("user", sa.String(200), nullable=False),
        sa.Column("parameters", sa.String(64), nullable=False),
        sa.Column("catalogue", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
    )
    op.create_index("plans_by_user", "plans", ["user", "parameters", "catalogue"])
