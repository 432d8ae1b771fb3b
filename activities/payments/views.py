"""Payments as operators see them."""

from datetime import datetime

from activities.payments.ledger.ports import LedgerEntry
from domain.bookkeeping import PaymentView
from domain.ids import StepId
from domain.money import Amount


def view_of(entry: LedgerEntry, *, changed_at: datetime) -> PaymentView:
    """One payment, without anything that could move money."""
    receipt = entry.receipt
    terms = entry.terms
    most = Amount(asset=terms.amount.asset, base_units=entry.claim.most)
    return PaymentView(
        key=entry.key,
        workflow_id=entry.slot.workflow_id,
        step_id=StepId(entry.slot.step_id),
        listing_id=entry.listing_id,
        state=entry.state,
        amount=most if receipt is None else receipt.amount,
        network=terms.network,
        pay_to=terms.pay_to,
        transaction=None if receipt is None else receipt.transaction,
        sends=entry.sends,
        begun_at=entry.begun_at,
        changed_at=changed_at,
        reason=entry.reason,
        parked=entry.parked,
    )
