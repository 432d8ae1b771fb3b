"""Which services could stand in for a step's own, and under what names."""

from collections.abc import Iterator

from domain.adapting import DoesNotFit, adapt, presented, used_names
from domain.catalogue import ServiceListing
from domain.drafting import Catalogue, Draft
from domain.ids import StepId
from domain.plan import Adaptation, PaidStep, Step, bindings_of
from domain.reasons import Reason, ReasonCode
from domain.step_types import Outputs, argument_reasons, output_schema, step_reasons


def fallback_reasons(draft: Draft, catalogue: Catalogue, outputs: Outputs) -> Iterator[Reason]:
    """Yield a reason for each alternate that cannot stand in."""
    for step in (one for one in draft.steps if isinstance(one, PaidStep)):
        for listing in step.alternates:
            try:
                _fitted(step, catalogue[listing], draft, catalogue, outputs)
            except DoesNotFit as misfit:
                message = f"step {step.id} cannot fall back on {listing}: {misfit}"
                yield Reason(code=ReasonCode.UNFIT_ALTERNATE, step=step.id, message=message)


def with_adaptations(step: Step, draft: Draft, catalogue: Catalogue, outputs: Outputs) -> Step:
    """The step with the names of its fallbacks; whatever a draft said of them is forgotten."""
    if not isinstance(step, PaidStep):
        return step
    found = [
        _fitted(step, catalogue[listing], draft, catalogue, outputs) for listing in step.alternates
    ]
    differing = tuple(one for one in found if one.inputs or one.outputs)
    return step.model_copy(update={"adaptations": differing})


def _fitted(
    step: PaidStep,
    alternate: ServiceListing,
    draft: Draft,
    catalogue: Catalogue,
    outputs: Outputs,
) -> Adaptation:
    """Fit a fallback into a step: it takes what the step gives, and gives what others take.

    Raises:
        DoesNotFit: It does not; the message says why.
    """
    chosen = catalogue[step.service]
    users = [one for one in draft.steps if step.id in _sources(one)]
    used = used_names(step, chosen, users)
    found = adapt(step, chosen=chosen, alternate=alternate, used=used if users else None)
    renamed = {found.inputs.get(name, name): one for name, one in step.arguments.items()}
    theirs = step.model_copy(update={"arguments": renamed})
    shown = presented(alternate.output_schema, found.outputs)
    instead = {**outputs, step.id: output_schema(step, shown)}
    problems = list(argument_reasons(theirs, alternate, outputs))
    for user in users:
        problems += step_reasons(user, catalogue, instead)
    if problems:
        raise DoesNotFit(problems[0].message)
    return found


def _sources(step: Step) -> set[StepId]:
    return {one.step for one in bindings_of(step).values() if one.kind == "output"}
