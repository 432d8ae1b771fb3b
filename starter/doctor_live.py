"""What of a running stack does not work, and the fix."""

import asyncio
import os
from collections.abc import Iterator
from typing import Final, Self

import httpx
from pydantic import BaseModel, ConfigDict
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue as TaskQueueMessage
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.limits import RECONCILE_EVERY
from domain.names import TaskQueue
from domain.settings import Settings
from starter.client import connect, connect_config
from starter.errors import StackUnreachable
from starter.schedules import schedule_problem
from starter.stack import StackInfo
from starter.wording import duration

RPC_SECONDS: Final = 5.0


class Check(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    detail: str
    fix: str | None = None
    """What to do; none when all is well."""

    @classmethod
    def of(cls, name: str, ok: bool, detail: str, *, fix: str | None = None) -> Self:
        """Build a check; the fix is kept only where there is something to fix."""
        return cls(name=name, ok=ok, detail=detail, fix=None if ok else fix)


def examine_stack(settings: Settings, stack: StackInfo | None) -> list[Check]:
    """Look at what runs: the local stack, or the Temporal that the environment names."""
    checks = [] if stack is None else [*check_processes(stack), check_wallet(settings, stack)]
    try:
        connect_config(None if stack is None else stack.temporal)
    except StackUnreachable:
        return checks  # nothing is meant to run
    return [*checks, *asyncio.run(_check_temporal(settings, stack))]


def check_processes(stack: StackInfo) -> Iterator[Check]:
    """Is every process alive, and was none started again and again?"""
    for process in stack.processes:
        alive = _is_alive(process.pid)
        detail = f"pid {process.pid}" if alive else f"pid {process.pid} has ended"
        if process.restarts:
            detail += f", started again {process.restarts} times; its log: {process.log}"
        yield Check.of(
            f"process_{process.name}",
            alive,
            detail,
            fix=f"it should start again within seconds; if not, look at {process.log}",
        )


def check_wallet(settings: Settings, stack: StackInfo) -> Check:
    """Can the paying wallet pay?"""
    address = stack.wallets.payer.solana
    try:
        held = _token_base_units(stack.solana.rpc_url, address, mint=settings.asset.address)
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as err:
        detail = f"{stack.solana.rpc_url} does not tell the balance ({type(err).__name__})"
        return Check.of("wallet", False, detail, fix="see process_solana")
    amount = held / 10**settings.asset.decimals
    return Check.of(
        "wallet",
        held > 0,
        f"{address} holds {amount:.6f} {settings.asset.symbol}",
        fix="caravan down, then caravan up --fresh: a new chain with a new, funded wallet",
    )


async def _check_temporal(settings: Settings, stack: StackInfo | None) -> list[Check]:
    try:
        client = await connect(settings, None if stack is None else stack.temporal)
    except StackUnreachable as err:
        return [Check.of("temporal", False, err.message, fix=err.next_step)]
    address = client.service_client.config.target_host
    reached = Check.of("temporal", True, f"answers at {address}, namespace {client.namespace}")
    queues = [await _check_queue(client, queue) for queue in TaskQueue]
    return [reached, *queues, await _check_sweep(client)]


async def _check_sweep(client: Client) -> Check:
    problem = await schedule_problem(client)
    return Check.of(
        "reconcile_schedule",
        problem is None,
        problem or f"looks for payments that lost their run every {duration(RECONCILE_EVERY)}",
        fix="start a worker that serves payments, which makes it; or unpause it in the Web UI",
    )


async def _check_queue(client: Client, queue: TaskQueue) -> Check:
    kind = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueueMessage(name=queue.value),
        task_queue_type=kind,
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request)
    except RPCError as err:
        return Check.of(f"queue_{queue.value}", False, str(err), fix="see temporal")
    pollers = len(answer.pollers)
    return Check.of(
        f"queue_{queue.value}",
        pollers > 0,
        f"{pollers} workers poll it" if pollers else "no worker polls it",
        fix=f"start one: python -m worker --queue {queue.value}, or caravan up",
    )


def _token_base_units(rpc_url: str, owner: str, *, mint: str) -> int:
    """Ask for what ``owner`` holds of ``mint``; zero without a token account."""
    query = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "getTokenAccountsByOwner",
        "params": [owner, {"mint": mint}, {"encoding": "jsonParsed"}],
    }
    answer = httpx.post(rpc_url, json=query, timeout=RPC_SECONDS, trust_env=False).json()
    accounts = answer["result"]["value"]
    return sum(
        int(row["account"]["data"]["parsed"]["info"]["tokenAmount"]["amount"]) for row in accounts
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
