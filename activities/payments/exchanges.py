"""What passes between us, sellers and chains while a purchase is made or looked for."""

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.catalogue import Terms
from domain.money import Amount
from domain.payments import Evidence, Wallets


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
    settlement: dict[str, JsonValue] | None = None
    """What the seller says it settled, in its own words."""
    challenge: Challenge | None = None
    """What it asks, when it answered a payment with another 402."""

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


class Unsigned(Frozen):
    """What is to be signed for one purchase, and by what it will be found."""

    demand: Demand
    resource: JsonValue
    extensions: JsonValue
    message: str
    """What the signature covers: a Solana message in base64, or EIP-712 typed data as JSON."""
    evidence: Evidence
    sign_within_seconds: int
    """About how long it can land at all."""


class Landed(Frozen):
    """The chain shows our money with the seller."""

    kind: Literal["landed"] = "landed"
    transaction: str
    piece: str = ""
    """Which part of the transaction, where several payments share one."""
    slot: int
    block_time: datetime | None
    moved: int | None = None
    """Base units that moved, where that may be less than was signed for."""


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


class OutboundTransfer(Frozen):
    """Money that left a wallet of ours."""

    network: str
    transaction: str
    pay_to: str
    amount: Amount
    at: datetime | None


class WalletsNow(Frozen):
    """What can be spent at one moment."""

    wallets: Wallets
    silent: dict[str, str]
    """Networks whose node does not answer, each with the reason why nothing is paid there now."""
