"""What a person should know of a plan besides its price, and where it could be cheaper."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain import graph
from domain.catalogue import RankedListing
from domain.drafting import Draft, Shortlist
from domain.ids import ListingId, StepId
from domain.money import Amount, total
from domain.offers import listed_offer
from domain.plan import Conditional, PaidStep, Plan, Step, dependencies
from domain.purchases import undo_of
from domain.waste import outputs_used

NO_WORSE: Final = 0.02
"""Points of score by which a cheaper equal may fall short and still be the better buy."""


class PlanQuality(BaseModel):
    """What a person should know of a plan besides its price."""

    model_config = ConfigDict(frozen=True)

    delivers: tuple[StepId, ...]
    """Steps whose output no other step uses: what the person gets."""
    irreversible: tuple[StepId, ...]
    """Paid steps whose money stays spent whatever happens."""
    irreversible_cost: Amount
    groups: tuple[tuple[StepId, ...], ...]
    """Steps that run side by side, in order."""
    slowest: tuple[StepId, ...]
    """The chain of steps that decides how long it takes."""


def quality_of(plan: Plan, seconds: Mapping[StepId, float]) -> PlanQuality:
    """Look a plan over.

    Args:
        plan: A compiled plan.
        seconds: Time to expect for each step.
    """
    edges = {step.id: dependencies(step) for step in plan.steps}
    lasting = [step for step in plan.steps if isinstance(step, PaidStep) and _lasts(step, plan)]
    used = outputs_used(plan.steps)
    return PlanQuality(
        delivers=tuple(
            step.id
            for step in plan.steps
            if step.id not in used and not isinstance(step, Conditional)
        ),
        irreversible=tuple(step.id for step in lasting),
        irreversible_cost=total([plan.estimated_cost_of(step) for step in lasting], plan.asset),
        groups=graph.parallel_groups(edges),
        slowest=graph.critical_path(edges, seconds)[0],
    )


def with_cheaper_equals(draft: Draft, shortlist: Shortlist) -> Iterator[Draft]:
    """Yield the draft with one service changed for a cheaper equal, best saving first.

    Equals are what discovery grouped as doing the same job. Whether the other takes the same
    inputs, only the compiler can say.
    """
    ranked = {one.listing.id: one for one in shortlist.candidates}
    changes: list[tuple[int, StepId, ListingId]] = []
    for step in draft.steps:
        if isinstance(step, PaidStep) and step.service in ranked:
            mine = ranked[step.service]
            for other in _equals(step.service, shortlist):
                saving = _price(mine) - _price(ranked[other]) if other in ranked else 0
                if saving > 0 and _no_worse(ranked[other], mine):
                    changes.append((saving, step.id, other))
    for _, step_id, other in sorted(changes, reverse=True):
        yield Draft(
            steps=tuple(
                _changed(step, ranked[other]) if step.id == step_id else step
                for step in draft.steps
            )
        )


def _changed(step: Step, to: RankedListing) -> Step:
    if not isinstance(step, PaidStep) or to.listing.price is None:
        return step
    offer = listed_offer(to.listing, to.listing.price)
    others = tuple(one for one in step.alternates if one != to.listing.id)
    return step.model_copy(
        update={"service": to.listing.id, "alternates": others, "undo": undo_of(offer)}
    )


def _lasts(step: PaidStep, plan: Plan) -> bool:
    costs = plan.estimated_cost_of(step).base_units > 0
    return costs and (step.undo is None or step.undo.action == "none")


def _equals(listing: ListingId, shortlist: Shortlist) -> Iterator[ListingId]:
    for job in shortlist.jobs:
        if listing in job:
            yield from (one for one in job if one != listing)


def _price(ranked: RankedListing) -> int:
    price = ranked.listing.price
    return price.base_units if price else 0


def _no_worse(other: RankedListing, mine: RankedListing) -> bool:
    return other.score.total >= mine.score.total - NO_WORSE
