"""The JSON documents about payments: lists, journals, audits, refunds, checked books."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from domain.bookkeeping import JournalLine, Mismatch, PaymentInspected, PaymentView, RecordsAudited
from domain.ids import ListingId, PaymentKey, StepId
from domain.payments import PaymentState
from domain.rollback import RefundOutcome
from starter.verifying.book import BookChecked, Verdict
from starter.workflow_ids import run_of


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class LedgerEntry(Frozen):
    """One payment as the ledger knows it. Amounts are decimal strings in whole tokens."""

    key: PaymentKey
    run_id: str
    step_id: StepId
    listing_id: ListingId
    state: PaymentState
    amount: str
    asset: str
    network: str
    pay_to: str
    transaction: str | None
    sends: int
    begun_at: datetime
    changed_at: datetime
    reason: str
    parked: str

    @classmethod
    def of(cls, view: PaymentView) -> Self:
        """Describe a payment."""
        return cls(
            run_id=run_of(view.workflow_id),
            amount=view.amount.to_decimal(),
            asset=view.amount.asset.symbol,
            **view.model_dump(exclude={"workflow_id", "amount"}),
        )


class PaymentList(Frozen):
    """Payments, newest first."""

    payments: tuple[LedgerEntry, ...]


class PaymentDocument(Frozen):
    """One payment with its journal."""

    payment: LedgerEntry
    journal: tuple[JournalLine, ...]

    @classmethod
    def of(cls, found: PaymentInspected) -> Self:
        """Describe a payment."""
        return cls(payment=LedgerEntry.of(found.payment), journal=found.journal)


class RefundDocument(Frozen):
    """How a refund that a person asked for ended."""

    key: PaymentKey
    returned: str
    asset: str
    transaction: str | None
    """Of the inbound transfer; set exactly when money was seen to arrive."""
    cancelled: bool
    reason: str

    @classmethod
    def of(cls, outcome: RefundOutcome) -> Self:
        """Describe an outcome."""
        return cls(
            returned=outcome.returned.to_decimal(),
            asset=outcome.returned.asset.symbol,
            **outcome.model_dump(exclude={"returned"}),
        )


class AuditDocument(Frozen):
    """What comparing ledger, history and chains found."""

    payments: int
    proven: int
    unsettled: tuple[PaymentKey, ...]
    mismatches: tuple[Mismatch, ...]

    @classmethod
    def of(cls, audited: RecordsAudited) -> Self:
        """Describe an audit."""
        return cls(
            payments=audited.payments,
            proven=len(audited.proven),
            unsettled=audited.unsettled,
            mismatches=audited.mismatches,
        )


class CheckedLine(Frozen):
    """One line of a checked book."""

    number: int
    key: PaymentKey
    amount: str
    asset: str
    network: str
    transaction: str
    verdict: Verdict
    why: str


class CheckedBook(Frozen):
    """A checked book of receipts."""

    ok: bool
    whole: bool
    book_problems: tuple[str, ...]
    lines: tuple[CheckedLine, ...]

    @classmethod
    def of(cls, checked: BookChecked) -> Self:
        """Describe a checked book."""
        return cls(
            ok=checked.ok,
            whole=checked.book.whole,
            book_problems=checked.problems,
            lines=tuple(
                CheckedLine(
                    number=one.line.number,
                    key=one.line.receipt.key,
                    amount=one.line.receipt.amount.to_decimal(),
                    asset=one.line.receipt.amount.asset.symbol,
                    network=one.line.receipt.network,
                    transaction=one.line.receipt.transaction,
                    verdict=one.verdict,
                    why=one.why,
                )
                for one in checked.lines
            ),
        )
