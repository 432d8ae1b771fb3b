"""Waiting for a provider that asks for patience, and no longer than a person would."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from activities.planning.ports import (
    DrafterBusy,
    DrafterSlow,
    LanguageModel,
    Meter,
    ModelVendor,
    Question,
    ToolCall,
)
from domain.errors import UpstreamUnavailable

TRIES: Final = 3
"""Of one question. What fails three times in a row is down, and the next drafter is asked."""

PATIENCE_SECONDS: Final = 20.0
"""Longest wait before asking again; somebody sits in front of it, and there is another drafter."""

FIRST_WAIT_SECONDS: Final = 1.0
"""Where the provider names no time; it doubles."""

Sleep = Callable[[float], Awaitable[None]]


class PatientModel:
    """Asks again where that may help, within the meter's time."""

    def __init__(self, model: LanguageModel, *, sleep: Sleep = asyncio.sleep) -> None:
        self._model = model
        self._sleep = sleep

    @property
    def name(self) -> ModelVendor:
        """Whose protocol it speaks."""
        return self._model.name

    @property
    def label(self) -> str:
        """The model by its own name."""
        return self._model.label

    async def ask(self, question: Question, *, meter: Meter) -> ToolCall:
        """Ask up to three times; see the port for what may be raised."""
        wait = FIRST_WAIT_SECONDS
        for _ in range(TRIES - 1):
            try:
                return await self._model.ask(question, meter=meter)
            except DrafterSlow:
                raise
            except UpstreamUnavailable as err:
                pause = max(wait, _asked_by(err))
                if pause > min(PATIENCE_SECONDS, meter.seconds_left()):
                    raise
                await self._sleep(pause)
                wait *= 2
        return await self._model.ask(question, meter=meter)


def _asked_by(err: UpstreamUnavailable) -> float:
    return (err.retry_after_seconds or 0.0) if isinstance(err, DrafterBusy) else 0.0


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Read the wait that an answer asks for, in seconds; ``None`` where it names none."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1_000
    stated = headers.get("retry-after", "")
    seconds = _number(stated)
    return seconds if seconds is not None else _until(stated)


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
