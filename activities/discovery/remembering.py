"""Plans that served before, offered again to the same person for the same wish."""

from collections.abc import Callable
from datetime import UTC, datetime

from temporalio import activity

from activities._metrics import count_plan_memory
from activities.artifacts.ports import ArtifactStore
from activities.discovery.ports import TextEmbedder, Vector
from activities.records.ports import ListingBook, PlanMemory, Remembered
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.drafting import RememberPlan
from domain.goals import read_request
from domain.ids import digest_json
from domain.likeness import LIKE_ENOUGH, parameters_of, same_wish
from domain.money import Amount
from domain.templates import unquoted


class Recall:
    """Finds the plan of an earlier like request; never another person's."""

    def __init__(
        self,
        memory: PlanMemory,
        *,
        book: ListingBook,
        embedder: TextEmbedder,
        artifacts: ArtifactStore,
    ) -> None:
        self._memory = memory
        self._book = book
        self._embedder = embedder
        self._artifacts = artifacts

    async def plan_for(self, text: str, *, user: str, budget: Amount) -> ArtifactRef | None:
        """Return where a plan that fits is, and count the hit or the miss.

        Args:
            text: The request.
            user: Whose it is; nobody has no memory, and nothing is counted.
            budget: What the plan may cost, at the prices it was kept with.
        """
        if not user:
            return None
        found = await self._like(text, user=user, budget=budget)
        await self._memory.count(hit=found is not None)
        count_plan_memory(hit=found is not None)
        if found is None:
            return None
        content = found.plan.model_dump_json().encode()
        return await self._artifacts.put(content, JSON_MEDIA_TYPE)

    async def keep(self, ask: RememberPlan, *, now: datetime) -> None:
        """Keep a plan that served."""
        (vector,) = await self._embedder.embed([ask.text])
        reading = read_request(ask.text)
        plan = unquoted(ask.plan)
        await self._memory.remember(
            Remembered(
                id=digest_json([ask.user, ask.text]),
                user=ask.user,
                text=ask.text,
                vector=vector,
                parameters=parameters_of(reading),
                catalogue=await self._book.version(),
                plan=plan,
                at=now,
            )
        )

    async def _like(self, text: str, *, user: str, budget: Amount) -> Remembered | None:
        reading = read_request(text)
        known = await self._memory.like(
            user=user, parameters=parameters_of(reading), catalogue=await self._book.version()
        )
        if not known:
            return None
        (vector,) = await self._embedder.embed([text])
        fitting = [
            (likeness, one)
            for one in known
            if one.plan.estimated_cost <= budget
            and (likeness := _cosine(vector, one.vector)) >= LIKE_ENOUGH
            and same_wish(reading, read_request(one.text))
        ]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


class MemoryActivities:
    """Keeps plans that served."""

    def __init__(self, recall: Recall, *, clock: Callable[[], datetime] | None = None) -> None:
        self._recall = recall
        self._clock = clock or _now

    @activity.defn
    async def remember_plan(self, ask: RememberPlan) -> None:
        """Keep a plan; again changes nothing."""
        await self._recall.keep(ask, now=self._clock())


def _cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0.0


def _now() -> datetime:
    return datetime.now(UTC)
