"""Whether what a step is given is of the kinds that it takes, and what kinds it gives."""

from collections.abc import Iterator, Mapping
from typing import Final

from domain import graph, schemas
from domain.catalogue import ServiceListing
from domain.drafting import Catalogue, Draft
from domain.expression_types import Inferred, infer, known_shape, named, result_problem
from domain.ids import StepId
from domain.plan import (
    Binding,
    Conditional,
    DataTransform,
    MapStep,
    PaidStep,
    ServiceCall,
    Step,
    dependencies,
)
from domain.reasons import Reason, ReasonCode
from domain.shapes import constant, items_of

Outputs = Mapping[StepId, schemas.Schema]
"""What each step of a draft gives."""

_ANYTHING: Final[schemas.Schema] = {}


def output_schemas(draft: Draft, catalogue: Catalogue) -> Outputs:
    """Infer what each step gives. Steps must not wait for each other in a circle."""
    steps = {step.id: step for step in draft.steps}
    outputs: dict[StepId, schemas.Schema] = {}
    for step_id in graph.topological_order({i: dependencies(one) for i, one in steps.items()}):
        step = steps[step_id]
        if isinstance(step, PaidStep):
            outputs[step_id] = output_schema(step, catalogue[step.service].output_schema)
        elif isinstance(step, Conditional):
            outputs[step_id] = {"type": "boolean"}
        else:
            outputs[step_id] = infer(step.expression, _inputs_of(step, outputs)).shape
    return outputs


def output_schema(step: PaidStep, service: schemas.Schema) -> schemas.Schema:
    """What a step gives that buys from a service with this output: a map gives a list of them."""
    if isinstance(step, ServiceCall):
        return service
    return {"type": "array", "items": known_shape(service)}


def step_reasons(step: Step, catalogue: Catalogue, outputs: Outputs) -> Iterator[Reason]:
    """Yield a reason for each value of a step that is missing or of another kind."""
    if isinstance(step, MapStep):
        problem = result_problem(_selected(step.over, outputs), {"type": "array"})
        if problem:
            message = f"step {step.id}, the list it maps: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)
    if isinstance(step, PaidStep):
        yield from argument_reasons(step, catalogue[step.service], outputs)
    else:
        yield from _computing_reasons(step, outputs)


def argument_reasons(step: PaidStep, listing: ServiceListing, outputs: Outputs) -> Iterator[Reason]:
    """Yield a reason for each argument of a step that ``listing`` would not take."""
    known = schemas.properties_of(listing.input_schema)
    for name in schemas.required_names(listing.input_schema):
        if name not in step.arguments:
            message = f"step {step.id} does not give {name}, which {listing.name} requires"
            yield Reason(code=ReasonCode.MISSING_ARGUMENT, step=step.id, message=message)
    for name, binding in step.arguments.items():
        if known and name not in known:
            message = f"step {step.id} gives {name}, which {listing.name} does not know"
            yield Reason(code=ReasonCode.UNKNOWN_ARGUMENT, step=step.id, message=message)
            continue
        item = _item_schema(step, outputs)
        problem = _binding_problem(binding, known.get(name, _ANYTHING), outputs, item)
        if problem:
            message = f"step {step.id}, argument {name} of {listing.name}: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)


def _computing_reasons(step: DataTransform | Conditional, outputs: Outputs) -> Iterator[Reason]:
    for name, binding in step.inputs.items():
        for problem in _selected(binding, outputs).problems[:1]:
            message = f"step {step.id}, input {name}: {problem}"
            yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)
    for problem in infer(step.expression, _inputs_of(step, outputs)).problems:
        message = f"step {step.id}, {step.expression[:80]!r}: {problem}"
        yield Reason(code=ReasonCode.TYPE_MISMATCH, step=step.id, message=message)


def _item_schema(step: PaidStep, outputs: Outputs) -> schemas.Schema:
    return items_of(_selected(step.over, outputs).shape) if isinstance(step, MapStep) else _ANYTHING


def _binding_problem(
    binding: Binding,
    wanted: schemas.Schema,
    outputs: Outputs,
    item: schemas.Schema,
) -> str | None:
    if binding.kind == "value":
        return schemas.problem_with(binding.value, wanted)
    if binding.kind == "item":
        return result_problem(infer(binding.path or "@", item), wanted)
    problem = result_problem(_selected(binding, outputs), wanted)
    return f"of {binding.step}, {problem}" if problem else None


def _inputs_of(step: DataTransform | Conditional, outputs: Outputs) -> schemas.Schema:
    return named({name: _selected(one, outputs).shape for name, one in step.inputs.items()})


def _selected(binding: Binding, outputs: Outputs) -> Inferred:
    """What a binding takes; of an item nothing is said here."""
    if binding.kind == "value":
        return Inferred(constant(binding.value))
    if binding.kind == "item":
        return Inferred(_ANYTHING)
    return infer(binding.path or "@", outputs[binding.step])
