"""The ledger over SQLAlchemy: SQLite in one file, or a PostgreSQL that several workers share.

Each method is one transaction, so a process may die between any two statements. On SQLite the
write lock is taken at the start of the transaction; reading first and locking later would let two
reservations pass the same cap. On PostgreSQL reservations and lines of the book take the purse's
row for the same reason, and every other change locks its payment's row.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.payments.ledger import reading
from activities.payments.ledger.booking import transaction_name, write_line
from activities.payments.ledger.caps import refuse_over
from activities.payments.ledger.engines import AlreadyWritten, connect, reading_from, writing_to
from activities.payments.ledger.finishing import finished
from activities.payments.ledger.guards import (
    came_back_in,
    holds,
    may_be_signed,
    refuse_other,
    refuse_parked,
    refuse_unheld,
    refuse_unproven,
)
from activities.payments.ledger.migrating import bring_up_to_date
from activities.payments.ledger.ports import Claim, LedgerEntry, Payee, Prepared
from activities.payments.ledger.rows import journal_row, payee_row, payment_row, plain
from activities.payments.ledger.tables import INBOUND, JOURNAL, PAYEES, PAYMENTS, PURSE
from domain.artifacts import ArtifactRef
from domain.bookkeeping import JournalLine
from domain.errors import IllegalTransition, RecordsDisagree
from domain.ids import ListingId, PaymentKey
from domain.payments import Authorization, PaymentState, Receipt, move
from domain.policy import Cap
from domain.purchases import PurchaseSlot
from domain.receipts import ReceiptLine

_S: Final = PaymentState


class SqlLedger:
    """Implements the port ``Ledger``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "SqlLedger":
        """Connect, and bring the tables to the shape this code knows."""
        async with AsyncExitStack() as closing:
            engine = await connect(url)
            closing.push_async_callback(engine.dispose)
            await bring_up_to_date(engine)
            closing.pop_all()
        return cls(engine)

    async def close(self) -> None:
        """Release the connections."""
        await self._engine.dispose()

    @finished
    async def in_slot(self, slot: PurchaseSlot) -> LedgerEntry | None:
        """The payment that fills ``slot``, if one was ever begun."""
        async with reading_from(self._engine) as connection:
            return await reading.in_slot(connection, slot)

    @finished
    async def get(self, key: PaymentKey) -> LedgerEntry:
        """The payment under ``key``."""
        async with reading_from(self._engine) as connection:
            return await reading.one(connection, key)

    @finished
    async def reserve(self, claim: Claim, caps: Sequence[Cap]) -> LedgerEntry:
        """Hold the price, atomically against every cap."""
        async with writing_to(self._engine) as connection:
            await _lock_purse(connection)
            earlier = await reading.in_slot(connection, claim.slot, lock=True)
            if earlier is not None and holds(earlier, claim):
                return earlier
            if earlier is not None:
                await _replace_unsigned(connection, earlier)
            await refuse_over(connection, claim, caps)
            now = _now()
            entry = LedgerEntry(claim=claim, state=_S.RESERVED, begun_at=now)
            await connection.execute(insert(PAYMENTS).values(payment_row(entry, changed_at=now)))
            await connection.execute(insert(JOURNAL).values(journal_row(entry, at=now)))
            await _note_payee(connection, claim, now)
            return entry

    @finished
    async def release(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Give a reservation back for which nothing was signed or asked to be."""
        async with self._changing(key) as change:
            if may_be_signed(change.entry):
                raise IllegalTransition(f"payment {key[:12]} may have been signed")
            if change.entry.state is not _S.UNPAID:
                refuse_parked(change.entry)
                change.to(_S.UNPAID, reason=reason)
        return change.entry

    @finished
    async def prepare(self, prepared: Prepared) -> Prepared:
        """Record what a wallet outside is asked to sign; the first to arrive wins."""
        async with self._changing(prepared.request.key) as change:
            known = change.entry
            if known.prepared is None:
                if known.state is not _S.RESERVED:
                    raise IllegalTransition(
                        f"payment {known.key[:12]} is {known.state}, not reserved"
                    )
                change.set(prepared=prepared)
        return change.entry.prepared or prepared

    @finished
    async def sign(self, authorization: Authorization) -> Authorization:
        """Record signed bytes; the first to arrive win."""
        async with self._changing(authorization.key) as change:
            if change.entry.authorization is None:
                refuse_unheld(change.entry, authorization)
                change.to(_S.SIGNED, authorization=authorization)
        return change.entry.authorization or authorization

    @finished
    async def note_send(self, key: PaymentKey) -> LedgerEntry:
        """Record that bytes are about to leave."""
        async with self._changing(key) as change:
            if change.entry.authorization is None:
                raise IllegalTransition(f"nothing was signed for payment {key[:12]}")
            sends = change.entry.sends + 1
            if change.entry.state is _S.SIGNED:
                change.to(_S.SENT, sends=sends)
            else:
                change.set(sends=sends)
        return change.entry

    @finished
    async def note_answer(
        self,
        key: PaymentKey,
        *,
        status: int,
        body: ArtifactRef | None,
        evidence: ArtifactRef | None = None,
        hint: str | None,
        reason: str,
    ) -> LedgerEntry:
        """Record what the seller answered; a delivery is never forgotten for a later refusal."""
        async with self._changing(key) as change:
            known = change.entry
            change.set(
                http_status=known.http_status if known.answer else status,
                answer=known.answer or body,
                evidence=evidence or known.evidence,
                hint=hint or known.hint,
                reason=known.reason if known.answer else reason,
            )
        return change.entry

    @finished
    async def settle(
        self, key: PaymentKey, state: PaymentState, *, receipt: Receipt | None, reason: str
    ) -> LedgerEntry:
        """Record how the payment ended, or that it is ``unknown``; writes the receipt's line."""
        refuse_unproven(key, state, receipt)
        try:
            async with self._changing(key, booking=receipt is not None) as change:
                refuse_other(change.entry, receipt)
                if change.entry.state is not state:
                    change.to(state, receipt=receipt, reason=reason)
                    if receipt is not None:
                        await write_line(change.connection, change.entry)
        except AlreadyWritten as err:
            name = receipt.transaction if receipt else "none"
            why = f"another payment already claims transaction {name}"
            await self.park(key, why)
            raise RecordsDisagree(f"payment {key[:12]}: {why}") from err
        return change.entry

    @finished
    async def begin_refund(self, key: PaymentKey) -> LedgerEntry:
        """Record that money is being claimed back."""
        async with self._changing(key) as change:
            if change.entry.state in {_S.DELIVERED, _S.PAID_UNDELIVERED}:
                change.to(_S.REFUNDING)
        return change.entry

    @finished
    async def refunded(self, key: PaymentKey, network: str, transaction: str) -> bool:
        """Record the inbound transfer; ``False`` when another payment already counts it."""
        name = transaction_name(network, transaction)
        try:
            async with self._changing(key) as change:
                if change.entry.state is _S.REFUNDED:
                    return came_back_in(change.entry, network, name)
                values = {"network": network, "transaction": name, "key": key}
                await change.connection.execute(insert(INBOUND).values(values))
                change.to(_S.REFUNDED, refund_transaction=transaction)
        except AlreadyWritten:
            return came_back_in(await self.get(key), network, name)
        return True

    @finished
    async def write_off(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Record that money paid for nothing is given up."""
        async with self._changing(key) as change:
            if change.entry.state is not _S.WRITTEN_OFF:
                change.to(_S.WRITTEN_OFF, reason=reason)
        return change.entry

    @finished
    async def park(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Leave a payment to an operator, without moving it."""
        async with self._changing(key) as change:
            change.set(parked=reason)
        return change.entry

    @finished
    async def unpark(self, key: PaymentKey, *, operator: str, note: str) -> LedgerEntry:
        """Record an operator's word and take the payment back into service."""
        async with self._changing(key) as change:
            change.set(parked="", reason=f"{operator}: {note}")
        return change.entry

    @finished
    async def payees(self, listing: ListingId) -> tuple[Payee, ...]:
        """Everyone we ever reserved money for under this service, oldest first."""
        async with reading_from(self._engine) as connection:
            return await reading.payees(connection, listing)

    @finished
    async def entries(
        self,
        *,
        workflow_id: str | None = None,
        unsettled: bool = False,
        parked: bool = False,
        idle_since: datetime | None = None,
        limit: int,
    ) -> tuple[tuple[LedgerEntry, datetime], ...]:
        """Payments with the time of their last move, newest first; oldest first when idle."""
        async with reading_from(self._engine) as connection:
            return await reading.many(
                connection,
                workflow_id=workflow_id,
                unsettled=unsettled,
                parked=parked,
                idle_since=idle_since,
                limit=limit,
            )

    @finished
    async def journal(self, key: PaymentKey) -> tuple[JournalLine, ...]:
        """Every move of one payment, oldest first."""
        async with reading_from(self._engine) as connection:
            return await reading.journal(connection, key)

    @finished
    async def find(self, beginning: str) -> tuple[PaymentKey, ...]:
        """Keys that begin so, at most three."""
        async with reading_from(self._engine) as connection:
            return await reading.find(connection, beginning)

    @finished
    async def book(self, workflow_id: str | None = None) -> tuple[ReceiptLine, ...]:
        """The lines of the book of receipts, in order."""
        async with reading_from(self._engine) as connection:
            return await reading.book(connection, workflow_id)

    @finished
    async def claims_transaction(self, network: str, transaction: str) -> bool:
        """Whether a receipt or a counted refund names this transaction."""
        async with reading_from(self._engine) as connection:
            name = transaction_name(network, transaction)
            return await reading.claims(connection, network, name)

    @asynccontextmanager
    async def _changing(
        self, key: PaymentKey, *, booking: bool = False
    ) -> AsyncIterator["_Change"]:
        async with writing_to(self._engine) as connection:
            if booking:
                await _lock_purse(connection)
            change = _Change(connection, await reading.one(connection, key, lock=True))
            before = change.entry
            yield change
            if change.entry != before:
                now = _now()
                row = payment_row(change.entry, changed_at=now)
                await connection.execute(update(PAYMENTS).where(PAYMENTS.c.key == key).values(row))
                await connection.execute(insert(JOURNAL).values(journal_row(change.entry, at=now)))


class _Change:
    """One entry being changed inside one transaction."""

    def __init__(self, connection: AsyncConnection, entry: LedgerEntry) -> None:
        self.connection = connection
        self.entry = entry

    def to(self, state: PaymentState, **fields: object) -> None:
        self.set(state=move(self.entry.state, state), **fields)

    def set(self, **fields: object) -> None:
        words = {name: plain(said) for name, said in fields.items() if type(said) is str}
        self.entry = self.entry.model_copy(update={**fields, **words})


async def _lock_purse(connection: AsyncConnection) -> None:
    await connection.execute(select(PURSE.c.id).with_for_update())


async def _replace_unsigned(connection: AsyncConnection, earlier: LedgerEntry) -> None:
    if may_be_signed(earlier):
        raise IllegalTransition(
            f"step {earlier.slot.step_id} has a payment that may be signed, {earlier.key[:12]}"
        )
    refuse_parked(earlier)
    if earlier.state is not _S.UNPAID:
        over = earlier.model_copy(update={"state": _S.UNPAID, "reason": "replaced before signing"})
        await connection.execute(insert(JOURNAL).values(journal_row(over, at=_now())))
    await connection.execute(delete(PAYMENTS).where(PAYMENTS.c.key == earlier.key))


async def _note_payee(connection: AsyncConnection, claim: Claim, now: datetime) -> None:
    terms = claim.terms
    known = await reading.payees(connection, claim.listing_id)
    if (terms.network, terms.pay_to) not in {(payee.network, payee.pay_to) for payee in known}:
        await connection.execute(
            insert(PAYEES).values(payee_row(claim.listing_id, terms, first_seen=now))
        )


def _now() -> datetime:
    return datetime.now(UTC)
