"""Using a plan again that served a like request, when it still holds today."""

from pydantic import ValidationError

from activities.artifacts.ports import ArtifactStore
from activities.planning.ports import DraftAsk, Meter, UnreadableAnswer
from activities.planning.proposal import read_draft, write_proposal
from activities.planning.rounds import Planned, compiled
from domain.artifacts import ArtifactRef
from domain.drafting import Draft
from domain.errors import DataError
from domain.plan import PaidStep, Plan, Step
from domain.reasons import DraftRefused


async def remembered_plan(
    ref: ArtifactRef, ask: DraftAsk, *, artifacts: ArtifactStore, meter: Meter
) -> Planned | None:
    """Compile an earlier plan's steps against today's candidates.

    Services, prices and undo steps are today's; ``None``, with a note, when it no longer compiles.
    """
    try:
        earlier = Plan.model_validate_json(await artifacts.get(ref))
        steps = tuple(_with_alternates_of(ask, step) for step in earlier.steps)
        # Read like a model's answer, so that undo steps follow from today's listings.
        written = write_proposal(Draft(steps=steps)).model_dump(mode="json")
        draft = read_draft(written, shortlist=ask.shortlist, budget=ask.budget)
        plan = compiled(draft, ask, budget=ask.budget)
    except (DataError, ValidationError, UnreadableAnswer):
        meter.note("an earlier plan was remembered, but it cannot be read; this one is new")
        return None
    except DraftRefused as err:
        meter.note(f"an earlier plan no longer holds, so this one is new: {err.message}")
        return None
    return Planned(plan, "remembered")


def _with_alternates_of(ask: DraftAsk, step: Step) -> Step:
    """Forget stand-ins that are gone: they are no reason to draft anew."""
    if not isinstance(step, PaidStep):
        return step
    known = ask.shortlist.catalogue()
    return step.model_copy(update={"alternates": tuple(i for i in step.alternates if i in known)})
