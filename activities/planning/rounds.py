"""One drafter's draft, compiled, with its repairs; and the next drafter when one gives up."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from activities.planning.ports import DraftAsk, Meter, PlanDrafter, UnreadableDraft
from domain.compiler import compile_plan
from domain.drafting import Draft, DrafterName
from domain.equivalents import with_cheaper_equals
from domain.errors import Misconfigured, PlanRejected, RequestNotServable, UpstreamUnavailable
from domain.fallbacks import with_proven_first
from domain.intent import Understanding
from domain.money import Amount
from domain.plan import Plan
from domain.reasons import DraftRefused, ReasonCode

GAVE_UP: Final = (UpstreamUnavailable, Misconfigured, PlanRejected)
"""Down, refused, or out of repairs: another drafter may do better. That a request cannot be served
is an answer, and is not among them."""


class Planned(NamedTuple):
    """A compiled plan, who drafted it, and what it took the request for."""

    plan: Plan
    drafter: DrafterName
    understood: Understanding | None = None


class Rounds:
    """The first draft and its repairs."""

    def __init__(self, drafter: PlanDrafter, question: DraftAsk) -> None:
        self._drafter = drafter
        self._question = question
        self._too_dear: list[Planned] = []

    async def plan(self) -> Planned:
        """Return the first plan accepted, else the cheapest that is refused for its price only."""
        while True:
            try:
                return await self._next()
            except (DraftRefused, UnreadableDraft, RequestNotServable) as refused:
                if not isinstance(refused, RequestNotServable) and self._may_repair():
                    continue
                if self._too_dear:
                    return min(self._too_dear, key=lambda one: one.plan.estimated_cost.base_units)
                raise

    def _may_repair(self) -> bool:
        return self._question.round <= self._drafter.repairs

    async def _next(self) -> Planned:
        draft: Draft | None = None
        understood: Understanding | None = None
        try:
            drafted = await self._drafter.draft(self._question)
            draft, understood = drafted.draft, drafted.understood
            plan = compiled(draft, self._question, budget=self._question.budget)
            thrifty = with_cheapest_equals(plan, draft, self._question)
            return Planned(thrifty, self._drafter.name, understood)
        except UnreadableDraft as refused:
            self._question = self._question.refused_again(None, refused.reasons)
            raise
        except DraftRefused as refused:
            if draft is not None and _only_too_dear(refused):
                plan = compiled(draft, self._question, budget=_no_limit(self._question.budget))
                thrifty = with_cheapest_equals(plan, draft, self._question)
                planned = Planned(thrifty, self._drafter.name, understood)
                if thrifty.estimated_cost <= self._question.budget:
                    return planned
                self._too_dear.append(planned)
            self._question = self._question.refused_again(draft, refused.reasons)
            raise


async def first_to_plan(
    drafters: Sequence[PlanDrafter], last: PlanDrafter, ask: DraftAsk, meter: Meter
) -> Planned:
    """Let one after another try; why each gave up is noted for the person who asked.

    Raises:
        RequestNotServable: One of them says what is missing.
        PlanRejected: With the last one's reasons.
    """
    for drafter in drafters:
        try:
            return await Rounds(drafter, ask).plan()
        except GAVE_UP as err:
            meter.note(f"{drafter.name} did not draft: {err.message}")
    return await Rounds(last, ask).plan()


def compiled(draft: Draft, question: DraftAsk, *, budget: Amount) -> Plan:
    """Compile a draft against the candidates it was asked to use, and no others.

    Whoever drafted it, proven fallbacks come before those without a record.

    Raises:
        DraftRefused: With every broken rule.
    """
    ordered = with_proven_first(draft, question.shortlist)
    catalogue = question.shortlist.catalogue()
    return compile_plan(ordered, request=question.text, catalogue=catalogue, budget=budget)


def with_cheapest_equals(plan: Plan, draft: Draft, question: DraftAsk) -> Plan:
    """Change services for cheaper equals for as long as the plan gets cheaper by it.

    Args:
        plan: What the draft describes.
        draft: Its services are changed one by one; each change is compiled anew.
        question: The request, and the only services there are.
    """
    for other in with_cheaper_equals(
        draft, question.shortlist, request=question.text, budget=question.budget
    ):
        try:
            found = compiled(other, question, budget=_no_limit(question.budget))
        except DraftRefused:
            continue  # the values or types do not fit: no equal after all
        if found.estimated_cost < plan.estimated_cost:
            return with_cheapest_equals(found, other, question)
    return plan


def _only_too_dear(refused: DraftRefused) -> bool:
    return all(reason.code is ReasonCode.OVER_BUDGET for reason in refused.reasons)


def _no_limit(budget: Amount) -> Amount:
    # The plan is only shown, with the gap; the workflow never offers it for approval.
    return Amount(asset=budget.asset, base_units=2**63)
