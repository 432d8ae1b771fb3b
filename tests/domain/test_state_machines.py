"""Laws that hold for the moves of steps, payments and runs alike."""

from collections.abc import Callable
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import execution, payments, runs
from domain.errors import IllegalTransition

Move = Callable[[Any, Any], StrEnum]

MACHINES: list[tuple[Move, type[StrEnum], StrEnum]] = [
    (execution.move, execution.StepState, execution.StepState.PENDING),
    (payments.move, payments.PaymentState, payments.PaymentState.QUOTED),
    (runs.move, runs.RunState, runs.RunState.PLANNING),
]
PAIRS = [
    pytest.param(move, current, to, id=f"{states.__name__}-{current}-{to}")
    for move, states, _ in MACHINES
    for current, to in product(states, states)
]


def next_of(move: Move, state: StrEnum) -> set[StrEnum]:
    """Every state that ``state`` may go to."""
    found: set[StrEnum] = set()
    for to in type(state):
        try:
            found.add(move(state, to))
        except IllegalTransition:
            continue
    return found


def reachable(
    move: Move, start: StrEnum, *, without: frozenset[StrEnum] = frozenset()
) -> set[StrEnum]:
    """Every state that a walk from ``start`` may come to, never entering those of ``without``."""
    reached, left = {start}, [start]
    while left:
        fresh = next_of(move, left.pop()) - reached - without
        reached |= fresh
        left.extend(fresh)
    return reached


def walks(move: Move, start: StrEnum, *, longest: int = 40) -> st.SearchStrategy[list[StrEnum]]:
    """Legal walks from ``start``, to an end or to the longest length."""

    @st.composite
    def walk(draw: st.DrawFn) -> list[StrEnum]:
        steps = [start]
        while len(steps) < longest and (possible := sorted(next_of(move, steps[-1]))):
            steps.append(draw(st.sampled_from(possible)))
        return steps

    return walk()


@pytest.mark.parametrize(("move", "current", "to"), PAIRS)
def test_a_move_gives_its_target_or_is_refused(move: Move, current: StrEnum, to: StrEnum) -> None:
    if to in next_of(move, current):
        assert move(current, to) is to
        assert to is not current
    else:
        with pytest.raises(IllegalTransition, match=f"from {current} to {to}$"):
            move(current, to)


@pytest.mark.parametrize(("move", "states", "start"), MACHINES)
def test_every_state_can_be_reached_from_the_first(
    move: Move, states: type[StrEnum], start: StrEnum
) -> None:
    assert reachable(move, start) == set(states)


@pytest.mark.parametrize(("move", "states"), [machine[:2] for machine in MACHINES])
def test_an_end_can_be_reached_from_every_state(move: Move, states: type[StrEnum]) -> None:
    ends = {state for state in states if not next_of(move, state)}

    assert ends
    assert all(reachable(move, state) & ends for state in states)


@given(walk=walks(payments.move, payments.PaymentState.QUOTED))
def test_a_payment_never_comes_back_to_where_it_was(walk: list[StrEnum]) -> None:
    assert len(set(walk)) == len(walk)
    assert not next_of(payments.move, walk[-1])


@given(walk=walks(payments.move, payments.PaymentState.QUOTED))
def test_a_payment_is_either_paid_or_unpaid_and_stays_so(walk: list[StrEnum]) -> None:
    paid = [state in payments.SETTLED for state in walk]

    assert paid == sorted(paid)
    assert any(paid) != (payments.PaymentState.UNPAID in walk)


@given(walk=walks(runs.move, runs.RunState.PLANNING, longest=80))
def test_a_run_that_still_goes_on_can_still_end(walk: list[StrEnum]) -> None:
    assert reachable(runs.move, walk[-1]) & runs.FINAL_STATES
    assert not set(walk[:-1]) & runs.FINAL_STATES


@given(walk=walks(execution.move, execution.StepState.PENDING, longest=80))
def test_a_step_that_ended_is_bought_no_more(walk: list[StrEnum]) -> None:
    ended = [state in execution.ENDED for state in walk]
    first = ended.index(True) if True in ended else len(walk)

    assert not set(walk[first:]) & {
        execution.StepState.PENDING,
        execution.StepState.AUTHORIZING,
        execution.StepState.PAYING,
        execution.StepState.RUNNING,
    }
