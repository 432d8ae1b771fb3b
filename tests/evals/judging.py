"""Whether a compiled plan is one of the right ones; the first thing wrong with it, if not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from pydantic import JsonValue

from domain.bindings import is_true, needed_outputs, resolve, search
from domain.errors import DataError
from domain.ids import ListingId, StepId
from domain.plan import (
    Conditional,
    DataTransform,
    Gate,
    MapStep,
    PaidStep,
    Plan,
    Step,
    Value,
    bindings_of,
)
from tests.evals.asking import Given, Need, Scalar, Shape

Names = Mapping[ListingId, str]
Chosen = Mapping[str, PaidStep]

_EDGES: Final = " \t\n.,;:!?\"'"
"""Characters around a text value that do not change it."""


def problem_with(plan: Plan, shapes: Sequence[Shape], names: Names) -> str | None:
    """Say what keeps ``plan`` from being right; ``None`` when it is."""
    problems = [_problem(plan, shape, names) for shape in shapes]
    return None if None in problems else min(filter(None, problems), key=len)


def in_short(plan: Plan, names: Names) -> str:
    """Name the services that a plan buys, with the values given to them."""
    return " + ".join(
        f"{'each ' if isinstance(step, MapStep) else ''}{names[step.service]}"
        f"({', '.join(f'{n}={_shown(b)}' for n, b in step.arguments.items())})"
        for step in _paid(plan)
    )


def _problem(plan: Plan, shape: Shape, names: Names) -> str | None:
    paid = _paid(plan)
    if len(paid) > shape.most:
        return f"{len(paid)} paid steps where {shape.most} will do"
    fitting = {need.name: [s for s in paid if _fits(need, s, names)] for need in shape.needs}
    for need in shape.needs:
        if not fitting[need.name]:
            return _why_none(need, paid, names)
    if any(_joined(plan, shape, chosen) for chosen in _choices(shape.needs, fitting, {})):
        return None
    edges = [f"{source} -> {n.name}" for n in shape.needs for source in n.feeds_on]
    gates = [f"{n.name} only if {n.only_if}" for n in shape.needs if n.only_if]
    return f"the services are right, but not joined as {', '.join(edges + gates) or 'asked'}"


def _paid(plan: Plan) -> list[PaidStep]:
    return [step for step in plan.steps if isinstance(step, PaidStep)]


def _fits(need: Need, step: PaidStep, names: Names) -> bool:
    return (
        names[step.service] in need.services
        and need.each == isinstance(step, MapStep)
        and all(_is_given(value, step) for value in need.given)
    )


def _is_given(value: Given, step: PaidStep) -> bool:
    return any(
        re.search(value.named, name) and _is_one_of(binding.value, value.spellings)
        for name, binding in step.arguments.items()
        if isinstance(binding, Value)
    )


def _is_one_of(found: object, spellings: Sequence[Scalar]) -> bool:
    if isinstance(found, list):
        return any(_is_one_of(one, spellings) for one in found)
    return any(_plain(found) == _plain(spelling) for spelling in spellings)


def _plain(value: object) -> object:
    if isinstance(value, str):
        bare = value.strip(_EDGES).casefold()
        try:
            return float(bare)
        except ValueError:
            return bare
    return float(value) if isinstance(value, int | float) else value


def _why_none(need: Need, paid: Sequence[PaidStep], names: Names) -> str:
    near = [step for step in paid if names[step.service] in need.services]
    if not near:
        return f"no step buys {need.name} from any of {', '.join(sorted(need.services))}"
    if all(isinstance(step, MapStep) != need.each for step in near):
        return f"{need.name} should be bought {'for each item' if need.each else 'once'}"
    lacking = [str(v) for v in need.given if not any(_is_given(v, step) for step in near)]
    return f"{need.name} is not given {', '.join(lacking) or 'all its values in one step'}"


def _choices(
    needs: Sequence[Need], fitting: Mapping[str, Sequence[PaidStep]], chosen: Chosen
) -> Iterator[Chosen]:
    """Yield every way to give each need a step of its own."""
    if not needs:
        yield chosen
        return
    taken = {step.id for step in chosen.values()}
    for step in fitting[needs[0].name]:
        if step.id not in taken:
            yield from _choices(needs[1:], fitting, {**chosen, needs[0].name: step})


def _joined(plan: Plan, shape: Shape, chosen: Chosen) -> bool:
    return all(
        all(chosen[source].id in _fed_by(plan, chosen[need.name]) for source in need.feeds_on)
        and _gated(plan, need, chosen[need.name], chosen.get(need.only_if or ""))
        for need in shape.needs
    )


def _fed_by(plan: Plan, step: Step) -> set[StepId]:
    """Paid steps whose output ``step`` takes, straight or through transforms."""
    found: set[StepId] = set()
    for binding in bindings_of(step).values():
        if binding.kind == "output":
            source = plan.step(binding.step)
            found |= {source.id} if isinstance(source, PaidStep) else _fed_by(plan, source)
    return found


def _gated(plan: Plan, need: Need, step: Step, decider: Step | None) -> bool:
    """Whether ``step`` runs by what ``decider`` gave and as asked, or always if nobody decides."""
    if decider is None:
        return step.when is None
    if step.when is None:
        return False
    test = plan.step(step.when.step)
    return (
        isinstance(test, Conditional)
        and decider.id in _fed_by(plan, test)
        and _decides(plan, step.when, decider, need.runs_after) is not False
        and _decides(plan, step.when, decider, need.rests_after) is not True
    )


def _decides(
    plan: Plan, gate: Gate, decider: Step, output: Mapping[str, JsonValue] | None
) -> bool | None:
    """Whether a gate opens after ``output``; ``None`` where no output is labelled."""
    if output is None:
        return None
    outputs = {decider.id: cast("JsonValue", dict(output))}
    try:
        return is_true(_computed(plan, plan.step(gate.step), outputs)) is gate.outcome
    except DataError:
        return False


def _computed(plan: Plan, step: Step, outputs: dict[StepId, JsonValue]) -> JsonValue:
    """Evaluate a transform or a test, and the transforms behind it."""
    if not isinstance(step, DataTransform | Conditional):
        raise DataError(f"the test also needs {step.id}")
    for source in needed_outputs(step.inputs):
        if source not in outputs:
            outputs[source] = _computed(plan, plan.step(source), outputs)
    return search(step.expression, dict(resolve(step.inputs, outputs=outputs)))


def _shown(binding: object) -> str:
    return repr(binding.value)[:40] if isinstance(binding, Value) else "<-"
