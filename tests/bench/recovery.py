"""A payments worker killed with SIGKILL while it pays: how soon another one goes on."""

import asyncio
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from rich.table import Table
from solders.keypair import Keypair
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.discovery.bazaar_http import HttpBazaar
from domain.chains import USDC_DEVNET
from domain.ids import StepId
from domain.names import TaskQueue
from domain.offers import listed_offer
from domain.plan import Plan, ServiceCall, Undo, Value
from domain.runs import RunState
from domain.settings import Settings
from starter.client import data_converter
from tests.bench.outcome import Outcome, Verdict, table
from tests.bench.room import Run
from tests.bench.server import dev_server
from tests.deploy.services.stack import Stack
from tests.e2e.yard import Yard
from tests.fakes.wares import usdc

KILLS: Final = 5
TARGET_SECONDS: Final = 6.0

SELLER_SECONDS: Final = 3.0
"""How long the seller keeps the payment; the worker dies while it waits."""

INTO_PAYMENT_SECONDS: Final = (0.2, 0.7, 1.2, 1.7, 2.2)
"""When to kill, after the attempt began: at different places between two heartbeats."""

ENDINGS: Final = {RunState.COMPLETED, RunState.PARTIALLY_ROLLED_BACK}
"""The second is the honest end when the answer died with the worker and the seller kept none."""

LOOK_SECONDS: Final = 0.02
PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)
SERVICE_PATH: Final = "/misbehaving/slow"
PRICE_BASE_UNITS: Final = 10_000


async def measure(folder: Path) -> Outcome:
    """Kill, five times, the one of two workers that holds the payment."""
    market = await asyncio.to_thread(Stack, folder)
    try:
        await asyncio.to_thread(market.ready)
        async with dev_server(folder) as address:
            yard = await _yard(market, folder, address)
            try:
                return await _kill_and_watch(yard)
            finally:
                for process in yard.workers:
                    process.kill()
                    process.wait()
    finally:
        market.close()


async def _yard(market: Stack, folder: Path, address: str) -> Yard:
    wallet, engine = await asyncio.to_thread(market.payer), Keypair()
    market.node.chain.call("requestAirdrop", str(engine.pubkey()), 10**9)
    (folder / "payer.json").write_text(wallet.to_json())
    (folder / "engine.json").write_text(engine.to_json())
    converter = data_converter(Settings(state_dir=folder))
    client = await Client.connect(address, data_converter=converter)
    return Yard(market, folder, wallet, WorkflowEnvironment.from_client(client))


async def _kill_and_watch(yard: Yard) -> Outcome:
    plan = await _slow_plan(yard.market)
    url = f"{yard.market.misbehaving.url}/misbehaving/knobs"
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(url, json={"slow_seconds": SELLER_SECONDS})).raise_for_status()
    await asyncio.to_thread(yard.orchestrate)
    workers = {p.pid: p for p in [await _worker(yard), await _worker(yard)]}
    made = table(
        f"SIGKILL of the worker that pays, another one polling ({KILLS} times)",
        *("killed after s", "next attempt after s", "run ended", "paid base units"),
    )
    pauses: list[float] = []
    for into in INTO_PAYMENT_SECONDS:
        before = yard.balance()
        run = await yard.start(plan)
        victim = workers.pop(_pid(await _attempt(run, 1)))
        await asyncio.sleep(into)
        victim.kill()
        killed_at = time.time()
        victim.wait()
        second = await _attempt(run, 2)
        pauses.append(second.last_started_time.ToNanoseconds() / 1e9 - killed_at)
        report = await run.result()
        paid = before - yard.balance()
        made.add_row(f"{into:.1f}", f"{pauses[-1]:.2f}", report.state.value, str(paid))
        if report.state not in ENDINGS or paid != PRICE_BASE_UNITS:
            raise RuntimeError(f"the run ended {report.state} and paid {paid}: {report.error}")
        heir = await _worker(yard)
        workers[heir.pid] = heir
    return _outcome(made, pauses)


async def _slow_plan(market: Stack) -> Plan:
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(market.facilitator.url, http).read()
    listing = next(one for one in read.listings if httpx.URL(one.url).path == SERVICE_PATH)
    offer = listed_offer(listing, usdc("5.00"))
    step = ServiceCall(
        id=StepId("buy"),
        title="buy",
        service=offer.listing_id,
        arguments={"text": Value(value="hello")},
        undo=Undo(action="none", note="no refund is offered"),
    )
    return Plan(request="a test", asset=USDC_DEVNET, steps=(step,), offers=(offer,))


async def _worker(yard: Yard) -> subprocess.Popen[bytes]:
    return await asyncio.to_thread(yard.work, *PAYERS)


async def _attempt(run: Run, number: int) -> PendingActivityInfo:
    """Wait until that attempt of the settlement is under way."""
    while True:
        description = (await run.describe()).raw_description
        for pending in description.pending_activities:
            started = pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
            settles = pending.activity_type.name == "settle"
            if settles and started and pending.attempt >= number:
                return pending
        if not description.HasField("pending_workflow_task") and not description.pending_activities:
            ended = description.workflow_execution_info.close_time.seconds
            if ended:
                raise RuntimeError(f"the run ended before attempt {number} of its settlement")
        await asyncio.sleep(LOOK_SECONDS)


def _pid(pending: PendingActivityInfo) -> int:
    return int(pending.last_worker_identity.partition("@")[0])


def _outcome(made: Table, pauses: list[float]) -> Outcome:
    verdict = Verdict(
        "recovery after SIGKILL in mid-payment",
        f"median {median(pauses):.1f} s, longest {max(pauses):.1f} s",
        f"next attempt within {TARGET_SECONDS:.0f} s",
        max(pauses) <= TARGET_SECONDS,
    )
    return Outcome([made], [verdict])
