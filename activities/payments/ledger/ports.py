"""The ledger as the payment activities see it: what they may ask of it, and what it promises."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from activities.payments.exchanges import Unsigned
from domain.artifacts import ArtifactRef
from domain.bookkeeping import JournalLine
from domain.catalogue import RefundOffer, Terms
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, ListingId, PaymentKey
from domain.payments import Authorization, PaymentState, Receipt, SignatureRequest
from domain.policy import Cap
from domain.purchases import PurchaseSlot
from domain.receipts import ReceiptLine


class LedgerUnavailable(UpstreamUnavailable):
    """The ledger's database does not answer; no seller is at fault, so none is to be replaced."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Claim(Frozen):
    """What money is reserved for."""

    key: PaymentKey
    slot: PurchaseSlot
    listing_id: ListingId
    url: str
    terms: Terms
    quoted_at: datetime
    """When the seller's live 402 asked these terms."""
    order_digest: Digest
    refund: RefundOffer | None = None
    payer: str
    """Whose money it is."""
    at_risk: int | None = None
    """Base units that can leave for it, where that is more than the price: a channel's deposit."""

    @property
    def most(self) -> int:
        """Base units that count against caps until the chain says what moved."""
        return self.terms.base_units if self.at_risk is None else self.at_risk


class Prepared(Frozen):
    """What a wallet outside was asked to sign. Worth nothing without its signature."""

    request: SignatureRequest
    unsigned: Unsigned
    order: ArtifactRef


class LedgerEntry(Frozen):
    """One payment as the ledger knows it."""

    claim: Claim
    state: PaymentState
    begun_at: datetime
    prepared: Prepared | None = None
    """Once a wallet outside was asked to sign, money may move until the chain rules it out."""
    authorization: Authorization | None = None
    sends: int = 0
    answer: ArtifactRef | None = None
    """Stored body of a successful answer, kept before its payment is proven."""
    evidence: ArtifactRef | None = None
    """Stored body of a useless answer, kept for whoever argues with the seller."""
    http_status: int | None = None
    hint: str | None = None
    receipt: Receipt | None = None
    refund_transaction: str | None = None
    reason: str = ""
    parked: str = ""
    """Why the payment waits for an operator; empty when it does not."""

    @property
    def key(self) -> PaymentKey:
        """The payment's idempotency key."""
        return self.claim.key

    @property
    def slot(self) -> PurchaseSlot:
        """The place in a run that the payment fills."""
        return self.claim.slot

    @property
    def listing_id(self) -> ListingId:
        """The service that is paid."""
        return self.claim.listing_id

    @property
    def terms(self) -> Terms:
        """What the seller asked."""
        return self.claim.terms


class Payee(Frozen):
    """Who a service was paid at, as far as we ever paid it."""

    pay_to: str
    network: str
    first_seen: datetime


class Ledger(Protocol):
    """Remembers every payment before its bytes leave. Survives any crash.

    Every change is one transaction that also appends to the journal, with the evidence for it.
    Every method raises ``LedgerUnavailable`` when its database does not answer, also when the
    answer to a change that was made is lost; making the same change again is always safe.
    """

    async def in_slot(self, slot: PurchaseSlot) -> LedgerEntry | None:
        """The payment that fills ``slot``, if one was ever begun."""
        ...

    async def get(self, key: PaymentKey) -> LedgerEntry:
        """The payment under ``key``.

        Raises:
            IllegalTransition: There is none.
        """
        ...

    async def reserve(self, claim: Claim, caps: Sequence[Cap]) -> LedgerEntry:
        """Hold the price, atomically against every cap. Repeating it changes nothing.

        What is held or spent counts, refunded and proven unpaid does not. An entry in the same
        slot for which nothing was ever signed is replaced, also one released as unpaid, and the
        same payment at other terms or with more at risk.

        Raises:
            BudgetExceeded: A cap would be passed; the message names it and what is left.
            IllegalTransition: The slot holds another payment that may have been signed, or one
                that waits for an operator.
        """
        ...

    async def release(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Give a reservation back for which nothing was signed or asked to be; repeatable.

        Raises:
            IllegalTransition: Something may have been signed, or it waits for an operator.
        """
        ...

    async def prepare(self, prepared: Prepared) -> Prepared:
        """Record what a wallet outside is asked to sign, and return the one on record.

        Raises:
            IllegalTransition: None is on record and the payment is not just reserved.
        """
        ...

    async def sign(self, authorization: Authorization) -> Authorization:
        """Record signed bytes and return the ones on record: the first to arrive win.

        Raises:
            IllegalTransition: They could move what is not reserved any more.
        """
        ...

    async def note_send(self, key: PaymentKey) -> LedgerEntry:
        """Record that bytes are about to leave, counting how often."""
        ...

    async def note_answer(
        self,
        key: PaymentKey,
        *,
        status: int,
        body: ArtifactRef | None,
        evidence: ArtifactRef | None = None,
        hint: str | None,
        reason: str,
    ) -> LedgerEntry:
        """Record what the seller answered; a delivery is never forgotten for a later refusal."""
        ...

    async def settle(
        self, key: PaymentKey, state: PaymentState, *, receipt: Receipt | None, reason: str
    ) -> LedgerEntry:
        """Record how the payment ended, or that it is ``unknown``; writes the receipt's line.

        Raises:
            IllegalTransition: It ended otherwise before, or the proof for this is missing.
            RecordsDisagree: Another payment already claims the same transaction, and this one is
                parked; or this one was paid by another transaction before.
        """
        ...

    async def begin_refund(self, key: PaymentKey) -> LedgerEntry:
        """Record that money is being claimed back; repeating it changes nothing."""
        ...

    async def refunded(self, key: PaymentKey, network: str, transaction: str) -> bool:
        """Record the inbound transfer; ``False`` when another payment already counts it."""
        ...

    async def write_off(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Record that money paid for nothing is given up; repeating it changes nothing."""
        ...

    async def park(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Leave a payment to an operator, without moving it."""
        ...

    async def unpark(self, key: PaymentKey, *, operator: str, note: str) -> LedgerEntry:
        """Record an operator's word and take the payment back into service."""
        ...

    async def payees(self, listing: ListingId) -> tuple[Payee, ...]:
        """Everyone we ever reserved money for under this service, oldest first."""
        ...

    async def entries(
        self,
        *,
        workflow_id: str | None = None,
        unsettled: bool = False,
        parked: bool = False,
        idle_since: datetime | None = None,
        limit: int,
    ) -> tuple[tuple[LedgerEntry, datetime], ...]:
        """Payments with the time of their last move, newest first; oldest first when idle."""
        ...

    async def journal(self, key: PaymentKey) -> tuple[JournalLine, ...]:
        """Every move of one payment, oldest first."""
        ...

    async def find(self, beginning: str) -> tuple[PaymentKey, ...]:
        """Keys that begin so, at most three."""
        ...

    async def book(self, workflow_id: str | None = None) -> tuple[ReceiptLine, ...]:
        """The lines of the book of receipts, in order."""
        ...

    async def claims_transaction(self, network: str, transaction: str) -> bool:
        """Whether a receipt or a counted refund names this transaction."""
        ...
