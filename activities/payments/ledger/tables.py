"""The ledger's tables. What they hold is described where the models are, in ``ports``."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()

_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in its own INTEGER."""

PAYMENTS: Final = Table(
    "payments",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("workflow_id", String(255), nullable=False, index=True),
    Column("first_run_id", String(64), nullable=False),
    Column("slot_id", String(255), nullable=False),
    Column("step_id", String(255), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("listing_id", Text, nullable=False),  # too long for an index; its host has one
    Column("host", String(255), nullable=False, index=True),
    Column("base_units", BigInteger, nullable=False),
    Column("state", String(32), nullable=False, index=True),
    Column("parked", Integer, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False, index=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("entry", Text, nullable=False),
    UniqueConstraint("workflow_id", "first_run_id", "slot_id", "ordinal"),
)
"""Every payment as it stands. ``base_units`` is what counts against caps."""

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("state", String(32), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("entry", Text, nullable=False),
)
"""Append-only: what the ledger knew at each move."""

BOOK: Final = Table(
    "book",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("workflow_id", String(255), nullable=False, index=True),
    Column("network", String(80), nullable=False),
    Column("transaction", String(128), nullable=False),
    Column("piece", String(80), nullable=False),
    Column("line", Text, nullable=False),
    UniqueConstraint("network", "transaction", "piece"),
)
"""Append-only: one line for each payment that the chain proved, bound to the line before."""

INBOUND: Final = Table(
    "inbound",
    METADATA,
    Column("network", String(80), primary_key=True),
    Column("transaction", String(128), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
)
"""Refunds already counted: one inbound transfer pays back one payment."""

PAYEES: Final = Table(
    "payees",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("listing_id", Text, nullable=False),
    Column("network", String(80), nullable=False),
    Column("pay_to", Text, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
)
"""Whom each service was ever paid at. Sellers choose both, so a digest stands for them."""

PURSE: Final = Table("purse", METADATA, Column("id", Integer, primary_key=True))
"""One row; whoever reserves money or writes into the book holds its lock."""

Index("ix_payments_unsettled", PAYMENTS.c.state, PAYMENTS.c.changed_at)

APPEND_ONLY: Final = (JOURNAL, BOOK)
"""Tables in which the database itself refuses any change of what was written."""
