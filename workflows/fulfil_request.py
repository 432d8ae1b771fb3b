"""From a request in plain words to a proven result, or to the honest undoing of it."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.contrib.workflow_streams import WorkflowStream
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.chains.service import ChainActivities
from activities.discovery.service import DiscoveryActivities
from activities.payments.service import PaymentActivities
from activities.planning.service import PlanningActivities
from domain.advice import advice_for
from domain.approval import Approval, ApprovalRequest, Decision, check_decision
from domain.drafting import DraftPlan, FindCandidates, TokenUsage, check_request
from domain.errors import EngineError
from domain.execution import StepState
from domain.money import Amount, total
from domain.names import anchor_workflow_id
from domain.plan import Plan
from domain.purchases import QuotePlan
from domain.runs import FINAL_STATES, FulfilRequest, RunError, RunReport, RunSnapshot, RunState
from domain.writes import AnchorRecord, WriteReceipt, receipts_root, record_digest
from workflows import _policies as policy
from workflows._execution import Execution
from workflows._failures import StepFailed, reason_of
from workflows._progress import Progress
from workflows._rollback import roll_back
from workflows.write_on_chain import WriteOnChainWorkflow


@workflow.defn
class FulfilRequestWorkflow:
    """Ends in one final state, with every unit of money accounted for in its report.

    Always completes: a failed run is a result with a state, not a failed workflow, so that the
    report is there for whoever asks later.
    """

    @workflow.init
    def __init__(self, request: FulfilRequest) -> None:
        self._request = request
        self._stream = WorkflowStream()
        self._progress = Progress(request, stream=self._stream, now=workflow.now())

    @workflow.run
    async def run(self, request: FulfilRequest) -> RunReport:
        """Plan, ask, execute, undo if need be, and record."""
        try:
            await self._fulfil(request)
        except asyncio.CancelledError:
            self._cancelled()
        if request.anchor:
            await self._record()
        self._stream.detach_pollers()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._progress.report()

    @workflow.query
    def snapshot(self) -> RunSnapshot:
        """Everything a watcher may ask."""
        return self._progress.snapshot()

    @workflow.update
    async def decide(self, decision: Decision) -> Approval:
        """Approve or reject the plan that is shown."""
        # A query may show the plan a moment before this run has recorded that it asks for it.
        await workflow.wait_condition(self._asked_or_over)
        self._refuse_unfit(decision)
        if (earlier := self._progress.approval) is not None:
            return earlier  # the same decision, sent again
        approval = Approval(decision=decision, decided_at=workflow.now())
        self._progress.approval = approval
        return approval

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        if self._asked_or_over():
            self._refuse_unfit(decision)

    def _asked_or_over(self) -> bool:
        return self._progress.approval_request is not None or self._progress.state in FINAL_STATES

    def _refuse_unfit(self, decision: Decision) -> None:
        earlier = self._progress.approval
        if earlier is not None and earlier.decision == decision:
            return
        try:
            check_decision(
                decision,
                request=self._progress.approval_request,
                earlier=earlier,
                now=workflow.now(),
            )
        except EngineError as err:
            raise ApplicationError(err.message, type=err.code, non_retryable=True) from err

    async def _fulfil(self, request: FulfilRequest) -> None:
        plan = await self._plan(request)
        if plan is None or not await self._approved(request, plan):
            return
        await self._execute(request, plan)

    async def _plan(self, request: FulfilRequest) -> Plan | None:
        """Return the plan at its live prices, or fail the run and return nothing."""
        try:
            check_request(
                request.text, budget=request.budget, policy_maximum=request.policy_maximum
            )
            plan = request.plan or await self._draft(request)
            return await self._quote(request, plan)
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise asyncio.CancelledError from err
            self._fail(*reason_of(err))
        except EngineError as err:
            self._fail(err.code, err.message)
        return None

    async def _draft(self, request: FulfilRequest) -> Plan:
        found = await workflow.execute_activity_method(
            DiscoveryActivities.find_candidates,
            FindCandidates(text=request.text, budget=request.budget),
            **policy.named(policy.SEARCH, "find services"),
        )
        drafted = await workflow.execute_activity_method(
            PlanningActivities.draft,
            DraftPlan(text=request.text, budget=request.budget, shortlist=found.shortlist),
            **policy.named(policy.DRAFT, "draft a plan"),
        )
        self._progress.planned(drafted.plan, drafter=drafted.drafter, usage=drafted.usage)
        return drafted.plan

    async def _quote(self, request: FulfilRequest, plan: Plan) -> Plan | None:
        if plan.estimated_cost > request.budget:
            self._progress.planned(plan, drafter=None, usage=TokenUsage())
            self._over_budget(request, plan)
            return None
        quoted = await workflow.execute_activity_method(
            PaymentActivities.quote,
            QuotePlan(plan=plan, budget=request.budget),
            **policy.named(policy.QUOTE, "read the live prices"),
        )
        self._progress.planned(quoted.plan, drafter=None, usage=TokenUsage())
        self._take_over_delivered(request)
        if self._left_to_pay(quoted.plan) > request.budget:
            self._over_budget(request, quoted.plan)
            return None
        return quoted.plan

    async def _approved(self, request: FulfilRequest, plan: Plan) -> bool:
        expires_in = timedelta(seconds=request.approval_seconds)
        self._progress.approval_request = ApprovalRequest(
            request_id=request.request_id,
            plan_digest=plan.digest,
            estimated=self._left_to_pay(plan),
            cap=self._cap(plan),
            expires_at=workflow.now() + expires_in,
        )
        self._progress.enter(RunState.AWAITING_APPROVAL)
        try:
            await workflow.wait_condition(
                lambda: self._progress.approval is not None,
                timeout=expires_in,
                timeout_summary="the prices expire",
            )
        except TimeoutError:
            self._end(RunState.EXPIRED, "expired", "nobody decided before the prices expired")
            return False
        approval = self._progress.approval
        if approval is None or approval.decision.verdict == "reject":
            self._end(RunState.REJECTED, "rejected", "the plan was rejected")
            return False
        self._progress.enter(RunState.APPROVED)
        return True

    async def _execute(self, request: FulfilRequest, plan: Plan) -> None:
        self._progress.enter(RunState.EXECUTING)
        execution = Execution(
            plan=plan,
            progress=self._progress,
            cap=self._cap(plan),
            max_parallel=request.max_parallel,
        )
        try:
            await execution.run()
        except StepFailed as failure:
            await self._undo(failure.reason_code, failure.message, otherwise=RunState.FAILED)
        except asyncio.CancelledError:
            await self._undo("cancelled", "the run was cancelled", otherwise=RunState.CANCELLED)
        else:
            self._progress.enter(RunState.COMPLETED)

    async def _undo(self, code: str, message: str, *, otherwise: RunState) -> None:
        if not self._progress.effects:
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

    async def _record(self) -> None:
        """Write the run's digest on chain; a failed write never fails the run."""
        approval = self._progress.approval
        if approval is None or approval.decision.verdict != "approve":
            return  # nothing was bought, and refusals are free to repeat: they must cost nothing
        record = self._anchor_record()
        self._progress.anchor = WriteReceipt(state="pending", memo=record.memo)
        try:
            self._progress.anchor = await workflow.execute_activity_method(
                ChainActivities.anchor,
                record,
                **policy.named(policy.ANCHOR_NOW, "write the run's record on chain"),
            )
        except (ActivityError, asyncio.CancelledError):
            # Somebody waits for this run, nobody for its record: that goes on by itself.
            await workflow.start_child_workflow(
                WriteOnChainWorkflow.run,
                record,
                id=anchor_workflow_id(self._request.request_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"on-chain record of {self._request.request_id}",
            )

    def _anchor_record(self) -> AnchorRecord:
        request_id, plan = self._request.request_id, self._progress.plan
        return AnchorRecord(
            request_id=request_id,
            record_digest=record_digest(
                request_id=request_id,
                plan_digest=plan.digest if plan else None,
                status=self._progress.state,
            ),
            receipts_root=receipts_root(self._progress.receipts),
            network=self._request.budget.asset.network,
        )

    def _take_over_delivered(self, request: FulfilRequest) -> None:
        for reused in request.reuse:
            self._progress.step(
                reused.step_id,
                StepState.REUSED,
                output=reused.output,
                note=f"delivered by {request.retry_of}, which paid {reused.paid}",
            )

    def _left_to_pay(self, plan: Plan) -> Amount:
        reused = {step.step_id for step in self._request.reuse}
        costs = [plan.estimated_cost_of(step) for step in plan.steps if step.id not in reused]
        return total(costs, plan.asset)

    def _cap(self, plan: Plan) -> Amount:
        """Most the run may spend: every step at its dearest approved service, within budget."""
        reused = {step.step_id for step in self._request.reuse}
        dearest = [plan.maximum_cost_of(step) for step in plan.steps if step.id not in reused]
        return min(total(dearest, plan.asset), self._request.budget)

    def _over_budget(self, request: FulfilRequest, plan: Plan) -> None:
        cost = self._left_to_pay(plan)
        self._end(
            RunState.FAILED,
            "over_budget",
            f"the cheapest plan found costs {cost}, {cost - request.budget} more than the budget "
            f"of {request.budget}",
            advice=f"Run it again with --budget {cost.to_decimal()}, or ask for less.",
        )

    def _fail(self, code: str, message: str) -> None:
        self._end(RunState.FAILED, code, message)

    def _cancelled(self) -> None:
        self._end(RunState.CANCELLED, "cancelled", "the run was cancelled before it paid anything")

    def _end(self, state: RunState, code: str, message: str, *, advice: str | None = None) -> None:
        self._progress.error = RunError(code=code, message=message, next=advice or advice_for(code))
        self._progress.enter(state)
