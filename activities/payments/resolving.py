"""An operator's word on a payment. Nobody may say what happened to money: the chain says that."""

from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.reconciling import Reconciler
from activities.payments.views import view_of
from domain.bookkeeping import PaymentView, ResolvePayment
from domain.errors import DecisionRefused, PaymentUnconfirmed
from domain.ids import PaymentKey
from domain.payments import PaymentState


class Resolver:
    """Takes parked payments back into service; every word is journalled with who gave it."""

    def __init__(self, instruments: Instruments) -> None:
        self._ledger = instruments.ledger
        self._reconciler = Reconciler(instruments)

    async def resolve(self, word: ResolvePayment) -> PaymentView:
        """Do what the operator says, and return the payment as it is then.

        Raises:
            DecisionRefused: Nothing is known to be lost that could be written off.
        """
        entry = await self._ledger.get(word.key)
        if word.verdict == "write_off":
            await self._write_off(entry, word)
        else:
            note = f"{word.verdict.replace('_', ' ')}: {word.note}"
            await self._ledger.unpark(word.key, operator=word.operator, note=note)
        if word.verdict == "ask_again":
            await self._ask_again(word.key)
        return await self._view(word.key)

    async def _write_off(self, entry: LedgerEntry, word: ResolvePayment) -> None:
        lost = entry.state in {PaymentState.PAID_UNDELIVERED, PaymentState.REFUNDING}
        parked_paid = bool(entry.parked) and entry.state is PaymentState.DELIVERED
        if not lost and not parked_paid and entry.state is not PaymentState.WRITTEN_OFF:
            raise DecisionRefused(
                f"payment {entry.key[:12]} is {entry.state}; only money that the chain shows as "
                "paid for nothing can be written off"
            )
        if entry.state is PaymentState.WRITTEN_OFF:
            return
        await self._ledger.unpark(entry.key, operator=word.operator, note=f"write off: {word.note}")
        if parked_paid:
            await self._ledger.begin_refund(entry.key)
        await self._ledger.write_off(entry.key, f"{word.operator}: write off: {word.note}")

    async def _ask_again(self, key: PaymentKey) -> None:
        try:
            await self._reconciler.reconcile(key)
        except PaymentUnconfirmed:
            return  # it is back in service; the schedule goes on asking

    async def _view(self, key: PaymentKey) -> PaymentView:
        entry = await self._ledger.get(key)
        moves = await self._ledger.journal(key)
        return view_of(entry, changed_at=moves[-1].at if moves else entry.begun_at)
