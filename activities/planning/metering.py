"""What planning has used so far, across the attempts of one activity, and what it may use."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from temporalio import activity

from activities.planning.ports import PlanningLimitReached
from activities.planning.proposal import one_line
from domain.drafting import TokenUsage

PLANNING_SECONDS: Final = 150.0
"""For all that models are asked for one plan; the embedded planner needs what is left of 180."""

CALL_SECONDS: Final = 55.0
"""For one answer, from our first byte to its last: a draft and two repairs fit into the whole."""

MIN_CALL_SECONDS: Final = 3.0
"""In less time no model writes a plan; asking would only cost."""

MAX_TOKENS: Final = 600_000
"""Read and written for one plan; ten times what a draft with two repairs takes."""

MAX_NOTES: Final = 20
"""A person reads no more; the newest are left out."""

MAX_NOTE_CHARACTERS: Final = 300

_BEAT_SECONDS: Final = 1.0


class Spent(BaseModel):
    """What was used, as the heartbeats carry it to a next attempt."""

    model_config = ConfigDict(frozen=True)

    usage: TokenUsage = TokenUsage()
    notes: tuple[str, ...] = ()
    received_characters: int = 0


class PlanningMeter:
    """Counts tokens, money and time. Its limits hold before a question, not within an answer."""

    def __init__(
        self,
        *,
        max_cost_micro_usd: int,
        earlier: Spent | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._max_cost = max_cost_micro_usd
        self._received = 0
        self._arriving: dict[int, TokenUsage] = {}
        before = earlier or Spent()
        self.usage = before.usage
        self.notes: tuple[str, ...] = before.notes

    @property
    def seconds(self) -> float:
        """How long planning has taken."""
        return self._clock() - self._began

    @property
    def spent(self) -> Spent:
        """All of it, to be carried on; with what answers have used that go on arriving."""
        usage = sum(self._arriving.values(), self.usage)
        return Spent(usage=usage, notes=self.notes, received_characters=self._received)

    def allow(self, max_cost_micro_usd: int) -> None:
        """Raise what may be spent in all; never lowers it."""
        self._max_cost = max(self._max_cost, max_cost_micro_usd)

    def seconds_left(self) -> float:
        """How long the next answer may take.

        Raises:
            PlanningLimitReached: Time, tokens or money are used up.
        """
        left = PLANNING_SECONDS - self.seconds
        if left < MIN_CALL_SECONDS:
            raise PlanningLimitReached(f"planning has taken its {PLANNING_SECONDS:.0f} seconds")
        if self.usage.input_tokens + self.usage.output_tokens >= MAX_TOKENS:
            raise PlanningLimitReached(f"planning has used its {MAX_TOKENS:,} tokens")
        if self.usage.cost_micro_usd >= self._max_cost:
            raise PlanningLimitReached(
                f"planning has used ${self.usage.cost_micro_usd / 1e6:.4f} of the "
                f"${self._max_cost / 1e6:.2f} it may cost"
            )
        return min(CALL_SECONDS, left)

    def arriving(self, answer: object, usage: TokenUsage) -> None:
        """Say what an answer has used that has not come to its end."""
        self._arriving[id(answer)] = usage

    def count(self, usage: TokenUsage, *, answer: object = None) -> None:
        """Add what was used, in place of what was said of ``answer``."""
        self._arriving.pop(id(answer), None)
        self.usage += usage

    def received(self, characters: int) -> None:
        """Say that an answer goes on arriving."""
        self._received += characters

    def note(self, text: str) -> None:
        """Keep what the person who asked should know; a thing said twice is kept once."""
        line = one_line(text)[:MAX_NOTE_CHARACTERS]
        if line not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes = (*self.notes, line)


def spent_earlier() -> Spent | None:
    """What a lost attempt of this activity had used when it was last heard of."""
    if not activity.in_activity() or not activity.info().heartbeat_details:
        return None
    try:
        found = Spent.model_validate(activity.info().heartbeat_details[0])
    except ValidationError:
        return None
    if found.usage == TokenUsage():
        return found
    lost = "an earlier attempt was lost; what it had used is counted"
    return found.model_copy(update={"notes": tuple(dict.fromkeys((*found.notes, lost)))})


@contextlib.asynccontextmanager
async def heartbeating(meter: PlanningMeter) -> AsyncIterator[None]:
    """Heartbeat with what was used so far while the block runs."""
    if not activity.in_activity():
        yield
        return
    beating = asyncio.create_task(_beat(meter))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def _beat(meter: PlanningMeter) -> None:
    while True:
        activity.heartbeat(meter.spent)
        await asyncio.sleep(_BEAT_SECONDS)
