"""How likely a call of a service is to be delivered, by its record: ours, and a bazaar's."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.catalogue import Quality, ScorePart
from domain.observing import Standing

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

LEAST_RECORD: Final = (PRIOR_SUCCESS * PRIOR_CALLS + 1) / (PRIOR_CALLS + 1)
"""Reputation from which somebody credible saw a service deliver: what one call that ended well, and
that is believed, makes of knowing nothing. Washed counters and stale ones stay below it."""


def reputation_part(quality: Quality, standing: Standing, *, now: datetime) -> ScorePart:
    """Say how likely a call is to succeed, and by what record."""
    hearsay = hearsay_calls(quality, now=now)
    return ScorePart(
        value=expected_success(quality, standing, hearsay),
        why=_reputation_words(quality, standing, hearsay),
    )


def expected_success(quality: Quality, standing: Standing, hearsay: float) -> float:
    """Estimate how likely a call is to succeed, distrusting what sellers can inflate.

    Args:
        quality: What a bazaar counts.
        standing: What our own purchases taught us.
        hearsay: ``hearsay_calls`` of that quality.
    """
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
    return min(max(good / (good + bad), 0.0), 1.0)


def has_record(success: float) -> bool:
    """Whether deliveries of a service are known, and outweigh what is held against it.

    Args:
        success: What is expected of it.
    """
    return success >= LEAST_RECORD


def claimed_success(quality: Quality) -> float:
    """Share of a bazaar's counted calls that it says ended well."""
    if quality.successful_calls is None or quality.calls <= 0:
        return UNTOLD_SUCCESS
    return min(max(quality.successful_calls / quality.calls, 0.0), 1.0)


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
