"""What operators ask of the ledger: what is open, what disagrees, and how to end it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.ids import ListingId, PaymentKey, StepId
from domain.money import Amount
from domain.payments import PaymentState


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class PaymentView(Frozen):
    """One payment as an operator sees it."""

    key: PaymentKey
    workflow_id: str
    step_id: StepId
    listing_id: ListingId
    state: PaymentState
    amount: Amount
    """What moved, else the most that can move."""
    network: str
    pay_to: str
    transaction: str | None
    sends: int
    begun_at: datetime
    changed_at: datetime
    reason: str = ""
    parked: str = ""
    """Why it waits for an operator; empty when it does not."""


class JournalLine(Frozen):
    """One move of one payment, with what was known."""

    at: datetime
    state: PaymentState
    evidence: str
    """What made it move, in words: digests, block heights, the chain's answer."""


class ListPayments(Frozen):
    """Ask for payments, newest first."""

    unsettled: bool = False
    """Only those without an ending."""
    parked: bool = False
    """Only those that wait for an operator."""
    workflow_id: str | None = None
    limit: int = Field(default=100, ge=1, le=1_000)


class PaymentsFound(Frozen):
    """Answer to ``ListPayments``."""

    payments: tuple[PaymentView, ...]


class InspectPayment(Frozen):
    """Ask for one payment with its whole journal."""

    key: str = Field(min_length=6, max_length=64)
    """The key or its beginning."""


class PaymentInspected(Frozen):
    """Answer to ``InspectPayment``."""

    payment: PaymentView
    journal: tuple[JournalLine, ...]


class FindUnsettled(Frozen):
    """Ask which payments have no ending although nobody touched them for a while."""

    idle_seconds: int = Field(ge=0)
    limit: int = Field(default=200, ge=1, le=1_000)


class UnsettledFound(Frozen):
    """Answer to ``FindUnsettled``, oldest first."""

    keys: tuple[PaymentKey, ...]


class ResolvePayment(Frozen):
    """An operator's word on a parked or unsettled payment.

    Nobody may say what happened to money: the chain says that. An operator may have it asked
    again, give up on getting money back, or accept that the records differ.
    """

    key: PaymentKey
    verdict: Literal["ask_again", "write_off", "accept"]
    operator: str = Field(min_length=1, max_length=120)
    note: str = Field(min_length=1, max_length=500)


class AuditRecords(Frozen):
    """Compare the ledger with the chains."""

    workflow_id: str | None = None
    """Only one run's payments; everything without it."""
    history: tuple[PaymentKey, ...] = ()
    """Payments that the run's own history reports as paid."""


class Mismatch(Frozen):
    """One disagreement about money."""

    kind: Literal[
        "not_on_chain",
        "not_in_ledger",
        "not_in_history",
        "ended_otherwise",
        "book_broken",
    ]
    key: PaymentKey | None
    network: str
    transaction: str | None
    message: str


class RecordsAudited(Frozen):
    """Answer to ``AuditRecords``."""

    payments: int
    """How many were compared."""
    proven: tuple[PaymentKey, ...]
    unsettled: tuple[PaymentKey, ...]
    mismatches: tuple[Mismatch, ...]


class ExportReceipts(Frozen):
    """Ask for the book of receipts, whole or the lines of one run."""

    workflow_id: str | None = None
