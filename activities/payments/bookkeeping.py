"""What operators ask of the ledger: what is open, what disagrees, and the book of receipts."""

from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity

from activities._heartbeat import heartbeating
from activities.payments.auditing import Auditor
from activities.payments.instruments import Instruments
from activities.payments.resolving import Resolver
from activities.payments.views import view_of
from domain.bookkeeping import (
    AuditRecords,
    ExportReceipts,
    FindUnsettled,
    InspectPayment,
    ListPayments,
    PaymentInspected,
    PaymentsFound,
    PaymentView,
    RecordsAudited,
    ResolvePayment,
    UnsettledFound,
)
from domain.errors import RequestRejected
from domain.receipts import ReceiptBook

_MOST_OPEN: Final = 10_000
"""Looked through for those that are not parked, so that many parked ones hide no other."""


class BookkeepingActivities:
    """Reads the ledger, and changes it only by an operator's word."""

    def __init__(self, instruments: Instruments) -> None:
        self._ledger = instruments.ledger
        self._auditor = Auditor(instruments)
        self._resolver = Resolver(instruments)

    @activity.defn
    async def list_payments(self, ask: ListPayments) -> PaymentsFound:
        """Payments that fit, newest first."""
        found = await self._ledger.entries(
            workflow_id=ask.workflow_id,
            unsettled=ask.unsettled,
            parked=ask.parked,
            limit=ask.limit,
        )
        return PaymentsFound(
            payments=tuple(view_of(entry, changed_at=moved) for entry, moved in found)
        )

    @activity.defn
    async def inspect(self, ask: InspectPayment) -> PaymentInspected:
        """One payment with its whole journal."""
        keys = list(await self._ledger.find(ask.key))
        if not keys:
            raise RequestRejected(f"no payment's key begins with {ask.key}")
        if len(keys) > 1 and ask.key not in keys:
            some = ", ".join(key[:12] for key in keys)
            raise RequestRejected(f"several payments begin with {ask.key}: {some}; say more of it")
        key = keys[0]
        entry, journal = await self._ledger.get(key), await self._ledger.journal(key)
        moved = journal[-1].at if journal else entry.begun_at
        return PaymentInspected(payment=view_of(entry, changed_at=moved), journal=journal)

    @activity.defn
    async def find_unsettled(self, ask: FindUnsettled) -> UnsettledFound:
        """Payments without an ending that nobody touched for a while; parked ones are left."""
        found = await self._ledger.entries(
            unsettled=True,
            idle_since=datetime.now(UTC) - timedelta(seconds=ask.idle_seconds),
            limit=_MOST_OPEN,
        )
        keys = [entry.key for entry, _ in found if not entry.parked]
        return UnsettledFound(keys=tuple(keys[: ask.limit]))

    @activity.defn
    async def resolve(self, ask: ResolvePayment) -> PaymentView:
        """Do what an operator says about one payment."""
        async with heartbeating():
            return await self._resolver.resolve(ask)

    @activity.defn
    async def audit(self, ask: AuditRecords) -> RecordsAudited:
        """Compare ledger, history and chains."""
        async with heartbeating():
            return await self._auditor.audit(ask)

    @activity.defn
    async def export(self, ask: ExportReceipts) -> ReceiptBook:
        """The book of receipts, whole or the lines of one run."""
        return ReceiptBook(
            whole=ask.workflow_id is None,
            exported_at=datetime.now(UTC),
            lines=await self._ledger.book(ask.workflow_id),
        )
