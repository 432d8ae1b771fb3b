"""Cheaper services that do exactly what a draft's own services do.

Being of one job is not enough: a service is changed only for one that

1. discovery grouped with it as doing the same job;
2. is no worse by anything but its price: likeness to the request, record, speed;
3. says of itself every word of the request that the draft's own choice says, so that nobody who
   asked for a seller or a kind of thing by name gets another one;
4. takes every argument under the same name, and gives under the same names what is used, or what
   is handed over, in the same media type;
5. is paid by the same scheme, and can be undone in the same way, or better.

Whether values and types fit is left to the compiler, which every changed draft has to pass.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from domain import schemas
from domain.adapting import DoesNotFit, adapt, used_names
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Draft, Shortlist
from domain.ids import ListingId, StepId
from domain.money import Amount
from domain.offers import listed_offer
from domain.plan import PaidStep, Step, bindings_of
from domain.policy import host_of
from domain.purchases import undo_of
from domain.words import vocabulary

NO_WORSE: Final = 0.05
"""Points by which a part of a cheaper equal's score may fall short: in the heaviest part, whose
weight is 0.4, that moves the whole score by 0.02."""


def with_cheaper_equals(
    draft: Draft, shortlist: Shortlist, *, request: str, budget: Amount
) -> Iterator[Draft]:
    """Yield the draft with one service changed for a cheaper equal, best saving first.

    Args:
        draft: One that is a plan.
        shortlist: Scores, and who does the same job as whom.
        request: The person's words.
        budget: Fixes the asset in which prices are compared.
    """
    ranked = {one.listing.id: one for one in shortlist.candidates}
    changes: list[tuple[int, StepId, ListingId]] = []
    for step in draft.steps:
        if not isinstance(step, PaidStep) or step.service not in ranked:
            continue
        mine = ranked[step.service]
        for other in _same_job(step.service, shortlist, ranked):
            saving = _price(mine.listing, budget) - _price(other.listing, budget)
            if saving > 0 and _is_equal(step, draft, mine, other, request, budget):
                changes.append((saving, step.id, other.listing.id))
    for _, step_id, chosen in sorted(changes, reverse=True):
        yield Draft(
            steps=tuple(
                _changed(step, ranked[chosen].listing, budget) if step.id == step_id else step
                for step in draft.steps
            )
        )


def _same_job(
    listing: ListingId, shortlist: Shortlist, ranked: Mapping[ListingId, RankedListing]
) -> Iterator[RankedListing]:
    together = {one for job in shortlist.jobs if listing in job for one in job} - {listing}
    yield from (ranked[one] for one in sorted(together) if one in ranked)


def _is_equal(
    step: PaidStep,
    draft: Draft,
    mine: RankedListing,
    other: RankedListing,
    request: str,
    budget: Amount,
) -> bool:
    return (
        _is_no_worse(other, mine)
        and _answers_as_much(other.listing, mine.listing, request)
        and _is_undone_alike(other.listing, mine.listing, budget)
        and _fits(step, draft, mine.listing, other.listing)
    )


def _is_no_worse(other: RankedListing, mine: RankedListing) -> bool:
    parts = ("semantic", "reputation", "latency")
    return all(
        getattr(other.score, part).value >= getattr(mine.score, part).value - NO_WORSE
        for part in parts
    )


def _answers_as_much(other: ServiceListing, mine: ServiceListing, request: str) -> bool:
    return vocabulary(request) & _said_by(mine) <= _said_by(other)


def _said_by(listing: ServiceListing) -> frozenset[str]:
    host = host_of(listing.url).replace(".", " ")
    return vocabulary(" ".join((listing.name, listing.description, *listing.tags, host)))


def _is_undone_alike(other: ServiceListing, mine: ServiceListing, budget: Amount) -> bool:
    theirs, ours = listed_offer(other, budget), listed_offer(mine, budget)
    if theirs.terms is None or ours.terms is None:
        return True  # what is free has nothing to undo
    alike = undo_of(ours).action in {"none", undo_of(theirs).action}
    return alike and theirs.terms.scheme == ours.terms.scheme


def _fits(step: PaidStep, draft: Draft, mine: ServiceListing, other: ServiceListing) -> bool:
    users = [one for one in draft.steps if _takes_from(one, step.id)]
    used = used_names(step, mine, users) if users else _handed_over(mine)
    if not used and other.output_schema != mine.output_schema:
        return False
    try:
        names = adapt(step, chosen=mine, alternate=other, used=used)
    except DoesNotFit:
        return False
    taken = schemas.properties_of(other.input_schema).keys()
    return not names.inputs and not names.outputs and step.arguments.keys() <= taken


def _takes_from(step: Step, source: StepId) -> bool:
    return any(one.kind == "output" and one.step == source for one in bindings_of(step).values())


def _handed_over(listing: ServiceListing) -> frozenset[str]:
    """What a person may look for in an output that no other step uses."""
    listed = schemas.properties_of(listing.output_schema).keys()
    return frozenset(schemas.required_names(listing.output_schema)) & listed or frozenset(listed)


def _changed(step: Step, to: ServiceListing, budget: Amount) -> Step:
    if not isinstance(step, PaidStep):
        return step
    # Who stood in for it keeps doing so; where that was the cheaper one, they change places.
    others = tuple(step.service if one == to.id else one for one in step.alternates)
    undo = undo_of(listed_offer(to, budget))
    return step.model_copy(update={"service": to.id, "alternates": others, "undo": undo})


def _price(listing: ServiceListing, budget: Amount) -> int:
    terms = listed_offer(listing, budget).terms
    return terms.base_units if terms else 0
