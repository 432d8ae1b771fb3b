"""Drafting a plan and having the compiler accept it."""

from temporalio import activity

from activities.artifacts.ports import ArtifactStore
from activities.planning.ports import DraftAsk, PlanDrafter, UnreadableDraft
from domain.compiler import DraftRefused, ReasonCode, compile_plan
from domain.drafting import Draft, DraftPlan, PlanDrafted, Shortlist, TokenUsage
from domain.errors import RequestNotServable
from domain.money import Amount
from domain.plan import Plan


class PlanningActivities:
    """Turns a request and its shortlist into a compiled plan."""

    def __init__(self, *, drafter: PlanDrafter, artifacts: ArtifactStore) -> None:
        self._drafter = drafter
        self._artifacts = artifacts

    @activity.defn
    async def draft(self, ask: DraftPlan) -> PlanDrafted:
        """Draft, compile, and let the drafter repair what the compiler refuses.

        Raises:
            RequestNotServable: Says what is missing.
            PlanRejected: With the last draft's reasons, when repairing did not help.
        """
        shortlist = Shortlist.model_validate_json(await self._artifacts.get(ask.shortlist))
        question = DraftAsk(text=ask.text, budget=ask.budget, shortlist=shortlist)
        rounds = _Rounds(self._drafter, question)
        plan = await rounds.plan()
        return PlanDrafted(plan=plan, drafter=self._drafter.name, usage=rounds.usage)


class _Rounds:
    """The first draft and its repairs."""

    def __init__(self, drafter: PlanDrafter, question: DraftAsk) -> None:
        self.usage = TokenUsage()
        self._drafter = drafter
        self._question = question
        self._too_dear: list[Plan] = []

    async def plan(self) -> Plan:
        """Return the first plan accepted, else the cheapest that is refused for its price only."""
        while True:
            try:
                return await self._next()
            except (DraftRefused, UnreadableDraft, RequestNotServable) as refused:
                if not isinstance(refused, RequestNotServable) and self._may_repair():
                    continue
                if self._too_dear:
                    return min(self._too_dear, key=lambda plan: plan.estimated_cost.base_units)
                raise

    def _may_repair(self) -> bool:
        return self._question.round <= self._drafter.repairs

    async def _next(self) -> Plan:
        draft: Draft | None = None
        try:
            drafted = await self._drafter.draft(self._question)
            draft = drafted.draft
            self.usage += drafted.usage
            return _compile(draft, self._question, budget=self._question.budget)
        except UnreadableDraft as refused:
            self.usage += refused.usage
            self._question = self._question.refused_again(None, refused.reasons)
            raise
        except DraftRefused as refused:
            if draft is not None and _only_too_dear(refused):
                budget = _no_limit(self._question.budget)
                self._too_dear.append(_compile(draft, self._question, budget=budget))
            self._question = self._question.refused_again(draft, refused.reasons)
            raise


def _compile(draft: Draft, question: DraftAsk, *, budget: Amount) -> Plan:
    catalogue = question.shortlist.catalogue()
    return compile_plan(draft, request=question.text, catalogue=catalogue, budget=budget)


def _only_too_dear(refused: DraftRefused) -> bool:
    return all(reason.code is ReasonCode.OVER_BUDGET for reason in refused.reasons)


def _no_limit(budget: Amount) -> Amount:
    # The plan is only shown, with the gap; the workflow never offers it for approval.
    return Amount(asset=budget.asset, base_units=2**63)
