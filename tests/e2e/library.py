"""The part of an engine that reads bazaars: a Temporal server and worker processes of its own."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.records.store import SqlRecords
from domain.names import REFRESH_SCHEDULE_ID, TaskQueue
from domain.refreshing import CatalogueRefreshed
from domain.settings import Settings
from starter.client import data_converter
from starter.schedules import ensure_refresh_schedule
from tests.deploy.services.stack import ROOT
from workflows.refresh_catalogue import RefreshCatalogueWorkflow

Refresh = WorkflowHandle[RefreshCatalogueWorkflow, CatalogueRefreshed]

TEMPORAL: Final = Path(sys.executable).with_name("temporal")

START_SECONDS: Final = 120
"""Until a worker must poll, on a machine that does much else."""


@dataclass
class Library:
    """Real workers over a catalogue of its own; nobody in it can pay."""

    folder: Path
    bazaars: Sequence[str]
    env: WorkflowEnvironment
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path, *bazaars: str) -> AsyncIterator[Self]:
        """Start the server. The schedule is there and paused: tests say when bazaars are read."""
        env = await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(TEMPORAL),
            data_converter=data_converter(Settings(state_dir=folder)),
            dev_server_log_level="error",
            dev_server_extra_args=["--output", "none"],
        )
        async with env:
            await ensure_refresh_schedule(env.client, every=timedelta(days=1))
            await env.client.get_schedule_handle(REFRESH_SCHEDULE_ID).pause()
            library = cls(folder, bazaars, env)
            try:
                yield library
            finally:
                for worker in library.workers:
                    worker.kill()
                    worker.wait()

    @property
    def environment(self) -> Mapping[str, str]:
        """What worker processes are told."""
        return {
            **{name: value for name, value in os.environ.items() if "CARAVAN" not in name},
            "CARAVAN_STATE_DIR": str(self.folder),
            "CARAVAN_BAZAAR_URLS": ",".join(self.bazaars),
            "TEMPORAL_ADDRESS": self.env.client.service_client.config.target_host,
            "HF_HUB_OFFLINE": "1",
        }

    def work(self, *queues: TaskQueue) -> subprocess.Popen[bytes]:
        """Start a worker process and wait until it polls."""
        ready = self.folder / f"ready-{uuid.uuid4().hex}"
        arguments = [part for queue in queues for part in ("--queue", queue.value)]
        log = self.folder / f"worker-{'-'.join(queues)}.log"
        with log.open("ab") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "worker", *arguments, "--ready-file", str(ready)],
                cwd=ROOT,
                env=dict(self.environment),
                stdout=output,
                stderr=output,
            )
        self.workers.append(worker)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert worker.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the worker does not get ready"
            time.sleep(0.05)
        return worker

    async def refresh(self) -> Refresh:
        """Begin to read all bazaars."""
        return await self.env.client.start_workflow(
            RefreshCatalogueWorkflow.run,
            id=f"refresh/{uuid.uuid4().hex}",
            task_queue=TaskQueue.ORCHESTRATION,
        )

    @contextlib.asynccontextmanager
    async def records(self) -> AsyncIterator[SqlRecords]:
        """What the workers wrote."""
        opened = await SqlRecords.open(Settings(state_dir=self.folder).records)
        try:
            yield opened
        finally:
            await opened.close()
