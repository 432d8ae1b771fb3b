"""What a worker measures can be read where a setting says, and nowhere else."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from temporalio.runtime import Runtime
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities._metrics import count_plan_memory, count_purchase, record_answer, record_settling
from activities.records.store import SqlRecords
from activities.records.watch import Watch
from domain.breakers import BreakerKind
from domain.errors import Misconfigured
from domain.payments import PaymentState
from domain.settings import Settings
from starter.telemetry import runtime_for
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
TEMPORAL = Path(sys.executable).with_name("temporal")
PATIENCE_SECONDS = 40.0


def free_address() -> str:
    return f"127.0.0.1:{free_port()}"


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environ({"CARAVAN_STATE_DIR": str(tmp_path), **environ}, file={})


def exporting(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> ActivityEnvironment:
    """Activities whose worker exports by ``runtime``."""
    monkeypatch.setattr(Runtime, "default", staticmethod(lambda: runtime))
    environment = ActivityEnvironment()
    environment.metric_meter = runtime.metric_meter
    return environment


def shown(address: str, name: str) -> list[str]:
    lines = httpx.get(f"http://{address}/metrics", trust_env=False).text.splitlines()
    return sorted(line for line in lines if line.startswith(name))


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqlRecords]:
    found = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    yield found
    await found.close()


async def test_purchases_and_memory_are_counted_by_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = free_address()
    runtime = runtime_for(settings(tmp_path, CARAVAN_METRICS_ADDRESS=address))
    assert runtime is not None

    def happen() -> None:
        count_purchase(PaymentState.DELIVERED, blame="seller")
        count_purchase(PaymentState.DELIVERED, blame="seller")
        count_purchase(PaymentState.UNPAID, blame="facilitator")
        record_answer(40, outcome=PaymentState.DELIVERED)
        record_settling(700, outcome=PaymentState.DELIVERED)
        count_plan_memory(hit=True)

    exporting(runtime, monkeypatch).run(happen)

    unpaid, delivered = sorted(shown(address, "caravan_purchases"), key=lambda line: line[-1])
    assert 'blame="facilitator"' in unpaid
    assert 'outcome="unpaid"' in unpaid
    assert 'blame="nobody"' in delivered
    assert delivered.endswith(" 2")
    assert 'result="hit"' in shown(address, "caravan_plan_memory")[0]
    assert any(
        'le="50"' in line and line.endswith(" 1")
        for line in shown(address, "caravan_answer_milliseconds_bucket")
    )
    assert any(
        'le="500"' in line and line.endswith(" 0")
        for line in shown(address, "caravan_settle_milliseconds_bucket")
    )


async def test_a_breaker_is_shown_open_until_it_closes(
    records: SqlRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = free_address()
    runtime = runtime_for(settings(tmp_path, CARAVAN_METRICS_ADDRESS=address))
    assert runtime is not None
    run = exporting(runtime, monkeypatch).run
    watch = Watch(records.breakers)

    async def fail() -> None:
        for _ in range(3):
            await watch.failed(BreakerKind.HOST, "a.example", "down")

    async def answer() -> None:
        await watch.answered(BreakerKind.HOST, "a.example")

    await run(fail)
    (opened,) = shown(address, "caravan_breaker_state")
    await run(answer)
    (closed,) = shown(address, "caravan_breaker_state")

    assert 'key="a.example"' in opened
    assert 'kind="host"' in opened
    assert (opened[-2:], closed[-2:]) == (" 2", " 0")


async def test_outside_of_activities_nothing_is_measured() -> None:
    count_purchase(PaymentState.DELIVERED, blame="seller")
    count_plan_memory(hit=False)
    record_answer(1, outcome=PaymentState.DELIVERED)


async def test_a_collector_is_sent_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the parent's
            del format

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}/v1/metrics"
    try:
        runtime = runtime_for(settings(tmp_path, CARAVAN_OTLP_ENDPOINT=endpoint))
        assert runtime is not None
        run = exporting(runtime, monkeypatch).run
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(b"caravan_plan_memory" in body for body in received):
            assert time.monotonic() < deadline
            run(lambda: count_plan_memory(hit=False))
            await asyncio.sleep(0.1)
    finally:
        server.shutdown()
        server.server_close()


def test_without_a_setting_nothing_is_exported(tmp_path: Path) -> None:
    assert runtime_for(settings(tmp_path)) is None


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CARAVAN_METRICS_ADDRESS": "nonsense"}, "CARAVAN_METRICS_ADDRESS=nonsense cannot be"),
        ({"CARAVAN_OTLP_ENDPOINT": "nonsense"}, "CARAVAN_OTLP_ENDPOINT cannot be used"),
        (
            {"CARAVAN_OTLP_ENDPOINT": "http://a:4317", "CARAVAN_METRICS_ADDRESS": "127.0.0.1:1"},
            "both set",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(Misconfigured, match=words):
        runtime_for(settings(tmp_path, **environ))


def test_an_address_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        address = f"127.0.0.1:{one.getsockname()[1]}"

        with pytest.raises(Misconfigured, match="already in use"):
            runtime_for(settings(tmp_path, CARAVAN_METRICS_ADDRESS=address))


async def test_a_worker_process_shows_its_numbers(tmp_path: Path) -> None:
    address, ready = free_address(), tmp_path / "ready"
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL)
    ) as server:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", "--queue", "orchestration"),
            *("--ready-file", str(ready)),
            cwd=tmp_path,
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "PYTHONPATH": str(ROOT),
                "CARAVAN_STATE_DIR": str(tmp_path),
                "CARAVAN_METRICS_ADDRESS": address,
                "TEMPORAL_ADDRESS": server.client.service_client.config.target_host,
            },
        )
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not ready.exists():
                assert time.monotonic() < deadline
                assert worker.returncode is None
                await asyncio.sleep(0.1)

            assert any('task_queue="orchestration"' in line for line in shown(address, "temporal_"))
        finally:
            worker.terminate()
            await worker.wait()
