"""Start all parts in order, keep them, and end them in reverse."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.supervisor.errors import PartFailed
from deploy.supervisor.keeper import Keeper
from deploy.supervisor.notices import Notices
from deploy.supervisor.parts import Part


class Supervisor:
    """Runs parts until it is cancelled; when ``run`` is left, none is left running."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        log_of: Callable[[str], Path],
        notices: Notices,
        publish: Callable[[Sequence[Keeper]], None],
    ) -> None:
        self._notices = notices
        self._publish = publish
        self._ready = False
        self.keepers = {
            part.name: Keeper(part, log_of(part.name), notices, self._changed) for part in parts
        }
        for keeper in self.keepers.values():
            missing = set(keeper.part.after) - self.keepers.keys()
            if missing:
                raise ValueError(f"{keeper.part.name} waits for unknown parts: {sorted(missing)}")

    async def run(self) -> None:
        """Start the parts, publish what runs, keep it.

        Raises:
            PartFailed: A part did not start to work; the others have been ended.
        """
        try:
            await self._start()
            self._ready = True
            self._changed()
            self._notices.say("ready", "stack")
            async with asyncio.TaskGroup() as group:
                for keeper in self.keepers.values():
                    group.create_task(keeper.keep(), name=keeper.part.name)
        finally:
            self._notices.say("stopping", "stack")
            await self._end()

    def kill(self) -> None:
        """End every part at once; for somebody who does not want to wait any longer."""
        for keeper in self.keepers.values():
            keeper.kill()

    async def _start(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for keeper in self.keepers.values():
                    group.create_task(self._start_in_order(keeper), name=keeper.part.name)
        except* PartFailed as failures:
            # One is enough to act on; the rest were cancelled because of it.
            raise _first(failures) from None

    async def _start_in_order(self, keeper: Keeper) -> None:
        for name in keeper.part.after:
            await self.keepers[name].working.wait()
        await keeper.start()

    async def _end(self) -> None:
        left = dict(self.keepers)
        while left:
            needed = {name for keeper in left.values() for name in keeper.part.after}
            free = [left.pop(name) for name in list(left) if name not in needed]
            async with asyncio.TaskGroup() as group:
                for keeper in free:
                    group.create_task(keeper.end())

    def _changed(self) -> None:
        if self._ready:
            self._publish(list(self.keepers.values()))


def _first(failures: BaseExceptionGroup[PartFailed]) -> PartFailed:
    first = failures.exceptions[0]
    return first if isinstance(first, PartFailed) else _first(first)
