"""``caravan catalogue``: real workflow, activities and records, bazaars in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities._boundary import ErrorBoundary
from activities.discovery.importing import Importer
from activities.discovery.refreshing import CatalogueActivities
from activities.records.store import SqlRecords
from domain.names import TaskQueue
from domain.settings import Settings
from tests.fakes.bazaars import FIRST, SECOND, PagedBazaar, item, tool
from tests.starter.command_line import CommandLine
from workflows._sandbox import runner
from workflows.refresh_catalogue import RefreshCatalogueWorkflow


@dataclass
class Index:
    """Counts how often it was brought up to date."""

    synced: int = 0

    async def sync(self, *, on_progress: Any = None) -> int:
        self.synced += 1
        on_progress(7)
        return 7


@pytest.fixture
async def records(settings: Settings, client: Client) -> AsyncIterator[SqlRecords]:
    del client  # which makes the folder
    opened = await SqlRecords.open(settings.records)
    yield opened
    await opened.close()


@asynccontextmanager
async def serving(
    client: Client,
    records: SqlRecords,
    bazaars: Sequence[PagedBazaar],
    queues: Sequence[TaskQueue] = (TaskQueue.ORCHESTRATION, TaskQueue.DISCOVERY),
) -> AsyncIterator[Index]:
    index = Index()
    made = CatalogueActivities(Importer(records.listings, bazaars), records.listings, index)
    async with AsyncExitStack() as workers:
        for queue in queues:
            orchestrates = queue is TaskQueue.ORCHESTRATION
            worker = Worker(
                client,
                task_queue=queue,
                workflows=[RefreshCatalogueWorkflow] if orchestrates else [],
                activities=[]
                if orchestrates
                else [
                    made.name_bazaars,
                    made.refresh_bazaar,
                    made.index_catalogue,
                    made.look_at_catalogue,
                ],
                workflow_runner=runner(),
                interceptors=[ErrorBoundary()],
            )
            await workers.enter_async_context(worker)
        yield index


async def test_a_catalogue_that_was_never_read_says_how_to_read_it(
    caravan: CommandLine, client: Client, records: SqlRecords
) -> None:
    async with serving(client, records, [PagedBazaar([])]):
        ended = await caravan("catalogue")

    assert ended.code == 0
    assert "caravan catalogue --refresh" in ended.out


async def test_a_refresh_reads_every_bazaar_and_makes_it_searchable(
    caravan: CommandLine, client: Client, records: SqlRecords
) -> None:
    first = PagedBazaar([item("a"), item("b"), tool("search"), 7], FIRST)
    second = PagedBazaar([item("b"), item("c"), item("a", pay_to="Thief")], SECOND)
    async with serving(client, records, [first, second]) as index:
        ended = await caravan("catalogue", "--refresh", "--json", "--quarantine", "--tools")
        table = await caravan("catalogue", "--quarantine", "--tools")

    document = ended.document
    assert ended.code == 0, ended.err
    assert index.synced == 1
    assert document["listings"] == 3
    assert [one["url"] for one in document["bazaars"]] == [FIRST, SECOND]
    assert [one["quarantined"] for one in document["bazaars"]] == [1, 1]
    assert [one["new"] for one in document["refreshed"]["bazaars"]] == [2, 2]
    assert document["refreshed"]["indexed"] == 7
    assert [one["name"] for one in document["tools"]] == ["search"]
    assert sorted(one["reason"] for one in document["quarantined"]) == [
        f"another bazaar names another payee: {FIRST}",
        "it is not an object",
    ]
    assert "3 services in 2 bazaars" in table.out
    assert "another bazaar names another payee" in table.out
    assert "https://tools.example/mcp" in table.out


async def test_a_bazaar_that_fails_is_named_and_stops_nothing(
    caravan: CommandLine, client: Client, records: SqlRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.errors.UpstreamUnavailable.first_retry_seconds", 0.01)
    first, second = PagedBazaar([item("a")], FIRST), PagedBazaar([item("b")], SECOND)
    first.is_down = True
    async with serving(client, records, [first, second]):
        ended = await caravan("catalogue", "--refresh")

    assert ended.code == 0
    assert f"not read: the bazaar at {FIRST}" in ended.out
    assert "did not answer" in ended.out
    assert f"{SECOND}: 1 new" in ended.out
    assert "broke off" in ended.out
    assert len(first.asked) == 4


async def test_an_attempt_that_fails_goes_on_where_it_was(
    caravan: CommandLine, client: Client, records: SqlRecords
) -> None:
    bazaar = PagedBazaar([item(name) for name in "abcdef"], FIRST)
    bazaar.fails_at = {"4"}
    async with serving(client, records, [bazaar]):
        ended = await caravan("catalogue", "--refresh", "--json")

    assert bazaar.asked == ["", "2", "4", "4"]
    assert ended.document["listings"] == 6
    assert ended.document["bazaars"][0]["problem"] is None


async def test_when_no_bazaar_answers_the_command_fails(
    caravan: CommandLine, client: Client, records: SqlRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.errors.UpstreamUnavailable.first_retry_seconds", 0.01)
    bazaar = PagedBazaar([item("a")], FIRST)
    bazaar.is_down = True
    async with serving(client, records, [bazaar]):
        ended = await caravan("catalogue", "--refresh")

    assert ended.code == 4


async def test_without_a_stack_it_is_said_what_to_start(alone: CommandLine) -> None:
    ended = await alone("catalogue", "--refresh")

    assert ended.code == 6
    assert "caravan up" in ended.err
