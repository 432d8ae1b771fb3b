"""Why one service ranks above another: four parts, each between 0 and 1, and nothing else."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from domain.catalogue import WEIGHTS, Quality, Score, ScorePart, ServiceListing, Weights
from domain.money import Amount, Asset
from domain.observing import Standing

MEANING_SLOPE: Final = 14.0
WORDS_SLOPE: Final = 2.0
OFFSET: Final = 4.8
"""Of the logistic curve that turns likeness into a similarity.

The slopes are near those of greatest likelihood on whole requests to two markets that the embedding
model was not taught by (``tests.tuning.weighing similarity``: 15, 2); the offset is less than it
would be by that (6), by how well the whole score ranks. Checked on the same: of pairs below 0.1
about 4 in 1,000 serve the request, at 0.5 about 1 in 4, above 0.9 more than four in five.
"""

PRIOR_SUCCESS: Final = 0.5
"""Success expected of a service nobody has told us anything about."""

PRIOR_CALLS: Final = 4.0
"""Weight of that expectation, in calls."""

UNTOLD_SUCCESS: Final = 0.8
"""Success assumed of calls that a bazaar counts without saying how they ended: somebody paid."""

HEARSAY_CAP_CALLS: Final = 4.0
"""Most that a bazaar's counters may weigh, in calls: as much as knowing nothing, or one call of
our own, for sellers can inflate them."""

SAMPLE_CAP_CALLS: Final = 3.0
"""The same for counters that say themselves that they are samples."""

PAYER_WEIGHT: Final = 1.5
"""Calls that one doubling of the unique payers is worth; wash traffic needs many wallets."""

CALL_WEIGHT: Final = 0.25
"""Calls that one doubling of the claimed calls is worth; never more than the payers are."""

BUSY_PAYER_CALLS: Final = 300.0
"""Calls of one payer in a month that are still an honest automation's: ten a day. Counters with
more calls for each payer than that are a seller paying itself, and weigh the less."""

HEARSAY_HALF_LIFE: Final = timedelta(days=90)
"""Age of the last call at which a bazaar's counters count half: services die quietly."""

UNDATED_WEIGHT: Final = 0.5
"""What counters without the date of their last call count."""

OWN_WEIGHT: Final = 4.0
"""What one call we paid for ourselves outweighs, in calls: we saw how it ended."""

REFUND_WEIGHT: Final = 4.0
"""What one promised refund that came or did not come weighs, in calls."""

PRICE_SPAN: Final = 10.0
"""Times the cheapest price at which the price part reaches nothing."""

FAST_MS: Final = 200
"""A 95th percentile at or below this is as good as any."""

SLOW_MS: Final = 30_000
"""A 95th percentile at or above this is as bad as any: near the limit of patience for one call."""

UNKNOWN_LATENCY: Final = 0.5
"""Worth of a latency nobody measured: neither praise nor blame."""

PROBE_HINT: Final = 0.5
"""How far the time of an unpaid answer may move that: saying a price is not doing the work."""


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
    same_job: Iterable[Amount],
    asset: Asset,
    now: datetime,
    weights: Weights = WEIGHTS,
    price: Amount | None = None,
) -> Score:
    """Score one service.

    Args:
        listing: With only the terms that can be paid.
        match: How like the request it is; ``None`` when nothing was asked for.
        evidence: What we know of it ourselves.
        same_job: Prices of its competitors.
        asset: What a free service costs none of.
        now: By which the age of records is told.
        weights: What each part counts.
        price: The listing's lowest, where it was worked out before.
    """
    return Score(
        semantic=semantic_part(match),
        reputation=reputation_part(listing.quality, evidence.standing, now=now),
        price=price_part(price or listing.price or Amount.zero(asset), same_job),
        latency=latency_part(listing.quality, evidence),
        weights=weights,
    )


