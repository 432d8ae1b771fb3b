"""The payment ledger in SQL: every state before it counts, every move journalled.

Each method is one transaction, so a process may die between any two statements. On SQLite the
write lock is taken at the start of the transaction; reading first and locking later would let two
reservations pass the same cap.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.payments.ports import LedgerEntry
from domain.artifacts import ArtifactRef
from domain.catalogue import Terms
from domain.errors import BudgetExceeded, IllegalTransition
from domain.ids import ListingId, PaymentKey, canonical_json
from domain.money import Amount
from domain.payments import Authorization, PaymentState, Receipt, move
from domain.purchases import PurchaseSlot

_METADATA: Final = MetaData()

_PAYMENTS: Final = Table(
    "payments",
    _METADATA,
    Column("key", String(64), primary_key=True),
    Column("workflow_id", String(255), nullable=False, index=True),
    Column("first_run_id", String(64), nullable=False),
    Column("step_id", String(255), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("listing_id", Text, nullable=False, index=True),
    Column("base_units", BigInteger, nullable=False),
    Column("state", String(32), nullable=False, index=True),
    Column("entry", Text, nullable=False),
    UniqueConstraint("workflow_id", "first_run_id", "step_id", "ordinal"),
)

_JOURNAL: Final = Table(
    "journal",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, index=True),
    Column("at", String(40), nullable=False),
    Column("state", String(32), nullable=False),
    Column("entry", Text, nullable=False),
)
"""Append-only: what the ledger knew at each move."""

_INBOUND: Final = Table(
    "inbound",
    _METADATA,
    Column("transaction", String(128), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
)
"""Refunds already counted: one inbound transfer pays back one payment."""

_READ_ONLY: Final = {"caravan_reads": True}
"""Marks a connection that only reads, and so needs no write lock."""

_HOLDS_NOTHING: Final = (PaymentState.UNPAID.value,)


class SqlLedger:
    """Ledger over SQLAlchemy; SQLite in one file, or any database it reaches."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "SqlLedger":
        """Connect and create missing tables."""
        engine = create_async_engine(url)
        if engine.dialect.name == "sqlite":
            if engine.url.database:
                folder = Path(engine.url.database).parent
                await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            _prepare_sqlite(engine)
        async with engine.begin() as connection:
            await connection.run_sync(_METADATA.create_all)
        return cls(engine)

    async def close(self) -> None:
        """Release the connections."""
        await self._engine.dispose()

    async def in_slot(self, slot: PurchaseSlot) -> LedgerEntry | None:
        """The payment that fills ``slot``, if one was ever begun."""
        async with self._engine.begin() as connection:
            return await _in_slot(connection, slot)

    async def get(self, key: PaymentKey) -> LedgerEntry:
        """The payment under ``key``."""
        async with self._engine.begin() as connection:
            return await _get(connection, key)

    async def of_run(self, workflow_id: str) -> list[LedgerEntry]:
        """Every payment a run ever began, in order of key."""
        query = select(_PAYMENTS.c.entry).where(_PAYMENTS.c.workflow_id == workflow_id)
        async with self._reading() as connection:
            rows = await connection.execute(query.order_by(_PAYMENTS.c.key))
            return [LedgerEntry.model_validate_json(row.entry) for row in rows]

    async def reserve(
        self, key: PaymentKey, slot: PurchaseSlot, *, listing: ListingId, terms: Terms, cap: Amount
    ) -> None:
        """Hold the price, atomically against the run's cap."""
        async with self._engine.begin() as connection:
            earlier = await _in_slot(connection, slot)
            if earlier is not None and earlier.key == key:
                return
            if earlier is not None:
                await _replace_unsigned(connection, earlier)
            held = await _held(connection, slot)
            if held + terms.base_units > cap.base_units:
                raise BudgetExceeded(
                    f"step {slot.step_id}: {terms.amount} on top of "
                    f"{Amount(asset=cap.asset, base_units=held)} would pass the cap of {cap}"
                )
            entry = LedgerEntry(
                key=key, slot=slot, listing_id=listing, terms=terms, state=PaymentState.RESERVED
            )
            await connection.execute(insert(_PAYMENTS).values(_row(entry)))
            await _journal(connection, entry)

    async def sign(self, authorization: Authorization) -> Authorization:
        """Record signed bytes; the first to arrive win."""
        async with self._changing(authorization.key) as change:
            if change.entry.authorization is None:
                change.to(PaymentState.SIGNED, authorization=authorization)
        return change.entry.authorization or authorization

    async def note_send(self, key: PaymentKey) -> LedgerEntry:
        """Record that bytes are about to leave."""
        async with self._changing(key) as change:
            sends = change.entry.sends + 1
            if change.entry.state is PaymentState.SIGNED:
                change.to(PaymentState.SENT, sends=sends)
            else:
                change.set(sends=sends)
        return change.entry

    async def note_answer(
        self,
        key: PaymentKey,
        *,
        status: int,
        body: ArtifactRef | None,
        hint: str | None,
        reason: str,
    ) -> LedgerEntry:
        """Record what the seller answered; a delivery is never forgotten for a later refusal."""
        async with self._changing(key) as change:
            known = change.entry
            change.set(
                http_status=known.http_status if known.answer else status,
                answer=known.answer or body,
                hint=hint or known.hint,
                reason=reason,
            )
        return change.entry

    async def settle(
        self, key: PaymentKey, state: PaymentState, *, receipt: Receipt | None, reason: str
    ) -> LedgerEntry:
        """Record how the payment ended, or that it is ``unknown``."""
        async with self._changing(key) as change:
            if change.entry.state is not state:
                change.to(state, receipt=receipt, reason=reason)
        return change.entry

    async def begin_refund(self, key: PaymentKey) -> LedgerEntry:
        """Record that money is being claimed back."""
        async with self._changing(key) as change:
            if change.entry.state in {PaymentState.DELIVERED, PaymentState.PAID_UNDELIVERED}:
                change.to(PaymentState.REFUNDING)
        return change.entry

    async def refunded(self, key: PaymentKey, transaction: str) -> bool:
        """Record the inbound transfer; ``False`` when another payment already counts it."""
        try:
            async with self._changing(key) as change:
                await change.connection.execute(
                    insert(_INBOUND).values(transaction=transaction, key=key)
                )
                change.to(PaymentState.REFUNDED, refund_transaction=transaction)
        except IntegrityError:
            return (await self.get(key)).refund_transaction == transaction
        return True

    async def write_off(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Record that a claimed refund did not come."""
        async with self._changing(key) as change:
            if change.entry.state is not PaymentState.WRITTEN_OFF:
                change.to(PaymentState.WRITTEN_OFF, reason=reason)
        return change.entry

    async def outcomes(self) -> Mapping[ListingId, tuple[int, int]]:
        """How often each service delivered and failed to, after money moved."""
        good = PaymentState.DELIVERED.value
        bad = [s.value for s in PaymentState if s in _TOOK_MONEY_FOR_NOTHING]
        query = select(_PAYMENTS.c.listing_id, _PAYMENTS.c.state, func.count()).group_by(
            _PAYMENTS.c.listing_id, _PAYMENTS.c.state
        )
        found: dict[ListingId, tuple[int, int]] = {}
        async with self._reading() as connection:
            for listing, state, count in await connection.execute(query):
                delivered, failed = found.get(ListingId(listing), (0, 0))
                found[ListingId(listing)] = (
                    delivered + (count if state == good else 0),
                    failed + (count if state in bad else 0),
                )
        return found

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        """Read without holding up payments."""
        async with self._engine.connect() as connection:
            await connection.execution_options(**_READ_ONLY)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _changing(self, key: PaymentKey) -> AsyncIterator["_Change"]:
        async with self._engine.begin() as connection:
            change = _Change(connection, await _get(connection, key))
            before = change.entry
            yield change
            if change.entry != before:
                row = _row(change.entry)
                await connection.execute(
                    update(_PAYMENTS).where(_PAYMENTS.c.key == key).values(row)
                )
                await _journal(connection, change.entry)


_TOOK_MONEY_FOR_NOTHING: Final = frozenset(
    {PaymentState.PAID_UNDELIVERED, PaymentState.WRITTEN_OFF}
)


class _Change:
    """One entry being changed inside one transaction."""

    def __init__(self, connection: AsyncConnection, entry: LedgerEntry) -> None:
        self.connection = connection
        self.entry = entry

    def to(self, state: PaymentState, **fields: object) -> None:
        self.set(state=move(self.entry.state, state), **fields)

    def set(self, **fields: object) -> None:
        self.entry = self.entry.model_copy(update=fields)


def _prepare_sqlite(engine: AsyncEngine) -> None:
    # The driver's own transaction handling begins too late; ours locks at once.
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API connection
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("caravan_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    del configure, begin


async def _get(connection: AsyncConnection, key: PaymentKey) -> LedgerEntry:
    query = select(_PAYMENTS.c.entry).where(_PAYMENTS.c.key == key).with_for_update()
    row = (await connection.execute(query)).first()
    if row is None:
        raise IllegalTransition(f"the ledger knows no payment {key[:12]}")
    return LedgerEntry.model_validate_json(row.entry)


async def _in_slot(connection: AsyncConnection, slot: PurchaseSlot) -> LedgerEntry | None:
    query = select(_PAYMENTS.c.entry).where(
        _PAYMENTS.c.workflow_id == slot.workflow_id,
        _PAYMENTS.c.first_run_id == slot.first_run_id,
        _PAYMENTS.c.step_id == slot.step_id,
        _PAYMENTS.c.ordinal == slot.ordinal,
    )
    row = (await connection.execute(query)).first()
    return None if row is None else LedgerEntry.model_validate_json(row.entry)


async def _replace_unsigned(connection: AsyncConnection, earlier: LedgerEntry) -> None:
    if earlier.authorization is not None:
        raise IllegalTransition(
            f"step {earlier.slot.step_id} already has a signed payment, {earlier.key[:12]}"
        )
    await _journal(connection, earlier.model_copy(update={"state": PaymentState.UNPAID}))
    await connection.execute(_PAYMENTS.delete().where(_PAYMENTS.c.key == earlier.key))


async def _held(connection: AsyncConnection, slot: PurchaseSlot) -> int:
    query = select(func.coalesce(func.sum(_PAYMENTS.c.base_units), 0)).where(
        _PAYMENTS.c.workflow_id == slot.workflow_id,
        _PAYMENTS.c.first_run_id == slot.first_run_id,
        _PAYMENTS.c.state.not_in(_HOLDS_NOTHING),
    )
    return int((await connection.execute(query)).scalar_one())


async def _journal(connection: AsyncConnection, entry: LedgerEntry) -> None:
    await connection.execute(
        insert(_JOURNAL).values(
            key=entry.key,
            at=datetime.now(UTC).isoformat(),
            state=entry.state.value,
            entry=_document(entry),
        )
    )


def _row(entry: LedgerEntry) -> dict[str, object]:
    return {
        "key": entry.key,
        "workflow_id": entry.slot.workflow_id,
        "first_run_id": entry.slot.first_run_id,
        "step_id": entry.slot.step_id,
        "ordinal": entry.slot.ordinal,
        "listing_id": entry.listing_id,
        "base_units": entry.terms.base_units,
        "state": entry.state.value,
        "entry": _document(entry),
    }


def _document(entry: LedgerEntry) -> str:
    return canonical_json(entry.model_dump(mode="json")).decode()
