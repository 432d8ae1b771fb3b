"""How soon Temporal hears what planning has cost: what is kept back is lost with the process."""

import sys
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from domain.names import TaskQueue
from worker import worker_for

LOST_AT_MOST = timedelta(seconds=1)
LATER = timedelta(seconds=60)


@activity.defn
async def nothing() -> None: ...


async def test_heartbeats_of_planning_are_sent_each_second() -> None:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=["--output", "none"],
    ) as env:
        planning = worker_for(env.client, TaskQueue.PLANNING, [nothing])
        paying = worker_for(env.client, TaskQueue.PAYMENTS, [nothing])

    assert planning.config().get("max_heartbeat_throttle_interval", LATER) <= LOST_AT_MOST
    assert paying.config().get("max_heartbeat_throttle_interval", LATER) > LOST_AT_MOST
