"""One payment: its states, what is signed, how it ended, and the gate before signing."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from domain.artifacts import ArtifactRef
from domain.catalogue import Offer, Terms
from domain.chains import KNOWN_ASSETS
from domain.errors import IllegalTransition, OfferRefused
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.limits import MAX_MEMO_BYTES, MAX_TIMEOUT_SECONDS
from domain.money import Amount


class PaymentState(StrEnum):
    """Where a payment stands. ``unknown`` is a real state: only the chain ends it."""

    QUOTED = "quoted"
    RESERVED = "reserved"
    SIGNED = "signed"
    SENT = "sent"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    UNPAID = "unpaid"
    PAID_UNDELIVERED = "paid_undelivered"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    WRITTEN_OFF = "written_off"


_S = PaymentState

_MOVES: Final[dict[PaymentState, frozenset[PaymentState]]] = {
    _S.QUOTED: frozenset({_S.RESERVED, _S.UNPAID}),
    _S.RESERVED: frozenset({_S.SIGNED, _S.UNPAID}),
    # Signed bytes that nobody sent expire by themselves, so they may end unpaid.
    _S.SIGNED: frozenset({_S.SENT, _S.UNPAID}),
    _S.SENT: frozenset({_S.UNKNOWN, _S.DELIVERED, _S.UNPAID, _S.PAID_UNDELIVERED}),
    _S.UNKNOWN: frozenset({_S.DELIVERED, _S.UNPAID, _S.PAID_UNDELIVERED}),
    _S.DELIVERED: frozenset({_S.REFUNDING}),
    _S.PAID_UNDELIVERED: frozenset({_S.REFUNDING, _S.WRITTEN_OFF}),
    _S.REFUNDING: frozenset({_S.REFUNDED, _S.WRITTEN_OFF}),
    _S.UNPAID: frozenset(),
    _S.REFUNDED: frozenset(),
    _S.WRITTEN_OFF: frozenset(),
}

SETTLED: Final = frozenset(
    {_S.DELIVERED, _S.PAID_UNDELIVERED, _S.REFUNDING, _S.REFUNDED, _S.WRITTEN_OFF}
)
"""States in which the chain showed our money leaving."""


def move(current: PaymentState, to: PaymentState) -> PaymentState:
    """Return ``to`` when the payment may go there.

    Raises:
        IllegalTransition: It may not.
    """
    if to not in _MOVES[current]:
        raise IllegalTransition(f"a payment cannot go from {current} to {to}")
    return to


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Receipt(Frozen):
    """What the chain proves about a payment."""

    key: PaymentKey
    step_id: StepId
    listing_id: ListingId
    amount: Amount
    network: str
    pay_to: str
    payer: str
    transaction: str
    """Base58 signature of the transaction; the chain's own name for it."""
    slot: int
    block_time: datetime | None
    response_digest: Digest | None
    """Digest of what was delivered; ``None`` when nothing was."""


class Authorization(Frozen):
    """Bytes signed once for one purchase. Sealed: history never holds them in clear."""

    kind: Literal["authorized"] = "authorized"
    key: PaymentKey
    listing_id: ListingId
    amount: Amount
    pay_to: str
    order: ArtifactRef
    """The request that is paid for, as a stored ``domain.purchases.Order``."""
    sealed_payment: str
    """The signed payment, encrypted for the payments queue alone; base64."""
    message_digest: Digest
    """SHA-256 of the signed message, so that evidence can be compared without the bytes."""
    memo: str
    """Text inside the signed transaction, by which it is found on chain."""
    first_slot: int
    """No earlier slot can hold it."""
    last_valid_block_height: int
    """Above this height the bytes can never land."""


class FreeDelivery(Frozen):
    """A service that answered without asking for money."""

    kind: Literal["free"] = "free"
    listing_id: ListingId
    output: ArtifactRef


class Settlement(Frozen):
    """How one payment ended, with its evidence."""

    key: PaymentKey
    listing_id: ListingId
    state: PaymentState
    output: ArtifactRef | None = None
    receipt: Receipt | None = None
    http_status: int | None = None
    reason: str = ""
    """Why it is not ``delivered``, in words for a person."""


def choose_terms(offered: list[Terms], offer: Offer) -> Terms:
    """Pick the seller's live terms that are the approved ones, and check them before signing.

    Never the first in the list: a hostile seller puts its dearest there.

    Raises:
        OfferRefused: None of them is what was approved; the message names each difference.
    """
    approved = offer.terms
    if approved is None:
        raise OfferRefused(f"{offer.name} was approved as free and now asks for money")
    differences: list[str] = []
    for live in offered:
        problem = difference(live, approved) or signing_problem(live)
        if problem is None:
            return live
        differences.append(problem)
    raise OfferRefused(
        f"{offer.name} no longer asks what was approved: "
        + ("; ".join(differences[:4]) if differences else "it names no way to pay")
    )


def choose_quote(offered: list[Terms], offer: Offer) -> Terms:
    """Pick the cheapest live terms that pay the listed seller; the price itself may be new.

    Raises:
        OfferRefused: None of them can be signed, or the money would go to someone else.
    """
    listed = offer.terms
    if listed is None:
        raise OfferRefused(f"{offer.name} is listed as free and asks for money")
    cheapest_first = sorted(offered, key=lambda terms: terms.base_units)
    problems: list[str] = []
    for live in cheapest_first:
        at_any_price = live.model_copy(update={"base_units": listed.base_units})
        problem = difference(at_any_price, listed) or signing_problem(live)
        if problem is None:
            return live
        problems.append(problem)
    raise OfferRefused(
        f"{offer.name} cannot be paid as listed: "
        + ("; ".join(problems[:4]) if problems else "it names no way to pay")
    )


def difference(live: Terms, approved: Terms) -> str | None:
    """Say how live terms leave the approved ones; a lower price does not."""
    for field in ("scheme", "network", "asset", "pay_to", "flow"):
        if getattr(live, field) != getattr(approved, field):
            return f"{field} is {getattr(live, field)}, approved was {getattr(approved, field)}"
    if live.base_units > approved.base_units:
        return f"the price is {live.base_units}, approved were {approved.base_units} base units"
    return None


def signing_problem(terms: Terms) -> str | None:
    """Say why ``terms`` are unsafe to sign, whoever asks."""
    if terms.scheme != "exact":
        return f"scheme {terms.scheme} is not supported"
    if (terms.network, terms.asset) not in KNOWN_ASSETS:
        return f"token {terms.asset} on {terms.network} is not one Caravan spends"
    if terms.flow != "authorization":
        return f"payment flow {terms.flow} takes the money before the work"
    if not 0 < terms.max_timeout_seconds <= MAX_TIMEOUT_SECONDS:
        return f"a timeout of {terms.max_timeout_seconds} s is not within {MAX_TIMEOUT_SECONDS} s"
    if terms.fee_payer is None:
        return "no fee payer is named"
    if terms.memo is not None and len(terms.memo.encode()) > MAX_MEMO_BYTES:
        return f"the memo is longer than {MAX_MEMO_BYTES} bytes"
    return None
