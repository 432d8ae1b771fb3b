"""From a plan to its end: price it, ask, execute, ask again when the world changed, undo.

Everything that spends goes through here, so that there is one place where a person is asked and
one where money in doubt is waited for.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.payments.service import PaymentActivities
from domain.advice import advice_for
from domain.approval import ApprovalRequest, BudgetRequest
from domain.drafting import TokenUsage
from domain.execution import ENDED, StepState
from domain.ids import StepId
from domain.limits import MAX_ASKINGS
from domain.money import Amount, total
from domain.plan import Plan
from domain.policy import approvals_needed, loss_allowance
from domain.purchases import PlanQuoted, QuotePlan, plan_changes
from domain.runs import FulfilRequest, RunError, RunState
from workflows import _policies as policy
from workflows._desk import Desk
from workflows._execution import Execution
from workflows._failures import StepFailed, reason_of
from workflows._progress import Progress
from workflows._purchase import Mandate, Purchaser
from workflows._rollback import roll_back


@dataclass(frozen=True)
class _Asked:
    """What one asking was about."""

    quoted: PlanQuoted
    mandate: Mandate


class Pursuit:
    """One run's way from its plan to one final state."""

    def __init__(self, request: FulfilRequest, *, progress: Progress, desk: Desk) -> None:
        self._request = request
        self._progress = progress
        self._desk = desk
        self._approved: _Asked | None = None
        self._purchaser: Purchaser | None = None
        self._execution: Execution | None = None

    async def follow(self, plan: Plan, quoted: PlanQuoted | None = None) -> None:
        """Bring the run to its end; whatever happens, the progress then says how.

        Args:
            plan: What was drafted, at listed prices.
            quoted: The same at live prices, where somebody has just read them.
        """
        failure: StepFailed | None = None
        for asking in range(1, MAX_ASKINGS + 1):
            try:
                asked = await self._priced(plan, quoted, asking)
            except StepFailed as stopped:
                await self._stop(stopped, otherwise=RunState.FAILED)
                return
            except asyncio.CancelledError:
                await self._undo("cancelled", "the run was cancelled", RunState.CANCELLED)
                return
            if failure is not None and not self._differs(asked):
                break  # asking the same again would change nothing
            if not await self._is_approved(asked, failure):
                return
            failure = await self._executed(asked)
            if failure is None:
                return
            plan, quoted = asked.quoted.plan, None
        if failure is not None:
            await self._stop(failure, otherwise=RunState.FAILED)

    async def _priced(self, plan: Plan, quoted: PlanQuoted | None, asking: int) -> _Asked:
        """Read live prices and fit them into the budget, which a person may raise.

        Raises:
            StepFailed: The plan cannot be bought, or costs more than anybody allows.
        """
        if asking == 1 and plan.estimated_cost > self._progress.budget and quoted is None:
            # Listed prices are above the budget already; nobody needs to be asked for live ones.
            self._progress.planned(plan, drafter=None, usage=TokenUsage())
            await self._within_budget(self._left_to_pay(plan))
        if quoted is None:
            quoted = await self._quote(plan)
        self._progress.planned(quoted.plan, drafter=None, usage=TokenUsage())
        self._take_over_delivered()
        await self._within_budget(self._progress.spent + self._left_to_pay(quoted.plan))
        allowance = self._allowance(quoted)
        mandate = Mandate(
            plan=quoted.plan,
            cap=self._cap(quoted.plan, allowance),
            allowance=allowance,
            round=asking,
        )
        return _Asked(quoted, mandate)

    async def _quote(self, plan: Plan) -> PlanQuoted:
        try:
            return await workflow.execute_activity_method(
                PaymentActivities.quote,
                QuotePlan(
                    plan=plan,
                    budget=self._progress.budget,
                    wallet=self._request.wallet,
                    done=self._done(),
                ),
                **policy.named(policy.QUOTE, "read the live prices"),
            )
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise asyncio.CancelledError from err
            raise StepFailed(*reason_of(err)) from err

    async def _within_budget(self, needed: Amount) -> None:
        budget = self._progress.budget
        if needed <= budget:
            return
        why = (
            f"the cheapest plan found costs {needed}, {needed - budget} more than the budget "
            f"of {budget}"
        )
        possible = needed <= self._request.policy_maximum
        if not (self._request.may_ask and possible and await self._raised(needed, why)):
            raise StepFailed("over_budget", why)

    async def _raised(self, needed: Amount, why: str) -> bool:
        """Ask for a larger budget and say whether it was given."""
        expires_in = timedelta(seconds=self._request.approval_seconds)
        before = self._progress.state
        earlier = self._desk.budget_request
        self._desk.budget_answer = None
        self._desk.budget_request = BudgetRequest(
            request_id=self._request.request_id,
            round=1 if earlier is None else earlier.round + 1,
            budget=self._progress.budget,
            needed=needed,
            maximum=self._request.policy_maximum,
            why=why,
            expires_at=workflow.now() + expires_in,
        )
        self._progress.enter(RunState.AWAITING_BUDGET)
        try:
            await workflow.wait_condition(
                lambda: self._desk.budget_answer is not None,
                timeout=expires_in,
                timeout_summary="nobody raises the budget",
            )
        except TimeoutError:
            return False
        answer = self._desk.budget_answer
        if answer is None or answer.budget is None:
            return False
        self._progress.budget = answer.budget
        self._progress.enter(before)
        return True

    async def _is_approved(self, asked: _Asked, failure: StepFailed | None) -> bool:
        """Have a person decide; a refusal ends the run here."""
        # Counted from a time on record: a query may show the document before its task is, and
        # whoever decides names the document's digest.
        expires_at = asked.quoted.quoted_at + timedelta(seconds=self._request.approval_seconds)
        self._desk.approval_request = self._document(asked, expires_at, failure)
        self._progress.cap = asked.mandate.cap
        if not self._goes_without_saying(asked):
            self._progress.enter(RunState.AWAITING_APPROVAL)
            try:
                await workflow.wait_condition(
                    lambda: self._desk.verdict is not None,
                    timeout=max(expires_at - workflow.now(), timedelta(0)),
                    timeout_summary="the prices expire",
                )
            except TimeoutError:
                await self._undo("expired", _NOBODY_DECIDED, RunState.EXPIRED)
                return False
            except asyncio.CancelledError:
                await self._undo("cancelled", "the run was cancelled", RunState.CANCELLED)
                return False
            if self._desk.verdict == "reject":
                await self._undo("rejected", "the plan was rejected", RunState.REJECTED)
                return False
        self._progress.enter(RunState.APPROVED)
        self._approved = asked
        return True

    def _goes_without_saying(self, asked: _Asked) -> bool:
        limit = self._request.approved_up_to
        if limit is None or asked.mandate.cap > limit or asked.quoted.holds:
            return False
        return approvals_needed(asked.quoted.policy, asked.mandate.cap) == 1

    def _document(
        self, asked: _Asked, expires_at: datetime, failure: StepFailed | None
    ) -> ApprovalRequest:
        quoted, mandate = asked.quoted, asked.mandate
        return ApprovalRequest(
            request_id=self._request.request_id,
            round=mandate.round,
            plan_digest=quoted.plan.digest,
            estimated=self._left_to_pay(quoted.plan),
            cap=mandate.cap,
            loss_allowance=mandate.allowance,
            wallet=quoted.wallet,
            policy=quoted.policy,
            changes=self._changes(asked) or (() if failure is None else (failure.message,)),
            new_payees=quoted.new_payees,
            holds=quoted.holds,
            approvals_needed=approvals_needed(quoted.policy, mandate.cap),
            expires_at=expires_at,
        )

    def _changes(self, asked: _Asked) -> tuple[str, ...]:
        if self._approved is None:
            return ()
        before = self._approved.mandate
        changes = plan_changes(before.plan, asked.mandate.plan, done=self._done())
        if asked.mandate.cap != before.cap:
            changes += (f"the run may spend {asked.mandate.cap} instead of {before.cap}",)
        return changes

    def _differs(self, asked: _Asked) -> bool:
        return bool(self._changes(asked))

    async def _executed(self, asked: _Asked) -> StepFailed | None:
        """Buy; return what only a person can mend, or nothing when the run has ended."""
        execution = self._execution_under(asked.mandate)
        self._progress.enter(RunState.EXECUTING)
        try:
            await execution.run()
        except StepFailed as failure:
            if failure.askable and self._may_ask:
                return failure
            await self._stop(failure, otherwise=RunState.FAILED)
        except asyncio.CancelledError:
            await self._undo("cancelled", "the run was cancelled", RunState.CANCELLED)
        else:
            self._progress.enter(RunState.COMPLETED)
        return None

    def _execution_under(self, mandate: Mandate) -> Execution:
        if self._execution is not None and self._purchaser is not None:
            self._purchaser.use(mandate)
            self._execution.use(mandate.plan)
            return self._execution
        self._purchaser = Purchaser(
            mandate, progress=self._progress, desk=self._desk, wallet=self._request.wallet
        )
        self._execution = Execution(
            plan=mandate.plan,
            progress=self._progress,
            purchaser=self._purchaser,
            max_parallel=self._request.max_parallel,
            may_ask=self._may_ask,
        )
        return self._execution

    @property
    def _may_ask(self) -> bool:
        return self._request.may_ask or self._request.approved_up_to is not None

    async def _stop(self, failure: StepFailed, *, otherwise: RunState) -> None:
        await self._undo(failure.reason_code, failure.message, otherwise)

    async def _undo(self, code: str, message: str, otherwise: RunState) -> None:
        if not self._progress.effects_to_undo and not self._progress.rollback:
            self._end(otherwise, code, message)
            return
        self._progress.enter(RunState.ROLLING_BACK)
        # Shielded by being a task of its own: a cancellation must not stop a refund half way.
        undoing = asyncio.create_task(roll_back(self._progress, reason=message))
        while not undoing.done():
            try:
                await workflow.wait([undoing])
            except asyncio.CancelledError:
                continue
        self._end(undoing.result(), code, message)

    def _end(self, state: RunState, code: str, message: str) -> None:
        self._progress.error = RunError(code=code, message=message, next=self._advice(code))
        self._progress.enter(state)

    def _advice(self, code: str) -> str:
        if code == "over_budget" and self._progress.plan is not None:
            needed = self._progress.spent + self._left_to_pay(self._progress.plan)
            return f"Run it again with --budget {needed.to_decimal()}, or ask for less."
        return advice_for(code)

    def _take_over_delivered(self) -> None:
        for reused in self._request.reuse:
            if self._progress.state_of(reused.step_id) is StepState.PENDING:
                self._progress.step(
                    reused.step_id,
                    StepState.REUSED,
                    output=reused.output,
                    delivered_by=reused.delivered_by,
                    note=f"delivered by {self._request.retry_of}, which paid {reused.paid}",
                )

    def _done(self) -> tuple[StepId, ...]:
        """Steps that need no seller any more."""
        reused = {step.step_id for step in self._request.reuse}
        ended = {view.id for view in self._progress.report().steps if view.state in ENDED}
        return tuple(sorted(reused | ended))

    def _left_to_pay(self, plan: Plan) -> Amount:
        done = set(self._done())
        costs = [plan.estimated_cost_of(step) for step in plan.steps if step.id not in done]
        return total(costs, plan.asset)

    def _allowance(self, quoted: PlanQuoted) -> Amount:
        wanted = self._request.loss_allowance
        return loss_allowance(quoted.policy, quoted.plan.asset) if wanted is None else wanted

    def _cap(self, plan: Plan, allowance: Amount) -> Amount:
        """Most the run may spend in all: what is left at its dearest, and what may be lost."""
        done = set(self._done())
        dearest = [plan.maximum_cost_of(step) for step in plan.steps if step.id not in done]
        most = self._progress.spent + total(dearest, plan.asset) + allowance
        return min(most, self._progress.budget)


_NOBODY_DECIDED: Final = "nobody decided before the prices expired"
