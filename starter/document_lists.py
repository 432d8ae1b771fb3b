"""The JSON documents of lists: runs, services, receipts."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from domain.breakers import Breaker, BreakerKind, BreakerState
from domain.catalogue import RankedListing, Refusal, Score, ScorePart, Weights
from domain.drafting import ServicesFound
from domain.ids import Digest, ListingId, PaymentKey, RequestId, StepId
from domain.money import Amount, Asset
from domain.payments import Receipt
from starter.document_money import AuditDocument
from starter.finding import RunLine
from starter.receipts import Collected


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class RunEntry(Frozen):
    """One run."""

    run_id: RequestId
    status: str
    started_at: datetime
    ended_at: datetime | None
    total_cost: str | None
    """Known once the run has ended."""
    asset: str


class RunList(Frozen):
    """Runs, newest first."""

    runs: tuple[RunEntry, ...]

    @classmethod
    def of(cls, lines: list[RunLine], asset: Asset) -> Self:
        """Describe runs."""
        return cls(
            runs=tuple(
                RunEntry(
                    run_id=line.run_id,
                    status=line.status,
                    started_at=line.started_at,
                    ended_at=line.ended_at,
                    total_cost=in_tokens(line.paid, asset).to_decimal()
                    if line.paid is not None
                    else None,
                    asset=asset.symbol,
                )
                for line in lines
            )
        )


class PartEntry(Frozen):
    """One of the four parts of a score."""

    value: float
    weight: float
    why: str


class ScoreEntry(Frozen):
    """Why a service ranks where it does."""

    total: float
    semantic: PartEntry
    reputation: PartEntry
    price: PartEntry
    latency: PartEntry

    @classmethod
    def of(cls, score: Score) -> Self:
        """Describe a score."""
        entries = {}
        for name in Weights.model_fields:
            part: ScorePart = getattr(score, name)
            weight: float = getattr(score.weights, name)
            entries[name] = PartEntry(value=part.value, weight=weight, why=part.why)
        return cls(total=score.total, **entries)


class ServiceEntry(Frozen):
    """One service."""

    id: ListingId
    name: str
    description: str
    method: str
    url: str
    price: str | None
    """``None``: it is free."""
    asset: str | None
    network: str | None
    refundable: bool
    bazaar: str
    probed_at: datetime | None
    """When its seller was last asked for its terms without payment; ``None``: never."""
    score: ScoreEntry

    @classmethod
    def of(cls, ranked: RankedListing) -> Self:
        """Describe a ranked service."""
        listing = ranked.listing
        price = listing.price
        return cls(
            id=listing.id,
            name=listing.name,
            description=listing.description,
            method=listing.method,
            url=listing.url,
            price=price.to_decimal() if price else None,
            asset=price.asset.symbol if price else None,
            network=price.asset.network if price else None,
            refundable=listing.refund is not None,
            bazaar=listing.bazaar,
            probed_at=ranked.probed_at,
            score=ScoreEntry.of(ranked.score),
        )


class BreakerEntry(Frozen):
    """A host, facilitator or node that failed too often."""

    kind: BreakerKind
    key: str
    state: BreakerState
    failures: int
    """In a row."""
    open_until: datetime | None
    tried_until: datetime | None
    """While one call finds out whether it answers again, and all others wait."""
    reason: str

    @classmethod
    def of(cls, breaker: Breaker, now: datetime) -> Self:
        """Describe a breaker."""
        return cls(
            kind=breaker.kind,
            key=breaker.key,
            state=breaker.state(now),
            failures=breaker.failures,
            open_until=breaker.open_until,
            tried_until=breaker.tried_until if breaker.is_tried(now) else None,
            reason=breaker.reason,
        )


class ServiceList(Frozen):
    """What discovery found, best first, what it refused, and who is left alone for now."""

    services: tuple[ServiceEntry, ...]
    refused: tuple[Refusal, ...]
    breakers: tuple[BreakerEntry, ...]

    @classmethod
    def of(cls, found: ServicesFound, now: datetime) -> Self:
        """Describe what was found."""
        return cls(
            services=tuple(ServiceEntry.of(ranked) for ranked in found.ranked),
            refused=found.refused,
            breakers=tuple(BreakerEntry.of(breaker, now) for breaker in found.breakers),
        )


class ReceiptEntry(Frozen):
    """One receipt, in full."""

    run_id: RequestId
    step_id: StepId
    key: PaymentKey
    listing_id: ListingId
    amount: str
    asset: str
    network: str
    pay_to: str
    payer: str
    scheme: str
    transaction: str
    piece: str
    slot: int
    block_time: datetime | None
    response_digest: Digest | None
    proven: bool | None
    """Whether the chain proved it again just now; ``None`` when it was not asked."""

    @classmethod
    def of(cls, run: RequestId, receipt: Receipt, *, proven: bool | None) -> Self:
        """Describe a receipt."""
        return cls(
            run_id=run,
            amount=receipt.amount.to_decimal(),
            asset=receipt.amount.asset.symbol,
            proven=proven,
            **receipt.model_dump(exclude={"amount"}),
        )


class UnreadableEntry(Frozen):
    """A run whose receipts nobody could read."""

    run_id: RequestId
    message: str


class ReceiptList(Frozen):
    """Receipts of one or of several runs."""

    receipts: tuple[ReceiptEntry, ...]
    verified: bool
    """Whether the chain was asked again."""
    unreadable: tuple[UnreadableEntry, ...]
    audit: AuditDocument | None = None
    """What comparing ledger, history and chains found; ``None`` when they were not compared."""

    @classmethod
    def of(cls, found: Collected, proven: Collection[PaymentKey] | None) -> Self:
        """Describe receipts; ``proven`` is missing when the chain was not asked."""
        return cls(
            receipts=tuple(
                ReceiptEntry.of(
                    run, receipt, proven=None if proven is None else receipt.key in proven
                )
                for run, receipt in found.receipts
            ),
            verified=proven is not None,
            unreadable=tuple(
                UnreadableEntry(run_id=run, message=why) for run, why in found.unreadable
            ),
        )


def in_tokens(paid: float, asset: Asset) -> Amount:
    """Read a search attribute, which can only be a float, back into an exact amount."""
    return Amount.from_decimal(f"{paid:.{asset.decimals}f}", asset)
