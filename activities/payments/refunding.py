"""Claiming money back, believed only when it is seen to arrive."""

import asyncio
from datetime import datetime
from typing import Final

from activities.payments.ports import Ledger, LedgerEntry, PaymentRail, Seller
from domain.errors import OfferRefused, RefundPending
from domain.money import Amount
from domain.payments import PaymentState
from domain.purchases import ClaimRefund
from domain.rollback import RefundOutcome

_LOOKS: Final = 8
"""Looks for the inbound transfer after a claim, before the platform's own retry takes over."""

_LOOK_PAUSE_SECONDS: Final = 0.5
"""Between looks; about one slot."""


class Refunder:
    """Ends each claim as refunded, with the transfer that proves it, or as written off."""

    def __init__(self, *, seller: Seller, rail: PaymentRail, ledger: Ledger) -> None:
        self._seller = seller
        self._rail = rail
        self._ledger = ledger

    async def claim(self, ask: ClaimRefund, *, now: datetime) -> RefundOutcome:
        """Claim, watch, and say how it ended.

        Raises:
            RefundPending: Nothing arrived yet and there is time left; call again.
            UpstreamUnavailable: The seller or the chain did not answer; call again.
        """
        entry = await self._ledger.begin_refund(ask.receipt.key)
        if entry.state is not PaymentState.REFUNDING:
            return _recorded(entry, ask.receipt.amount)
        # An earlier claim may have been honoured without our hearing of it.
        arrived = await self._arrived(ask, looks=1)
        if arrived is not None:
            return arrived
        if now >= ask.give_up_at:
            return await self._give_up(ask, "the refund did not arrive in time")
        try:
            said = await self._seller.claim_refund(
                ask.refund, receipt=ask.receipt, reason=ask.reason
            )
        except OfferRefused as refusal:
            return await self._arrived(ask, looks=1) or await self._give_up(ask, refusal.message)
        arrived = await self._arrived(ask, looks=_LOOKS)
        if arrived is None:
            raise RefundPending(f"{said}, but no transfer is on chain yet")
        return arrived

    async def _arrived(self, ask: ClaimRefund, *, looks: int) -> RefundOutcome | None:
        for look in range(looks):
            if look:
                await asyncio.sleep(_LOOK_PAUSE_SECONDS)
            for transfer in await self._rail.inbound_refunds(ask.receipt):
                # One transfer pays back one payment; the ledger knows which are taken.
                if await self._ledger.refunded(ask.receipt.key, transfer.transaction):
                    return RefundOutcome(
                        key=ask.receipt.key,
                        returned=transfer.amount,
                        transaction=transfer.transaction,
                    )
        return None

    async def _give_up(self, ask: ClaimRefund, reason: str) -> RefundOutcome:
        entry = await self._ledger.write_off(ask.receipt.key, reason)
        return _recorded(entry, ask.receipt.amount)


def _recorded(entry: LedgerEntry, paid: Amount) -> RefundOutcome:
    returned = entry.state is PaymentState.REFUNDED
    return RefundOutcome(
        key=entry.key,
        returned=paid if returned else Amount.zero(paid.asset),
        transaction=entry.refund_transaction,
        reason=entry.reason,
    )
