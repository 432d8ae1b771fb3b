"""Steps that a draft would be better without: nobody pays for work that changes nothing."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from domain.drafting import Draft
from domain.ids import StepId, canonical_json
from domain.plan import Conditional, DataTransform, PaidStep, Step, bindings_of


def waste_in(draft: Draft) -> Iterator[tuple[StepId, str]]:
    """Yield each needless step with why it is one."""
    used = outputs_used(draft.steps)
    gating = {step.when.step for step in draft.steps if step.when is not None}
    bought: dict[bytes, StepId] = {}
    for step in draft.steps:
        if isinstance(step, Conditional) and step.id not in gating | used:
            yield step.id, f"step {step.id} decides, but no step depends on its decision"
        elif isinstance(step, DataTransform) and step.id not in used and _hands_over(step, draft):
            yield step.id, f"step {step.id} only hands over what another step made"
        if isinstance(step, PaidStep):
            first = bought.setdefault(purchase_of(step), step.id)
            if first != step.id:
                yield step.id, f"step {step.id} buys what step {first} has bought already"


def outputs_used(steps: Sequence[Step]) -> frozenset[StepId]:
    """Steps whose output another one takes."""
    return frozenset(
        binding.step
        for step in steps
        for binding in bindings_of(step).values()
        if binding.kind == "output"
    )


def _hands_over(step: DataTransform, draft: Draft) -> bool:
    plain = step.expression.strip() in {"@", *step.inputs}
    return plain and len(step.inputs) <= 1 and len(draft.steps) > 1


def purchase_of(step: PaidStep) -> bytes:
    """What a step buys, and when; equal for two steps of which one is needless."""
    bindings: dict[str, JsonValue] = {
        name: binding.model_dump(mode="json") for name, binding in bindings_of(step).items()
    }
    gate: JsonValue = step.when.model_dump(mode="json") if step.when else None
    return canonical_json([step.service, bindings, gate])
