"""Which services could stand in for a step's own, in what order, and under what names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from domain.adapting import DoesNotFit, adapt, presented, used_names
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Catalogue, Draft, Shortlist
from domain.ids import ListingId, StepId
from domain.plan import Adaptation, PaidStep, Plan, Step, bindings_of
from domain.reasons import Reason, ReasonCode
from domain.reputation import has_record
from domain.step_types import Outputs, argument_reasons, output_schema, step_reasons

_MAX_NAME_CHARACTERS: Final = 60


def proven_first(
    listings: Iterable[ListingId], ranked: Mapping[ListingId, RankedListing]
) -> tuple[ListingId, ...]:
    """Put fallbacks that nobody credible saw deliver behind all the others; else keep their order.

    A fallback is bought with nobody looking, when something has gone wrong already. Likeness, a low
    price and a quick answer are no reason to trust it with that.
    """
    return tuple(sorted(listings, key=lambda one: not _is_proven(one, ranked)))


def with_proven_first(draft: Draft, shortlist: Shortlist) -> Draft:
    """The draft with the fallbacks of each step in the order of ``proven_first``."""
    ranked = {one.listing.id: one for one in shortlist.candidates}
    return Draft(
        steps=tuple(
            step.model_copy(update={"alternates": proven_first(step.alternates, ranked)})
            if isinstance(step, PaidStep) and step.alternates
            else step
            for step in draft.steps
        )
    )


def unproven_words(plan: Plan, shortlist: Shortlist) -> str | None:
    """Name the fallbacks without a record to the person who approves them; none: nothing."""
    ranked = {one.listing.id: one for one in shortlist.candidates}
    bought = (step for step in plan.steps if isinstance(step, PaidStep))
    fallbacks = {one for step in bought for one in step.alternates}
    names = [
        offer.name[:_MAX_NAME_CHARACTERS]
        for offer in plan.offers
        if offer.listing_id in fallbacks and not _is_proven(offer.listing_id, ranked)
    ]
    if not names:
        return None
    return f"no delivery is on record of {', '.join(names)}: tried last, when all others failed"


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


def _is_proven(listing: ListingId, ranked: Mapping[ListingId, RankedListing]) -> bool:
    known = ranked.get(listing)
    return known is not None and has_record(known.score.reputation.value)


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
