"""A record: what sellers can inflate is worth little, and no way down by doing well."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import Quality
from domain.observing import Standing
from domain.reputation import (
    HEARSAY_CAP_CALLS,
    SAMPLE_CAP_CALLS,
    has_record,
    hearsay_calls,
    reputation_part,
)
from tests.domain.knowledge import qualities, standings
from tests.fakes.builders import NOW

PRAISED = Quality(
    calls=10**9,
    successful_calls=10**9,
    unique_payers=10**9,
    last_called_at=NOW,
    source="measured",
)


def reputation(quality: Quality, standing: Standing | None = None) -> float:
    return reputation_part(quality, standing or Standing(), now=NOW).value


def more(standing: Standing, **changes: float) -> Standing:
    added = {name: getattr(standing, name) + by for name, by in changes.items()}
    return standing.model_copy(update=added)


@given(quality=qualities, standing=standings)
def test_one_more_good_end_never_lowers_a_reputation_and_a_bad_one_never_lifts_it(
    quality: Quality, standing: Standing
) -> None:
    now = reputation(quality, standing)

    assert reputation(quality, more(standing, delivered=1)) >= now - 1e-12
    assert reputation(quality, more(standing, refunds_kept=1)) >= now - 1e-12
    assert reputation(quality, more(standing, failed=1)) <= now + 1e-12
    assert reputation(quality, more(standing, refunds_broken=1)) <= now + 1e-12


@given(quality=qualities)
def test_one_more_claimed_success_never_lowers_a_reputation(quality: Quality) -> None:
    if quality.successful_calls is None or quality.successful_calls >= quality.calls:
        return
    better = quality.model_copy(update={"successful_calls": quality.successful_calls + 1})

    assert reputation(better) >= reputation(quality) - 1e-12


def test_our_own_failures_outweigh_any_hearsay() -> None:
    assert reputation(PRAISED, Standing(failed=5, calls=5)) < 0.5 < reputation(PRAISED)


def test_a_promised_refund_that_did_not_come_is_held_against_a_seller() -> None:
    delivered = Standing(delivered=3, calls=3)

    broken = reputation_part(Quality(), more(delivered, refunds_broken=1), now=NOW)

    assert broken.value < reputation(Quality(), delivered)
    assert "refund did not come" in broken.why


def test_many_payers_say_more_than_many_calls() -> None:
    washed = Quality(
        calls=1_000_000,
        successful_calls=1_000_000,
        unique_payers=1,
        last_called_at=NOW,
        source="measured",
    )
    honest = washed.model_copy(update={"calls": 400, "successful_calls": 398, "unique_payers": 90})

    assert reputation(honest) > reputation(washed)


@given(quality=qualities)
def test_hearsay_is_capped_and_samples_lower(quality: Quality) -> None:
    sample = quality.model_copy(update={"source": "sample"})

    assert hearsay_calls(quality, now=NOW) <= HEARSAY_CAP_CALLS
    assert hearsay_calls(sample, now=NOW) <= SAMPLE_CAP_CALLS


@given(quality=qualities, earlier=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_an_older_last_call_never_weighs_more(quality: Quality, earlier: timedelta) -> None:
    fresh = quality.model_copy(update={"last_called_at": NOW})
    old = quality.model_copy(update={"last_called_at": NOW - earlier})

    assert hearsay_calls(old, now=NOW) <= hearsay_calls(fresh, now=NOW)


def test_a_record_of_a_year_ago_hardly_counts() -> None:
    old = PRAISED.model_copy(update={"last_called_at": NOW - timedelta(days=365)})

    assert abs(reputation(old) - 0.5) < 0.15 < reputation(PRAISED) - 0.5


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    bare = PRAISED.model_copy(update={"last_called_at": datetime(2026, 11, 21, 12)})  # noqa: DTZ001

    assert reputation(bare) == reputation(PRAISED)


def test_calls_counted_without_their_ends_are_trusted_less_than_good_ones() -> None:
    untold = PRAISED.model_copy(update={"successful_calls": None})

    assert 0.5 < reputation(untold) < reputation(PRAISED)


@pytest.mark.parametrize(
    ("quality", "standing"),
    [
        (Quality(), Standing(delivered=1, calls=1)),
        (PRAISED, Standing()),
        (PRAISED.model_copy(update={"unique_payers": 10, "calls": 200}), Standing()),
        (PRAISED, Standing(failed=1, delivered=2, calls=3)),
    ],
    ids=["delivered to us", "praised", "sold to ten payers", "delivered more than it failed"],
)
def test_who_was_seen_to_deliver_has_a_record(quality: Quality, standing: Standing) -> None:
    assert has_record(reputation_part(quality, standing, now=NOW).value)


@pytest.mark.parametrize(
    ("quality", "standing"),
    [
        (Quality(), Standing()),
        (PRAISED.model_copy(update={"unique_payers": 4, "calls": 250_000}), Standing()),
        (
            PRAISED.model_copy(update={"last_called_at": NOW - timedelta(days=700)}),
            Standing(),
        ),
        (PRAISED.model_copy(update={"successful_calls": 10**8}), Standing()),
        (PRAISED, Standing(failed=2, calls=2)),
    ],
    ids=["unheard of", "washed", "stale", "seldom delivers", "failed us"],
)
def test_who_was_not_seen_to_deliver_has_none(quality: Quality, standing: Standing) -> None:
    assert not has_record(reputation_part(quality, standing, now=NOW).value)
