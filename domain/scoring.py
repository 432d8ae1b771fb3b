"""Why one service ranks above another: four parts, each between 0 and 1, and nothing else."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from domain.catalogue import WEIGHTS, Quality, Score, ScorePart, ServiceListing, Weights
from domain.money import Amount, Asset
from domain.observing import Standing
from domain.reputation import (
    PRIOR_CALLS,
    expected_success,
    has_record,
    hearsay_calls,
    reputation_part,
)

MEANING_SLOPE: Final = 14.0
WORDS_SLOPE: Final = 2.0
OFFSET: Final = 4.8
"""Of the logistic curve that turns likeness into a similarity.

The slopes are near those of greatest likelihood on whole requests to markets that the embedding
model was not taught by (``tests.tuning.weighing similarity``: 15, 2 over two of them, 16, 1 over
seven); the offset is less than it would be by that (6), by how well the whole score ranks. Checked
on the two: of pairs below 0.1 about 4 in 1,000 serve the request, at 0.5 about 1 in 4, above 0.9
more than four in five.
"""

PRICE_SPAN: Final = 10.0
"""Times the cheapest price at which the price part reaches nothing."""

FAST_MS: Final = 200
"""A 95th percentile at or below this is as good as any."""

SLOW_MS: Final = 30_000
"""A 95th percentile at or above this is as bad as any: near the limit of patience for one call."""

UNKNOWN_LATENCY: Final = 0.5
"""Worth of a latency nobody measured: neither praise nor blame."""

LOOK_CALLS: Final = 1.0
"""Calls that the time of an unpaid answer weighs: saying a price is not doing the work."""

_LOG_PRICE_SPAN: Final = math.log(PRICE_SPAN)
_LOG_SLOWNESS: Final = math.log(SLOW_MS / FAST_MS)

_MOST_ODDS: Final = 700.0
"""Odds beyond it have no place in a float."""


class Match(NamedTuple):
    """How like a request a listing is."""

    meaning: float
    """Cosine of the two texts' vectors."""
    words: float
    """Share of what the request's words weigh that the listing says, too; from 0 to 1."""
    fit: float = 0.0
    """What the values that the request gives add, in log-odds; see ``domain.fitting``."""


class Rival(NamedTuple):
    """What somebody asks for a job that others do, too."""

    base_units: int
    proven: bool
    """Whether deliveries of it are on record, so that its price is one for which work is done."""


class Evidence(NamedTuple):
    """What is known of a service besides what it says of itself."""

    standing: Standing = Standing()
    """What our own purchases taught us."""
    answer_ms: int | None = None
    """How long it took to say its price, unpaid."""


class Record(NamedTuple):
    """What a service's record comes to."""

    success: float
    """The value of ``reputation_part``."""
    speed: float
    """The value of ``latency_part``."""


class Told(NamedTuple):
    """The same in words."""

    reputation: ScorePart
    latency: ScorePart


def record_of(quality: Quality, evidence: Evidence, *, now: datetime) -> Record:
    """Judge a service's record by numbers alone."""
    hearsay = hearsay_calls(quality, now=now)
    success = expected_success(quality, evidence.standing, hearsay)
    return Record(success, _latency(quality, evidence, hearsay))


def told_of(quality: Quality, evidence: Evidence, *, now: datetime) -> Told:
    """Judge a service's record, and say why."""
    return Told(
        reputation_part(quality, evidence.standing, now=now),
        latency_part(quality, evidence, now=now),
    )


def score(
    listing: ServiceListing,
    *,
    match: Match | None,
    told: Told,
    same_job: Iterable[Rival],
    asset: Asset,
    weights: Weights = WEIGHTS,
    price: Amount | None = None,
) -> Score:
    """Score one service.

    Args:
        listing: With only the terms that can be paid.
        match: How like the request it is; ``None`` when nothing was asked for.
        told: What its record comes to.
        same_job: Its competitors.
        asset: What a free service costs none of.
        weights: What each part counts.
        price: The listing's lowest, where it was worked out before.
    """
    asked = price or listing.price or Amount.zero(asset)
    own = Rival(asked.base_units, proven=has_record(told.reputation.value))
    return Score(
        semantic=semantic_part(match),
        reputation=told.reputation,
        price=price_part(asked, [own, *same_job]),
        latency=told.latency,
        weights=weights,
    )


def worth(
    record: Record,
    *,
    match: Match | None,
    price: int,
    measure: int,
    weights: Weights = WEIGHTS,
) -> float:
    """The total that ``score`` comes to, without the words: enough to put many in order.

    Args:
        record: What its record comes to.
        match: As for ``score``.
        price: In base units of the asset.
        measure: ``measure_of`` its job, itself among it.
        weights: As for ``score``.
    """
    return weights.total(
        semantic=_likeness(match),
        reputation=record.success,
        price=_cheapness(price, measure),
        latency=record.speed,
    )


