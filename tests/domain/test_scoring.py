"""The score: four parts between 0 and 1, an exact sum, and no way down by doing well."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import scoring
from domain.catalogue import Quality, Score, Weights
from domain.chains import USDC_DEVNET
from domain.money import Amount
from domain.observing import Standing
from domain.scoring import Evidence, Match
from tests.fakes import builders
from tests.fakes.builders import NOW

counts = st.integers(min_value=0, max_value=10**9)
ages = st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=900))
qualities = st.builds(
    lambda age, **given: Quality(last_called_at=None if age is None else NOW - age, **given),
    age=ages,
    calls=counts,
    successful_calls=st.none() | counts,
    unique_payers=counts,
    latency_p50_ms=st.none() | counts,
    latency_p95_ms=st.none() | counts,
    source=st.sampled_from(["measured", "sample", "none"]),
)
weighed = st.floats(min_value=0, max_value=1_000)
standings = st.builds(
    Standing,
    delivered=weighed,
    failed=weighed,
    calls=st.integers(0, 5_000),
    p95_ms=st.none() | counts,
    refunds_kept=weighed,
    refunds_broken=weighed,
)
evidences = st.builds(Evidence, standing=standings, answer_ms=st.none() | counts)
likenesses = st.builds(Match, meaning=st.floats(-1, 1), words=st.floats(0, 1), fit=st.floats(-5, 5))
units = st.integers(min_value=0, max_value=10**12)
PRAISED = Quality(
    calls=10**9,
    successful_calls=10**9,
    unique_payers=10**9,
    last_called_at=NOW,
    source="measured",
)


def usdc(base_units: int) -> Amount:
    return Amount(asset=USDC_DEVNET, base_units=base_units)


def reputation(quality: Quality, standing: Standing | None = None) -> float:
    return scoring.reputation_part(quality, standing or Standing(), now=NOW).value


def more(standing: Standing, **changes: float) -> Standing:
    added = {name: getattr(standing, name) + by for name, by in changes.items()}
    return standing.model_copy(update=added)


def scored(
    quality: Quality,
    match: Match | None,
    evidence: Evidence,
    *,
    price: int = 0,
    others: list[int] | None = None,
    weights: Weights | None = None,
) -> Score:
    return scoring.score(
        builders.listing(accepts=(builders.terms(base_units=price),), quality=quality),
        match=match,
        evidence=evidence,
        same_job=[usdc(other) for other in others or []],
        asset=USDC_DEVNET,
        now=NOW,
        weights=weights or Weights(),
    )


@given(
    quality=qualities,
    evidence=evidences,
    match=st.none() | likenesses,
    price=units,
    others=st.lists(units, max_size=5),
)
def test_every_part_and_the_total_stay_within_zero_and_one_and_the_sum_is_exact(
    quality: Quality, evidence: Evidence, match: Match | None, price: int, others: list[int]
) -> None:
    made = scored(quality, match, evidence, price=price, others=others)

    parts = (made.semantic, made.reputation, made.price, made.latency)
    assert all(0 <= part.value <= 1 and part.why for part in parts)
    assert 0 <= made.total <= 1 + 1e-12
    assert made.total == pytest.approx(
        0.4 * parts[0].value + 0.3 * parts[1].value + 0.2 * parts[2].value + 0.1 * parts[3].value,
        abs=1e-12,
    )


def test_other_weights_are_used_as_they_are_set() -> None:
    speed_only = Weights(semantic=0, reputation=0, price=0, latency=1)

    made = scored(Quality(latency_p95_ms=0), None, Evidence(), weights=speed_only)

    assert made.total == made.latency.value == 1.0


@given(match=likenesses, by=st.floats(0, 1))
def test_a_similarity_grows_with_meaning_and_with_words(match: Match, by: float) -> None:
    now = scoring.similarity(match)

    assert scoring.similarity(match._replace(meaning=match.meaning + by)) >= now
    assert scoring.similarity(match._replace(words=match.words + by)) >= now


def test_values_of_the_right_form_lift_a_similarity_and_are_told() -> None:
    plain, meets, lacks = (Match(0.4, 0.4, fit=fit) for fit in (0.0, 1.2, -1.2))

    assert scoring.similarity(lacks) < scoring.similarity(plain) < scoring.similarity(meets)
    assert "of the form given" in scoring.semantic_part(meets).why
    assert "not given" in scoring.semantic_part(lacks).why
    assert "values" not in scoring.semantic_part(plain).why


def test_unrelated_texts_are_near_nothing_and_equal_ones_near_full() -> None:
    assert scoring.similarity(Match(meaning=0.10, words=0.0)) < 0.05
    assert scoring.similarity(Match(meaning=0.75, words=1.0)) > 0.9


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

    broken = scoring.reputation_part(Quality(), more(delivered, refunds_broken=1), now=NOW)

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

    assert scoring.hearsay_calls(quality, now=NOW) <= scoring.HEARSAY_CAP_CALLS
    assert scoring.hearsay_calls(sample, now=NOW) <= scoring.SAMPLE_CAP_CALLS


@given(quality=qualities, earlier=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_an_older_last_call_never_weighs_more(quality: Quality, earlier: timedelta) -> None:
    fresh = quality.model_copy(update={"last_called_at": NOW})
    old = quality.model_copy(update={"last_called_at": NOW - earlier})

    assert scoring.hearsay_calls(old, now=NOW) <= scoring.hearsay_calls(fresh, now=NOW)


def test_a_record_of_a_year_ago_hardly_counts() -> None:
    old = PRAISED.model_copy(update={"last_called_at": NOW - timedelta(days=365)})

    assert abs(reputation(old) - 0.5) < 0.15 < reputation(PRAISED) - 0.5


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    bare = PRAISED.model_copy(update={"last_called_at": datetime(2026, 11, 21, 12)})  # noqa: DTZ001

    assert reputation(bare) == reputation(PRAISED)


def test_calls_counted_without_their_ends_are_trusted_less_than_good_ones() -> None:
    untold = PRAISED.model_copy(update={"successful_calls": None})

    assert 0.5 < reputation(untold) < reputation(PRAISED)


@given(price=units, others=st.lists(units, min_size=1, max_size=6))
def test_the_cheapest_of_a_job_has_the_full_price_part(price: int, others: list[int]) -> None:
    part = scoring.price_part(usdc(price), [usdc(other) for other in others])

    assert (part.value == 1.0) == (max(price, 1) <= max(min(price, *others), 1))


@given(price=units, dearer=units, others=st.lists(units, max_size=6))
def test_a_higher_price_never_has_the_larger_price_part(
    price: int, dearer: int, others: list[int]
) -> None:
    low, high = sorted((price, dearer))
    rivals = [usdc(other) for other in others]

    assert (
        scoring.price_part(usdc(high), [usdc(low), *rivals]).value
        <= scoring.price_part(usdc(low), [usdc(low), *rivals]).value
    )


def test_price_falls_by_the_same_step_for_the_same_ratio() -> None:
    two, four, eight = (
        scoring.price_part(usdc(price), [usdc(1_000)]).value for price in (2_000, 4_000, 8_000)
    )

    assert two - four == pytest.approx(four - eight)


@given(fast=counts, slow=counts)
def test_a_slower_service_never_has_the_larger_latency_part(fast: int, slow: int) -> None:
    low, high = sorted((fast, slow))

    def told(ms: int) -> float:
        return scoring.latency_part(Quality(latency_p95_ms=ms), Evidence()).value

    def own(ms: int) -> float:
        return scoring.latency_part(Quality(), Evidence(Standing(p95_ms=ms))).value

    def answered(ms: int) -> float:
        return scoring.latency_part(Quality(), Evidence(answer_ms=ms)).value

    assert all(part(high) <= part(low) for part in (told, own, answered))


def test_our_own_latency_beats_the_bazaars_and_an_unpaid_answer_is_only_a_hint() -> None:
    told = Quality(latency_p95_ms=30_000)

    own = scoring.latency_part(told, Evidence(Standing(p95_ms=200), answer_ms=9_000))
    bazaars = scoring.latency_part(told, Evidence(answer_ms=1))
    hint = scoring.latency_part(Quality(), Evidence(answer_ms=1))
    nothing = scoring.latency_part(Quality(), Evidence())

    assert (own.value, bazaars.value) == (1.0, 0.0)
    assert nothing.value == 0.5 < hint.value < 0.8


def test_explanations_carry_their_figures() -> None:
    quality = Quality(
        calls=1_200,
        successful_calls=1_180,
        unique_payers=40,
        latency_p95_ms=420,
        last_called_at=NOW,
        source="sample",
    )
    evidence = Evidence(Standing(delivered=3, failed=1, calls=4))

    made = scored(quality, Match(0.52, 0.5), evidence, price=80_000, others=[50_000])

    assert "0.52" in made.semantic.why
    assert "50% of the words" in made.semantic.why
    assert "75% of our own 4 calls" in made.reputation.why
    assert "sample figures count 1,180 of 1,200" in made.reputation.why
    assert "the last on 2026-11-21" in made.reputation.why
    assert "0.08 USDC, 1.60 times the cheapest of 2" in made.price.why
    assert "420 ms" in made.latency.why


@given(
    quality=qualities,
    standing=standings,
    match=st.none() | likenesses,
    answer=st.none() | counts,
    price=units,
    others=st.lists(units, max_size=3),
)
def test_the_total_without_words_is_the_total_with_them(
    quality: Quality,
    standing: Standing,
    match: Match | None,
    answer: int | None,
    price: int,
    others: list[int],
) -> None:
    evidence = Evidence(standing, answer)
    listing = builders.listing(quality=quality, accepts=(builders.terms(base_units=price),))

    said = scoring.score(
        listing,
        match=match,
        evidence=evidence,
        same_job=[usdc(other) for other in others],
        asset=USDC_DEVNET,
        now=NOW,
    )
    told = scoring.worth(
        quality,
        match=match,
        evidence=evidence,
        price=price,
        cheapest=min([price, *others]),
        now=NOW,
    )

    assert told == said.total
