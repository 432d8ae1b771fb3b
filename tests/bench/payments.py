"""Payments through the whole engine against the plain x402 client: same seller, chain, minute."""

import asyncio
import contextlib
import time
import uuid
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.table import Table
from solders.keypair import Keypair
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from x402.client import x402Client
from x402.http.clients.httpx import x402HttpxClient
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.exact.client import ExactSvmScheme
from x402.mechanisms.svm.signers import KeypairSigner

from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.ids import RequestId, StepId
from domain.names import TaskQueue, run_workflow_id
from domain.plan import Plan, ServiceCall, Value
from domain.purchases import undo_of
from domain.runs import FulfilRequest, RunReport, RunState
from domain.settings import Settings
from starter.client import data_converter
from tests.bench.outcome import Outcome, Verdict, p50_p95_ms, table
from tests.bench.server import dev_server
from tests.deploy.services.stack import Stack
from tests.e2e.crashing import offer_of
from tests.e2e.yard import Yard
from tests.fakes.wares import usdc
from workflows.fulfil_request import FulfilRequestWorkflow

SERVICE_PATH: Final = "/dex/volume"
ONE_BY_ONE: Final = 12
ROUNDS: Final = 5
BATCH: Final = 32
"""Payments of one round."""

IN_FLIGHT: Final = 8
"""Payments at a time, however they are divided among runs."""

PAID_STEPS: Final = 8
"""Of a run that buys much; they are bought at the same time."""

PATIENCE_SECONDS: Final = 60.0

PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)

Pay = Callable[[], Awaitable[None]]


@dataclass
class Found:
    """What was measured of one way to pay."""

    name: str
    pay: Pay
    payments: int
    """That one call of ``pay`` makes."""
    seconds: list[float] = field(default_factory=list)
    """One call at a time."""
    rates: list[float] = field(default_factory=list)
    """Payments per second with ``IN_FLIGHT`` at a time, one entry for each round."""


async def measure(folder: Path) -> Outcome:
    """Pay one seller in three ways in turns, and count on chain what was paid."""
    market = await asyncio.to_thread(Stack, folder)
    try:
        await asyncio.to_thread(market.ready)
        async with dev_server(folder) as address, _engine(market, folder, address) as yard:
            return await _in_turns(yard)
    finally:
        market.close()


@contextlib.asynccontextmanager
async def _engine(market: Stack, folder: Path, address: str) -> AsyncIterator[Yard]:
    wallet = await asyncio.to_thread(market.payer)
    (folder / "payer.json").write_text(wallet.to_json())
    (folder / "engine.json").write_text(Keypair().to_json())
    client = await Client.connect(
        address, data_converter=data_converter(Settings(state_dir=folder))
    )
    yard = Yard(market, folder, wallet, WorkflowEnvironment.from_client(client))
    try:
        await asyncio.to_thread(yard.orchestrate)
        await asyncio.to_thread(yard.work, *PAYERS)
        yield yard
    finally:
        for process in yard.workers:
            process.kill()
            process.wait()


async def _in_turns(yard: Yard) -> Outcome:
    offer = await offer_of(yard.market, SERVICE_PATH)
    wallet = await asyncio.to_thread(yard.market.payer)
    async with _plain_client(yard.market, wallet) as client:
        plain = Found("plain x402 client", lambda: _plainly(client, offer), 1)
        single = Found("engine, one payment a run", lambda: _run(yard, offer, 1), 1)
        many = Found(
            f"engine, {PAID_STEPS} payments a run",
            lambda: _run(yard, offer, PAID_STEPS),
            PAID_STEPS,
        )
        ways = [plain, single, many]
        paid_plainly, paid = _balance(yard, wallet), yard.balance()
        for way in ways:
            await way.pay()
        for _ in range(ONE_BY_ONE):
            for way in ways[:2]:
                way.seconds.append(await _seconds(way.pay))
        for number in range(ROUNDS):
            # The first of a round finds the machine idle, so each has its turn at being first.
            for at in range(len(ways)):
                way = ways[(number + at) % len(ways)]
                way.rates.append(await _rate(way))
        paid_plainly -= _balance(yard, wallet)
        paid -= yard.balance()
    _must_be(paid_plainly, [plain], offer)
    _must_be(paid, [single, many], offer)
    return _outcome(ways)


