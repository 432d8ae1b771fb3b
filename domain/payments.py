"""One payment: its states, what is signed, how it ended, and the gate before signing."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.artifacts import ArtifactRef
from domain.catalogue import Offer, Terms
from domain.chains import EIP712_DOMAINS, KNOWN_ASSETS, Family, family_of
from domain.errors import IllegalTransition, OfferRefused, TermsChanged
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
    """What moved; for a scheme with a maximum, possibly less than was signed for."""
    network: str
    pay_to: str
    payer: str
    scheme: str = "exact"
    transaction: str
    """The chain's own name: base58 signature on Solana, ``0x`` hash on EVM."""
    piece: str = ""
    """Which part of the transaction is meant where several payments share one, else empty."""
    slot: int
    """Solana slot or EVM block number."""
    block_time: datetime | None
    response_digest: Digest | None
    """Digest of what was delivered; ``None`` when nothing was."""


class SvmEvidence(Frozen):
    """By what a signed Solana transaction is found, and when it can never land."""

    kind: Literal["svm"] = "svm"
    payer: str
    """Owner of the token account that the money leaves."""
    message_digest: Digest
    """SHA-256 of the signed message."""
    memo: str
    """Text inside the transaction."""
    first_slot: int
    """No earlier slot can hold it."""
    last_valid_block_height: int
    """Above this height the bytes can never land."""


class EvmEvidence(Frozen):
    """By what a signed EVM authorization is found, and when it can never be used."""

    kind: Literal["evm"] = "evm"
    payer: str
    method: Literal["eip3009", "permit2", "voucher"]
    contract: str
    """Where the nonce is used up: the token, Permit2, or the channel contract."""
    nonce: str
    """``0x`` and 64 digits; for a voucher the channel's id."""
    piece: str = ""
    """For a voucher the channel's total once it counts, in base units."""
    message_digest: Digest
    """SHA-256 of the signed typed data's hash."""
    first_block: int
    """No earlier block can hold it."""
    valid_before: int
    """Unix seconds; in a block of that time or later it can never be used."""


Evidence = Annotated[SvmEvidence | EvmEvidence, Field(discriminator="kind")]
"""What finds a payment on its chain, without the signed bytes themselves."""


class Authorization(Frozen):
    """Bytes signed once for one purchase. Sealed: history never holds them in clear."""

    kind: Literal["authorized"] = "authorized"
    key: PaymentKey
    listing_id: ListingId
    amount: Amount
    """Most that the bytes can move."""
    pay_to: str
    scheme: str = "exact"
    order: ArtifactRef
    """The request that is paid for, as a stored ``domain.purchases.Order``."""
    sealed_payment: str
    """The signed payment, encrypted for the payments queue alone; base64."""
    evidence: Evidence


class SignatureRequest(Frozen):
    """Bytes that the person's own wallet must sign; unsigned they are worth nothing."""

    kind: Literal["unsigned"] = "unsigned"
    key: PaymentKey
    listing_id: ListingId
    amount: Amount
    pay_to: str
    payer: str
    """Whose signature is wanted."""
    message: str
    """Solana: the transaction's message, base64."""
    reply_key: str
    """X25519 public key of the payments worker, base64: the signature is sealed to it, so that
    no history holds it in clear."""
    evidence: Evidence
    sign_within_seconds: int
    """About how long the message can land at all."""


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
    parked: bool = False
    """The records disagree: only an operator ends it."""


class Funds(Frozen):
    """What a wallet can spend on one network."""

    payer: str
    balance: Amount


Wallets = dict[str, Funds]
"""By CAIP-2 network; only those a payment can be made on."""


def choose_terms(offered: list[Terms], offer: Offer) -> Terms:
    """Pick the seller's live terms that are the approved ones, and check them before signing.

    The cheapest of them, never the first in the list: a hostile seller puts its dearest there.

    Raises:
        TermsChanged: None of them is what was approved; the message names each difference.
        OfferRefused: What was approved is there and is unsafe to sign.
    """
    approved = offer.terms
    if approved is None:
        raise TermsChanged(f"{offer.name} was approved as free and now asks for money")
    differences: list[str] = []
    unsafe: list[str] = []
    usable: list[Terms] = []
    for live in offered:
        problem = difference(live, approved)
        if problem is not None:
            differences.append(problem)
        elif (unsafety := signing_problem(live)) is not None:
            unsafe.append(unsafety)
        else:
            usable.append(live)
    if usable:
        return min(usable, key=lambda terms: (terms.base_units, terms.model_dump_json()))
    if unsafe:
        raise OfferRefused(f"{offer.name} cannot be paid: {'; '.join(unsafe[:4])}")
    raise TermsChanged(
        f"{offer.name} no longer asks what was approved: "
        + ("; ".join(differences[:4]) if differences else "it names no way to pay")
    )


