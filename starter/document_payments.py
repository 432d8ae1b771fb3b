"""The payments of a run as entries of its document, each in the state that evidence shows."""

from pydantic import BaseModel, ConfigDict

from domain.execution import StepView
from domain.ids import ListingId, PaymentKey, StepId
from domain.money import Amount, total
from domain.payments import PaymentState, Receipt
from domain.rollback import RollbackEntry, UndoOutcome
from domain.runs import RunReport


class PaymentEntry(BaseModel):
    """One payment, with what the chain proves about it."""

    model_config = ConfigDict(frozen=True)

    step_id: StepId
    state: PaymentState
    amount: str | None
    """What moved; ``None`` while nobody knows whether anything did."""
    asset: str
    network: str
    pay_to: str | None
    transaction: str | None
    listing_id: ListingId | None
    key: PaymentKey | None
    """What `caravan payments show` knows it by."""
    scheme: str | None
    refunded: str
    """What came back, seen on chain."""


def payments_of(report: RunReport) -> tuple[PaymentEntry, ...]:
    """Every payment of a run: proven ones from receipts, then those that moved nothing or may."""
    undone = {entry.key: entry for entry in report.rollback}
    proven = [_proven(receipt, undone.get(receipt.key)) for receipt in report.receipts]
    return (*proven, *_unproven(report))


def _proven(receipt: Receipt, undone: RollbackEntry | None) -> PaymentEntry:
    nothing = Amount.zero(receipt.amount.asset)
    return PaymentEntry(
        step_id=receipt.step_id,
        state=_state(receipt, undone),
        amount=receipt.amount.to_decimal(),
        asset=receipt.amount.asset.symbol,
        network=receipt.network,
        pay_to=receipt.pay_to,
        transaction=receipt.transaction,
        listing_id=receipt.listing_id,
        key=receipt.key,
        scheme=receipt.scheme,
        refunded=(undone.returned if undone else nothing).to_decimal(),
    )


def _state(receipt: Receipt, undone: RollbackEntry | None) -> PaymentState:
    if undone is not None and undone.outcome is UndoOutcome.REFUNDED:
        return PaymentState.REFUNDED
    if undone is not None and undone.outcome in {UndoOutcome.WRITTEN_OFF, UndoOutcome.CANCELLED}:
        return PaymentState.WRITTEN_OFF
    if receipt.response_digest is None:
        return PaymentState.PAID_UNDELIVERED
    return PaymentState.DELIVERED


def _unproven(report: RunReport) -> list[PaymentEntry]:
    entries: list[PaymentEntry] = []
    for view in report.steps:
        if view.payment_state is PaymentState.UNKNOWN:
            entries.append(_without_proof(view, PaymentState.UNKNOWN, amount=None))
        elif view.payment_state is PaymentState.UNPAID:
            # The last try of this step; earlier ones that did move money have their receipts.
            nothing = Amount.zero(view.cost.asset).to_decimal()
            entries.append(_without_proof(view, PaymentState.UNPAID, amount=nothing))
    return entries


def _without_proof(view: StepView, state: PaymentState, *, amount: str | None) -> PaymentEntry:
    asset = view.cost.asset
    return PaymentEntry(
        step_id=view.id,
        state=state,
        amount=amount,
        asset=asset.symbol,
        network=asset.network,
        pay_to=None,
        transaction=None,
        listing_id=None,
        key=None,
        scheme=None,
        refunded=Amount.zero(asset).to_decimal(),
    )


def refunded(report: RunReport) -> Amount:
    """What came back, seen on chain."""
    return total([entry.returned for entry in report.rollback], report.budget.asset)
