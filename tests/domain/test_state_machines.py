"""Laws that hold for the moves of steps, payments and runs alike."""

from collections.abc import Callable
from enum import StrEnum
from itertools import product
from typing import Any

import pytest

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
    reached, left = {start}, [start]
    while left:
        fresh = next_of(move, left.pop()) - reached
        reached |= fresh
        left.extend(fresh)

    assert reached == set(states)
    assert all(start not in next_of(move, state) for state in states)


@pytest.mark.parametrize(("move", "states", "start"), MACHINES)
def test_an_end_can_be_reached_from_every_state(
    move: Move, states: type[StrEnum], start: StrEnum
) -> None:
    ending = {state for state in states if not next_of(move, state)}
    while True:
        more = {state for state in states if next_of(move, state) & ending} | ending
        if more == ending:
            break
        ending = more

    assert start in ending
    assert ending == set(states)
