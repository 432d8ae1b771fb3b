"""Where a run stands: the one mutable picture behind query, stream, Web UI and report."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.contrib.workflow_streams import WorkflowStream

from domain import execution, runs
from domain.artifacts import ArtifactRef
from domain.catalogue import RefundOffer
from domain.drafting import TokenUsage, Unplanned
from domain.events import ProgressEvent
from domain.execution import StepState, StepView
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.money import Amount, total
from domain.names import EVENTS_TOPIC, SEARCH_COST, SEARCH_PLAN_DIGEST, SEARCH_STATUS
from domain.payments import PaymentState, Receipt, SignatureRequest
from domain.plan import PaidStep, Plan, Step, dependencies
from domain.rollback import PaidEffect, RollbackEntry, UndoOutcome
from domain.runs import FulfilRequest, Planning, RunError, RunReport, RunState
from domain.writes import WriteReceipt
from workflows._status_page import status_page

_STATUS: Final = SearchAttributeKey.for_keyword(SEARCH_STATUS)
_DIGEST: Final = SearchAttributeKey.for_keyword(SEARCH_PLAN_DIGEST)
_COST: Final = SearchAttributeKey.for_float(SEARCH_COST)


class Progress:
    """Changes of one run, each checked, published and visible at once."""

    def __init__(self, request: FulfilRequest, *, stream: WorkflowStream, now: datetime) -> None:
        self._request = request
        self._events = stream.topic(EVENTS_TOPIC, type=ProgressEvent)
        self._started_at = now
        self._ended_at: datetime | None = None
        self._steps: dict[StepId, StepView] = {}
        self._drafter: str | None = None
        self._usage = TokenUsage()
        self.planning: Planning | None = None
        self._zero = Amount.zero(request.budget.asset)
        self.state = RunState.PLANNING
        self.plan: Plan | None = None
        self._plan_digest: Digest | None = None
        self.budget = request.budget
        self.cap = self._zero
        self.spent = self._zero
        self.reserved = self._zero
        self.effects: list[PaidEffect] = []
        self.receipts: list[Receipt] = []
        self.rollback: list[RollbackEntry] = []
        self.anchor: WriteReceipt | None = None
        self.error: RunError | None = None

    def enter(self, state: RunState) -> None:
        """Move the run to ``state`` and let it be found by it."""
        self.state = runs.move(self.state, state)
        if state in runs.FINAL_STATES:
            self._ended_at = workflow.now()
        # An approved run executes at once: one event in the history is enough for both.
        if state is not RunState.APPROVED:
            workflow.upsert_search_attributes(self._search_updates())  # pyright: ignore[reportUnknownMemberType] - open stubs
        self._publish()

    def planned(self, plan: Plan, *, drafter: str | None, usage: TokenUsage) -> None:
        """Take a plan over; its steps are pending."""
        self.plan = plan
        # Kept, because a plan's digest costs more than all the rest of a report.
        self._plan_digest = plan.digest
        self._drafter = drafter or self._drafter
        self._usage += usage
        # Planned again in the middle of a run: what is done stays as it is.
        self._steps = {
            step.id: known
            if (known := self._steps.get(step.id)) and known.state is not StepState.PENDING
            else _view(step, plan)
            for step in plan.steps
        }

    def unplanned(self, used: Unplanned) -> None:
        """Count what planning used although no plan came about."""
        self._usage += used.usage
        searched = self.planning or Planning()
        self.planning = searched.model_copy(
            update={
                "seconds": searched.seconds + used.seconds,
                "drafting_seconds": used.seconds,
                "notes": used.notes,
                "record": used.record,
            }
        )

    def step(self, step_id: StepId, state: StepState, **changes: object) -> None:
        """Move a step and change what is shown of it."""
        before = self._steps[step_id]
        now = workflow.now()
        times: dict[str, object] = {}
        if before.started_at is None and state not in execution.ENDED:
            times["started_at"] = now
        if state in execution.ENDED and state not in _AFTER_THE_END:
            times["ended_at"] = now
        moved = execution.move(before.state, state)
        self._steps[step_id] = before.model_copy(update={"state": moved, **times, **changes})
        self._publish(self._steps[step_id])

    def note(self, step_id: StepId, **changes: object) -> None:
        """Change what is shown of a step without moving it."""
        self._steps[step_id] = self._steps[step_id].model_copy(update=changes)

    def state_of(self, step_id: StepId) -> StepState:
        """Where a step stands."""
        return self._steps[step_id].state

    def deliverer_of(self, step_id: StepId) -> ListingId | None:
        """Who delivered a single purchase, once somebody has."""
        return self._steps[step_id].delivered_by

    def outputs(self) -> Mapping[StepId, ArtifactRef]:
        """What every step that ended well produced."""
        return {
            view.id: view.output
            for view in self._steps.values()
            if view.output is not None and view.state in execution.ENDED_WELL
        }

    def reserve(self, amount: Amount) -> None:
        """Count money that is signed for."""
        self.reserved += self._valued(amount)

    def release(self, amount: Amount) -> None:
        """Count a signature that is decided, one way or the other."""
        self.reserved -= self._valued(amount)

    def paid(
        self, step_id: StepId, receipt: Receipt, *, refund: RefundOffer | None, delivered: bool
    ) -> None:
        """Count money that the chain shows leaving, as something that may have to be undone."""
        amount = self._valued(receipt.amount)
        self.spent += amount
        self.receipts.append(receipt)
        self.effects.append(
            PaidEffect(step_id=step_id, receipt=receipt, refund=refund, delivered=delivered)
        )
        state = PaymentState.DELIVERED if delivered else PaymentState.PAID_UNDELIVERED
        self.note(step_id, cost=self._steps[step_id].cost + amount, payment_state=state)

    def effect(self, key: PaymentKey) -> PaidEffect:
        """The paid effect of a payment; it must exist."""
        return next(effect for effect in self.effects if effect.receipt.key == key)

    @property
    def effects_to_undo(self) -> list[PaidEffect]:
        """What was paid and not dealt with yet, oldest first."""
        dealt_with = {entry.key for entry in self.rollback}
        return [effect for effect in self.effects if effect.receipt.key not in dealt_with]

    def undone(self, entry: RollbackEntry) -> None:
        """Count how one undo ended."""
        self.rollback.append(entry)
        if entry.outcome in _AFTER_OUTCOME:
            self.note(entry.step_id, payment_state=_AFTER_OUTCOME[entry.outcome])

    def is_returned(self, key: PaymentKey) -> bool:
        """Whether the chain showed a payment's money coming back in full."""
        return any(entry.key == key and entry.returned >= entry.paid for entry in self.rollback)

    @property
    def lost(self) -> Amount:
        """Paid for nothing and not returned."""
        for_nothing = [effect.receipt for effect in self.effects if not effect.delivered]
        back = {entry.key: entry.returned for entry in self.rollback}
        amounts = [r.amount - back.get(r.key, r.amount - r.amount) for r in for_nothing]
        return total(amounts, self._zero.asset)

    def signatures_wanted(self, requests: Collection[SignatureRequest]) -> None:
        """Show whether the run waits for the person's own wallet."""
        if requests and self.state is RunState.EXECUTING:
            self.enter(RunState.AWAITING_SIGNATURE)
        elif not requests and self.state is RunState.AWAITING_SIGNATURE:
            self.enter(RunState.EXECUTING)

    def report(self) -> RunReport:
        """How the run stands now."""
        return RunReport(
            request_id=self._request.request_id,
            state=self.state,
            text=self._request.text,
            budget=self.budget,
            plan_digest=self._plan_digest,
            drafter=self._drafter,
            usage=self._usage,
            steps=tuple(self._steps.values()),
            estimated_cost=self._estimate(),
            cap=self.cap,
            spent=self.spent,
            reserved=self.reserved,
            lost=self.lost,
            receipts=tuple(self.receipts),
            rollback=tuple(self.rollback),
            anchor=self.anchor,
            error=self.error,
            planning=self.planning,
            retry_of=self._request.retry_of,
            started_at=self._started_at,
            ended_at=self._ended_at,
        )

    def _valued(self, amount: Amount) -> Amount:
        return amount.valued_in(self._zero.asset)

    def _estimate(self) -> Amount:
        return sum((view.estimated_cost for view in self._steps.values()), self._zero)

    def _publish(self, view: StepView | None = None) -> None:
        event = ProgressEvent(
            request_id=self._request.request_id,
            at=workflow.now(),
            run_state=self.state,
            step_id=view.id if view else None,
            step_state=view.state if view else None,
            payment_state=view.payment_state if view else None,
            spent=self.spent,
            note=view.note if view else "",
        )
        self._events.publish(event)
        workflow.set_current_details(status_page(self.report()))

    def _search_updates(self) -> list[SearchAttributeUpdate[Any]]:
        updates: list[SearchAttributeUpdate[Any]] = [_STATUS.value_set(self.state.value)]
        if self.state is RunState.AWAITING_APPROVAL and self.plan is not None:
            updates.append(_DIGEST.value_set(str(self._plan_digest)))
        if self.state in runs.FINAL_STATES:
            updates.append(_COST.value_set(float(self.spent.to_decimal())))
        return updates


_AFTER_OUTCOME: Final = {
    UndoOutcome.REFUNDED: PaymentState.REFUNDED,
    UndoOutcome.WRITTEN_OFF: PaymentState.WRITTEN_OFF,
}

_AFTER_THE_END: Final = frozenset({StepState.UNDONE, StepState.UNDO_FAILED})
"""Undoing a step does not change how long the step itself took."""


def _view(step: Step, plan: Plan) -> StepView:
    return StepView(
        id=step.id,
        kind=step.kind,
        title=step.title,
        service=plan.offer(step.service).name if isinstance(step, PaidStep) else None,
        state=StepState.PENDING,
        depends_on=dependencies(step),
        estimated_cost=plan.estimated_cost_of(step),
        cost=Amount.zero(plan.asset),
    )
