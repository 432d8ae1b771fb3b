"""Liveness of long effects: a worker that dies is noticed within seconds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from pydantic import BaseModel
from temporalio import activity

_INTERVAL_SECONDS: Final = 1.0
"""A third of the heartbeat timeout of the effects that use it."""


class Beat:
    """What the next heartbeats tell whoever waits."""

    def __init__(self) -> None:
        self._said: tuple[BaseModel, ...] = ()

    def say(self, progress: BaseModel) -> None:
        """Tell this from the next heartbeat on."""
        self._said = (progress,)

    def send(self) -> None:
        """Send a heartbeat."""
        activity.heartbeat(*self._said)


@contextlib.asynccontextmanager
async def heartbeating() -> AsyncIterator[Beat]:
    """Heartbeat in the background while the block runs."""
    beat = Beat()
    beating = asyncio.create_task(_go_on(beat))
    try:
        yield beat
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def _go_on(beat: Beat) -> None:
    while True:
        beat.send()
        await asyncio.sleep(_INTERVAL_SECONDS)