def worth(
    quality: Quality,
    *,
    match: Match | None,
    evidence: Evidence,
    price: int,
    cheapest: int,
    now: datetime,
    weights: Weights = WEIGHTS,
) -> float:
    """The total that ``score`` comes to, without the words: enough to put many in order.

    Args:
        quality: What a bazaar counts of the service.
        match: As for ``score``.
        evidence: As for ``score``.
        price: In base units of the asset.
        cheapest: Lowest price for its job, its own among them.
        now: As for ``score``.
        weights: As for ``score``.
    """
    hearsay = hearsay_calls(quality, now=now)
    return weights.total(
        semantic=_likeness(match),
        reputation=_expected_success(quality, evidence.standing, hearsay),
        price=_cheapness(price, cheapest),
        latency=latency_part(quality, evidence).value,
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


def reputation_part(quality: Quality, standing: Standing, *, now: datetime) -> ScorePart:
    """Estimate how likely a call is to succeed, distrusting what sellers can inflate."""
    hearsay = hearsay_calls(quality, now=now)
    return ScorePart(
        value=_expected_success(quality, standing, hearsay),
        why=_reputation_words(quality, standing, hearsay),
    )


def _expected_success(quality: Quality, standing: Standing, hearsay: float) -> float:
    claimed = claimed_success(quality)
    good = (
        PRIOR_SUCCESS * PRIOR_CALLS
        + claimed * hearsay
        + standing.delivered * OWN_WEIGHT
        + standing.refunds_kept * REFUND_WEIGHT
    )
    bad = (
        (1 - PRIOR_SUCCESS) * PRIOR_CALLS
        + (1 - claimed) * hearsay
        + standing.failed * OWN_WEIGHT
        + standing.refunds_broken * REFUND_WEIGHT
    )
    return _unit(good / (good + bad))


def claimed_success(quality: Quality) -> float:
    """Share of a bazaar's counted calls that it says ended well."""
    if quality.successful_calls is None or quality.calls <= 0:
        return UNTOLD_SUCCESS
    return _unit(quality.successful_calls / quality.calls)


def hearsay_calls(quality: Quality, *, now: datetime) -> float:
    """Weigh a bazaar's counters, in calls: payers more than calls, old ones less, with a cap."""
    if quality.calls <= 0:
        return 0.0
    payers = math.log2(1 + max(quality.unique_payers, 0)) * PAYER_WEIGHT
    calls = math.log2(1 + quality.calls) * CALL_WEIGHT
    cap = SAMPLE_CAP_CALLS if quality.source == "sample" else HEARSAY_CAP_CALLS
    weight = min(cap, payers + min(calls, payers)) * _freshness(quality.last_called_at, now=now)
    return weight * _plausible(quality)


def _plausible(quality: Quality) -> float:
    """How far counters are believed that a handful of payers made by calling without end."""
    payers = max(quality.unique_payers, 0)
    return min(1.0, BUSY_PAYER_CALLS * payers / quality.calls)


def _freshness(last: datetime | None, *, now: datetime) -> float:
    if last is None:
        return UNDATED_WEIGHT
    told = last if last.tzinfo is not None else last.replace(tzinfo=UTC)
    return math.exp2(-max((now - told) / HEARSAY_HALF_LIFE, 0.0))


def _reputation_words(quality: Quality, standing: Standing, hearsay: float) -> str:
    words: list[str] = []
    if standing.calls:
        share = standing.delivered / max(standing.delivered + standing.failed, 1e-9)
        words.append(f"{share:.0%} of our own {standing.calls} calls delivered, recent ones first")
    if standing.refunds_broken > 0:
        words.append("a promised refund did not come")
    elif standing.refunds_kept > 0:
        words.append("a promised refund came")
    if hearsay > 0:
        kind = "sample figures" if quality.source == "sample" else "the bazaar"
        good = quality.successful_calls
        counted = f"{quality.calls:,}" if good is None else f"{good:,} of {quality.calls:,}"
        words.append(
            f"{kind} count {counted} calls{' good' if good is not None else ''} from "
            f"{quality.unique_payers:,} payers{_last_words(quality.last_called_at)}, "
            f"taken as {hearsay:.1f} calls"
        )
    return "; ".join(words) or f"no record yet, so {PRIOR_SUCCESS:.0%} is assumed"


def _last_words(last: datetime | None) -> str:
    return "" if last is None else f", the last on {last:%Y-%m-%d}"


def price_part(price: Amount, same_job: Iterable[Amount]) -> ScorePart:
    """Compare a price with the cheapest for the same job, on a logarithmic scale."""
    prices = [price, *same_job]
    cheapest = min(prices, key=lambda amount: amount.base_units)
    if len(prices) == 1:
        return ScorePart(value=1.0, why=f"{price}, the only one found for this job")
    return ScorePart(
        value=_cheapness(price.base_units, cheapest.base_units),
        why=f"{price}, {_times(price.base_units, cheapest.base_units):.2f} times the cheapest of "
        f"{len(prices)} for this job ({cheapest})",
    )


def _cheapness(price: int, cheapest: int) -> float:
    if price <= cheapest:
        return 1.0  # most have no rival at all
    return _unit(1 - math.log(_times(price, cheapest)) / _LOG_PRICE_SPAN)


def _times(price: int, cheapest: int) -> float:
    return max(price, 1) / max(cheapest, 1)


def latency_part(quality: Quality, evidence: Evidence) -> ScorePart:
    """Judge the slow calls, on a logarithmic scale: our own, else the bazaar's, else a hint."""
    told = quality.latency_p95_ms
    return _latency(
        evidence.standing.p95_ms,
        told if told is not None and told >= 0 else None,
        evidence.answer_ms,
    )


@lru_cache(maxsize=16_384)
def _latency(own: int | None, told: int | None, asked: int | None) -> ScorePart:
    # Remembered, for most sellers keep theirs from one search to the next.
    if own is not None:
        return ScorePart(value=_speed(own), why=f"95 of 100 of our own calls end within {own:,} ms")
    if told is not None:
        why = f"95 of 100 calls end within {told:,} ms, says the bazaar"
        return ScorePart(value=_speed(told), why=why)
    if asked is not None:
        value = UNKNOWN_LATENCY + PROBE_HINT * (_speed(asked) - UNKNOWN_LATENCY)
        why = f"no latency is known; it said its price within {asked:,} ms"
        return ScorePart(value=_unit(value), why=why)
    return ScorePart(value=UNKNOWN_LATENCY, why="no latency is known")


def _speed(p95_ms: int) -> float:
    clamped = min(max(p95_ms, FAST_MS), SLOW_MS)
    return _unit(1 - math.log(clamped / FAST_MS) / _LOG_SLOWNESS)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
