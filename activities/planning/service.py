"""Drafting a plan and having the compiler accept it."""

from collections.abc import Sequence
from typing import Final

from temporalio import activity

from activities.artifacts.ports import ArtifactStore
from activities.planning.consensus import Consensus
from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter, heartbeating, spent_earlier
from activities.planning.ports import DraftAsk, LanguageModel, NoAgreement, PlanDrafter
from activities.planning.remembering import remembered_plan
from activities.planning.rounds import Planned, Rounds, first_to_plan
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.drafting import DraftPlan, PlanDrafted, PlanningLimits, Shortlist, Unplanned
from domain.errors import PlanRejected, RequestNotServable
from domain.fallbacks import unproven_words
from domain.intent import read_intent, refined

_NO_LIMITS_SET: Final = PlanningLimits()


class PlanningActivities:
    """Turns a request and its shortlist into a compiled plan."""

    def __init__(
        self,
        *,
        drafter: PlanDrafter,
        artifacts: ArtifactStore,
        models: Sequence[LanguageModel] = (),
        limits: PlanningLimits = _NO_LIMITS_SET,
    ) -> None:
        self._last = drafter
        self._models = models
        self._artifacts = artifacts
        self._limits = limits

    @activity.defn
    async def draft(self, ask: DraftPlan) -> PlanDrafted:
        """Draft, compile, and let the drafter repair what the compiler refuses.

        Models are asked one after another, the embedded planner last. None of their failures is
        Temporal's to retry, so an attempt of ours repeats only after a lost worker; what the lost
        one had used then counts on.

        Raises:
            RequestNotServable: Says what is missing.
            PlanRejected: With the last draft's reasons, when repairing did not help.
        """
        shortlist = Shortlist.model_validate_json(await self._artifacts.get(ask.shortlist))
        question = DraftAsk(text=ask.text, budget=ask.budget, shortlist=shortlist)
        meter = PlanningMeter(
            max_cost_micro_usd=self._limits.max_cost_micro_usd, earlier=spent_earlier()
        )
        async with heartbeating(meter):
            try:
                planned, record = await self._planned(ask, question, meter)
            except (RequestNotServable, PlanRejected) as err:
                spent = Unplanned(
                    usage=meter.usage,
                    notes=meter.notes,
                    record=err.record if isinstance(err, NoAgreement) else None,
                    seconds=round(meter.seconds, 3),
                )
                err.details = (spent,)
                raise
        unproven = unproven_words(planned.plan, shortlist)
        if unproven is not None:
            meter.note(unproven)
        intent = read_intent(ask.text, budget=str(ask.budget))
        return PlanDrafted(
            plan=planned.plan,
            drafter=planned.drafter,
            usage=meter.usage,
            notes=meter.notes,
            record=record,
            intent=refined(intent, planned.understood),
            seconds=round(meter.seconds, 3),
        )

    async def _planned(
        self, ask: DraftPlan, question: DraftAsk, meter: PlanningMeter
    ) -> tuple[Planned, ArtifactRef | None]:
        if ask.remembered is not None:
            planned = await remembered_plan(
                ask.remembered, question, artifacts=self._artifacts, meter=meter
            )
            if planned is not None:
                return planned, None
        threshold = self._limits.consensus_from_base_units
        if self._models and threshold is not None:
            own = await self._own_plan(question)
            # Our own plan costs nothing to make, so its price says what is at stake.
            price = own.plan.estimated_cost if own else ask.budget
            if price.base_units > threshold:
                because = f"{'our own plan costs' if own else 'the budget is'} {price}"
                return await self._agreed(question, own, because, meter)
        drafters = [ModelDrafter(model, meter) for model in self._models]
        return await first_to_plan(drafters, self._last, question, meter), None

    async def _own_plan(self, question: DraftAsk) -> Planned | None:
        try:
            return await Rounds(self._last, question).plan()
        except (PlanRejected, RequestNotServable):
            return None

    async def _agreed(
        self, question: DraftAsk, own: Planned | None, because: str, meter: PlanningMeter
    ) -> tuple[Planned, ArtifactRef]:
        meter.allow(self._limits.max_consensus_cost_micro_usd)
        consensus = Consensus(question, self._models, own=own, because=because, meter=meter)
        agreed = await consensus.agree()
        content = agreed.record.model_dump_json().encode()
        record = await self._artifacts.put(content, JSON_MEDIA_TYPE)
        if agreed.planned is None:
            raise NoAgreement(agreed.record.verdict.reason, record=record)
        return agreed.planned, record
