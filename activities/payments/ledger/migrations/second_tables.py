"""The tables of the ledger's second shape, as its migration made them. Never changed."""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite counts up only in its own INTEGER."""

PAYMENTS: Final = sa.Table(
    "payments",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("workflow_id", sa.String(255), nullable=False, index=True),
    sa.Column("first_run_id", sa.String(64), nullable=False),
    sa.Column("slot_id", sa.String(255), nullable=False),
    sa.Column("step_id", sa.String(255), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("listing_id", sa.Text, nullable=False),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("base_units", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(32), nullable=False, index=True),
    sa.Column("parked", sa.Integer, nullable=False),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.UniqueConstraint("workflow_id", "first_run_id", "slot_id", "ordinal"),
    sa.Index("ix_payments_unsettled", "state", "changed_at"),
)

JOURNAL: Final = sa.Table(
    "journal",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
)

BOOK: Final = sa.Table(
    "book",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("workflow_id", sa.String(255), nullable=False, index=True),
    sa.Column("network", sa.String(80), nullable=False),
    sa.Column("transaction", sa.String(128), nullable=False),
    sa.Column("piece", sa.String(80), nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.UniqueConstraint("network", "transaction", "piece"),
)

INBOUND: Final = sa.Table(
    "inbound",
    METADATA,
    sa.Column("network", sa.String(80), primary_key=True),
    sa.Column("transaction", sa.String(128), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
)

PAYEES: Final = sa.Table(
    "payees",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("listing_id", sa.Text, nullable=False),
    sa.Column("network", sa.String(80), nullable=False),
    sa.Column("pay_to", sa.Text, nullable=False),
    sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
)

PURSE: Final = sa.Table("purse", METADATA, sa.Column("id", sa.Integer, primary_key=True))

APPEND_ONLY: Final = ("journal", "book")
