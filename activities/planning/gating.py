"""Putting a request's conditions into its steps."""

from collections.abc import Mapping, Sequence
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.deciding import INPUT, Source, decision
from activities.planning.parts import Key, Parts
from domain.conditions import Condition
from domain.errors import RequestNotServable
from domain.ids import StepId
from domain.plan import Conditional, Gate, Output, PaidStep, Step

MAX_TITLE_CHARACTERS: Final = 80


def with_conditions(
    candidates: Candidates, parts: Parts, steps: Sequence[Step], ids: Mapping[Key, StepId]
) -> tuple[Step, ...]:
    """Add the tests that a request makes, and let its steps wait for them.

    Raises:
        RequestNotServable: What shall be tested is in no step's output.
    """
    tests: list[Step] = []
    gates: dict[StepId, Gate] = {}
    for number, condition in enumerate(candidates.relevance.reading.conditions, start=1):
        waiting = _waiting(candidates, parts, condition.goals)
        others = _waiting(candidates, parts, condition.otherwise)
        sources = _sources(candidates, parts, condition, waiting | others)
        found = decision(condition.test, sources)
        if found is None or not waiting:
            raise RequestNotServable(_explained(condition))
        upstream = _upstream(found.key, parts)
        step_id = StepId(f"test-{number}" if number > 1 else "test")
        tests.append(
            Conditional(
                id=step_id,
                title=f"Check whether {condition.test}"[:MAX_TITLE_CHARACTERS],
                inputs={INPUT: Output(step=ids[found.key])},
                expression=found.expression,
            )
        )
        for keys, outcome in ((waiting, not condition.denied), (others, condition.denied)):
            for key in keys - upstream:
                gates.setdefault(ids[key], Gate(step=step_id, outcome=outcome))
    gated = [
        step.model_copy(update={"when": gates[step.id]})
        if isinstance(step, PaidStep) and step.id in gates
        else step
        for step in steps
    ]
    return (*gated, *tests)


def _waiting(candidates: Candidates, parts: Parts, goals: Sequence[int]) -> frozenset[Key]:
    """Parts that serve these goals, with those that nobody else needs."""
    waiting = {key for key in parts if candidates.goal_of(key) in goals}
    for key in reversed(list(parts)):
        takers = [other for other, part in parts.items() if key in part.sources]
        if takers and all(taker in waiting for taker in takers):
            waiting.add(key)
        elif takers:
            waiting.discard(key)
    return frozenset(waiting)


def _sources(
    candidates: Candidates, parts: Parts, condition: Condition, waiting: frozenset[Key]
) -> list[Source]:
    """Who may decide: what is there before the condition, the latest first."""
    reading = candidates.relevance.reading
    first = min(condition.goals, default=len(reading.goals))
    order = list(parts)

    def rank(key: Key) -> tuple[bool, int, int]:
        goal = candidates.goal_of(key)
        return goal < first, goal, order.index(key)

    able = [
        key
        for key in parts
        if (key not in waiting or candidates.goal_of(key) not in condition.goals)
        and candidates.goal_of(key) not in (*condition.goals, *condition.otherwise)
        and parts[key].over is None
    ]
    return [
        Source(
            key,
            candidates.listing(key).output_schema,
            reading.goals[candidates.goal_of(key)],
        )
        for key in sorted(able, key=rank, reverse=True)
    ]


def _upstream(key: Key, parts: Parts) -> frozenset[Key]:
    found = {key}
    for source in parts[key].sources:
        found |= _upstream(source, parts)
    return frozenset(found)


def _explained(condition: Condition) -> str:
    return (
        f"no service found says whether {condition.test[:160]!r}; ask for something that tells, "
        "such as a number, a status or a yes or no, or leave the condition out"
    )
