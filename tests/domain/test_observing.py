"""A seller's record counts what it is to blame for, and recent things more than old ones."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.observing import HALF_LIFE, Blame, Observation, Standing, standing_of, weight_at
from tests.fakes.builders import NOW, listing


def seen(number: int = 0, **changes: Any) -> Observation:
    fields: dict[str, Any] = {
        "id": f"payment-{number}",
        "listing_id": listing().id,
        "host": "weather.example",
        "at": NOW,
        "delivered": True,
        "schema_valid": True,
    }
    return Observation.model_validate(fields | changes)


def standing(*observations: Observation) -> Standing:
    return standing_of(observations, now=NOW)


BLAMES: tuple[Blame, ...] = ("seller", "facilitator", "network", "us")

OBSERVATIONS = st.lists(
    st.builds(
        lambda days, delivered, valid, latency, blame: seen(
            at=NOW - timedelta(days=days),
            delivered=delivered,
            schema_valid=valid,
            latency_ms=latency,
            blame=blame,
        ),
        st.integers(0, 400),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(0, 60_000),
        st.sampled_from(BLAMES),
    ),
    max_size=40,
)


def test_nothing_seen_is_nothing_known() -> None:
    assert standing() == Standing()


@pytest.mark.parametrize("blame", ["facilitator", "network", "us"])
def test_a_fault_of_others_never_counts_against_a_seller(blame: Blame) -> None:
    found = standing(seen(delivered=False, schema_valid=False, blame=blame))

    assert (found.failed, found.delivered, found.calls) == (0.0, 0.0, 0)


def test_a_delivery_counts_whoever_is_named() -> None:
    assert standing(seen(blame="facilitator")).delivered == 1.0


def test_an_answer_outside_its_schema_is_a_failure() -> None:
    found = standing(seen(schema_valid=False))

    assert (found.delivered, found.failed) == (0.0, 1.0)


def test_an_observation_counts_half_after_its_half_life() -> None:
    assert weight_at(NOW - HALF_LIFE, now=NOW) == 0.5
    assert standing(seen(at=NOW - 2 * HALF_LIFE)).delivered == 0.25


def test_one_from_the_future_counts_no_more_than_one_of_now() -> None:
    assert weight_at(NOW + timedelta(days=400), now=NOW) == 1.0


def test_the_slow_tail_is_seen_and_one_outlier_in_many_is_not() -> None:
    quick = [seen(number, latency_ms=100) for number in range(30)]

    assert standing(*quick, seen(99, latency_ms=9_000)).p95_ms == 100
    assert standing(*quick[:9], seen(99, latency_ms=9_000)).p95_ms == 9_000


def test_old_latencies_fade() -> None:
    old = [seen(n, latency_ms=9_000, at=NOW - 8 * HALF_LIFE) for n in range(5)]
    new = [seen(n, latency_ms=100) for n in range(5)]

    assert standing(*old, *new).p95_ms == 100


def test_answers_that_delivered_nothing_say_nothing_of_speed() -> None:
    assert standing(seen(delivered=False, latency_ms=1)).p95_ms is None


def test_kept_and_broken_promises_are_told_apart() -> None:
    found = standing(seen(1, refund="kept"), seen(2, refund="broken"), seen(3))

    assert (found.refunds_kept, found.refunds_broken) == (1.0, 1.0)


@given(OBSERVATIONS)
def test_every_call_weighs_at_most_one_and_counts_once(observations: list[Observation]) -> None:
    found = standing(*observations)

    assert 0 <= found.delivered + found.failed <= found.calls + 1e-9
    assert found.calls <= len(observations)


@given(OBSERVATIONS)
def test_one_more_failure_of_the_seller_never_helps_it(observations: list[Observation]) -> None:
    before = standing(*observations)
    after = standing(*observations, seen(delivered=False, schema_valid=False))

    assert after.failed == pytest.approx(before.failed + 1)
    assert after.delivered == pytest.approx(before.delivered)
