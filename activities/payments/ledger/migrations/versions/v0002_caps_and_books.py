"""Caps of every scope, the book of receipts, payees, and a journal nobody can change."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.payments.ledger.booking import next_line
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.rows import journal_row, payment_row
from activities.payments.ledger.tables import (
    APPEND_ONLY,
    BOOK,
    INBOUND,
    JOURNAL,
    METADATA,
    PAYEES,
    PAYMENTS,
    PURSE,
)
from domain.chains import SOLANA_DEVNET
from domain.ids import digest_json
from domain.receipts import FIRST_LINK

revision = "0002"
down_revision = "0001"


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
    begun = _first_seen(journal)
    now = datetime.now(UTC)
    for row in payments:
        entry = entry_from_old(json.loads(row["entry"]), begun_at=begun.get(row["key"], now))
        connection.execute(sa.insert(PAYMENTS).values(payment_row(entry, changed_at=now)))
        _note_payee(connection, entry)
    for row in journal:
        at = datetime.fromisoformat(row["at"])
        entry = entry_from_old(json.loads(row["entry"]), begun_at=begun[row["key"]])
        connection.execute(sa.insert(JOURNAL).values(journal_row(entry, at=at)))
    for row in inbound:
        connection.execute(
            sa.insert(INBOUND).values(
                network=SOLANA_DEVNET, transaction=row["transaction"], key=row["key"]
            )
        )
    _write_book(connection, [json.loads(row["entry"]) for row in payments], begun)
    for table in APPEND_ONLY:
        _forbid_changes(connection, table.name)


def entry_from_old(old: dict[str, Any], *, begun_at: datetime) -> LedgerEntry:
    """Read an entry of the first shape, which knew no claim and one chain only."""
    authorization = old["authorization"]
    receipt = old["receipt"]
    payer = receipt["payer"] if receipt else ""
    if authorization:
        authorization = {
            **{name: authorization[name] for name in _KEPT},
            "evidence": {
                "kind": "svm",
                "payer": payer,
                **{name: authorization[name] for name in _EVIDENCE},
            },
        }
    method_and_url = str(old["listing_id"])
    return LedgerEntry.model_validate(
        {
            "claim": {
                "key": old["key"],
                "slot": old["slot"],
                "listing_id": old["listing_id"],
                "url": method_and_url.partition(" ")[2] or method_and_url,
                "terms": old["terms"],
                "quoted_at": begun_at,
                "order_digest": digest_json(method_and_url),
                "payer": payer,
            },
            "begun_at": begun_at,
            "authorization": authorization,
            **{name: old[name] for name in _SAME},
        }
    )


_KEPT = ("kind", "key", "listing_id", "amount", "pay_to", "order", "sealed_payment")
_EVIDENCE = ("message_digest", "memo", "first_slot", "last_valid_block_height")
_SAME = (
    *("state", "sends", "answer", "http_status", "hint", "receipt"),
    *("refund_transaction", "reason"),
)


def _all(connection: sa.Connection, table: str, order: str | None = None) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table}" + (f" ORDER BY {order}" if order else "")  # noqa: S608 - ours
    return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def _first_seen(journal: list[dict[str, Any]]) -> dict[str, datetime]:
    begun: dict[str, datetime] = {}
    for row in journal:
        begun.setdefault(row["key"], datetime.fromisoformat(row["at"]))
    return begun


def _note_payee(connection: sa.Connection, entry: LedgerEntry) -> None:
    terms = entry.terms
    known = sa.select(PAYEES.c.id).where(
        PAYEES.c.listing_id == entry.listing_id,
        PAYEES.c.network == terms.network,
        PAYEES.c.pay_to == terms.pay_to,
    )
    if connection.execute(known).first() is None:
        connection.execute(
            sa.insert(PAYEES).values(
                listing_id=entry.listing_id,
                network=terms.network,
                pay_to=terms.pay_to,
                first_seen=entry.begun_at,
            )
        )


def _write_book(
    connection: sa.Connection, entries: list[dict[str, Any]], begun: dict[str, datetime]
) -> None:
    paid = [old for old in entries if old["receipt"]]
    before = FIRST_LINK
    in_order = sorted(paid, key=lambda old: (old["receipt"]["slot"], old["key"]))
    for number, old in enumerate(in_order, start=1):
        entry = entry_from_old(old, begun_at=begun.get(old["key"], datetime.now(UTC)))
        line, row = next_line(entry, number=number, before=before)
        connection.execute(sa.insert(BOOK).values(row))
        before = line.digest


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
