"""The score: four parts between 0 and 1, an exact sum, and no way down by doing well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import scoring
from domain.catalogue import Quality, Score, Weights
from domain.chains import USDC_DEVNET
from domain.money import Amount
from domain.observing import Standing
from domain.reputation import has_record
from domain.scoring import UNKNOWN_LATENCY, Evidence, Match, Rival
from tests.domain.knowledge import counts, evidences, qualities
from tests.fakes import builders
from tests.fakes.builders import NOW

likenesses = st.builds(Match, meaning=st.floats(-1, 1), words=st.floats(0, 1), fit=st.floats(-5, 5))
units = st.integers(min_value=0, max_value=10**12)


def usdc(base_units: int) -> Amount:
    return Amount(asset=USDC_DEVNET, base_units=base_units)


def rivals(*prices: int, proven: bool = True) -> list[Rival]:
    return [Rival(price, proven=proven) for price in prices]


def price_value(price: int, *others: Rival, proven: bool = True) -> float:
    return scoring.price_part(usdc(price), [Rival(price, proven=proven), *others]).value


def latency_value(quality: Quality, evidence: Evidence | None = None) -> float:
    return scoring.latency_part(quality, evidence or Evidence(), now=NOW).value


def counted(payers: int, *, calls: int = 400, p95_ms: int = 200) -> Quality:
    """What a bazaar counts of a service."""
    return Quality(
        calls=calls,
        successful_calls=calls,
        unique_payers=payers,
        last_called_at=NOW,
        latency_p95_ms=p95_ms,
        source="measured",
    )


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
        told=scoring.told_of(quality, evidence, now=NOW),
        same_job=rivals(*others or []),
        asset=USDC_DEVNET,
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

    made = scored(Quality(), None, Evidence(Standing(p95_ms=0)), weights=speed_only)

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


@given(price=units, others=st.lists(units, min_size=1, max_size=6), proven=st.booleans())
def test_the_cheapest_of_a_job_has_the_full_price_part(
    price: int, others: list[int], proven: bool
) -> None:
    value = price_value(price, *rivals(*others, proven=proven), proven=proven)

    assert (value == 1.0) == (max(price, 1) <= max(min(price, *others), 1))


@given(price=units, dearer=units, others=st.lists(units, max_size=6))
def test_a_higher_price_never_has_the_larger_price_part(
    price: int, dearer: int, others: list[int]
) -> None:
    low, high = sorted((price, dearer))
    known = rivals(*others)

    assert price_value(high, *rivals(low), *known) <= price_value(low, *rivals(low), *known)


def test_price_falls_by_the_same_step_for_the_same_ratio() -> None:
    two, four, eight = (price_value(price, *rivals(1_000)) for price in (2_000, 4_000, 8_000))

    assert two - four == pytest.approx(four - eight)


@given(bait=units, prices=st.lists(units, min_size=1, max_size=6))
def test_a_bait_takes_nothing_from_those_who_have_a_record(bait: int, prices: list[int]) -> None:
    price, *others = prices
    honest = rivals(*others)

    beside_it = price_value(price, *honest, *rivals(bait, proven=False))

    assert beside_it == price_value(price, *honest)


def test_what_a_price_was_compared_with_is_told() -> None:
    known, bait = rivals(80_000, 50_000, 90_000), rivals(1, proven=False)

    among_known = scoring.price_part(usdc(80_000), known).why
    beside_a_bait = scoring.price_part(usdc(80_000), [*known, *bait]).why

    assert "1.60 times the cheapest of 3 for this job" in among_known
    assert "1.60 times the cheapest of 3 with a record" in beside_a_bait


@given(fast=counts, slow=counts)
def test_a_slower_service_never_has_the_larger_latency_part(fast: int, slow: int) -> None:
    low, high = sorted((fast, slow))

    def told(ms: int) -> float:
        return latency_value(counted(90, p95_ms=ms))

    def own(ms: int) -> float:
        return latency_value(Quality(), Evidence(Standing(p95_ms=ms)))

    def answered(ms: int) -> float:
        return latency_value(Quality(), Evidence(answer_ms=ms))

    assert all(part(high) <= part(low) for part in (told, own, answered))


def test_our_own_latency_beats_what_others_say_of_it() -> None:
    told = counted(90, p95_ms=30_000)

    own = latency_value(told, Evidence(Standing(p95_ms=200), answer_ms=2_000))

    assert own == 1.0 > latency_value(told, Evidence(answer_ms=200))


def test_a_bazaar_is_believed_about_speed_as_far_as_about_deliveries() -> None:
    washed, sold, praised = (
        latency_value(counted(4, calls=250_000)),
        latency_value(counted(1)),
        latency_value(counted(90)),
    )

    assert washed == pytest.approx(UNKNOWN_LATENCY, abs=0.01)
    assert washed < sold < praised < 0.8
    assert latency_value(Quality(latency_p95_ms=1)) == UNKNOWN_LATENCY


def test_that_somebody_is_slow_is_believed_whoever_says_it() -> None:
    slow = {latency_value(counted(payers, p95_ms=9_000)) for payers in (0, 4, 90)}

    assert slow == {latency_value(Quality(), Evidence(Standing(p95_ms=9_000)))}


def test_an_unpaid_answer_is_only_a_hint() -> None:
    quick = latency_value(Quality(), Evidence(answer_ms=1))

    assert UNKNOWN_LATENCY < quick < latency_value(counted(90))
    assert latency_value(Quality()) == UNKNOWN_LATENCY


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
    evidence=evidences,
    quality=qualities,
    match=st.none() | likenesses,
    price=units,
    others=st.lists(st.builds(Rival, units, proven=st.booleans()), max_size=3),
)
def test_the_total_without_words_is_the_total_with_them(
    quality: Quality, evidence: Evidence, match: Match | None, price: int, others: list[Rival]
) -> None:
    listing = builders.listing(quality=quality, accepts=(builders.terms(base_units=price),))
    record = scoring.record_of(quality, evidence, now=NOW)
    own = Rival(price, proven=has_record(record.success))

    said = scoring.score(
        listing,
        match=match,
        told=scoring.told_of(quality, evidence, now=NOW),
        same_job=others,
        asset=USDC_DEVNET,
    )
    told = scoring.worth(
        record, match=match, price=price, measure=scoring.measure_of([own, *others])
    )

    assert told == said.total
