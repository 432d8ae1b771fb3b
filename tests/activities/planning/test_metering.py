"""What planning may use: each limit ends it, and what was used is never forgotten."""

import pytest

from activities.planning.metering import (
    CALL_SECONDS,
    MAX_NOTE_CHARACTERS,
    MAX_NOTES,
    MAX_TOKENS,
    PLANNING_SECONDS,
    PlanningMeter,
    Spent,
)
from activities.planning.ports import PlanningLimitReached
from domain.drafting import TokenUsage


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_answer_may_take_its_share_and_never_more_than_is_left() -> None:
    clock = Clock()
    meter = PlanningMeter(max_cost_micro_usd=1, clock=clock)

    assert meter.seconds_left() == CALL_SECONDS
    clock.now = PLANNING_SECONDS - 10
    assert meter.seconds_left() == 10
    clock.now = PLANNING_SECONDS - 1
    with pytest.raises(PlanningLimitReached, match="seconds"):
        meter.seconds_left()


@pytest.mark.parametrize(
    ("usage", "why"),
    [
        (TokenUsage(input_tokens=MAX_TOKENS), "tokens"),
        (TokenUsage(output_tokens=MAX_TOKENS), "tokens"),
        (TokenUsage(cost_micro_usd=100), r"\$0.0001"),
    ],
)
def test_what_was_used_ends_it_also_when_an_earlier_attempt_used_it(
    usage: TokenUsage, why: str
) -> None:
    meter = PlanningMeter(max_cost_micro_usd=100)
    meter.count(usage)
    resumed = PlanningMeter(max_cost_micro_usd=100, earlier=Spent(usage=usage))

    for one in (meter, resumed):
        with pytest.raises(PlanningLimitReached, match=why):
            one.seconds_left()


def test_a_limit_is_raised_and_never_lowered() -> None:
    meter = PlanningMeter(max_cost_micro_usd=100)
    meter.count(TokenUsage(cost_micro_usd=150))
    meter.allow(200)
    meter.allow(50)

    assert meter.seconds_left() > 0


def test_notes_are_few_short_printable_lines_each_kept_once() -> None:
    meter = PlanningMeter(max_cost_micro_usd=1)
    for number in range(99):
        meter.note(f"\x1b[31m{number // 2}\n" + "x" * 999)

    assert len(meter.notes) == MAX_NOTES == len(set(meter.notes))
    assert all(one.isprintable() and len(one) <= MAX_NOTE_CHARACTERS for one in meter.notes)