def choose_quote(offered: list[Terms], offer: Offer, wallets: Wallets) -> Terms:
    """Pick by policy how to pay the listed seller, never the first it lists.

    What can be signed and is covered by a wallet comes first, then the cheapest, then the scheme
    that risks least, then the network the offer was listed on; the list's order decides nothing.

    Raises:
        OfferRefused: None of them can be signed, or the money would go to someone else.
    """
    listed = offer.terms
    if listed is None:
        raise OfferRefused(f"{offer.name} is listed as free and asks for money")
    problems: list[str] = []
    usable: list[Terms] = []
    for live in offered:
        problem = signing_problem(live) or _payee_problem(live, listed)
        if problem is None and live.network not in wallets:
            problem = f"no wallet pays on {live.network}"
        if problem is None:
            usable.append(live)
        else:
            problems.append(problem)
    if usable:
        return min(usable, key=lambda terms: _preference(terms, listed, wallets))
    raise OfferRefused(
        f"{offer.name} cannot be paid as listed: "
        + ("; ".join(dict.fromkeys(problems[:4])) if problems else "it names no way to pay")
    )


def cheapest_way(offered: list[Terms], *, name: str, wallets: Wallets) -> Terms:
    """Pick how to pay a seller that nobody listed, by the rules of ``choose_quote``.

    Raises:
        OfferRefused: None of them can be signed.
    """
    problems: list[str] = []
    usable: list[Terms] = []
    for live in offered:
        problem = signing_problem(live)
        if problem is None and live.network not in wallets:
            problem = f"no wallet pays on {live.network}"
        if problem is None:
            usable.append(live)
        else:
            problems.append(problem)
    if usable:
        return min(usable, key=lambda terms: _preference(terms, terms, wallets))
    raise OfferRefused(
        f"{name} cannot be paid: "
        + ("; ".join(dict.fromkeys(problems[:4])) if problems else "it names no way to pay")
    )


BINDING_TERMS: Final = (
    "scheme",
    "network",
    "asset",
    "pay_to",
    "flow",
    "transfer_method",
    "channel",
)
"""What an approval fixes besides the price: where money goes, how, and how it comes back."""


def difference(live: Terms, approved: Terms) -> str | None:
    """Say how live terms leave the approved ones; a lower price does not."""
    for field in BINDING_TERMS:
        if getattr(live, field) != getattr(approved, field):
            return f"{field} is {getattr(live, field)}, approved was {getattr(approved, field)}"
    if live.base_units > approved.base_units:
        return f"the price is {live.base_units}, approved were {approved.base_units} base units"
    return None


_SCHEMES: Final[dict[Family, dict[str, str]]] = {
    Family.SVM: {"exact": "authorization"},
    Family.EVM: {
        "exact": "authorization",
        "upto": "authorization",
        "batch-settlement": "authorization",
    },
}
"""Schemes that can be signed for, each with the only payment flow that is accepted."""

_RISK: Final = {"exact": 0, "upto": 1, "batch-settlement": 2}
"""Order in which schemes are preferred at one price: how little can go wrong with each."""


def signing_problem(terms: Terms) -> str | None:
    """Say why ``terms`` are unsafe to sign, whoever asks."""
    family = family_of(terms.network)
    flow = _SCHEMES.get(family, {}).get(terms.scheme) if family is not None else None
    if family is None or flow is None:
        return f"scheme {terms.scheme} on {terms.network} is not supported"
    if (terms.network, terms.asset) not in KNOWN_ASSETS:
        return f"token {terms.asset} on {terms.network} is not one Caravan spends"
    if terms.flow != flow:
        return f"payment flow {terms.flow} takes the money before the work"
    if not 0 < terms.max_timeout_seconds <= MAX_TIMEOUT_SECONDS:
        return f"a timeout of {terms.max_timeout_seconds} s is not within {MAX_TIMEOUT_SECONDS} s"
    return _svm_problem(terms) if family is Family.SVM else _evm_problem(terms)


def _svm_problem(terms: Terms) -> str | None:
    if terms.fee_payer is None:
        return "no fee payer is named"
    if terms.memo is not None and len(terms.memo.encode()) > MAX_MEMO_BYTES:
        return f"the memo is longer than {MAX_MEMO_BYTES} bytes"
    return None


def _evm_problem(terms: Terms) -> str | None:
    if (terms.network, terms.asset) not in EIP712_DOMAINS:
        return f"how {terms.asset} checks signatures is not known"
    if terms.scheme == "exact" and terms.transfer_method != "eip3009":
        return f"transfer method {terms.transfer_method} needs an allowance of its own"
    if terms.scheme == "upto" and terms.spender is None:
        return "no facilitator is named that may settle"
    if terms.scheme == "batch-settlement" and terms.channel is None:
        return "the terms do not describe a payment channel"
    return None


def _payee_problem(live: Terms, listed: Terms) -> str | None:
    # On another chain the seller has another address; the person is shown it as a new payee.
    if family_of(live.network) is not family_of(listed.network) or live.pay_to == listed.pay_to:
        return None
    return f"pay_to is {live.pay_to}, listed was {listed.pay_to}"


def _preference(terms: Terms, listed: Terms, wallets: Wallets) -> tuple[bool, int, int, bool, str]:
    short = wallets[terms.network].balance.base_units < terms.base_units
    other = terms.network != listed.network
    # The last part only keeps the seller's order from deciding between equals.
    return (short, terms.base_units, _RISK[terms.scheme], other, terms.model_dump_json())
