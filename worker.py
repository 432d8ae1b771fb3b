"""Composition root: settings, wiring, one Temporal worker for each queue. No logic."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tomllib
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.worker import Worker

from activities._boundary import ErrorBoundary
from activities.wiring import Activities, Wiring
from domain.errors import EngineError
from domain.names import TaskQueue
from domain.settings import Settings
from starter.client import data_converter
from starter.schedules import ensure_reconcile_schedule, ensure_refresh_schedule
from starter.telemetry import runtime_for
from workflows._sandbox import runner
from workflows.buy_call import BuyCallWorkflow
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow
from workflows.refresh_catalogue import RefreshCatalogueWorkflow
from workflows.refund_payment import RefundPaymentWorkflow
from workflows.write_on_chain import WriteOnChainWorkflow

WORKFLOWS: Final = (
    FulfilRequestWorkflow,
    BuyCallWorkflow,
    RefundPaymentWorkflow,
    ReconcilePaymentsWorkflow,
    RefreshCatalogueWorkflow,
    WriteOnChainWorkflow,
)

_STICKY_TIMEOUT: Final = timedelta(seconds=2)
"""After a killed worker its runs wait this long for it before another takes them over; the
default of 10 s dominates recovery, measured."""

_BEAT: Final = timedelta(seconds=60)
"""Longest time for which a heartbeat may be kept back; the SDK's own default."""

_PLANNING_BEAT: Final = timedelta(seconds=1)
"""Heartbeats of planning say what models have cost: the SDK keeps them back for most of their
timeout, and what it keeps back is lost with the process. Others only show that they live."""

_GRACE: Final = timedelta(seconds=30)
"""How long a stopping worker lets effects finish; longer than sellers usually take."""

_LOG: Final = logging.getLogger("worker")

_EXIT_MISCONFIGURED: Final = 2
_EXIT_UNREACHABLE: Final = 6


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument(
        "--queue", action="append", required=True, choices=[queue.value for queue in TaskQueue]
    )
    parser.add_argument("--ready-file", type=Path, help="written with our pid once we poll")
    return parser


def settings() -> Settings:
    """Read the environment and ``caravan.toml``."""
    file = Path("caravan.toml")
    known = tomllib.loads(file.read_text()) if file.exists() else {}
    return Settings.from_environ(os.environ, file=known)


async def serve(queues: list[TaskQueue], config: Settings, ready_file: Path | None) -> None:
    """Serve ``queues`` until told to stop, then finish what is under way."""
    anthropic_key, openai_key = map(os.environ.get, ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"))
    runtime = runtime_for(config)
    if runtime is not None:
        Runtime.set_default(runtime, error_if_already_set=False)
    wiring = Wiring(
        config,
        anthropic_api_key=SecretStr(anthropic_key) if anthropic_key else None,
        openai_api_key=SecretStr(openai_key) if openai_key else None,
        openai_base_url=os.environ.get("OPENAI_BASE_URL") or None,
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(wiring)
        built = await wiring.activities(queues)
        client = await Client.connect(
            **ClientConfig.load_client_connect_config(),
            data_converter=data_converter(config),
            runtime=runtime,
        )
        if TaskQueue.PAYMENTS in built:
            await ensure_reconcile_schedule(client)
        if TaskQueue.DISCOVERY in built:
            every = timedelta(minutes=config.refresh_minutes)
            await ensure_refresh_schedule(client, every=every)
        for queue, activities in built.items():
            await stack.enter_async_context(worker_for(client, queue, activities))
        if ready_file is not None:
            await asyncio.to_thread(ready_file.write_text, str(os.getpid()))
        await stop.wait()


def worker_for(client: Client, queue: TaskQueue, activities: Activities) -> Worker:
    """Build the worker of one queue; only ``orchestration`` runs workflows."""
    orchestrates = queue is TaskQueue.ORCHESTRATION
    plans = queue is TaskQueue.PLANNING
    return Worker(
        client,
        task_queue=queue,
        activities=activities,
        workflows=WORKFLOWS if orchestrates else (),
        workflow_runner=runner(),
        workflow_failure_exception_types=[EngineError],
        interceptors=[ErrorBoundary()],
        sticky_queue_schedule_to_start_timeout=_STICKY_TIMEOUT,
        graceful_shutdown_timeout=_GRACE,
        max_heartbeat_throttle_interval=_PLANNING_BEAT if plans else _BEAT,
    )


def main() -> None:
    """Serve; exit 2 when misconfigured, 6 when Temporal cannot be reached."""
    options = arguments().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Addresses of nodes often carry a key; and migrations tell more than anybody asked.
    for library in ("httpx", "httpx2", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    queues = [TaskQueue(name) for name in options.queue]
    code = 0
    try:
        asyncio.run(serve(queues, settings(), options.ready_file))
    except EngineError as err:
        _LOG.error("worker_misconfigured: %s", err.message)
        code = _EXIT_MISCONFIGURED
    except RuntimeError as err:
        _LOG.error("temporal_unreachable: %s; is `caravan up` running?", err)
        code = _EXIT_UNREACHABLE
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    # The client's threads can crash the interpreter's own shutdown; everything is closed by now.
    os._exit(code)


if __name__ == "__main__":
    main()
