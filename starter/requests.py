"""The door to runs: start one, ask about it, decide on it, stop it, wait for its end."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.approval import Approval, BudgetRaise, Decision
from domain.buying import BuyRequest
from domain.ids import RequestId
from domain.names import SEARCH_STATUS, TaskQueue
from domain.purchases import AttachSignature
from domain.runs import FulfilRequest, RunReport, RunSnapshot, RunState
from starter.client import START_HINT
from starter.errors import NoSuchRun, NotNow, RunStopped, StackUnreachable
from starter.translation import refusal, temporal_errors
from starter.workflow_ids import is_call, workflow_id_of
from workflows.buy_call import BuyCallWorkflow
from workflows.fulfil_request import FulfilRequestWorkflow

ANSWER_WITHIN: Final = timedelta(seconds=8)
"""A worker that lives answers a query in milliseconds, or within seconds when it replays."""

_SUMMARY_CHARACTERS: Final = 160
_STATUS: Final = SearchAttributeKey.for_keyword(SEARCH_STATUS)

_Handle = WorkflowHandle[FulfilRequestWorkflow, RunReport]
_Answer = TypeVar("_Answer")


class Requests:
    """Runs of requests and of single paid calls, by id; both have the same doors."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, request: FulfilRequest) -> None:
        """Start a run; starting it again while it goes on changes nothing.

        Raises:
            NotNow: A run of that id has ended.
            StackUnreachable: Temporal does not answer.
        """
        summary = f"{_short(request.text)} (budget {request.budget})"
        await self._start(
            FulfilRequestWorkflow.run, request, request.request_id, summary, _details(request)
        )

    async def start_call(self, request: BuyRequest) -> None:
        """Start one paid call; starting it again while it goes on changes nothing.

        Raises:
            NotNow: A call of that id has ended.
            StackUnreachable: Temporal does not answer.
        """
        summary = f"{request.method} {_short(request.url)} (at most {request.maximum})"
        await self._start(BuyCallWorkflow.run, request, request.request_id, summary, "")

    async def snapshot(self, run: RequestId) -> RunSnapshot:
        """Everything known of a run; of an ended one also without a worker, then without its plan.

        Raises:
            NoSuchRun: There is none.
            StackUnreachable: No worker answers for a run that goes on.
        """
        try:
            return await self.live_snapshot(run)
        except StackUnreachable:
            if not await self.closed(run):
                raise
        return RunSnapshot(report=await self.ending(run))

    async def live_snapshot(self, run: RequestId) -> RunSnapshot:
        """Everything known of a run, its plan included.

        Raises:
            NoSuchRun: There is none.
            StackUnreachable: No worker answers.
        """
        with temporal_errors(run):
            return await self._handle(run).query(
                FulfilRequestWorkflow.snapshot, rpc_timeout=ANSWER_WITHIN
            )

    async def asked(self, run: RequestId) -> FulfilRequest:
        """What a run was started with.

        Raises:
            NoSuchRun: There is none, or it is a single call.
        """
        if is_call(run):
            raise NoSuchRun(f"{run} is a single call", next_step="Buy it again with `caravan buy`.")
        with temporal_errors(run):
            async for event in self._handle(run).fetch_history_events(
                page_size=1, rpc_timeout=ANSWER_WITHIN
            ):
                payloads = event.workflow_execution_started_event_attributes.input.payloads
                (request,) = await self._client.data_converter.decode(payloads, [FulfilRequest])
                return FulfilRequest.model_validate(request)
        raise NoSuchRun(f"{run} has no history", next_step="`caravan list` shows the runs.")

    async def closed(self, run: RequestId) -> bool:
        """Whether the run's workflow has ended, in whatever way."""
        with temporal_errors(run):
            description = await self._handle(run).describe(rpc_timeout=ANSWER_WITHIN)
        return description.status is not WorkflowExecutionStatus.RUNNING

    async def exists(self, run: RequestId) -> bool:
        """Whether there is a run of that id."""
        try:
            await self.closed(run)
        except NoSuchRun:
            return False
        return True

    async def ending(self, run: RequestId) -> RunReport:
        """Wait for the run's end and return its report.

        Raises:
            RunStopped: It was stopped from outside and has no report.
        """
        with temporal_errors(run):
            try:
                return await self._handle(run).result()
            except WorkflowFailureError as err:
                raise RunStopped(
                    f"{run} was stopped from outside and left no report; nothing was undone",
                    next_step="Its payments are settled within half an hour all the same: "
                    "`caravan payments --unsettled`. A reset in Temporal's Web UI lets it end "
                    "by itself.",
                ) from err

    async def decide(self, run: RequestId, decision: Decision) -> Approval:
        """Approve or reject; sending the same decision again changes nothing.

        Raises:
            DecisionRefused: It does not fit the plan that waits, or none waits.
            StackUnreachable: No worker answered; the decision may count all the same.
        """
        update = self._handle(run).execute_update(
            FulfilRequestWorkflow.decide,
            decision,
            id=decision.decision_id,
            rpc_timeout=ANSWER_WITHIN,
        )
        return await _answered(update, run, "the decision on")

    async def raise_budget(self, run: RequestId, answer: BudgetRaise) -> BudgetRaise:
        """Give a run more money, or refuse to; sending the same answer again changes nothing.

        Raises:
            DecisionRefused: It does not fit what is asked, or nothing is.
            StackUnreachable: No worker answered; the answer may count all the same.
        """
        update = self._handle(run).execute_update(
            FulfilRequestWorkflow.raise_budget,
            answer,
            id=answer.decision_id,
            rpc_timeout=ANSWER_WITHIN,
        )
        return await _answered(update, run, "the budget of")

    async def sign(self, run: RequestId, signature: AttachSignature) -> None:
        """Hand over a signature of the person's own wallet.

        Raises:
            DecisionRefused: Nobody waits for it any more.
            StackUnreachable: No worker answered; it may count all the same.
        """
        update = self._handle(run).execute_update(
            FulfilRequestWorkflow.sign, signature, rpc_timeout=ANSWER_WITHIN
        )
        await _answered(update, run, "the signature for")

    async def cancel(self, run: RequestId) -> None:
        """Ask a run to stop; it ends what is under way, undoes what it can, and reports."""
        with temporal_errors(run):
            await self._handle(run).cancel(rpc_timeout=ANSWER_WITHIN)

    async def _start(
        self,
        workflow: Any,  # noqa: ANN401 - the run method of either workflow
        request: FulfilRequest | BuyRequest,
        run: RequestId,
        summary: str,
        details: str,
    ) -> None:
        with temporal_errors(run):
            try:
                await self._client.start_workflow(
                    workflow,
                    request,
                    id=workflow_id_of(run),
                    task_queue=TaskQueue.ORCHESTRATION,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=summary,
                    static_details=details or None,
                    search_attributes=TypedSearchAttributes(
                        [SearchAttributePair(_STATUS, RunState.PLANNING.value)]
                    ),
                )
            except WorkflowAlreadyStartedError:
                raise NotNow(
                    f"{run} has ended before", next_step=f"`caravan show {run}` says how."
                ) from None

    def _handle(self, run: RequestId) -> _Handle:
        # A paid call answers the same query and updates under the same names.
        return self._client.get_workflow_handle_for(FulfilRequestWorkflow.run, workflow_id_of(run))


async def _answered(update: Awaitable[_Answer], run: RequestId, what: str) -> _Answer:
    with temporal_errors(run):
        try:
            return await update
        except WorkflowUpdateFailedError as err:
            raise refusal(err) from err
        except WorkflowUpdateRPCTimeoutOrCancelledError as err:
            raise StackUnreachable(
                f"no worker confirmed {what} {run}; it may count all the same",
                next_step=f"`caravan show {run}` says whether it does. {START_HINT}",
            ) from err


def _short(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= _SUMMARY_CHARACTERS:
        return words
    return words[: _SUMMARY_CHARACTERS - 3] + "..."


def _details(request: FulfilRequest) -> str:
    lines = [f"- request: {' '.join(request.text.split())}", f"- budget: {request.budget}"]
    if request.wallet is not None:
        lines.append(f"- paid from {request.wallet}, which signs each payment itself")
    if request.retry_of is not None:
        taken_over = len(request.reuse)
        lines.append(f"- retry of {request.retry_of}, which delivered {taken_over} of the steps")
    return "\n".join(lines)
