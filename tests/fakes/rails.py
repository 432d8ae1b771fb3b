"""A chain in memory and the rails on it; told what becomes of what is signed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from activities.payments.exchanges import (
    Challenge,
    Demand,
    InboundTransfer,
    Landed,
    NeverLands,
    OutboundTransfer,
    Outcome,
    Pending,
    SignedPayment,
    Unsigned,
)
from domain.chains import USDC_DEVNET
from domain.errors import EngineError, SignatureRefused
from domain.ids import Digest, PaymentKey, digest_json
from domain.money import Amount, Asset
from domain.payments import Evidence, Receipt, SvmEvidence
from tests.fakes.builders import NOW, PAYER

GOOD_SIGNATURE = "signed by the payer"


@dataclass
class FakeRail:
    """Signs by writing down; its chain shows what a test put there."""

    asset: Asset = USDC_DEVNET
    payer: str | None = PAYER
    held: int = 100_000_000
    fails: list[EngineError] = field(default_factory=list)
    """Raised by the next preparations or signatures, one each."""
    outcomes: dict[Digest, Outcome] = field(default_factory=dict)
    """By message; pending when nothing is said."""
    unreadable: list[EngineError] = field(default_factory=list)
    """Raised by the next looks at the chain, one each."""
    proven: set[str] = field(default_factory=set)
    inbound: list[InboundTransfer] = field(default_factory=list)
    left: list[OutboundTransfer] = field(default_factory=list)
    built: list[Unsigned] = field(default_factory=list)
    signed: list[PaymentKey] = field(default_factory=list)
    looked: list[str | None] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    async def refusal(self) -> str | None:
        return None

    async def balance(self, payer: str) -> Amount:
        return Amount(asset=self.asset, base_units=self.held)

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        self.events.append("prepare")
        if self.fails:
            raise self.fails.pop(0)
        made = Unsigned(
            demand=demand,
            resource=challenge.resource,
            extensions=challenge.extensions,
            message=f"message {len(self.built)} of {key}",
            evidence=SvmEvidence(
                payer=payer,
                message_digest=digest_json(["message", len(self.built), key]),
                memo="memo",
                first_slot=1,
                last_valid_block_height=151,
            ),
            sign_within_seconds=60,
        )
        self.built.append(made)
        return made

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        self.events.append("sign")
        if self.fails:
            raise self.fails.pop(0)
        self.signed.append(key)
        return _signed(unsigned)

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        if signature != GOOD_SIGNATURE:
            raise SignatureRefused("that is not the payer's signature")
        return _signed(unsigned)

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        self.looked.append(hint)
        if self.unreadable:
            raise self.unreadable.pop(0)
        return self.outcomes.get(evidence.message_digest, Pending())

    async def proves(self, receipt: Receipt) -> bool:
        return receipt.transaction in self.proven

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        return list(self.inbound)

    async def outbound(self, payer: str, *, since: datetime) -> list[OutboundTransfer]:
        return list(self.left)

    def land(self, evidence: Evidence, transaction: str = "tx", **changes: object) -> None:
        fields = {"transaction": transaction, "slot": 7, "block_time": NOW} | changes
        self.outcomes[evidence.message_digest] = Landed.model_validate(fields)
        self.proven.add(transaction)

    def rule_out(self, evidence: Evidence, why: str = "block 152 is past it") -> None:
        self.outcomes[evidence.message_digest] = NeverLands(reason=why)


@dataclass
class FakeChannelRail(FakeRail):
    """A rail with channels: takes note of what it hears."""

    deposit: int = 0
    heard_of: list[tuple[bool, Mapping[str, JsonValue] | None]] = field(default_factory=list)
    deaf: list[EngineError] = field(default_factory=list)
    """Raised by the next hearings, one each."""
    left_over: InboundTransfer | None = None
    refuses: list[EngineError] = field(default_factory=list)

    async def at_risk(self, evidence: Evidence) -> Amount:
        return Amount(asset=self.asset, base_units=self.deposit)

    async def heard(
        self,
        evidence: Evidence,
        *,
        delivered: bool,
        settlement: Mapping[str, JsonValue] | None,
        challenge: Challenge | None,
    ) -> None:
        if self.deaf:
            raise self.deaf.pop(0)
        self.heard_of.append((delivered, settlement))

    async def refund_channel(self, receipt: Receipt) -> InboundTransfer | None:
        if self.refuses:
            raise self.refuses.pop(0)
        return self.left_over


def _signed(unsigned: Unsigned) -> SignedPayment:
    return SignedPayment(
        x402_version=unsigned.demand.terms.x402_version,
        accepted=unsigned.demand.raw,
        resource=unsigned.resource,
        extensions=unsigned.extensions,
        payload={"transaction": unsigned.message},
    )
