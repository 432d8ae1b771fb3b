"""Why one service ranks above another: four parts, each between 0 and 1, and nothing else."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from domain.catalogue import WEIGHTS, Quality, Score, ScorePart, ServiceListing, Weights
from domain.money import Amount, Asset
from domain.observing import Standing
from domain.reputation import PRIOR_CALLS, has_record, hearsay_calls, reputation_part

MEANING_SLOPE: Final = 14.0
WORDS_SLOPE: Final = 2.0
OFFSET: Final = 4.8
"""Of the logistic curve that turns likeness into a similarity.

The slopes are near those of greatest likelihood on whole requests to two markets that the embedding
model was not taught by (``tests.tuning.weighing similarity``: 15, 2); the offset is less than it
would be by that (6), by how well the whole score ranks. Checked on the same: of pairs below 0.1
about 4 in 1,000 serve the request, at 0.5 about 1 in 4, above 0.9 more than four in five.
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
    """What a competitor asks for the same job."""

    price: Amount
    proven: bool
    """Whether deliveries of it are on record, so that its price is one for which work is done."""


class Evidence(NamedTuple):
    """What is known of a service besides what it says of itself."""

    standing: Standing = Standing()
    """What our own purchases taught us."""
    answer_ms: int | None = None
    """How long it took to say its price, unpaid."""


def score(
    listing: ServiceListing,
    *,
    match: Match | None,
    evidence: Evidence,
    same_job: Iterable[Rival],
    asset: Asset,
    now: datetime,
    weights: Weights = WEIGHTS,
) -> Score:
    """Score one service.

    Args:
        listing: With only the terms that can be paid.
        match: How like the request it is; ``None`` when nothing was asked for.
        evidence: What we know of it ourselves.
        same_job: Its competitors.
        asset: What a free service costs none of.
        now: By which the age of records is told.
        weights: What each part counts.
    """
    reputation = reputation_part(listing.quality, evidence.standing, now=now)
    own = Rival(listing.price or Amount.zero(asset), proven=has_record(reputation))
    return Score(
        semantic=semantic_part(match),
        reputation=reputation,
        price=price_part(own, same_job),
        latency=latency_part(listing.quality, evidence, now=now),
        weights=weights,
    )


def rival(listing: ServiceListing, standing: Standing, *, now: datetime) -> Rival | None:
    """What a listing is to those it competes with; nothing where it is free."""
    if listing.price is None:
        return None
    reputation = reputation_part(listing.quality, standing, now=now)
    return Rival(listing.price, proven=has_record(reputation))


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
        # What one engine or another computes differs in the eighth digit, and means nothing.
        value=round(similarity(match), 6),
        why=f"its meaning is {match.meaning:.2f} like what was asked, and it says "
        f"{match.words:.0%} of the words that count{_fit_words(match.fit)}",
    )


def _fit_words(fit: float) -> str:
    if fit == 0:
        return ""
    return "; it needs values of the form given" if fit > 0 else "; it needs values not given"


def price_part(own: Rival, same_job: Iterable[Rival]) -> ScorePart:
    """Compare a price with the cheapest for the same job, on a logarithmic scale.

    Anybody can list a price at which nothing is ever delivered. So where somebody has a record,
    the cheapest of those who have one is the measure, and asking less than that is worth no more.
    """
    job = [own, *same_job]
    proven = [one for one in job if one.proven]
    measure = min((one.price for one in proven or job), key=lambda amount: amount.base_units)
    ratio = max(own.price.base_units, 1) / max(measure.base_units, 1)
    value = _unit(1 - math.log(ratio) / math.log(PRICE_SPAN))
    if len(job) == 1:
        return ScorePart(value=value, why=f"{own.price}, the only one found for this job")
    of_whom = f"{len(job)}" if len(proven) in {0, len(job)} else f"{len(proven)} with a record"
    why = f"{own.price}, {ratio:.2f} times the cheapest of {of_whom} for this job ({measure})"
    return ScorePart(value=value, why=why)


def latency_part(quality: Quality, evidence: Evidence, *, now: datetime) -> ScorePart:
    """Judge the slow calls, on a logarithmic scale: our own, else the bazaar's, else a hint.

    Who praises a service's speed is believed only as far as deliveries of it are believed, and an
    unpaid answer is no delivery. That it is slow nobody would make up.
    """
    own = evidence.standing.p95_ms
    if own is not None:
        return ScorePart(value=_speed(own), why=f"95 of 100 of our own calls end within {own:,} ms")
    told = quality.latency_p95_ms
    if told is not None and told >= 0:
        calls = hearsay_calls(quality, now=now)
        why = f"95 of 100 calls end within {told:,} ms, says the bazaar, taken as {calls:.1f} calls"
        return ScorePart(value=_believed(_speed(told), calls), why=why)
    asked = evidence.answer_ms
    if asked is not None:
        why = f"no latency is known; it said its price within {asked:,} ms"
        return ScorePart(value=_believed(_speed(asked), LOOK_CALLS), why=why)
    return ScorePart(value=UNKNOWN_LATENCY, why="no latency is known")


def _believed(speed: float, calls: float) -> float:
    praise = max(speed - UNKNOWN_LATENCY, 0.0)
    return min(speed, UNKNOWN_LATENCY) + praise * calls / (calls + PRIOR_CALLS)


def _speed(p95_ms: int) -> float:
    clamped = min(max(p95_ms, FAST_MS), SLOW_MS)
    return _unit(1 - math.log(clamped / FAST_MS) / math.log(SLOW_MS / FAST_MS))


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
