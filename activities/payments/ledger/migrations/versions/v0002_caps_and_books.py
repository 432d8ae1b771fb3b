"""Caps of every scope, the book of receipts, payees, and a journal nobody can change."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.payments.ledger.migrations.second_rows import (
    FIRST_LINK,
    Entry,
    book_row,
    entry_from_first,
    journal_row,
    payee_row,
    payment_row,
    problem_with,
)
from activities.payments.ledger.migrations.second_tables import (
    APPEND_ONLY,
    BOOK,
    INBOUND,
    JOURNAL,
    METADATA,
    PAYEES,
    PAYMENTS,
    PURSE,
)

revision = "0002"
down_revision = "0001"

_DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
"""Where a refund was counted whose payment is not there any more."""


def upgrade() -> None:
    """Move what is there into the new tables, losing nothing."""
    connection = op.get_bind()
    payments = _all(connection, "payments")
    journal = _all(connection, "journal", order="id")
    inbound = _all(connection, "inbound")
    for old in ("inbound", "journal", "payments"):
        op.drop_table(old)
    METADATA.create_all(connection)
    connection.execute(sa.insert(PURSE).values(id=1))
    now = datetime.now(UTC)
    begun = {row["key"]: _moment(row) for row in reversed(journal)}
    moved = {row["key"]: _moment(row) for row in journal}
    entries = {
        row["key"]: entry_from_first(
            json.loads(row["entry"]), begun_at=begun.setdefault(row["key"], now)
        )
        for row in payments
    }
    twice = _write_book(connection, list(entries.values()))
    for row in journal:
        entry = entry_from_first(json.loads(row["entry"]), begun_at=begun[row["key"]])
        connection.execute(sa.insert(JOURNAL).values(journal_row(entry, at=_moment(row))))
    for key in sorted(entries, key=begun.__getitem__):
        why = twice.get(key) or problem_with(entries[key])
        entry = {**entries[key], "parked": why}
        row = payment_row(entry, begun_at=begun[key], changed_at=moved.get(key, now))
        connection.execute(sa.insert(PAYMENTS).values(row))
        if why:
            connection.execute(sa.insert(JOURNAL).values(journal_row(entry, at=now)))
        _note_payee(connection, entry, begun[key])
    networks = {key: entry["claim"]["terms"]["network"] for key, entry in entries.items()}
    for row in inbound:
        row["network"] = networks.get(row["key"], _DEVNET)
        connection.execute(sa.insert(INBOUND).values(row))
    for table in APPEND_ONLY:
        _forbid_changes(connection, table)


def _all(connection: sa.Connection, table: str, order: str | None = None) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table}" + (f" ORDER BY {order}" if order else "")  # noqa: S608 - ours
    return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["at"])


def _note_payee(connection: sa.Connection, entry: Entry, first_seen: datetime) -> None:
    row = payee_row(entry, first_seen=first_seen)
    known = sa.select(PAYEES.c.id).where(PAYEES.c.name == row["name"])
    if connection.execute(known).first() is None:
        connection.execute(sa.insert(PAYEES).values(row))


def _write_book(connection: sa.Connection, entries: Sequence[Entry]) -> dict[str, str]:
    """Write a line for each proven payment; return those whose transaction is another's."""
    proven = [entry for entry in entries if entry["receipt"] is not None]
    proven.sort(key=lambda entry: (entry["receipt"]["slot"], entry["claim"]["key"]))
    seen: set[tuple[str, str]] = set()
    twice: dict[str, str] = {}
    before, number = FIRST_LINK, 1
    for entry in proven:
        receipt = entry["receipt"]
        place = receipt["network"], receipt["transaction"]
        if place in seen:
            why = f"another payment already claims transaction {receipt['transaction']}"
            twice[entry["claim"]["key"]] = why
            continue
        seen.add(place)
        before, row = book_row(entry, number=number, before=before)
        connection.execute(sa.insert(BOOK).values(row))
        number += 1
    return twice


def _forbid_changes(connection: sa.Connection, table: str) -> None:
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            )
    elif connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                f"CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
            )
        )
        connection.execute(
            sa.text(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"EXECUTE FUNCTION {table}_stays()"
            )
        )
