"""Discovery and planning of a fake market: they find one plan, or nobody who serves."""

import asyncio
from dataclasses import dataclass, field

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.drafting import (
    CandidatesFound,
    DraftPlan,
    FindCandidates,
    PlanDrafted,
    RememberPlan,
    TokenUsage,
    Unplanned,
)
from domain.plan import Plan
from tests.fakes.wares import artifact


@dataclass
class FakePlanning:
    """Plans as told, and records what it was asked."""

    plan: Plan
    drafted: int = 0
    drafting: asyncio.Event | None = None
    """Drafting waits for this."""
    unplanned: Unplanned | None = None
    """What drafting uses before it finds that nobody serves the request."""
    searched: list[FindCandidates] = field(default_factory=list)
    remembers: bool = True
    remembered: dict[str, RememberPlan] = field(default_factory=dict)
    """The last plan that served, by person."""

    @activity.defn
    async def find_candidates(self, ask: FindCandidates) -> CandidatesFound:
        self.searched.append(ask)
        earlier = self.remembers and ask.user in self.remembered
        return CandidatesFound(
            shortlist=artifact("shortlist"),
            candidates=3,
            refused=0,
            remembered=artifact("earlier plan") if earlier else None,
        )

    @activity.defn
    async def remember_plan(self, ask: RememberPlan) -> None:
        if not self.remembers:
            raise ApplicationError("no memory", type="upstream_unavailable", non_retryable=True)
        self.remembered[ask.user] = ask

    @activity.defn
    async def draft(self, ask: DraftPlan) -> PlanDrafted:
        self.drafted += 1
        if self.unplanned is not None:
            raise ApplicationError(
                "nobody does that",
                self.unplanned,
                type="request_not_servable",
                non_retryable=True,
            )
        if self.drafting is not None:
            await self.drafting.wait()
        if ask.remembered is not None:
            return PlanDrafted(plan=self.plan, drafter="remembered")
        return PlanDrafted(
            plan=self.plan,
            drafter="embedded",
            usage=TokenUsage(input_tokens=5),
            notes=("nobody else drafts",),
            seconds=0.5,
        )
