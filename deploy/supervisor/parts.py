"""A part of the stack: how it is started, and how one knows that it works."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

CHECK_SECONDS: Final = 5.0
"""A check that takes longer counts as failed."""

WATCH_SECONDS: Final = 5.0
"""Pause between looks at a part that works."""

SILENT_SECONDS: Final = 60.0
"""Silent for so long, a part is replaced. A loaded machine may well be silent for a few."""

START_SECONDS: Final = 90.0
"""Within this a part must work. Generous: a first start on a slow disk reads a lot."""

END_SECONDS: Final = 10.0
"""What a part gets to finish what it is doing once it is told to stop."""

HTTP_OK: Final = 200


class Readiness(Protocol):
    """How one knows that a part works."""

    async def __call__(self, pid: int) -> bool:
        """Tell whether the part, running as ``pid``, works now; never raise."""
        ...


@dataclass(frozen=True)
class Part:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    """Program, by its path, and arguments."""
    ready: Readiness
    environment: Mapping[str, str] = field(default_factory=dict)
    """The whole of it; nothing is inherited."""
    after: tuple[str, ...] = ()
    """Parts that must work before this one is started."""
    start_seconds: float = START_SECONDS
    end_seconds: float = END_SECONDS
    alive: Readiness | None = None
    """How one knows that it goes on working, where that is less than being ready."""
    watch_seconds: float = WATCH_SECONDS
    silent_seconds: float = SILENT_SECONDS


def anything(_answer: object) -> bool:
    """Accept every answer."""
    return True


@dataclass(frozen=True)
class HttpReady:
    """Works when a page on loopback answers 200 with JSON that ``accepts`` accepts."""

    port: int
    path: str = "/health"
    accepts: Callable[[object], bool] = anything
    patience_seconds: float = CHECK_SECONDS

    async def __call__(self, pid: int) -> bool:  # noqa: ARG002 - whoever answers is the part
        """Ask once."""
        try:
            async with asyncio.timeout(self.patience_seconds):
                status, body = await _get(self.port, self.path)
            return status == HTTP_OK and self.accepts(json.loads(body))
        except (OSError, ValueError, LookupError, TimeoutError):
            return False


@dataclass(frozen=True)
class FileReady:
    """Works when the part has written its own pid into a file."""

    path: Path

    async def __call__(self, pid: int) -> bool:
        """Look once."""
        try:
            return self.path.read_text().strip() == str(pid)
        except OSError:
            return False


async def _get(port: int, path: str) -> tuple[int, bytes]:
    # HTTP/1.0 by hand: the answer ends with the connection, and no client library is loaded.
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        await writer.drain()
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    return int(head.split(None, 2)[1]), body