def similarity(match: Match) -> float:
    """How likely a listing that is so like a request serves it: a logistic curve of both.

    Grows with each of them. Unrelated texts come out near 0.
    """
    told = MEANING_SLOPE * match.meaning + WORDS_SLOPE * match.words + match.fit
    return 1 / (1 + math.exp(min(OFFSET - told, _MOST_ODDS)))


def semantic_part(match: Match | None) -> ScorePart:
    """Say how well a listing fits what was asked."""
    if match is None:
        return ScorePart(value=0.0, why="no text was asked for, so nothing was compared")
    return ScorePart(
        value=_likeness(match),
        why=f"its meaning is {match.meaning:.2f} like what was asked, and it says "
        f"{match.words:.0%} of the words that count{_fit_words(match.fit)}",
    )


def _likeness(match: Match | None) -> float:
    # What one engine or another computes differs in the eighth digit, and means nothing.
    return 0.0 if match is None else round(similarity(match), 6)


def _fit_words(fit: float) -> str:
    if fit == 0:
        return ""
    return "; it needs values of the form given" if fit > 0 else "; it needs values not given"


def measure_of(job: Sequence[Rival]) -> int:
    """What prices for a job are compared with, in base units: the cheapest.

    Anybody can list a price at which nothing is ever delivered. So where somebody has a record,
    the cheapest of those who have one is the measure, and asking less than that is worth no more.
    """
    return min(one.base_units for one in [one for one in job if one.proven] or job)


def price_part(price: Amount, job: Sequence[Rival]) -> ScorePart:
    """Compare a price with its measure, on a logarithmic scale; it is one of its job's itself."""
    measure = measure_of(job)
    value = _cheapness(price.base_units, measure)
    if len(job) == 1:
        return ScorePart(value=value, why=f"{price}, the only one found for this job")
    proven = sum(one.proven for one in job)
    of_whom = f"{len(job)}" if proven in {0, len(job)} else f"{proven} with a record"
    why = (
        f"{price}, {_times(price.base_units, measure):.2f} times the cheapest of {of_whom} for "
        f"this job ({Amount(asset=price.asset, base_units=measure)})"
    )
    return ScorePart(value=value, why=why)


def _cheapness(price: int, measure: int) -> float:
    if price <= measure:
        return 1.0  # most have no rival at all
    return _unit(1 - math.log(_times(price, measure)) / _LOG_PRICE_SPAN)


def _times(price: int, measure: int) -> float:
    return max(price, 1) / max(measure, 1)


def latency_part(quality: Quality, evidence: Evidence, *, now: datetime) -> ScorePart:
    """Judge the slow calls, on a logarithmic scale: our own, else the bazaar's, else a hint.

    Who praises a service's speed is believed only as far as deliveries of it are believed, and an
    unpaid answer is no delivery. That it is slow nobody would make up.
    """
    hearsay = hearsay_calls(quality, now=now)
    return ScorePart(
        value=_latency(quality, evidence, hearsay), why=_latency_words(quality, evidence, hearsay)
    )


def _latency(quality: Quality, evidence: Evidence, hearsay: float) -> float:
    if evidence.standing.p95_ms is not None:
        return _speed(evidence.standing.p95_ms)
    told = _told_ms(quality)
    if told is not None:
        return _believed(_speed(told), hearsay)
    if evidence.answer_ms is not None:
        return _believed(_speed(evidence.answer_ms), LOOK_CALLS)
    return UNKNOWN_LATENCY


def _latency_words(quality: Quality, evidence: Evidence, hearsay: float) -> str:
    own, told = evidence.standing.p95_ms, _told_ms(quality)
    if own is not None:
        return f"95 of 100 of our own calls end within {own:,} ms"
    if told is not None:
        return (
            f"95 of 100 calls end within {told:,} ms, says the bazaar, taken as {hearsay:.1f} calls"
        )
    if evidence.answer_ms is not None:
        return f"no latency is known; it said its price within {evidence.answer_ms:,} ms"
    return "no latency is known"


def _told_ms(quality: Quality) -> int | None:
    told = quality.latency_p95_ms
    return told if told is not None and told >= 0 else None


def _believed(speed: float, calls: float) -> float:
    praise = max(speed - UNKNOWN_LATENCY, 0.0)
    return min(speed, UNKNOWN_LATENCY) + praise * calls / (calls + PRIOR_CALLS)


def _speed(p95_ms: int) -> float:
    clamped = min(max(p95_ms, FAST_MS), SLOW_MS)
    return _unit(1 - math.log(clamped / FAST_MS) / _LOG_SLOWNESS)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
