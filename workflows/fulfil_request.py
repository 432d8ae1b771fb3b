"""From a request in plain words to a proven result, or to the honest undoing of it."""

import asyncio
import contextlib
from typing import Final, Literal

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.chains.service import ChainActivities
from activities.discovery.remembering import MemoryActivities
from activities.discovery.service import DiscoveryActivities
from activities.planning.service import PlanningActivities
from domain.advice import advice_for
from domain.drafting import (
    DraftPlan,
    FindCandidates,
    PlanDrafted,
    RememberPlan,
    check_request,
)
from domain.errors import EngineError
from domain.ids import RequestId
from domain.names import RUN_ID_PREFIX, anchor_workflow_id
from domain.plan import Plan
from domain.runs import FulfilRequest, Planning, RunError, RunReport, RunState
from domain.writes import AnchorRecord, WriteReceipt, receipts_root, record_digest
from workflows import _policies as policy
from workflows._failures import reason_of, unplanned_of
from workflows._pursuit import Pursuit
from workflows._run_doors import RunDoors
from workflows.write_on_chain import WriteOnChainWorkflow


@workflow.defn
class FulfilRequestWorkflow(RunDoors):
    """Ends in one final state, with every unit of money accounted for in its report.

    Always completes: a failed run is a result with a state, not a failed workflow, so that the
    report is there for whoever asks later.
    """

    @workflow.init
    def __init__(self, request: FulfilRequest) -> None:
        if request.recurring:
            # One input starts every run of a schedule; only the workflow's id tells them apart.
            own = RequestId(workflow.info().workflow_id.removeprefix(RUN_ID_PREFIX))
            request = request.model_copy(update={"request_id": own})
        super().__init__(request)
        self._request = request
        self._pursuit = Pursuit(request, progress=self._progress, desk=self._desk)

    @workflow.run
    async def run(self, request: FulfilRequest) -> RunReport:
        """Plan, ask, execute, undo if need be, and record."""
        request = self._request
        try:
            plan = await self._plan(request)
        except asyncio.CancelledError:
            plan = None
            self._end(RunState.CANCELLED, "cancelled", _CANCELLED_EARLY)
        remembering: asyncio.Task[None] | None = None
        if plan is not None:
            await self._pursuit.follow(plan)
            # Beside the record: nobody is to wait for both, one after the other.
            remembering = asyncio.create_task(self._remember(plan))
        if request.anchor:
            await self._record()
        if remembering is not None:
            # A cancellation that comes so late must not cost the report.
            with contextlib.suppress(asyncio.CancelledError):
                await workflow.wait([remembering])
        await self._finished()
        return self._progress.report()

    async def _plan(self, request: FulfilRequest) -> Plan | None:
        """Return a plan at its listed prices, or fail the run and return nothing."""
        try:
            check_request(
                request.text, budget=request.budget, policy_maximum=request.policy_maximum
            )
            return request.plan or await self._draft(request)
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise asyncio.CancelledError from err
            used = unplanned_of(err)
            if used is not None:
                self._progress.unplanned(used)
            self._end(RunState.FAILED, *reason_of(err))
        except EngineError as err:
            self._end(RunState.FAILED, err.code, err.message)
        return None

    async def _draft(self, request: FulfilRequest) -> Plan:
        began = workflow.now()
        found = await workflow.execute_activity_method(
            DiscoveryActivities.find_candidates,
            FindCandidates(
                text=request.text,
                budget=request.budget,
                user=request.user if request.remember else "",
            ),
            **policy.named(policy.SEARCH, "find services"),
        )
        self._progress.planning = Planning(
            seconds=(workflow.now() - began).total_seconds(),
            candidates=found.candidates,
            refused=found.refused,
        )
        drafted = await workflow.execute_activity_method(
            PlanningActivities.draft,
            DraftPlan(
                text=request.text,
                budget=request.budget,
                shortlist=found.shortlist,
                remembered=found.remembered,
            ),
            **policy.named(policy.DRAFT, "draft a plan"),
        )
        self._progress.planning = Planning(
            seconds=(workflow.now() - began).total_seconds(),
            drafting_seconds=drafted.seconds,
            candidates=found.candidates,
            refused=found.refused,
            memory=_memory(request, drafted),
            notes=drafted.notes,
            record=drafted.record,
            intent=drafted.intent,
        )
        self._progress.planned(drafted.plan, drafter=drafted.drafter, usage=drafted.usage)
        return drafted.plan

    async def _remember(self, plan: Plan) -> None:
        """Keep a new plan that served; that it is not kept is no failure of the run."""
        request, planning = self._request, self._progress.planning
        if planning is None or planning.memory != "miss":
            return
        if self._progress.state is not RunState.COMPLETED:
            return
        with contextlib.suppress(ActivityError, asyncio.CancelledError):
            await workflow.execute_activity_method(
                MemoryActivities.remember_plan,
                RememberPlan(user=request.user, text=request.text, plan=plan),
                **policy.named(policy.REMEMBER, "remember the plan"),
            )

    async def _record(self) -> None:
        """Write the run's digest on chain; a failed write never fails the run."""
        if not (self._desk.was_approved or self._progress.receipts):
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

    def _end(self, state: RunState, code: str, message: str) -> None:
        self._progress.error = RunError(code=code, message=message, next=advice_for(code))
        self._progress.enter(state)


def _memory(request: FulfilRequest, drafted: PlanDrafted) -> Literal["hit", "miss", "off"]:
    if not (request.user and request.remember):
        return "off"
    return "hit" if drafted.drafter == "remembered" else "miss"


_CANCELLED_EARLY: Final = "the run was cancelled before it paid anything"
