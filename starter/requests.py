"""The door to runs: start one, ask about it, decide on it, stop it, wait for its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
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
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.approval import Approval, Decision
from domain.errors import DecisionRefused
from domain.ids import RequestId
from domain.names import SEARCH_STATUS, TaskQueue, run_workflow_id
from domain.runs import FulfilRequest, RunReport, RunSnapshot, RunState
from starter.client import START_HINT
from starter.errors import CommandFailed, NoSuchRun, NotNow, RunStopped, StackUnreachable
from workflows.fulfil_request import FulfilRequestWorkflow

ANSWER_WITHIN: Final = timedelta(seconds=8)
"""A worker that lives answers a query in milliseconds, or within seconds when it replays."""

_SUMMARY_CHARACTERS: Final = 160
_NO_ANSWER: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.FAILED_PRECONDITION,  # how Temporal says that no worker polls the queue
    }
)
_STATUS: Final = SearchAttributeKey.for_keyword(SEARCH_STATUS)


class Requests:
    """Runs, by request id."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, request: FulfilRequest) -> None:
        """Start a run; starting it again while it goes on changes nothing.

        Raises:
            NotNow: A run of that id has ended.
            StackUnreachable: Temporal does not answer.
        """
        with temporal_errors(request.request_id):
            try:
                await self._client.start_workflow(
                    FulfilRequestWorkflow.run,
                    request,
                    id=run_workflow_id(request.request_id),
                    task_queue=TaskQueue.ORCHESTRATION,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=_summary(request),
                    static_details=_details(request),
                    search_attributes=TypedSearchAttributes(
                        [SearchAttributePair(_STATUS, RunState.PLANNING.value)]
                    ),
                )
            except WorkflowAlreadyStartedError:
                raise NotNow(
                    f"{request.request_id} has ended before",
                    next_step=f"`caravan show {request.request_id}` says how.",
                ) from None

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
                    next_step="Look at it in Temporal's Web UI; a reset there lets it settle its "
                    "payments and end by itself.",
                ) from err

    async def decide(self, run: RequestId, decision: Decision) -> Approval:
        """Approve or reject; sending the same decision again changes nothing.

        Raises:
            DecisionRefused: It does not fit the plan that waits, or none waits.
            StackUnreachable: No worker answered; the decision may count all the same.
        """
        with temporal_errors(run):
            try:
                return await self._handle(run).execute_update(
                    FulfilRequestWorkflow.decide,
                    decision,
                    id=decision.decision_id,
                    rpc_timeout=ANSWER_WITHIN,
                )
            except WorkflowUpdateFailedError as err:
                raise _refusal(err) from err
            except WorkflowUpdateRPCTimeoutOrCancelledError as err:
                raise StackUnreachable(
                    f"no worker confirmed the decision on {run}; it may count all the same",
                    next_step=f"`caravan show {run}` says whether it does. {START_HINT}",
                ) from err

    async def cancel(self, run: RequestId) -> None:
        """Ask a run to stop; it ends what is under way, undoes what it can, and reports."""
        with temporal_errors(run):
            await self._handle(run).cancel(rpc_timeout=ANSWER_WITHIN)

    def _handle(self, run: RequestId) -> WorkflowHandle[FulfilRequestWorkflow, RunReport]:
        return self._client.get_workflow_handle_for(FulfilRequestWorkflow.run, run_workflow_id(run))


@contextmanager
def temporal_errors(subject: str) -> Iterator[None]:
    """Say in our words what Temporal's client says in its own.

    Args:
        subject: What the call is about, for the message.
    """
    try:
        yield
    except RPCError as err:
        raise _translated(err, subject) from err
    except WorkflowQueryFailedError as err:
        raise CommandFailed(
            f"the worker could not answer about {subject}: {err}",
            next_step="The worker's log says why; `caravan doctor` names it.",
        ) from err


def _translated(err: RPCError, subject: str) -> Exception:
    if err.status is RPCStatusCode.NOT_FOUND and "already completed" in err.message:
        return NotNow(f"{subject} has ended", next_step=f"`caravan show {subject}` says how.")
    if err.status is RPCStatusCode.NOT_FOUND:
        return NoSuchRun(
            f"Temporal knows no run {subject}", next_step="`caravan list` shows the runs."
        )
    if err.status in _NO_ANSWER:
        return StackUnreachable(
            f"no answer about {subject}: Temporal is down, or no worker serves it",
            next_step=f"Runs are durable and go on when it is back. {START_HINT}",
        )
    return CommandFailed(
        f"Temporal refused what was asked about {subject}: {err.message}",
        next_step="`caravan doctor` checks how Temporal is set up.",
    )


def _refusal(err: WorkflowUpdateFailedError) -> Exception:
    cause = err.cause
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return DecisionRefused(message)


def _summary(request: FulfilRequest) -> str:
    text = " ".join(request.text.split())
    short = text if len(text) <= _SUMMARY_CHARACTERS else text[: _SUMMARY_CHARACTERS - 3] + "..."
    return f"{short} (budget {request.budget})"


def _details(request: FulfilRequest) -> str:
    lines = [f"- request: {' '.join(request.text.split())}", f"- budget: {request.budget}"]
    if request.retry_of is not None:
        taken_over = len(request.reuse)
        lines.append(f"- retry of {request.retry_of}, which delivered {taken_over} of the steps")
    return "\n".join(lines)
