"""The whole engine in this process, over a real market and the local stack's Temporal."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from solders.keypair import Keypair
from temporalio.client import Client, WorkflowHandle

import worker
from activities.wiring import Wiring
from domain.approval import Decision
from domain.ids import RequestId
from domain.names import TaskQueue, run_workflow_id
from domain.plan import Plan
from domain.runs import FINAL_STATES, FulfilRequest, RunReport, RunSnapshot, RunState
from domain.settings import Settings
from starter.client import data_converter
from tests.bench.server import dev_server
from tests.deploy.services.stack import Stack
from tests.fakes.wares import usdc
from workflows import _sandbox
from workflows.fulfil_request import FulfilRequestWorkflow

Run = WorkflowHandle[FulfilRequestWorkflow, RunReport]

LOOK_SECONDS: Final = 0.005
"""Between looks at a run that is not priced yet."""

ENGINE_LAMPORTS: Final = 10**9


@dataclass(frozen=True)
class Room:
    """Everything real, in one place."""

    client: Client
    market: Stack
    engine_wallet: str
    payer_wallet: str

    async def start(self, *, plan: Plan | None, text: str = "a test", anchor: bool = True) -> Run:
        """Start a run, planned here or by the engine."""
        request_id = RequestId(f"bench-{uuid.uuid4().hex[:12]}")
        return await self.client.start_workflow(
            FulfilRequestWorkflow.run,
            FulfilRequest(
                request_id=request_id,
                text=text,
                budget=usdc("5.00"),
                policy_maximum=usdc("100.00"),
                plan=plan,
                anchor=anchor,
            ),
            id=run_workflow_id(request_id),
            task_queue=TaskQueue.ORCHESTRATION,
        )

    async def complete(self, run: Run) -> RunReport:
        """Approve a run as soon as it can be, and wait for its end."""
        decision = await priced(run)
        await run.execute_update(FulfilRequestWorkflow.decide, decision)
        report = await run.result()
        if report.state is not RunState.COMPLETED:
            raise RuntimeError(f"the run ended {report.state}: {report.error}")
        return report


async def priced(run: Run) -> Decision:
    """Wait until a run asks for approval; returns the approval, not sent yet."""
    while True:
        snapshot: RunSnapshot = await run.query(FulfilRequestWorkflow.snapshot)
        request = snapshot.approval_request
        if request is not None:
            return Decision(
                decision_id=uuid.uuid4().hex,
                document_digest=request.digest,
                cap=request.cap,
                verdict="approve",
                decided_by="bench",
            )
        if snapshot.report.state in FINAL_STATES:
            raise RuntimeError(f"the run ended unpriced: {snapshot.report.error}")
        await asyncio.sleep(LOOK_SECONDS)


@contextlib.asynccontextmanager
async def open_room(
    folder: Path, queues: Sequence[TaskQueue], *, workflows: Sequence[type[Any]] = ()
) -> AsyncIterator[Room]:
    """Open a room that serves ``queues``, and ``workflows`` of a benchmark beside the engine's."""
    async with AsyncExitStack() as closing:
        market = await asyncio.to_thread(Stack, folder)
        closing.callback(market.close)
        await asyncio.to_thread(market.ready)
        payer, engine = await asyncio.to_thread(market.payer), Keypair()
        market.node.chain.call("requestAirdrop", str(engine.pubkey()), ENGINE_LAMPORTS)
        (folder / "payer.json").write_text(payer.to_json())
        (folder / "engine.json").write_text(engine.to_json())
        settings = _settings(folder, market)
        address = await closing.enter_async_context(dev_server(folder))
        client = await Client.connect(address, data_converter=data_converter(settings))
        wiring = await closing.enter_async_context(Wiring(settings, anthropic_api_key=None))
        with _beside(workflows):
            for queue, activities in (await wiring.activities(queues)).items():
                made = worker.worker_for(client, queue, activities)
                await closing.enter_async_context(made)
        yield Room(client, market, str(engine.pubkey()), str(payer.pubkey()))


@contextlib.contextmanager
def _beside(workflows: Sequence[type[Any]]) -> Iterator[None]:
    """Have workers know more workflows, sharing their modules just as they share the engine's."""
    modules = tuple(sorted({workflow.__module__ for workflow in workflows}))
    with (
        patch.object(worker, "WORKFLOWS", (*worker.WORKFLOWS, *workflows)),
        patch.object(_sandbox, "PASSED_THROUGH", (*_sandbox.PASSED_THROUGH, *modules)),
    ):
        yield


def _settings(folder: Path, market: Stack) -> Settings:
    return Settings(
        state_dir=folder,
        solana_rpc_url=market.node.url,
        payer_keyfile=folder / "payer.json",
        engine_keyfile=folder / "engine.json",
        bazaar_urls=(market.facilitator.url,),
        allow_private_hosts=True,
        planner="embedded",
    )
