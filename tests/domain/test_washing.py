"""Records that sellers make by paying themselves are worth nothing."""

import pytest

from domain.catalogue import Quality
from domain.reputation import hearsay_calls
from tests.fakes.builders import NOW


def weight(calls: int, payers: int) -> float:
    quality = Quality(calls=calls, successful_calls=calls, unique_payers=payers, last_called_at=NOW)
    return hearsay_calls(quality, now=NOW)


def test_a_quarter_of_a_million_calls_of_four_payers_say_nothing() -> None:
    assert weight(250_000, 4) < 0.05


@pytest.mark.parametrize(("calls", "payers"), [(6_940, 388), (201, 10), (300, 1)])
def test_a_busy_honest_service_keeps_its_weight(calls: int, payers: int) -> None:
    assert weight(calls, payers) >= weight(payers, payers)


def test_more_calls_of_the_same_payers_never_help_beyond_what_is_plausible() -> None:
    weights = [weight(calls, 4) for calls in (1_200, 12_000, 120_000)]

    assert weights == sorted(weights, reverse=True)
