"""Getting money back: each way that a scheme or a seller offers, believed only when it arrives.

* ``refund_claim``: the seller is asked, and sends the money itself.
* ``cancel_call``: the seller is asked to call off what was bought. Its agreement ends the matter;
  money comes back only if the chain shows it before the deadline.
* ``channel_refund``: what a channel has left comes back. What the call itself cost stays spent, so
  the payment keeps its ending.

Each may be begun as often as one likes: the chain is asked before the seller, one inbound transfer
counts for one payment, and the ledger knows which are taken.
"""

import asyncio
from datetime import datetime
from typing import Final

from activities.payments.exchanges import InboundTransfer
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ports import ChannelRail, PaymentRail
from domain.catalogue import RefundOffer
from domain.errors import (
    OfferRefused,
    PaymentError,
    RecordsDisagree,
    RefundPending,
    UpstreamUnavailable,
)
from domain.money import Amount
from domain.payments import PaymentState, Receipt
from domain.purchases import ClaimRefund, FindRefundTerms, RefundTerms
from domain.rollback import PaidEffect, RefundOutcome, action_of

_LOOKS: Final = 8
"""Looks for the inbound transfer after a claim, before the platform's own retry takes over."""

_LOOK_PAUSE_SECONDS: Final = 0.5
"""Between looks; about one slot."""

_CALLED_OFF: Final = "called off; no money came back for it"
"""How a write-off says that the seller agreed to cancel."""


class Refunder:
    """Ends each claim as refunded, with the transfer that proves it, or as written off."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def terms(self, ask: FindRefundTerms) -> RefundTerms:
        """How a payment that a person wants back can be undone.

        Raises:
            OfferRefused: The chain never showed it being paid, so there is nothing to return.
        """
        entry = await self._with.ledger.get(ask.key)
        if entry.receipt is None:
            raise OfferRefused(
                f"payment {ask.key[:12]} is {entry.state}: no money is known to have left for it"
            )
        return RefundTerms(receipt=entry.receipt, refund=entry.claim.refund)

    async def claim(self, ask: ClaimRefund, *, now: datetime) -> RefundOutcome:
        """Claim, watch, and say how it ended.

        Raises:
            RefundPending: Nothing arrived yet and there is time left; call again.
            UpstreamUnavailable: The seller or the chain did not answer; call again.
            RecordsDisagree: The payment waits for an operator.
        """
        entry = await self._with.ledger.get(ask.receipt.key)
        if entry.parked:
            raise RecordsDisagree(f"payment {entry.key[:12]} waits for you: {entry.parked}")
        receipt = entry.receipt or ask.receipt
        rail = self._with.rails.of(receipt.network, receipt.scheme)
        effect = PaidEffect(
            step_id=receipt.step_id, receipt=receipt, refund=ask.refund, delivered=True
        )
        if action_of(effect) == "channel_refund":
            return await self._close_channel(rail, receipt, late=now >= ask.give_up_at)
        if ask.refund is None:
            return _nothing(receipt, "the service that was paid offers no refund")
        entry = await self._with.ledger.begin_refund(receipt.key)
        if entry.state is not PaymentState.REFUNDING:
            return _recorded(entry, receipt)
        return await self._ask_seller(rail, receipt, ask.refund, ask, late=now >= ask.give_up_at)

    async def _ask_seller(
        self,
        rail: PaymentRail,
        receipt: Receipt,
        refund: RefundOffer,
        ask: ClaimRefund,
        *,
        late: bool,
    ) -> RefundOutcome:
        # An earlier claim may have been honoured without our hearing of it.
        arrived = await self._arrived(rail, receipt, looks=1)
        if arrived is not None:
            return arrived
        try:
            said = await self._with.seller.claim_refund(refund, receipt=receipt, reason=ask.reason)
        except PaymentError as refusal:
            last = await self._arrived(rail, receipt, looks=1)
            return last or await self._give_up(receipt, refusal.message)
        except UpstreamUnavailable as err:
            if not late:
                raise
            return await self._give_up(receipt, err.message)
        arrived = await self._arrived(rail, receipt, looks=_LOOKS)
        if arrived is not None:
            return arrived
        if not late:
            raise RefundPending(f"{said}, but no transfer is on chain yet")
        cancelled = refund.kind == "cancel"
        why = _CALLED_OFF if cancelled else "the refund did not arrive in time"
        return await self._give_up(receipt, why)

    async def _arrived(
        self, rail: PaymentRail, receipt: Receipt, *, looks: int
    ) -> RefundOutcome | None:
        for look in range(looks):
            if look:
                await asyncio.sleep(_LOOK_PAUSE_SECONDS)
            for transfer in await rail.inbound_refunds(receipt):
                # One transfer pays back one payment; the ledger knows which are taken.
                if await self._with.ledger.refunded(
                    receipt.key, receipt.network, transfer.transaction
                ):
                    return RefundOutcome(
                        key=receipt.key,
                        returned=_part(transfer, receipt),
                        transaction=transfer.transaction,
                    )
        return None

    async def _close_channel(
        self, rail: PaymentRail, receipt: Receipt, *, late: bool
    ) -> RefundOutcome:
        if not isinstance(rail, ChannelRail):
            return _nothing(receipt, f"{receipt.scheme} is not paid here any more")
        try:
            came = await rail.refund_channel(receipt)
        except OfferRefused as refusal:
            return _nothing(receipt, refusal.message)
        except UpstreamUnavailable as err:
            if not late:
                raise
            return _nothing(receipt, err.message)
        if came is None and not late:
            raise RefundPending("the channel was asked back, but nothing is on chain yet")
        if came is None:
            return _nothing(receipt, "what the channel had left did not come back in time")
        return _nothing(
            receipt,
            f"the channel gave back {came.amount} that was not spent, by {came.transaction}; "
            "what the call cost stays spent",
        )

    async def _give_up(self, receipt: Receipt, reason: str) -> RefundOutcome:
        return _recorded(await self._with.ledger.write_off(receipt.key, reason), receipt)


def _part(transfer: InboundTransfer, receipt: Receipt) -> Amount:
    # A seller that sends more returns no more of this payment than was paid.
    return min(transfer.amount, receipt.amount)


def _nothing(receipt: Receipt, reason: str) -> RefundOutcome:
    return RefundOutcome(key=receipt.key, returned=Amount.zero(receipt.amount.asset), reason=reason)


def _recorded(entry: LedgerEntry, receipt: Receipt) -> RefundOutcome:
    returned = entry.state is PaymentState.REFUNDED
    return RefundOutcome(
        key=entry.key,
        returned=receipt.amount if returned else Amount.zero(receipt.amount.asset),
        transaction=entry.refund_transaction,
        cancelled=entry.state is PaymentState.WRITTEN_OFF and entry.reason == _CALLED_OFF,
        reason=entry.reason,
    )
