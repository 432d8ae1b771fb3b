"""Breakers over real workers: one opens, all see it, and a half-open one sends nobody to pay."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import pytest_asyncio
from solders.keypair import Keypair
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from activities.records.engines import connect, writing
from activities.records.store import SqlRecords
from activities.records.tables import BREAKERS
from activities.records.upserting import upsert
from domain.breakers import FAILURES_TO_OPEN, Breaker, BreakerKind
from domain.buying import BuyRequest
from domain.drafting import SearchServices, ServicesFound
from domain.ids import RequestId
from domain.names import TaskQueue, run_workflow_id
from domain.runs import RunReport, RunState
from domain.settings import Settings
from starter.asking import search_services
from tests.deploy.services.stack import Stack
from tests.e2e.counting_seller import FAULT, PATH, CountingSeller
from tests.e2e.crashing import PAYERS, SERVICE_PATH, offer_of
from tests.e2e.draining import EXPIRING_SLOTS, chain
from tests.e2e.yard import Yard
from tests.fakes.wares import usdc
from workflows.buy_call import BuyCallWorkflow

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

PATIENCE_SECONDS: Final = 180
"""Until something must have come about, on a machine that does much else."""

LOOK_SECONDS: Final = 0.2

Call = WorkflowHandle[BuyCallWorkflow, RunReport]


@dataclass
class BreakingYard(Yard):
    """An engine whose only bazaar is one seller's own."""

    bazaar: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        return {**super().environment, "CARAVAN_BAZAAR_URLS": self.bazaar}

    async def buy(self, seller: CountingSeller) -> Call:
        request_id = RequestId(f"call-{uuid.uuid4().hex[:8]}")
        request = BuyRequest(
            request_id=request_id, method="POST", url=seller.url + PATH, maximum=usdc("1.00")
        )
        return await self.env.client.start_workflow(
            BuyCallWorkflow.run,
            request,
            id=run_workflow_id(request_id),
            task_queue=TaskQueue.ORCHESTRATION,
        )

    async def bought(self, seller: CountingSeller) -> RunReport:
        return await asyncio.wait_for((await self.buy(seller)).result(), PATIENCE_SECONDS)

    async def found(self) -> ServicesFound:
        return await search_services(
            self.env.client, SearchServices(text="who pays for counting", limit=5)
        )

    async def breakers(self) -> dict[tuple[BreakerKind, str], Breaker]:
        """Every breaker, as any process reads it."""
        records = await SqlRecords.open(Settings(state_dir=self.folder).records)
        try:
            return {(one.kind, one.key): one for one in await records.breakers.breakers()}
        finally:
            await records.close()

    async def let_pause_end(self, breaker: Breaker, at: datetime) -> None:
        """Move the end of a breaker's pause, which is half a minute at least."""
        moved = breaker.model_copy(update={"open_until": at})
        row = {"kind": moved.kind.value, "key": moved.key, "breaker": moved.model_dump_json()}
        engine = await connect(Settings(state_dir=self.folder).records)
        async with writing(engine) as connection:
            await upsert(connection, BREAKERS, [row])
        await engine.dispose()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await reached():
        assert time.monotonic() < deadline, "it does not come about"
        await asyncio.sleep(LOOK_SECONDS)


