"""The reading of all bazaars: what one failure may stop, and what an ending worker may not."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities._boundary import ErrorBoundary
from domain.names import TaskQueue
from domain.refreshing import (
    BazaarRefreshed,
    BazaarsNamed,
    CatalogueIndexed,
    CatalogueRefreshed,
    RefreshBazaar,
)
from workflows._sandbox import runner
from workflows.refresh_catalogue import RefreshCatalogueWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, TWO, THREE = "http://one.test", "http://two.test", "http://three.test"


class FakeCatalogue:
    """Reads bazaars as a test says."""

    def __init__(self, *, refuses: str = "", hangs: str = "", index_fails: bool = False) -> None:
        self.refuses = refuses
        self.hangs = hangs
        self.index_fails = index_fails
        self.read: list[str] = []
        self.reached = asyncio.Event()

    @activity.defn
    async def name_bazaars(self) -> BazaarsNamed:
        return BazaarsNamed(urls=(ONE, TWO, THREE))

    @activity.defn
    async def refresh_bazaar(self, ask: RefreshBazaar) -> BazaarRefreshed:
        self.read.append(ask.bazaar)
        if ask.bazaar == self.refuses:
            raise ApplicationError("it is down", type="upstream_unavailable", non_retryable=True)
        if ask.bazaar == self.hangs:
            self.reached.set()
            while True:
                activity.heartbeat()
                await asyncio.sleep(0.2)
        return BazaarRefreshed(bazaar=ask.bazaar, new=1)

    @activity.defn
    async def index_catalogue(self) -> CatalogueIndexed:
        if self.index_fails:
            raise ApplicationError("the disk is full", type="engine", non_retryable=True)
        return CatalogueIndexed(indexed=3)


@asynccontextmanager
async def serving(env: WorkflowEnvironment, fake: FakeCatalogue) -> AsyncIterator[None]:
    activities = [fake.name_bazaars, fake.refresh_bazaar, fake.index_catalogue]
    async with AsyncExitStack() as workers:
        for queue in (TaskQueue.ORCHESTRATION, TaskQueue.DISCOVERY):
            orchestrates = queue is TaskQueue.ORCHESTRATION
            worker = Worker(
                env.client,
                task_queue=queue,
                workflows=[RefreshCatalogueWorkflow] if orchestrates else [],
                activities=[] if orchestrates else activities,
                workflow_runner=runner(),
                interceptors=[ErrorBoundary()],
                max_cached_workflows=0 if orchestrates else 1000,
            )
            await workers.enter_async_context(worker)
        yield


async def begin(
    env: WorkflowEnvironment,
) -> WorkflowHandle[RefreshCatalogueWorkflow, CatalogueRefreshed]:
    return await env.client.start_workflow(
        RefreshCatalogueWorkflow.run,
        id=f"refresh/{uuid.uuid4().hex}",
        task_queue=TaskQueue.ORCHESTRATION,
    )


async def test_bazaars_are_read_in_the_order_of_trust(env: WorkflowEnvironment) -> None:
    fake = FakeCatalogue()
    async with serving(env, fake):
        found = await (await begin(env)).result()

    assert fake.read == [ONE, TWO, THREE]
    assert found.indexed == 3
    assert [one.new for one in found.bazaars] == [1, 1, 1]


async def test_one_bad_bazaar_stops_none_of_the_others(env: WorkflowEnvironment) -> None:
    fake = FakeCatalogue(refuses=ONE)
    async with serving(env, fake):
        found = await (await begin(env)).result()

    assert [one.problem for one in found.bazaars] == ["it is down", "", ""]
    assert found.indexed == 3


async def test_what_was_read_counts_though_it_is_not_searchable_yet(
    env: WorkflowEnvironment,
) -> None:
    fake = FakeCatalogue(index_fails=True)
    async with serving(env, fake):
        found = await (await begin(env)).result()

    assert found.index_problem == "the disk is full"
    assert [one.new for one in found.bazaars] == [1, 1, 1]


async def test_a_cancelled_refresh_reads_no_further(env: WorkflowEnvironment) -> None:
    fake = FakeCatalogue(hangs=TWO)
    async with serving(env, fake):
        handle = await begin(env)
        await fake.reached.wait()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as ended:
            await handle.result()

    assert isinstance(ended.value.cause, CancelledError)
    assert fake.read == [ONE, TWO]
