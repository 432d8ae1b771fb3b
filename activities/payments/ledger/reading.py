"""Questions to the ledger's tables, each inside a transaction of the caller's."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.payments.ledger.ports import LedgerEntry, Payee
from activities.payments.ledger.rows import plain
from activities.payments.ledger.tables import BOOK, INBOUND, JOURNAL, PAYEES, PAYMENTS
from domain.bookkeeping import JournalLine
from domain.errors import IllegalTransition
from domain.ids import ListingId, PaymentKey
from domain.payments import PaymentState
from domain.purchases import PurchaseSlot
from domain.receipts import ReceiptLine

UNSETTLED: Final = tuple(
    state.value
    for state in (
        PaymentState.RESERVED,
        PaymentState.SIGNED,
        PaymentState.SENT,
        PaymentState.UNKNOWN,
    )
)
"""States in which it is not known whether money moved, or in which it still may."""

_MATCHES: Final = 3
"""Enough to tell a person that a beginning is not unique."""


async def one(connection: AsyncConnection, key: PaymentKey, *, lock: bool = False) -> LedgerEntry:
    """The payment under ``key``.

    Raises:
        IllegalTransition: There is none.
    """
    query = select(PAYMENTS.c.entry).where(PAYMENTS.c.key == key)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise IllegalTransition(f"the ledger knows no payment {key[:12]}")
    return LedgerEntry.model_validate_json(row.entry)


async def in_slot(
    connection: AsyncConnection, slot: PurchaseSlot, *, lock: bool = False
) -> LedgerEntry | None:
    """The payment that fills ``slot``, if there is one."""
    query = select(PAYMENTS.c.entry).where(
        PAYMENTS.c.workflow_id == slot.workflow_id,
        PAYMENTS.c.first_run_id == slot.first_run_id,
        PAYMENTS.c.slot_id == slot.step_id,
        PAYMENTS.c.ordinal == slot.ordinal,
    )
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else LedgerEntry.model_validate_json(row.entry)


async def many(
    connection: AsyncConnection,
    *,
    workflow_id: str | None,
    unsettled: bool,
    parked: bool,
    idle_since: datetime | None,
    limit: int,
) -> tuple[tuple[LedgerEntry, datetime], ...]:
    """Payments that fit, each with the time of its last move."""
    query = select(PAYMENTS.c.entry, PAYMENTS.c.changed_at)
    if workflow_id is not None:
        query = query.where(PAYMENTS.c.workflow_id == workflow_id)
    if unsettled:
        query = query.where(PAYMENTS.c.state.in_(UNSETTLED))
    if parked:
        query = query.where(PAYMENTS.c.parked == 1)
    if idle_since is not None:
        query = query.where(PAYMENTS.c.changed_at <= idle_since.astimezone(UTC))
    newest_first = idle_since is None
    order = PAYMENTS.c.changed_at.desc() if newest_first else PAYMENTS.c.changed_at.asc()
    rows = await connection.execute(query.order_by(order, PAYMENTS.c.key).limit(limit))
    return tuple(
        (LedgerEntry.model_validate_json(row.entry), aware(row.changed_at)) for row in rows
    )


async def journal(connection: AsyncConnection, key: PaymentKey) -> tuple[JournalLine, ...]:
    """Every move of one payment, oldest first."""
    query = select(JOURNAL.c.at, JOURNAL.c.state, JOURNAL.c.evidence)
    rows = await connection.execute(query.where(JOURNAL.c.key == key).order_by(JOURNAL.c.id))
    return tuple(
        JournalLine(at=aware(row.at), state=PaymentState(row.state), evidence=row.evidence)
        for row in rows
    )


async def find(connection: AsyncConnection, beginning: str) -> tuple[PaymentKey, ...]:
    """A few keys that begin so."""
    begins_so = PAYMENTS.c.key.startswith(plain(beginning), autoescape=True)
    query = select(PAYMENTS.c.key).where(begins_so)
    rows = await connection.execute(query.order_by(PAYMENTS.c.key).limit(_MATCHES))
    return tuple(PaymentKey(row.key) for row in rows)


async def payees(connection: AsyncConnection, listing: ListingId) -> tuple[Payee, ...]:
    """Everyone we ever reserved money for under a service, oldest first."""
    query = select(PAYEES).where(PAYEES.c.listing_id == listing).order_by(PAYEES.c.id)
    return tuple(
        Payee(pay_to=row.pay_to, network=row.network, first_seen=aware(row.first_seen))
        for row in await connection.execute(query)
    )


async def book(connection: AsyncConnection, workflow_id: str | None) -> tuple[ReceiptLine, ...]:
    """Lines of the book, in order."""
    query = select(BOOK.c.line).order_by(BOOK.c.number)
    if workflow_id is not None:
        query = query.where(BOOK.c.workflow_id == workflow_id)
    return tuple(
        ReceiptLine.model_validate_json(row.line) for row in await connection.execute(query)
    )


async def claims(connection: AsyncConnection, network: str, transaction: str) -> bool:
    """Whether a line or a counted refund names the transaction."""
    for table in (BOOK, INBOUND):
        query = select(table.c.key).where(
            table.c.network == network, table.c.transaction == transaction
        )
        if (await connection.execute(query.limit(1))).first() is not None:
            return True
    return False


def aware(moment: datetime) -> datetime:
    """A stored moment; SQLite forgets that all of ours are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