def now() -> datetime:
    return datetime.now(UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seller(market: Stack) -> AsyncIterator[CountingSeller]:
    known = (await offer_of(market, SERVICE_PATH)).terms
    assert known is not None
    payee = str(Keypair().pubkey())
    market.node.fund(payee, base_units=1)
    with CountingSeller(known.model_copy(update={"pay_to": payee})) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(
    market: Stack, seller: CountingSeller, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BreakingYard]:
    """Workflows and discovery; payments workers come and go."""
    async with BreakingYard.open(market, tmp_path_factory.mktemp("breaking")) as yard:
        assert isinstance(yard, BreakingYard)
        yard.bazaar = seller.url
        await asyncio.to_thread(yard.work, TaskQueue.ORCHESTRATION, TaskQueue.DISCOVERY)
        yield yard


async def test_a_breaker_that_one_worker_opened_holds_for_all_and_opens_for_looks_alone(
    engine: BreakingYard, seller: CountingSeller
) -> None:
    seller.mood, key = "down", (BreakerKind.HOST, seller.host)
    asked, paid = seller.asked, seller.paid

    # One payments worker fails to ask it, and is gone.
    first = await asyncio.to_thread(engine.work, *PAYERS)
    report = await engine.bought(seller)
    first.kill()
    await asyncio.to_thread(first.wait)
    opened = (await engine.breakers())[key]
    assert report.state is RunState.FAILED
    assert (opened.failures, opened.opened) == (FAILURES_TO_OPEN, 1)
    assert opened.open_until is not None
    assert seller.asked == asked + FAILURES_TO_OPEN
    await engine.let_pause_end(opened, now() + timedelta(hours=1))

    # A discovery worker and another payments worker leave it alone.
    found = await engine.found()
    second = await asyncio.to_thread(engine.work, *PAYERS)
    report = await engine.bought(seller)
    (refused,) = found.refused
    assert (refused.listing_id, refused.gate) == (seller.listing, "breaker")
    assert found.ranked == ()
    assert [(one.kind, one.key) for one in found.breakers] == [key]
    assert report.error is not None
    assert "left alone" in report.error.message
    assert seller.asked == asked + FAILURES_TO_OPEN

    # Half open: one look, which fails, and the pause is twice as long.
    await engine.let_pause_end(opened, now() - timedelta(seconds=1))

    async def looked() -> bool:
        await engine.bought(seller)
        return seller.asked > asked + FAILURES_TO_OPEN

    await until(looked)
    again = (await engine.breakers())[key]
    assert seller.asked == asked + FAILURES_TO_OPEN + 1
    assert again.opened == 2
    assert again.open_until is not None
    assert again.open_until > now()

    # Half open again, and it is back: a look without payment closes it.
    seller.mood = "asks"
    await engine.let_pause_end(again, now() - timedelta(seconds=1))

    async def ranked() -> bool:
        return [one.listing.id for one in (await engine.found()).ranked] == [seller.listing]

    await until(ranked)
    assert seller.asked == asked + FAILURES_TO_OPEN + 2
    assert key not in await engine.breakers()
    assert seller.paid == paid
    second.terminate()
    await asyncio.to_thread(second.wait, PATIENCE_SECONDS)


async def test_a_facilitator_s_fault_counts_against_no_seller(
    engine: BreakingYard, seller: CountingSeller
) -> None:
    seller.mood, paid = "facilitator fails", seller.paid
    before, facilitator = engine.balance(), seller.terms.fee_payer
    payer = await asyncio.to_thread(engine.work, *PAYERS)

    run = await engine.buy(seller)

    # What is signed expires at once, so that each payment comes to its end.
    async def blamed_somebody() -> bool:
        chain(engine, "localnet_advanceSlots", EXPIRING_SLOTS)
        return bool(await engine.breakers())

    async def over() -> bool:
        chain(engine, "localnet_advanceSlots", EXPIRING_SLOTS)
        return (await run.describe()).status is not WorkflowExecutionStatus.RUNNING

    await until(blamed_somebody)
    await run.cancel()
    await until(over)
    report = await run.result()
    payer.terminate()
    await asyncio.to_thread(payer.wait, PATIENCE_SECONDS)

    assert seller.paid > paid
    assert report.state is RunState.CANCELLED
    assert report.spent.base_units == report.reserved.base_units == 0
    assert engine.balance() == before
    assert facilitator is not None
    breakers = await engine.breakers()
    assert (BreakerKind.HOST, seller.host) not in breakers
    blamed = breakers[BreakerKind.FACILITATOR, facilitator]
    assert (blamed.failures, blamed.open_until) == (1, None)
    assert FAULT in blamed.reason
    standing = await _standing(engine, seller)
    assert standing == (0.0, 0.0)


async def _standing(engine: BreakingYard, seller: CountingSeller) -> tuple[float, float]:
    """What counts for and against a seller."""
    records = await SqlRecords.open(Settings(state_dir=engine.folder).records)
    try:
        found = await records.observations.standings([seller.listing], now=now())
    finally:
        await records.close()
    one = found[seller.listing]
    return one.delivered, one.failed
