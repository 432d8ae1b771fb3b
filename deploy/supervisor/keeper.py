"""Keeps one part running: starts it, waits until it works, and starts it again when it falls."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.supervisor.errors import PartFailed
from deploy.supervisor.notices import Notices
from deploy.supervisor.parts import Part
from deploy.supervisor.processes import Child, tail

FIRST_BACKOFF_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 10.0

STEADY_SECONDS: Final = 60.0
"""A part that worked for so long has recovered; its next fall is answered at once again."""

START_ATTEMPTS: Final = 3
"""A part that falls this often before it ever worked will not work: a setting is wrong."""

READY_POLL_SECONDS: Final = 0.05


class Keeper:
    """One part and its current process."""

    def __init__(
        self, part: Part, log: Path, notices: Notices, on_change: Callable[[], None]
    ) -> None:
        self.part = part
        self.log = log
        self.restarts = 0
        self.working = asyncio.Event()
        """Set once the part has worked for the first time."""
        self._notices = notices
        self._on_change = on_change
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Pid of the current process."""
        return None if self._child is None else self._child.pid

    async def start(self) -> None:
        """Start the part and wait until it works.

        Raises:
            PartFailed: It keeps falling, or does not work in time; says why, as far as it told.
        """
        deadline = time.monotonic() + self.part.start_seconds
        for attempt in range(START_ATTEMPTS):
            if attempt:
                await asyncio.sleep(FIRST_BACKOFF_SECONDS)
            child = self._spawn()
            if await self._works(child, deadline):
                self.working.set()
                return
            if child.exit_code is None:
                raise self._failed(f"did not work within {self.part.start_seconds:.0f} s")
            self._notices.say("exited", self.part.name, f"with code {child.exit_code}")
        raise self._failed(f"ended {START_ATTEMPTS} times before it worked")

    async def keep(self) -> None:
        """Start the part again whenever it falls; returns only by being cancelled."""
        backoff = FIRST_BACKOFF_SECONDS
        while True:
            since = time.monotonic()
            reason = await self._fallen()
            if time.monotonic() - since > STEADY_SECONDS:
                backoff = FIRST_BACKOFF_SECONDS
            self.restarts += 1
            self._notices.say(
                "exited", self.part.name, f"{reason}; starting it again in {backoff:.1f} s"
            )
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF_SECONDS)
            child = self._spawn()
            self._on_change()
            if not await self._works(child, time.monotonic() + self.part.start_seconds):
                child.kill()

    async def end(self) -> None:
        """End the part."""
        if self._child is None:
            return
        if not await self._child.end():
            self._notices.say("unresponsive", self.part.name, "did not stop when asked; killed")

    def kill(self) -> None:
        """End the part at once."""
        if self._child is not None:
            self._child.kill()

    def _spawn(self) -> Child:
        self._notices.say("starting", self.part.name)
        self._child = Child(self.part, self.log)
        return self._child

    async def _works(self, child: Child, deadline: float) -> bool:
        since = time.monotonic()
        while child.exit_code is None and time.monotonic() < deadline:
            if await self.part.ready(child.pid) and child.exit_code is None:
                self._notices.say("healthy", self.part.name, seconds=time.monotonic() - since)
                return True
            await asyncio.sleep(READY_POLL_SECONDS)
        return False

    async def _fallen(self) -> str:
        child = self._child
        if child is None:
            return "was never started"
        alive = self.part.alive or self.part.ready
        silent_since: float | None = None
        while True:
            try:
                async with asyncio.timeout(self.part.watch_seconds):
                    return f"with code {await child.ended()}"
            except TimeoutError:
                pass
            if await alive(child.pid):
                silent_since = None
                continue
            silent_since = silent_since or time.monotonic()
            silent_seconds = time.monotonic() - silent_since
            self._notices.say("unresponsive", self.part.name, seconds=silent_seconds)
            if silent_seconds > self.part.silent_seconds:
                child.kill()

    def _failed(self, what: str) -> PartFailed:
        return PartFailed(
            f"{self.part.name} {what}. The end of its log, {self.log}:\n"
            f"{tail(self.log) or '(empty)'}\n"
            "Correct what it names and start again; 'caravan doctor' checks the installation."
        )
