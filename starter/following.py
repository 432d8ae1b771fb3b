"""Watching a run by asking it; questions cost a run nothing."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol

from domain.ids import RequestId
from domain.runs import RunReport, RunSnapshot
from starter.errors import StackUnreachable
from starter.requests import Requests

PACE: Final = timedelta(milliseconds=250)
"""Between two looks: below it a person sees no difference."""

PATIENCE: Final = timedelta(seconds=30)
"""How long nobody may answer: a killed worker is replaced within this time."""


class Watcher(Protocol):
    """Shows what is seen."""

    def saw(self, snapshot: RunSnapshot) -> None:
        """Show how the run stands now."""
        ...

    def heard_nothing(self) -> None:
        """Say that nobody answers at the moment."""
        ...


async def follow(
    requests: Requests,
    run: RequestId,
    *,
    watcher: Watcher,
    until: Callable[[RunSnapshot], bool] = lambda _: False,
) -> RunSnapshot:
    """Show a run until ``until`` holds or it ended, and return the last look.

    Raises:
        StackUnreachable: Nobody answers for half a minute.
        RunStopped: The run was stopped from outside and left no report.
    """
    ending = asyncio.create_task(requests.ending(run))
    try:
        return await _look_until(requests, run, ending=ending, watcher=watcher, until=until)
    finally:
        await _drop(ending)


async def _look_until(
    requests: Requests,
    run: RequestId,
    *,
    ending: asyncio.Task[RunReport],
    watcher: Watcher,
    until: Callable[[RunSnapshot], bool],
) -> RunSnapshot:
    last: RunSnapshot | None = None
    heard = time.monotonic()
    while not ending.done():
        try:
            last = await requests.live_snapshot(run)
        except StackUnreachable:
            if time.monotonic() - heard > PATIENCE.total_seconds():
                raise
            watcher.heard_nothing()
        else:
            heard = time.monotonic()
            watcher.saw(last)
            if until(last):
                return last
        await asyncio.wait({ending}, timeout=PACE.total_seconds())
    final = await _final(requests, run, ending.result(), last)
    watcher.saw(final)
    return final


async def _final(
    requests: Requests, run: RequestId, report: RunReport, last: RunSnapshot | None
) -> RunSnapshot:
    """Put the report, which is evidence, into the last picture of plan and approval."""
    if last is None or last.approval is None:
        last = await requests.snapshot(run)
    return last.model_copy(update={"report": report})


async def _drop(ending: asyncio.Task[RunReport]) -> None:
    """Stop waiting for the end, and take note of its error, which nobody else may have."""
    ending.cancel()
    await asyncio.wait({ending})
    if not ending.cancelled():
        ending.exception()
