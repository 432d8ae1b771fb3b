"""Run real workflows over a fake market on a real Temporal server."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.approval import Approval, Decision
from domain.errors import EngineError
from domain.execution import StepState
from domain.ids import RequestId, StepId
from domain.money import Amount
from domain.names import TaskQueue, run_workflow_id
from domain.runs import FulfilRequest, RunReport, RunSnapshot, RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import usdc
from workflows._sandbox import runner
from workflows.buy_call import BuyCallWorkflow
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow
from workflows.refund_payment import RefundPaymentWorkflow
from workflows.write_on_chain import WriteOnChainWorkflow


@dataclass
class Run:
    """One run under test."""

    handle: WorkflowHandle[FulfilRequestWorkflow, RunReport]

    async def snapshot(self) -> RunSnapshot:
        return await self.handle.query(FulfilRequestWorkflow.snapshot)

    async def until(self, *states: RunState) -> RunSnapshot:
        while True:
            snapshot = await self.snapshot()
            if snapshot.report.state in states:
                return snapshot

    async def decide(self, **changes: Any) -> Approval:
        snapshot = await self.until(RunState.AWAITING_APPROVAL)
        request = snapshot.approval_request
        assert request is not None
        known: dict[str, Any] = {
            "decision_id": uuid.uuid4().hex,
            "document_digest": request.digest,
            "cap": request.cap,
            "verdict": "approve",
            "decided_by": "tester",
        }
        decision = Decision(**{**known, **changes})
        try:
            return await self.handle.execute_update(FulfilRequestWorkflow.decide, decision)
        except WorkflowUpdateFailedError as err:
            err.add_note(str(err.cause))
            raise

    async def reserves(self, amount: Amount) -> None:
        """Wait until this much is signed for."""
        while (await self.snapshot()).report.reserved != amount:
            await asyncio.sleep(0.05)

    async def reaches(self, step: str, state: StepState) -> None:
        """Wait until a step is in ``state``."""
        while {v.id: v.state for v in (await self.snapshot()).report.steps}[StepId(step)] != state:
            await asyncio.sleep(0.05)

    async def ends(self, verdict: Literal["approve", "reject"] = "approve") -> RunReport:
        await self.decide(verdict=verdict)
        return await self.handle.result()

    async def ends_later(self, env: WorkflowEnvironment) -> RunReport:
        """Approve and let the run's pauses pass at once."""
        await self.decide()
        await env.fast_forward(self.handle)
        return await self.handle.result()


WORKFLOWS = [
    BuyCallWorkflow,
    FulfilRequestWorkflow,
    ReconcilePaymentsWorkflow,
    RefundPaymentWorkflow,
    WriteOnChainWorkflow,
]


@asynccontextmanager
async def serving(env: WorkflowEnvironment, market: FakeMarket) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for queue, activities in market.activities().items():
            orchestrates = queue is TaskQueue.ORCHESTRATION
            await stack.enter_async_context(
                Worker(
                    env.client,
                    task_queue=queue,
                    activities=activities,
                    workflows=WORKFLOWS if orchestrates else [],
                    workflow_runner=runner(),
                    workflow_failure_exception_types=[EngineError],
                    max_cached_workflows=0 if orchestrates else 1000,
                )
            )
        yield


async def start(env: WorkflowEnvironment, **changes: Any) -> Run:
    request_id = RequestId(f"test-{uuid.uuid4().hex[:8]}")
    known: dict[str, Any] = {
        "request_id": request_id,
        "text": "buy what the test needs",
        "budget": usdc("10.00"),
        "policy_maximum": usdc("100.00"),
    }
    handle = await env.client.start_workflow(
        FulfilRequestWorkflow.run,
        FulfilRequest(**{**known, **changes}),
        id=run_workflow_id(request_id),
        task_queue=TaskQueue.ORCHESTRATION,
    )
    return Run(handle)


def states(report: RunReport) -> dict[str, StepState]:
    """Where each step of a run has got to."""
    return {str(view.id): view.state for view in report.steps}
