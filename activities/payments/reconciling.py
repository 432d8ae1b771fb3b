"""Ending a payment from the chain and the record alone, sending nothing.

What was never signed is let go. What may have been signed ends only as the chain shows it. A parked
payment stays parked: only its operator takes it back into service.
"""

from activities.payments.concluding import OPEN, concluded, parked, settlement_of
from activities.payments.exchanges import NeverLands, Pending
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry, Prepared
from domain.errors import IllegalTransition, PaymentUnconfirmed, RecordsDisagree
from domain.ids import PaymentKey
from domain.payments import Authorization, PaymentState, Settlement


class Reconciler:
    """Asks the chain what became of payments nobody waits for any more."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def reconcile(self, key: PaymentKey) -> Settlement:
        """Decide if that is possible by now.

        Raises:
            PaymentUnconfirmed: The chain has not decided yet; the payment stays as it is.
        """
        entry = await self._with.ledger.get(key)
        if entry.state not in OPEN or entry.parked:
            return settlement_of(entry)
        try:
            if entry.authorization is not None:
                return await self._signed(entry, entry.authorization)
            if entry.prepared is not None:
                return await self._asked_for(entry, entry.prepared)
            return await self._unsigned(entry)
        except RecordsDisagree as err:
            return await parked(self._with.ledger, entry, err.message)

    async def _unsigned(self, entry: LedgerEntry) -> Settlement:
        try:
            released = await self._with.ledger.release(entry.key, "nothing was ever signed")
        except IllegalTransition as err:
            raise PaymentUnconfirmed(
                f"payment {entry.key[:12]} was signed while it was looked at; look again"
            ) from err
        return settlement_of(released)

    async def _asked_for(self, entry: LedgerEntry, prepared: Prepared) -> Settlement:
        request = prepared.request
        rail = self._with.rails.of(entry.terms.network, entry.terms.scheme)
        outcome = await rail.outcome(request.evidence, request.pay_to, hint=entry.hint)
        if isinstance(outcome, Pending):
            raise PaymentUnconfirmed(
                f"payment {entry.key[:12]} waits for a wallet, which may still sign it"
            )
        if isinstance(outcome, NeverLands):
            reason = f"nobody signed in time; not paid: {outcome.reason}"
            return settlement_of(
                await self._with.ledger.settle(
                    entry.key, PaymentState.UNPAID, receipt=None, reason=reason
                )
            )
        raise RecordsDisagree(
            f"what a wallet was asked to sign landed as {outcome.transaction}, "
            "but its signature never came here"
        )

    async def _signed(self, entry: LedgerEntry, authorization: Authorization) -> Settlement:
        if entry.state is PaymentState.SENT:
            entry = await self._with.ledger.settle(
                entry.key,
                PaymentState.UNKNOWN,
                receipt=None,
                reason=entry.reason or "the answer was lost",
            )
        rail = self._with.rails.of(authorization.amount.asset.network, authorization.scheme)
        outcome = await rail.outcome(authorization.evidence, authorization.pay_to, hint=entry.hint)
        unsent = entry.state is PaymentState.SIGNED
        if unsent and not isinstance(outcome, (Pending, NeverLands)):
            raise RecordsDisagree(
                f"what was signed landed as {outcome.transaction} although it was never sent"
            )
        return await concluded(self._with.ledger, authorization, entry, outcome)
