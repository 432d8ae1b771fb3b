"""What payments need: a seller to talk to, a rail that moves money, a ledger, a seal."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.artifacts import ArtifactRef
from domain.catalogue import RefundOffer, Terms
from domain.ids import Digest, ListingId, PaymentKey
from domain.money import Amount
from domain.payments import Authorization, PaymentState, Receipt
from domain.purchases import Order, PurchaseSlot


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Demand(Frozen):
    """One way to pay that a live 402 names: checked terms, and the words to echo."""

    terms: Terms
    raw: dict[str, JsonValue]


class Challenge(Frozen):
    """A live 402."""

    demands: tuple[Demand, ...]
    resource: JsonValue = None
    extensions: JsonValue = None


class Answer(Frozen):
    """What a seller answered with a body we accept to read."""

    status: int
    media_type: str
    body: bytes
    claimed_transaction: str | None = None
    """Transaction the seller says it settled; a hint where to look, never proof."""
    reason: str = ""
    usable: bool = True
    """``False`` when the body could not be read to its end."""

    @property
    def delivered(self) -> bool:
        """Whether the seller says success and the body was read."""
        return self.usable and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class SignedPayment(Frozen):
    """Bytes signed for one purchase. Never leaves the payments process unsealed."""

    x402_version: int
    accepted: dict[str, JsonValue]
    """The seller's own words, echoed."""
    resource: JsonValue
    extensions: JsonValue
    payload: dict[str, JsonValue]
    """What the scheme puts on the wire."""
    message_digest: Digest
    memo: str
    first_slot: int
    """No earlier slot can hold it."""
    last_valid_block_height: int


class Landed(Frozen):
    """The chain shows our money with the seller."""

    kind: Literal["landed"] = "landed"
    transaction: str
    slot: int
    block_time: datetime | None


class Pending(Frozen):
    """Not on chain, and it still may land."""

    kind: Literal["pending"] = "pending"


class NeverLands(Frozen):
    """Proven: not on chain, or failed there, and it can never land."""

    kind: Literal["never"] = "never"
    reason: str


Outcome = Landed | Pending | NeverLands


class InboundTransfer(Frozen):
    """Money that came back."""

    transaction: str
    amount: Amount


class PaymentRail(Protocol):
    """Moves money on one network and reads that network's truth."""

    @property
    def payer(self) -> str:
        """Address of the wallet that pays."""
        ...

    async def balance(self) -> Amount:
        """Spendable balance.

        Raises:
            WalletUnfunded: The wallet has no account for the asset.
        """
        ...

    async def sign(self, demand: Demand, challenge: Challenge, *, key: PaymentKey) -> SignedPayment:
        """Build and sign, sending nothing.

        Raises:
            OfferRefused: What is asked could never land or is unsafe.
        """
        ...

    async def outcome(self, authorization: Authorization, *, hint: str | None = None) -> Outcome:
        """Read from the chain what became of signed bytes.

        Args:
            authorization: Says what to look for; the bytes themselves are not needed.
            hint: Transaction the seller named, looked at first.
        """
        ...

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        ...

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund."""
        ...


class Seller(Protocol):
    """Talks x402 over HTTP."""

    async def ask(self, order: Order) -> Challenge | Answer:
        """Make the request without paying.

        Raises:
            UpstreamUnavailable: No usable answer; nothing happened.
            OfferRefused: The seller refuses the request itself.
        """
        ...

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        """Make the request with payment; any answer is an ``Answer``.

        Raises:
            PaymentUnconfirmed: The answer was lost. Whether money moved is unknown.
        """
        ...

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        """Ask for money back and return what the seller says; it proves nothing.

        Raises:
            UpstreamUnavailable: No answer.
            OfferRefused: The seller refuses; the message says why.
        """
        ...


class Sealer(Protocol):
    """Encrypts what must not be readable in histories and ledgers."""

    def seal(self, signed: SignedPayment, *, key: PaymentKey) -> str:
        """Encrypt, bound to ``key``."""
        ...

    def open(self, sealed: str, *, key: PaymentKey) -> SignedPayment:
        """Decrypt.

        Raises:
            Misconfigured: The sealing key is another one.
        """
        ...


class LedgerEntry(Frozen):
    """One payment as the ledger knows it."""

    key: PaymentKey
    slot: PurchaseSlot
    listing_id: ListingId
    terms: Terms
    state: PaymentState
    authorization: Authorization | None = None
    sends: int = 0
    answer: ArtifactRef | None = None
    """Stored body of a successful answer, kept before its payment is proven."""
    http_status: int | None = None
    hint: str | None = None
    receipt: Receipt | None = None
    refund_transaction: str | None = None
    reason: str = ""


class Ledger(Protocol):
    """Remembers every payment before its bytes leave. Survives any crash."""

    async def in_slot(self, slot: PurchaseSlot) -> LedgerEntry | None:
        """The payment that fills ``slot``, if one was ever begun."""
        ...

    async def get(self, key: PaymentKey) -> LedgerEntry:
        """The payment under ``key``; it must exist."""
        ...

    async def reserve(
        self, key: PaymentKey, slot: PurchaseSlot, *, listing: ListingId, terms: Terms, cap: Amount
    ) -> None:
        """Hold the price, atomically against the run's cap. Repeating it changes nothing.

        A reservation in the same slot for another purchase is replaced: nothing was signed yet.

        Raises:
            BudgetExceeded: The run would pass its cap.
        """
        ...

    async def sign(self, authorization: Authorization) -> Authorization:
        """Record signed bytes and return the ones on record: the first to arrive win."""
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
        hint: str | None,
        reason: str,
    ) -> LedgerEntry:
        """Record what the seller answered."""
        ...

    async def settle(
        self, key: PaymentKey, state: PaymentState, *, receipt: Receipt | None, reason: str
    ) -> LedgerEntry:
        """Record how the payment ended, or that it is ``unknown``.

        Raises:
            IllegalTransition: It ended otherwise before.
        """
        ...

    async def begin_refund(self, key: PaymentKey) -> LedgerEntry:
        """Record that money is being claimed back; repeating it changes nothing."""
        ...

    async def refunded(self, key: PaymentKey, transaction: str) -> bool:
        """Record the inbound transfer; ``False`` when another payment already counts it."""
        ...

    async def write_off(self, key: PaymentKey, reason: str) -> LedgerEntry:
        """Record that a claimed refund did not come."""
        ...

    async def outcomes(self) -> Mapping[ListingId, tuple[int, int]]:
        """How often each service delivered and failed to, of those payments that ended."""
        ...
