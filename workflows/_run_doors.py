"""The doors of a run that spends: what watchers may ask, and what people may answer."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.contrib.workflow_streams import WorkflowStream
from temporalio.exceptions import ApplicationError

from domain.approval import Approval, BudgetRaise, Decision
from domain.errors import EngineError
from domain.purchases import AttachSignature
from domain.runs import FINAL_STATES, FulfilRequest, RunSnapshot
from workflows._desk import Desk
from workflows._progress import Progress


class RunDoors:
    """Base of the workflows that spend; each adds what it does."""

    def __init__(self, request: FulfilRequest) -> None:
        self._stream = WorkflowStream()
        self._desk = Desk()
        self._progress = Progress(request, stream=self._stream, now=workflow.now())

    @workflow.query
    def snapshot(self) -> RunSnapshot:
        """Everything a watcher may ask."""
        return RunSnapshot(
            report=self._progress.report(),
            plan=self._progress.plan,
            approval_request=self._desk.approval_request,
            approval=self._desk.approval,
            budget_request=self._desk.budget_request,
            signature_requests=self._desk.signature_requests,
        )

    @workflow.update
    async def decide(self, decision: Decision) -> Approval:
        """Approve or reject the plan that is shown."""
        # A query may show the plan a moment before this run has recorded that it asks for it.
        await workflow.wait_condition(self._asked_or_over)
        with _refusals():
            self._desk.check(decision, now=workflow.now())
            return self._desk.take(decision, now=workflow.now())

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        if self._asked_or_over():
            with _refusals():
                self._desk.check(decision, now=workflow.now())

    @workflow.update
    async def raise_budget(self, answer: BudgetRaise) -> BudgetRaise:
        """Give the run more money, or refuse to."""
        with _refusals():
            self._desk.check_raise(answer, now=workflow.now())
            self._desk.take_raise(answer)
        return answer

    @raise_budget.validator
    def _check_raise(self, answer: BudgetRaise) -> None:
        with _refusals():
            self._desk.check_raise(answer, now=workflow.now())

    @workflow.update
    async def sign(self, signature: AttachSignature) -> None:
        """Hand over a signature of the person's own wallet, sealed to the payments worker."""
        with _refusals():
            self._desk.give(signature)

    async def _finished(self) -> None:
        """Let watchers and people at the doors leave before the workflow ends."""
        self._stream.detach_pollers()
        await workflow.wait_condition(workflow.all_handlers_finished)

    def _asked_or_over(self) -> bool:
        return self._desk.approval_request is not None or self._progress.state in FINAL_STATES


@contextmanager
def _refusals() -> Generator[None]:
    try:
        yield
    except EngineError as err:
        raise ApplicationError(err.message, type=err.code, non_retryable=True) from err
