"""One child process: started on a leash, ended politely, then not."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.supervisor.parts import Part

ROOT: Final = Path(__file__).parents[2]
"""The repository: where ``python -m`` finds our modules."""

LEASH: Final = Path(__file__).with_name("leash.py")

POLL_SECONDS: Final = 0.1
"""How soon the end of a child is noticed."""

MAX_LOG_BYTES: Final = 10_000_000
"""A log past this is set aside at the next start; one older log is kept."""


class Child:
    """A running part. Its own session, so that Ctrl-C in a terminal reaches the supervisor only."""

    def __init__(self, part: Part, log: Path) -> None:
        self._end_seconds = part.end_seconds
        _set_aside(log)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own parts, no shell
                [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *part.command],
                cwd=ROOT,
                env=dict(part.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The part's own pid: the leash becomes the part."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; none while it runs."""
        return self._process.poll()

    async def ended(self) -> int:
        """Wait for its end."""
        while (code := self.exit_code) is None:  # noqa: ASYNC110 - a child sets no event
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def end(self) -> bool:
        """End it; tell whether it went by itself when asked."""
        if self.exit_code is not None:
            return True
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._end_seconds):
                await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()
            return False
        return True

    def kill(self) -> None:
        """End it, and whatever it started, at once."""
        if self.exit_code is None:  # so its pid, and with it its group, is still its own
            os.killpg(self._process.pid, signal.SIGKILL)


def tail(log: Path, *, lines: int = 15) -> str:
    """Return the end of a log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 8_000))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
