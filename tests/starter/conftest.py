"""A real Temporal dev server, and workers on it for as long as a test wants them."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from domain.errors import EngineError
from domain.names import SEARCH_COST, SEARCH_PLAN_DIGEST, SEARCH_STATUS, TaskQueue
from domain.settings import Settings
from starter.client import connect
from starter.errors import StackUnreachable
from starter.stack import TemporalAt
from tests.ports import free_port
from tests.starter.command_line import CommandLine
from tests.starter.fake_shop import FakeShop
from workflows._sandbox import runner
from workflows.buy_call import BuyCallWorkflow
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow
from workflows.refund_payment import RefundPaymentWorkflow
from workflows.write_on_chain import WriteOnChainWorkflow

WORKFLOWS = (
    FulfilRequestWorkflow,
    BuyCallWorkflow,
    RefundPaymentWorkflow,
    ReconcilePaymentsWorkflow,
    WriteOnChainWorkflow,
)
Working = Callable[[FakeShop], AbstractAsyncContextManager[None]]


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """A dev server of this test session's own."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        str(Path(sys.executable).parent / "temporal"),
        "server",
        "start-dev",
        "--headless",
        "--log-level=error",
        f"--port={address.rpartition(':')[2]}",
        f"--http-port={free_port()}",
        f"--metrics-port={free_port()}",
        f"--search-attribute={SEARCH_STATUS}=Keyword",
        f"--search-attribute={SEARCH_PLAN_DIGEST}=Keyword",
        f"--search-attribute={SEARCH_COST}=Double",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state")


@pytest.fixture
async def client(
    temporal_address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Client:
    _forget_temporal(monkeypatch)
    settings.state_dir.mkdir()
    place = TemporalAt(address=temporal_address, namespace="default", ui_url="http://ui.example")
    async with asyncio.timeout(20):
        while True:
            try:
                return await connect(settings, place)
            except StackUnreachable:  # the port is open a moment before the server answers
                await asyncio.sleep(0.1)


@pytest.fixture
def shop(settings: Settings) -> FakeShop:
    return FakeShop(settings.artifacts_dir)


@pytest.fixture
def working(client: Client) -> Working:
    """Workers of every queue, with the activities of a fake shop."""

    @asynccontextmanager
    async def serve(shop: FakeShop) -> AsyncIterator[None]:
        async with AsyncExitStack() as workers:
            for queue in TaskQueue:
                worker = Worker(
                    client,
                    task_queue=queue,
                    workflows=WORKFLOWS,
                    activities=shop.activities(),
                    workflow_runner=runner(),
                    workflow_failure_exception_types=[EngineError],
                )
                await workers.enter_async_context(worker)
            yield

    return serve


@pytest.fixture
def alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """A command line with no stack anywhere."""
    for name in [name for name in os.environ if name.startswith(("TEMPORAL_", "CARAVAN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARAVAN_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path, capsys.readouterr)


@pytest.fixture
def caravan(alone: CommandLine, client: Client, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line that reaches the dev server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    return alone


def _forget_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TEMPORAL_")]:
        monkeypatch.delenv(name)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the dev server ended with {process.returncode}")
        try:
            with socket.create_connection((host, int(port)), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the dev server did not start within 20 s")
