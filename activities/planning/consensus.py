"""Several models draft one plan: proposals side by side, critiques, a synthesis, and a vote.

Everything a model says here is data to the next one, and every plan has passed the compiler.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from activities.planning.ballots import (
    critique_question,
    merge_question,
    read_critiques,
    read_vote,
    vote_question,
)
from activities.planning.drafter_model import DECLINE, PROPOSE, ModelDrafter
from activities.planning.metering import PlanningMeter
from activities.planning.ports import (
    DraftAsk,
    LanguageModel,
    PlanningLimitReached,
    ProviderDeclined,
    UnreadableAnswer,
)
from activities.planning.proposal import read_draft
from activities.planning.rounds import GAVE_UP, Planned, Rounds, compiled
from domain.consensus import (
    Ballot,
    Candidate,
    ConsensusRecord,
    Critique,
    Proposal,
    Verdict,
    decide,
)
from domain.errors import Misconfigured, PlanRejected, RequestNotServable, UpstreamUnavailable
from domain.plan import Plan

MIN_VOTERS: Final = 2
"""With one model that can be asked, two samples of it draft and vote."""

SYNTHESIS: Final = "synthesis"
"""Label of the plan made of the others."""

_GONE: Final = (UpstreamUnavailable, Misconfigured, ProviderDeclined, PlanningLimitReached)
"""Who failed like this at drafting cannot vote either."""

_Said = TypeVar("_Said")


class Voter(NamedTuple):
    """One model, or one of two samples of it."""

    name: str
    model: LanguageModel


class Failed(NamedTuple):
    """A voter that could not do its part."""

    voter: Voter
    error: UpstreamUnavailable | Misconfigured | PlanRejected | RequestNotServable


class Agreed(NamedTuple):
    """The plan, if there is one, and how it came about."""

    planned: Planned | None
    record: ConsensusRecord


class Consensus:
    """One expensive request; its voters, plans and critiques so far."""

    def __init__(
        self,
        ask: DraftAsk,
        models: Sequence[LanguageModel],
        *,
        own: Planned | None,
        because: str,
        meter: PlanningMeter,
    ) -> None:
        self._ask = ask
        self._voters = _enough([Voter(model.name, model) for model in models])
        self._own = own
        self._because = because
        self._meter = meter
        self._proposals: list[Proposal] = []
        self._planned: dict[str, Planned] = {}
        self._critiques: list[Critique] = []
        self._ballots: list[Ballot] = []

    async def agree(self) -> Agreed:
        """Return the plan that the voters agree on, else our own planner's, if it has one.

        Raises:
            RequestNotServable: Whoever could answer says that no plan serves.
        """
        failed = await self._propose()
        verdict = self._unanimous() or self._nothing(failed)
        if verdict is None:
            await self._criticise()
            await self._synthesise()
            await self._vote()
            verdict = decide(self._candidates(), self._ballots, voters=len(self._voters))
        self._meter.note(f"consensus: {verdict.reason}")
        return Agreed(self._chosen(verdict), self._record(verdict))

    async def _propose(self) -> list[Failed]:
        async def propose(voter: Voter) -> Planned | Failed:
            try:
                return await Rounds(ModelDrafter(voter.model, self._meter), self._ask).plan()
            except (*GAVE_UP, RequestNotServable) as err:
                return Failed(voter, err)

        failed: list[Failed] = []
        for voter, found in await _side_by_side(self._voters, propose):
            if isinstance(found, Failed):
                failed.append(found)
                self._meter.note(f"{voter.name} proposed no plan: {found.error.message}")
                said = Proposal(voter=voter.name, reason=found.error.message)
            else:
                label = self._labelled(found)
                said = Proposal(voter=voter.name, label=label, plan=found.plan)
            self._proposals.append(said)
        gone = {one.voter.name for one in failed if isinstance(one.error, _GONE)}
        self._voters = _enough([one for one in self._voters if one.name not in gone])
        return failed

    def _labelled(self, planned: Planned) -> str:
        for label, other in self._planned.items():
            if other.plan.steps == planned.plan.steps:
                return label
        label = f"plan-{len(self._planned) + 1}"
        self._planned[label] = planned
        return label

    def _unanimous(self) -> Verdict | None:
        drafted = [one for one in self._proposals if one.plan is not None]
        if len(self._planned) != 1 or len(drafted) < len(self._proposals):
            return None
        reason = f"all {len(drafted)} proposed the same plan"
        return Verdict(winner=drafted[0].label, how="vote", reason=reason)

    def _nothing(self, failed: Sequence[Failed]) -> Verdict | None:
        """Without any plan there is nothing to vote on; that nothing serves is an answer."""
        if self._planned:
            return None
        for one in failed:
            if isinstance(one.error, RequestNotServable):
                raise one.error
        return Verdict(winner=None, how="none", reason="nobody proposed a plan")

    async def _criticise(self) -> None:
        async def criticise(voter: Voter) -> list[Critique]:
            others = {
                label: plan for label, plan in self._plans().items() if label != self._of(voter)
            }
            if not others:
                return []
            call = await voter.model.ask(critique_question(self._ask, others), meter=self._meter)
            return read_critiques(call, voter=voter.name, plans=others)

        for found in await self._answers("criticise", criticise):
            self._critiques += found

    async def _synthesise(self) -> None:
        """Let one voter make one plan of all; that it cannot is no reason to stop."""

        async def merge(voter: Voter) -> Plan | None:
            plans = self._plans()
            question = merge_question(self._ask, plans, self._critiques, (PROPOSE, DECLINE))
            call = await voter.model.ask(question, meter=self._meter)
            if call.tool != PROPOSE.name:
                return None
            ask = self._ask
            draft = read_draft(call.given, shortlist=ask.shortlist, budget=ask.budget)
            return compiled(draft, ask, budget=ask.budget)

        known = [one.steps for one in self._plans().values()]
        for plan in await self._answers("make one plan of all", merge, self._voters[:1]):
            if plan is not None and plan.steps not in known:
                self._planned[SYNTHESIS] = Planned(plan, "consensus")
                voter = self._voters[0].name
                self._proposals.append(Proposal(voter=voter, label=SYNTHESIS, plan=plan))

    async def _vote(self) -> None:
        async def vote(voter: Voter) -> Ballot:
            plans = self._plans()
            question = vote_question(self._ask, plans, self._critiques)
            call = await voter.model.ask(question, meter=self._meter)
            return read_vote(call, voter=voter.name, plans=plans)

        self._ballots += await self._answers("vote", vote)

    async def _answers(
        self,
        part: str,
        do: Callable[[Voter], Awaitable[_Said]],
        voters: Sequence[Voter] | None = None,
    ) -> list[_Said]:
        """What those said that could do their part; the others abstain, and it is noted."""

        async def tried(voter: Voter) -> _Said | str:
            try:
                return await do(voter)
            except UnreadableAnswer as err:
                return str(err)
            except GAVE_UP as err:
                return err.message

        said: list[_Said] = []
        for voter, found in await _side_by_side(voters or self._voters, tried):
            if isinstance(found, str):
                self._meter.note(f"{voter.name} did not {part}: {found}")
            else:
                said.append(found)
        return said

    def _plans(self) -> dict[str, Plan]:
        return {label: one.plan for label, one in self._planned.items()}

    def _of(self, voter: Voter) -> str:
        own = (one.label for one in self._proposals if one.voter == voter.name)
        return next(own, "")

    def _candidates(self) -> list[Candidate]:
        """Plans within the budget; where none is, those above it, which are only shown."""
        prices = {label: one.estimated_cost for label, one in self._plans().items()}
        affordable = {label for label, price in prices.items() if price <= self._ask.budget}
        return [
            Candidate(label=label, price_base_units=price.base_units)
            for label, price in prices.items()
            if label in affordable or not affordable
        ]

    def _chosen(self, verdict: Verdict) -> Planned | None:
        if verdict.winner is not None:
            return self._planned[verdict.winner]._replace(drafter="consensus")
        return self._own

    def _record(self, verdict: Verdict) -> ConsensusRecord:
        return ConsensusRecord(
            asked_because=self._because,
            proposals=tuple(self._proposals),
            critiques=tuple(self._critiques),
            ballots=tuple(self._ballots),
            verdict=verdict,
            usage=self._meter.usage,
            notes=self._meter.notes,
        )


def _enough(voters: Sequence[Voter]) -> list[Voter]:
    """At least two voters with names of their own, where there is any."""
    if len(voters) >= MIN_VOTERS or not voters:
        return list(voters)
    (only,) = voters
    return [only, Voter(f"{only.name} again", only.model)]


async def _side_by_side(
    voters: Sequence[Voter], do: Callable[[Voter], Awaitable[_Said]]
) -> list[tuple[Voter, _Said]]:
    """Let all do it at the same time; in their order."""

    async def run(voter: Voter) -> _Said:
        return await do(voter)

    async with asyncio.TaskGroup() as group:
        tasks = [(voter, group.create_task(run(voter))) for voter in voters]
    return [(voter, task.result()) for voter, task in tasks]
