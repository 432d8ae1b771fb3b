"""Plans that served before: offered to the same person for the same wish, and to nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.discovery.ports import TextEmbedder, Vector
from activities.discovery.remembering import MemoryActivities, Recall
from activities.records.store import SqlRecords
from domain.drafting import RememberPlan
from domain.plan import Plan
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import NOW, listing, offer, plan, usdc

TEXT = "What is the weather in Oslo?"
LIKE = "weather in Oslo please"


class WordEmbedder:
    """Every text means the same; the words decide."""

    @property
    def name(self) -> str:
        return "same"

    async def dimensions(self) -> int:
        return 2

    async def embed(self, texts: list[str]) -> list[Vector]:
        return [(1.0, 0.0) for _ in texts]


class Apart(WordEmbedder):
    """No two texts mean alike."""

    def __init__(self) -> None:
        self._count = 0

    async def embed(self, texts: list[str]) -> list[Vector]:
        self._count += 1
        return [(1.0, 0.0) if self._count == 1 else (0.0, 1.0) for _ in texts]


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqlRecords]:
    opened = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
def artifacts() -> FakeArtifactStore:
    return FakeArtifactStore()


def recall_over(
    records: SqlRecords, artifacts: FakeArtifactStore, embedder: TextEmbedder | None = None
) -> Recall:
    return Recall(
        records.plans,
        book=records.listings,
        embedder=embedder or WordEmbedder(),  # type: ignore[arg-type]
        artifacts=artifacts,
    )


async def kept(recall: Recall, *, user: str = "ada", text: str = TEXT) -> None:
    activities = MemoryActivities(recall, clock=lambda: NOW)
    quoted = plan(offers=(offer(quoted_at=NOW),))
    await ActivityEnvironment().run(
        activities.remember_plan, RememberPlan(user=user, text=text, plan=quoted)
    )


async def changed(records: SqlRecords) -> None:
    number, _ = await records.listings.begin("https://b.example", now=NOW)
    await records.listings.write(
        "https://b.example", number=number, cursor="", listings=[listing("new")]
    )


async def test_a_like_request_gets_the_plan_without_its_old_prices(
    records: SqlRecords, artifacts: FakeArtifactStore
) -> None:
    recall = recall_over(records, artifacts)
    await kept(recall)
    await kept(recall)

    found = await recall.plan_for(LIKE, user="ada", budget=usdc("5"))

    assert found is not None
    served = Plan.model_validate_json(await artifacts.get(found))
    assert served.offers[0].quoted_at is None
    assert await records.plans.counted() == (1, 0)


async def test_nobody_gets_the_plan_of_somebody_else(
    records: SqlRecords, artifacts: FakeArtifactStore
) -> None:
    recall = recall_over(records, artifacts)
    await kept(recall)

    assert await recall.plan_for(TEXT, user="bob", budget=usdc("5")) is None
    assert await recall.plan_for(TEXT, user="", budget=usdc("5")) is None
    assert await records.plans.counted() == (0, 1)


@pytest.mark.parametrize(
    "text", ["What is the weather in Rome?", "Is there no weather in Oslo?", "trains in Oslo"]
)
async def test_another_wish_gets_no_plan_however_alike_it_sounds(
    records: SqlRecords, artifacts: FakeArtifactStore, text: str
) -> None:
    recall = recall_over(records, artifacts)
    await kept(recall)

    assert await recall.plan_for(text, user="ada", budget=usdc("5")) is None


async def test_a_changed_catalogue_is_planned_from_anew(
    records: SqlRecords, artifacts: FakeArtifactStore
) -> None:
    recall = recall_over(records, artifacts)
    await kept(recall)
    await changed(records)

    assert await recall.plan_for(TEXT, user="ada", budget=usdc("5")) is None


async def test_a_plan_above_the_budget_is_not_offered(
    records: SqlRecords, artifacts: FakeArtifactStore
) -> None:
    recall = recall_over(records, artifacts)
    await kept(recall)

    assert await recall.plan_for(TEXT, user="ada", budget=usdc("0.49")) is None
    assert await recall.plan_for(TEXT, user="ada", budget=usdc("0.50")) is not None


async def test_the_same_words_that_mean_something_else_are_not_alike(
    records: SqlRecords, artifacts: FakeArtifactStore
) -> None:
    recall = recall_over(records, artifacts, Apart())  # type: ignore[arg-type]
    await kept(recall)

    assert await recall.plan_for(TEXT, user="ada", budget=usdc("5")) is None
