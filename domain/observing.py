"""What calls taught us about sellers: one observation a purchase, weighed by its age."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.ids import ListingId

HALF_LIFE: Final = timedelta(days=30)
"""Age at which an observation counts half: sellers change within months, not hours."""

KEPT: Final = timedelta(days=365)
"""Older observations weigh less than a four-thousandth and are dropped."""

LATENCY_QUANTILE: Final = 0.95

Blame = Literal["seller", "facilitator", "network", "us"]
"""Whose fault a failure is. Only ``seller`` counts against a seller."""

RefundKept = Literal["none", "kept", "broken"]
"""Whether a promised refund came; ``none`` when none was asked for."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Observation(Frozen):
    """How one purchase, paid or free, ended."""

    id: str
    """The payment key, or the slot of a free call; told twice, it counts once."""
    listing_id: ListingId
    host: str
    at: datetime
    delivered: bool
    schema_valid: bool
    """The body was of the promised type and shape."""
    latency_ms: int | None = Field(default=None, ge=0)
    """From sending the payment to the end of the body; ``None`` where nothing was answered."""
    listed_base_units: int | None = Field(default=None, ge=0)
    asked_base_units: int | None = Field(default=None, ge=0)
    """What the live 402 asked; with the listed price, the drift."""
    refund: RefundKept = "none"
    blame: Blame = "seller"
    """Whose fault it is that nothing was delivered."""


class Standing(Frozen):
    """A seller's record with us, each observation weighed by its age."""

    delivered: float = Field(default=0.0, ge=0)
    failed: float = Field(default=0.0, ge=0)
    calls: int = Field(default=0, ge=0)
    """All that were observed, unweighed; for words, not for sums."""
    p95_ms: int | None = None
    """Weighed 95th percentile of the latencies."""
    refunds_kept: float = 0.0
    refunds_broken: float = 0.0
    last_at: datetime | None = None


def standing_of(observations: Iterable[Observation], *, now: datetime) -> Standing:
    """Summarise one listing's observations."""
    seen = list(observations)
    blamed = [one for one in seen if one.delivered or one.blame == "seller"]
    latencies = [
        (one.latency_ms, weight_at(one.at, now=now))
        for one in seen
        if one.latency_ms is not None and one.delivered
    ]
    return Standing(
        delivered=sum(weight_at(o.at, now=now) for o in blamed if o.delivered and o.schema_valid),
        failed=sum(
            weight_at(o.at, now=now) for o in blamed if not (o.delivered and o.schema_valid)
        ),
        calls=len(blamed),
        p95_ms=_quantile(latencies),
        refunds_kept=sum(weight_at(o.at, now=now) for o in seen if o.refund == "kept"),
        refunds_broken=sum(weight_at(o.at, now=now) for o in seen if o.refund == "broken"),
        last_at=max((one.at for one in seen), default=None),
    )


def weight_at(at: datetime, *, now: datetime) -> float:
    """What an observation of this age counts, in (0, 1]; one from the future counts whole."""
    age = max((now - at) / HALF_LIFE, 0.0)
    return math.exp2(-age)


def _quantile(weighed: Sequence[tuple[int, float]]) -> int | None:
    total = sum(weight for _, weight in weighed)
    reached = 0.0
    for value, weight in sorted(weighed):
        reached += weight
        if reached >= LATENCY_QUANTILE * total:
            return value
    return None
