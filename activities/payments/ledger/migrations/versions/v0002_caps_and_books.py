"""Caps of every scope, the book of receipts, payees, and a journal nobody can change."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.payments.ledger.booking import next_line
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.rows import journal_row, payee_row, payment_row
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
from domain.ids import PaymentKey, digest_json
from domain.payments import PaymentState
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
    now = datetime.now(UTC)
    begun = {row["key"]: _moment(row) for row in reversed(journal)}
    moved = {row["key"]: _moment(row) for row in journal}
    entries = [
        entry_from_old(json.loads(row["entry"]), begun_at=begun.get(row["key"], now))
        for row in payments
    ]
    twice = _write_book(connection, entries)
    for row in journal:
        entry = entry_from_old(json.loads(row["entry"]), begun_at=begun[row["key"]])
        connection.execute(sa.insert(JOURNAL).values(journal_row(entry, at=_moment(row))))
    for known in sorted(entries, key=lambda entry: entry.begun_at):
        why = twice.get(known.key) or _problem(known)
        entry = known.model_copy(update={"parked": why})
        at = moved.get(entry.key, now)
        connection.execute(sa.insert(PAYMENTS).values(payment_row(entry, changed_at=at)))
        if why:
            connection.execute(sa.insert(JOURNAL).values(journal_row(entry, at=now)))
        _note_payee(connection, entry)
    networks = {entry.key: entry.terms.network for entry in entries}
    for row in inbound:
        row["network"] = networks.get(row["key"], SOLANA_DEVNET)
        connection.execute(sa.insert(INBOUND).values(row))
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
    # Of an old order only its stored form has a digest.
    order = authorization["order"]["digest"] if authorization else digest_json(method_and_url)
    return LedgerEntry.model_validate(
        {
            "claim": {
                "key": old["key"],
                "slot": old["slot"],
                "listing_id": old["listing_id"],
                "url": method_and_url.partition(" ")[2] or method_and_url,
                "terms": old["terms"],
                "quoted_at": begun_at,
                "order_digest": order,
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


_OPEN = (PaymentState.SIGNED, PaymentState.SENT, PaymentState.UNKNOWN)


def _all(connection: sa.Connection, table: str, order: str | None = None) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table}" + (f" ORDER BY {order}" if order else "")  # noqa: S608 - ours
    return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["at"])


def _problem(entry: LedgerEntry) -> str:
    # Looked for under a wrong payer, a payment that landed would pass for one that never did.
    if entry.authorization is None or entry.state not in _OPEN or entry.claim.payer:
        return ""
    return "it was signed before payers were on record; look for its memo on chain"


def _note_payee(connection: sa.Connection, entry: LedgerEntry) -> None:
    row = payee_row(entry.listing_id, entry.terms, first_seen=entry.begun_at)
    known = sa.select(PAYEES.c.id).where(PAYEES.c.name == row["name"])
    if connection.execute(known).first() is None:
        connection.execute(sa.insert(PAYEES).values(row))


def _write_book(connection: sa.Connection, entries: Sequence[LedgerEntry]) -> dict[PaymentKey, str]:
    """Write a line for each proven payment; return those whose transaction is another's."""
    proven = [(entry.receipt, entry) for entry in entries if entry.receipt is not None]
    proven.sort(key=lambda pair: (pair[0].slot, pair[1].key))
    seen: set[tuple[str, str]] = set()
    twice: dict[PaymentKey, str] = {}
    before, number = FIRST_LINK, 1
    for receipt, entry in proven:
        if (receipt.network, receipt.transaction) in seen:
            why = f"another payment already claims transaction {receipt.transaction}"
            twice[entry.key] = why
            continue
        seen.add((receipt.network, receipt.transaction))
        line, row = next_line(entry, number=number, before=before)
        connection.execute(sa.insert(BOOK).values(row))
        before, number = line.digest, number + 1
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
