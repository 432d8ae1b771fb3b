"""The command line as tests run it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starter.__main__ import run


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Runs commands in one folder, in this process: a start of Python takes longer than they do."""

    folder: Path
    read: Callable[[], Any]

    async def __call__(self, *words: str) -> Ended:
        # In a thread, as every command has an event loop of its own.
        code = await asyncio.to_thread(run, words)
        out, err = self.read()
        assert "Traceback" not in out + err
        return Ended(code, out, err)