@contextlib.asynccontextmanager
async def _plain_client(market: Stack, wallet: Keypair) -> AsyncIterator[x402HttpxClient]:
    warnings.filterwarnings("ignore", ".* is deprecated; use solana")  # the package's own
    scheme: Any = ExactSvmScheme(KeypairSigner(wallet), market.node.url)
    payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
    try:
        async with x402HttpxClient(payments, timeout=PATIENCE_SECONDS) as client:
            yield client
    finally:
        for node in scheme._clients.values():  # the package never closes them
            node._provider.session.close()


async def _plainly(client: x402HttpxClient, offer: Offer) -> None:
    answer = await client.request(offer.method, offer.url, json=offer.example)
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"the plain client got {answer.status_code}: {answer.text[:200]}")


async def _run(yard: Yard, offer: Offer, steps: int) -> None:
    """One run from its start to its report, approved in advance, without a record on chain."""
    request_id = RequestId(f"bench-{uuid.uuid4().hex[:12]}")
    report: RunReport = await yard.env.client.execute_workflow(
        FulfilRequestWorkflow.run,
        FulfilRequest(
            request_id=request_id,
            text="a test",
            budget=usdc("5.00"),
            policy_maximum=usdc("100.00"),
            approved_up_to=usdc("5.00"),
            may_ask=False,
            plan=_plan(offer, steps),
            anchor=False,
        ),
        id=run_workflow_id(request_id),
        task_queue=TaskQueue.ORCHESTRATION,
    )
    if report.state is not RunState.COMPLETED or len(report.receipts) != steps:
        raise RuntimeError(f"the run ended {report.state}: {report.error}")


def _plan(offer: Offer, count: int) -> Plan:
    if not isinstance(offer.example, dict):
        raise TypeError(f"{offer.name} shows no example")
    arguments = {name: Value(value=value) for name, value in offer.example.items()}
    steps = tuple(
        ServiceCall(
            id=StepId(f"step-{number}"),
            title=f"buy {number}",
            service=offer.listing_id,
            arguments=dict(arguments),
            undo=undo_of(offer),
        )
        for number in range(count)
    )
    return Plan(request="a test", asset=USDC_DEVNET, steps=steps, offers=(offer,))


async def _seconds(pay: Pay) -> float:
    begun = time.perf_counter()
    await pay()
    return time.perf_counter() - begun


async def _rate(way: Found) -> float:
    gate = asyncio.Semaphore(IN_FLIGHT // way.payments)

    async def gated() -> None:
        async with gate:
            await way.pay()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(BATCH // way.payments):
            group.create_task(gated())
    return BATCH / (time.perf_counter() - begun)


def _balance(yard: Yard, wallet: Keypair) -> int:
    return yard.market.node.usdc(str(wallet.pubkey()))


def _must_be(paid: int, ways: list[Found], offer: Offer) -> None:
    """Refuse figures that the chain does not bear out."""
    if offer.terms is None:
        raise RuntimeError(f"{offer.name} is free")
    # Besides what was measured, each way was tried once.
    count = sum(way.payments * (1 + len(way.seconds)) + BATCH * len(way.rates) for way in ways)
    if paid != count * offer.terms.base_units:
        raise RuntimeError(f"{paid} base units left for {count} payments")


def _outcome(ways: list[Found]) -> Outcome:
    plain, single, _ = ways
    latency = median(single.seconds) / median(plain.seconds)
    verdicts = [_beyond(f"{single.name}: latency", latency)]
    verdicts += [
        _beyond(f"{way.name}: throughput", median(plain.rates) / median(way.rates))
        for way in ways[1:]
    ]
    return Outcome([_latencies(plain, single), _rates(ways)], verdicts)


def _beyond(what: str, ratio: float) -> Verdict:
    return Verdict(what, f"{ratio:.2f} x the plain client's time", "none: more is done", None)


def _latencies(plain: Found, single: Found) -> Table:
    made = table(
        f"One payment at a time, {ONE_BY_ONE} each in turns",
        *("way", "p50 ms", "p95 ms", "x plain"),
    )
    for way in (plain, single):
        ratio = median(way.seconds) / median(plain.seconds)
        made.add_row(way.name, *p50_p95_ms(way.seconds), f"{ratio:.2f}")
    return made


def _rates(ways: list[Found]) -> Table:
    made = table(
        f"{IN_FLIGHT} payments in flight, {ROUNDS} rounds of {BATCH} in turns",
        *("way", "payments/s, median", "payments/s, all rounds", "plain / this"),
    )
    for way in ways:
        ratio = median(ways[0].rates) / median(way.rates)
        rounds = " ".join(f"{rate:.1f}" for rate in way.rates)
        made.add_row(way.name, f"{median(way.rates):.1f}", rounds, f"{ratio:.2f}")
    return made
