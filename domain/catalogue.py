"""Services in a bazaar: what they offer, ask, and how well they have done."""

import math
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.chains import canonical_address, known_asset
from domain.ids import CanonicalJson, CanonicalObject, ListingId
from domain.money import Amount, BaseUnits


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Weights(Frozen):
    """What each part of a score counts. They sum to 1 and nothing else is ever added."""

    semantic: float = Field(default=0.4, ge=0, le=1)
    reputation: float = Field(default=0.3, ge=0, le=1)
    price: float = Field(default=0.2, ge=0, le=1)
    latency: float = Field(default=0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = math.fsum((self.semantic, self.reputation, self.price, self.latency))
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"the weights sum to {total:g}, not to 1")
        return self

    def total(self, *, semantic: float, reputation: float, price: float, latency: float) -> float:
        """The weighed sum of four parts, each in [0, 1], as it is."""
        return math.fsum(
            (
                self.semantic * semantic,
                self.reputation * reputation,
                self.price * price,
                self.latency * latency,
            )
        )


WEIGHTS: Final = Weights()
"""The weights unless settings say otherwise."""


class Foreign(Frozen):
    """Base of what strangers write."""

    @model_validator(mode="wrap")
    @classmethod
    def _can_be_stored(cls, given: object, check: ModelWrapValidatorHandler[Self]) -> Self:
        # Half a character passes as text until it is encoded, which may be after a payment.
        made = check(given)
        if made is not given:  # what is a model already was written out when it was made
            made.model_dump_json()
        return made


class ChannelTerms(Foreign):
    """Who may close a seller's payment channel, and after how long we may leave it alone."""

    receiver_authorizer: str
    """Address that signs cooperative refunds for the seller."""
    withdraw_delay_seconds: int = Field(ge=0)
    """After our notice, how long until we may take the unspent rest out ourselves."""

    @field_validator("receiver_authorizer")
    @classmethod
    def _canonical(cls, address: str) -> str:
        return address.lower()  # channels are EVM's, whose addresses have no case


class Terms(Foreign):
    """One way a seller accepts payment: one entry of a 402's ``accepts``, checked and named."""

    x402_version: int = Field(ge=1, le=2)
    scheme: str
    network: str
    asset: str
    base_units: BaseUnits
    pay_to: str
    max_timeout_seconds: int
    fee_payer: str | None = None
    """Solana: who pays the network fee; the facilitator's key."""
    memo: str | None = None
    """Memo the seller wants in the transaction."""
    flow: str = "authorization"
    """``authorization`` settles only after the handler succeeded; others take money first."""
    transfer_method: str = "eip3009"
    """EVM: how the token is moved; ``eip3009`` or ``permit2``."""
    spender: str | None = None
    """EVM ``upto``: the facilitator that may settle, and nobody else."""
    channel: ChannelTerms | None = None
    """EVM ``batch-settlement``: the channel that vouchers draw on."""

    @field_validator("asset", "pay_to", "spender")
    @classmethod
    def _canonical(cls, address: str | None, info: ValidationInfo) -> str | None:
        network = info.data.get("network", "")
        return None if address is None else canonical_address(address, network=network)

    @property
    def amount(self) -> Amount:
        """The price, with decimals from our own table.

        Raises:
            UnknownAsset: The seller asks for a token Caravan does not spend.
        """
        asset = known_asset(network=self.network, address=self.asset)
        return Amount(asset=asset, base_units=self.base_units)


UndoAction = Literal["refund_claim", "cancel_call", "channel_refund", "none"]
"""How a purchase is undone: by asking the seller, by calling off what was bought, by closing a
payment channel together, or not at all."""


class RefundOffer(Foreign):
    """A seller's declared way to undo a purchase."""

    url: str
    window_seconds: int
    kind: Literal["refund", "cancel"] = "refund"
    """``cancel`` calls off what was bought; whether money comes back only the chain says."""


class Quality(Frozen):
    """A bazaar's counters about a service. Hearsay: sellers can inflate them."""

    calls: int = 0
    successful_calls: int | None = 0
    """``None`` where the bazaar counts calls, not how they ended."""
    unique_payers: int = 0
    latency_p50_ms: int | None = None
    latency_p95_ms: int | None = None
    last_called_at: datetime | None = None
    source: str = "none"
    """``measured`` by a facilitator, ``sample`` in demonstration data, or ``none``."""


class ServiceListing(Foreign):
    """A service found in a bazaar. Every text in it was written by a stranger."""

    id: ListingId
    name: str
    description: str
    tags: tuple[str, ...] = ()
    method: str
    url: str
    media_type: str
    """Of the response that is paid for."""
    input_schema: CanonicalObject
    output_schema: CanonicalObject
    input_example: CanonicalJson = None
    accepts: tuple[Terms, ...]
    refund: RefundOffer | None = None
    quality: Quality = Quality()
    bazaar: str

    @property
    def price(self) -> Amount | None:
        """The lowest listed price in a known asset; ``None`` for a free service."""
        amounts = [terms.amount for terms in self.accepts]
        return min(amounts, key=lambda amount: amount.base_units, default=None)

    @property
    def seconds(self) -> float:
        """Time to expect for one call."""
        return (self.quality.latency_p50_ms or 1_000) / 1_000


class ScorePart(Frozen):
    """One weighted part of a score."""

    value: float = Field(ge=0, le=1)
    why: str


class Score(Frozen):
    """Why a service ranks where it does."""

    semantic: ScorePart
    reputation: ScorePart
    price: ScorePart
    latency: ScorePart
    weights: Weights = WEIGHTS

    @property
    def total(self) -> float:
        """The weighted sum of the four parts, in [0, 1]."""
        return self.weights.total(
            semantic=self.semantic.value,
            reputation=self.reputation.value,
            price=self.price.value,
            latency=self.latency.value,
        )


class RankedListing(Frozen):
    """A candidate with its score."""

    listing: ServiceListing
    score: Score
    probed_at: datetime | None = None
    """When its seller was last asked for its terms without payment; ``None``: never."""


Gate = Literal[
    "readable",
    "text",
    "allowed",
    "schema",
    "payable",
    "cap",
    "breaker",
    "alive",
    "terms",
    "duplicate",
]
"""What a service must pass before it is scored, in this order. ``readable``: its listing makes
sense. ``text``: it gives no orders to whoever reads it. ``allowed``: its host may be called and
nothing forbids paying it. ``schema``: its input can be filled. ``payable``: we have what it asks
for. ``cap``: it costs no more than may be spent. ``breaker``: its host and facilitator have not
just failed. ``alive``: it answers. ``terms``: it asks what its listing says. ``duplicate``: nobody
sells the same under another address, and better."""


class Refusal(Frozen):
    """A service that did not pass the gates, and which gate."""

    listing_id: ListingId
    name: str
    reason: str
    gate: Gate = "readable"


class Offer(Foreign):
    """What a plan may buy: a service with the exact terms that were asked live.

    The approval is bound to every field, so anything different needs a new approval.
    """

    listing_id: ListingId
    name: str
    method: str
    url: str
    media_type: str
    input_schema: CanonicalObject
    output_schema: CanonicalObject
    example: CanonicalJson = None
    """Arguments of the seller's own example; sent when asking for terms before real ones exist."""
    terms: Terms | None
    """``None``: the service is free."""
    refund: RefundOffer | None = None
    seconds: float
    quoted_at: datetime | None = None
    """When the terms were read from the seller itself; ``None`` while only listed."""
