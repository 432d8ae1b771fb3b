"""Who keeps failing is left alone, longer each time, and comes back with one answer."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.breakers import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    TRIALS,
    Breaker,
    BreakerKind,
    BreakerState,
    failed,
    host_key,
    succeeded,
    tried,
)
from tests.fakes.builders import NOW

FRESH = Breaker(kind=BreakerKind.HOST, key="a.example")


def after(failures: int, breaker: Breaker = FRESH) -> Breaker:
    for _ in range(failures):
        breaker = failed(breaker, now=NOW, reason="down")
    return breaker


def reopened(times: int) -> Breaker:
    """Open, and failed again each time its pause was over."""
    breaker = after(FAILURES_TO_OPEN)
    for _ in range(times):
        assert breaker.open_until is not None
        breaker = failed(breaker, now=breaker.open_until, reason="still down")
    return breaker


def pause(breaker: Breaker) -> timedelta:
    assert breaker.open_until is not None
    assert breaker.changed_at is not None
    return breaker.open_until - breaker.changed_at


def test_a_few_failures_are_anybody_s() -> None:
    assert after(FAILURES_TO_OPEN - 1).state(NOW) is BreakerState.CLOSED


def test_failures_in_a_row_open_it_for_a_while() -> None:
    opened = after(FAILURES_TO_OPEN)

    assert opened.state(NOW) is BreakerState.OPEN
    assert opened.state(NOW + FIRST_PAUSE) is BreakerState.HALF_OPEN
    assert opened.reason == "down"


def test_calls_that_were_under_way_do_not_prolong_the_pause() -> None:
    opened = after(FAILURES_TO_OPEN)

    assert after(5, opened).open_until == opened.open_until


def test_one_failure_while_half_open_opens_it_for_twice_as_long() -> None:
    assert pause(reopened(1)) == 2 * FIRST_PAUSE
    assert pause(reopened(2)) == 4 * FIRST_PAUSE


@given(st.integers(0, 60))
def test_no_pause_is_endless(times: int) -> None:
    assert FIRST_PAUSE <= pause(reopened(times)) <= LONGEST_PAUSE


@given(st.integers(0, 20))
def test_one_answer_forgets_everything(failures: int) -> None:
    closed = succeeded(after(failures), now=NOW)

    assert (closed.state(NOW), closed.failures, closed.opened) == (BreakerState.CLOSED, 0, 0)


def half_open(kind: BreakerKind = BreakerKind.HOST) -> tuple[Breaker, datetime]:
    """A breaker whose pause is over, and the moment."""
    return after(FAILURES_TO_OPEN, Breaker(kind=kind, key="a.example")), NOW + FIRST_PAUSE


@pytest.mark.parametrize("kind", BreakerKind)
def test_one_at_a_time_tries_what_is_half_open_and_may_die_over_it(kind: BreakerKind) -> None:
    breaker, now = half_open(kind)

    claimed = tried(breaker, now=now)

    assert claimed is not None
    assert not breaker.keeps_out(now)
    assert claimed.keeps_out(now)
    assert tried(claimed, now=now) is None
    assert claimed.state(now) is BreakerState.HALF_OPEN
    over = now + TRIALS[kind]
    assert not claimed.keeps_out(over)
    assert tried(claimed, now=over) is not None


def test_a_trial_that_fails_ends_and_doubles_the_pause() -> None:
    breaker, now = half_open()
    claimed = tried(breaker, now=now)
    assert claimed is not None

    again = failed(claimed, now=now, reason="still down")

    assert not again.is_tried(now)
    assert again.state(now) is BreakerState.OPEN
    assert pause(again) == 2 * FIRST_PAUSE


def test_nobody_tries_what_is_open_and_everybody_passes_what_is_closed() -> None:
    shut = after(FAILURES_TO_OPEN)
    closed = after(FAILURES_TO_OPEN - 1)

    assert shut.keeps_out(NOW)
    assert tried(shut, now=NOW) is None
    assert tried(closed, now=NOW) == closed
    assert not closed.keeps_out(NOW)


def test_reasons_are_bounded() -> None:
    assert len(failed(FRESH, now=NOW, reason="x" * 10_000).reason) <= 300


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://a.example/x", "a.example"),
        ("https://a.example:443/x", "a.example"),
        ("http://a.example:80", "a.example"),
        ("http://a.example:443", "a.example:443"),
        ("https://A.example:8443/x?y", "a.example:8443"),
        ("https://a.example:notaport/", "a.example"),
    ],
)
def test_a_host_is_named_with_its_port_where_that_is_not_usual(url: str, key: str) -> None:
    assert host_key(url) == key
