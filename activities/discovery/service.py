"""Activities of discovery: what could serve a request, and what is there at all."""

from collections.abc import Sequence
from typing import Protocol

from temporalio import activity

from activities._heartbeat import heartbeating
from activities.artifacts.ports import ArtifactStore
from activities.discovery.remembering import Recall
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.breakers import Breaker
from domain.catalogue import RankedListing, Refusal
from domain.drafting import (
    CandidatesFound,
    FindCandidates,
    SearchServices,
    ServicesFound,
    Shortlist,
)
from domain.errors import UpstreamUnavailable
from domain.money import Amount


class ServiceFinder(Protocol):
    """Finds, gates and ranks services of a catalogue."""

    async def shortlist(self, text: str, budget: Amount) -> Shortlist:
        """Find what could serve ``text``, with all that a planner without a model must know."""
        ...

    async def search(
        self, text: str, limit: int
    ) -> tuple[tuple[RankedListing, ...], tuple[Refusal, ...]]:
        """Rank what is like ``text``, or everything; return the refused beside it."""
        ...

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that is not closed."""
        ...


class DiscoveryActivities:
    """Finds services; buys nothing and trusts no text it reads."""

    def __init__(
        self, finder: ServiceFinder, artifacts: ArtifactStore, recall: Recall | None = None
    ) -> None:
        self._finder = finder
        self._artifacts = artifacts
        self._recall = recall

    @activity.defn
    async def find_candidates(self, ask: FindCandidates) -> CandidatesFound:
        """Store the shortlist for a request and return where it is."""
        async with heartbeating():  # a first import embeds the whole catalogue
            shortlist = await self._finder.shortlist(ask.text, ask.budget)
            remembered = await self._remembered(ask)
        content = shortlist.model_dump_json().encode()
        ref = await self._artifacts.put(content, JSON_MEDIA_TYPE)
        activity.logger.info(
            "candidates_found",
            extra={"candidates": len(shortlist.candidates), "refused": len(shortlist.refused)},
        )
        return CandidatesFound(
            shortlist=ref,
            candidates=len(shortlist.candidates),
            refused=len(shortlist.refused),
            remembered=remembered,
        )

    @activity.defn
    async def search(self, ask: SearchServices) -> ServicesFound:
        """Rank what discovery finds for a text, with the reasons for what it refused."""
        async with heartbeating():
            ranked, refused = await self._finder.search(ask.text, ask.limit)
            breakers = await self._finder.breakers()
        return ServicesFound(ranked=ranked, refused=refused, breakers=tuple(breakers))

    async def _remembered(self, ask: FindCandidates) -> ArtifactRef | None:
        if self._recall is None:
            return None
        try:
            return await self._recall.plan_for(ask.text, user=ask.user, budget=ask.budget)
        except UpstreamUnavailable as err:
            # A memory that is away costs a plan's price in thought, never the plan.
            activity.logger.warning("memory_unreachable", extra={"why": err.message})
            return None
