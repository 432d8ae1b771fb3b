"""Buying once what several steps would buy: the same call gives the same answer."""

from collections.abc import Mapping, Sequence

from domain.ids import StepId
from domain.plan import Binding, MapStep, Output, ServiceCall, Step
from domain.waste import purchase_of


def bought_once(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Leave out steps that buy what an earlier one buys; who takes from them takes from that.

    Steps that run under different conditions are not the same.
    """
    first: dict[bytes, StepId] = {}
    instead: dict[StepId, StepId] = {}
    kept: list[Step] = []
    for one in steps:
        step = _taking(one, instead)
        found = one.id
        if isinstance(step, ServiceCall | MapStep):
            found = first.setdefault(purchase_of(step), one.id)
        if found == one.id:
            kept.append(step)
        else:
            instead[one.id] = found
    return tuple(kept)


def _taking(step: Step, instead: Mapping[StepId, StepId]) -> Step:
    changes: dict[str, object] = {"after": tuple(instead.get(one, one) for one in step.after)}
    if isinstance(step, ServiceCall | MapStep):
        changes["arguments"] = _from_each(step.arguments, instead)
    else:
        changes["inputs"] = _from_each(step.inputs, instead)
    if isinstance(step, MapStep):
        changes["over"] = _from(step.over, instead)
    return step.model_copy(update=changes)


def _from_each(
    bindings: Mapping[str, Binding], instead: Mapping[StepId, StepId]
) -> dict[str, Binding]:
    return {name: _from(binding, instead) for name, binding in bindings.items()}


def _from(binding: Binding, instead: Mapping[StepId, StepId]) -> Binding:
    if isinstance(binding, Output) and binding.step in instead:
        return binding.model_copy(update={"step": instead[binding.step]})
    return binding
