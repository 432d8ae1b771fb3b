"""What must be undone after a failure, in which order, and how each undo ended."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.catalogue import RefundOffer, UndoAction
from domain.ids import PaymentKey, StepId
from domain.money import Amount
from domain.payments import Receipt


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class UndoOutcome(StrEnum):
    """How one undo ended."""

    REFUNDED = "refunded"
    """The inbound transfer was seen on chain."""
    CANCELLED = "cancelled"
    """What was bought was called off; the seller returned no money for it."""
    WRITTEN_OFF = "written_off"
    """A refund was asked for and did not come."""
    NOT_POSSIBLE = "not_possible"
    """The service offers no way back, as was said before approval."""


class PaidEffect(Frozen):
    """Money that left during the run, in the order in which the chain proof came."""

    step_id: StepId
    receipt: Receipt
    refund: RefundOffer | None
    delivered: bool


class RollbackEntry(Frozen):
    """One line of the rollback report."""

    step_id: StepId
    key: PaymentKey
    action: UndoAction
    outcome: UndoOutcome
    paid: Amount
    returned: Amount
    transaction: str | None = None
    """Of the inbound transfer; never the seller's word."""
    reason: str = ""


class RefundOutcome(Frozen):
    """How one refund claim ended; ``transaction`` is set exactly when money was seen to arrive."""

    key: PaymentKey
    returned: Amount
    transaction: str | None = None
    cancelled: bool = False
    """The seller agreed to call off what was bought."""
    reason: str = ""


def action_of(effect: PaidEffect) -> UndoAction:
    """How ``effect`` can be undone, by its scheme and what its seller declared."""
    if effect.receipt.scheme == "batch-settlement":
        return "channel_refund"
    if effect.refund is None:
        return "none"
    return "cancel_call" if effect.refund.kind == "cancel" else "refund_claim"


def undo_order(effects: Sequence[PaidEffect]) -> tuple[PaidEffect, ...]:
    """Newest first: the reverse of completion order is a reverse topological order."""
    return tuple(reversed(effects))


def entry_without_claim(effect: PaidEffect) -> RollbackEntry:
    """The honest line for a payment that nothing can bring back."""
    amount = effect.receipt.amount
    return RollbackEntry(
        step_id=effect.step_id,
        key=effect.receipt.key,
        action="none",
        outcome=UndoOutcome.NOT_POSSIBLE,
        paid=amount,
        returned=amount - amount,
        reason="the service that was paid offers no refund"
        if effect.delivered
        else "the service took the money, delivered nothing usable and offers no refund",
    )


def entry_for(effect: PaidEffect, outcome: RefundOutcome) -> RollbackEntry:
    """The line for an undo that was tried; what no transaction proves did not return."""
    paid = effect.receipt.amount
    came = outcome.transaction is not None
    unreturned = UndoOutcome.CANCELLED if outcome.cancelled else UndoOutcome.WRITTEN_OFF
    return RollbackEntry(
        step_id=effect.step_id,
        key=effect.receipt.key,
        action=action_of(effect),
        outcome=UndoOutcome.REFUNDED if came else unreturned,
        paid=paid,
        # A transfer may be larger than what was paid; what is more is no return of it.
        returned=min(outcome.returned, paid) if came else paid - paid,
        transaction=outcome.transaction,
        reason=outcome.reason,
    )


def fully_undone(entries: Sequence[RollbackEntry]) -> bool:
    """Whether every payment came back in full."""
    return all(entry.returned >= entry.paid for entry in entries)
