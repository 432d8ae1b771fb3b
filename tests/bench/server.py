"""Temporal's dev server for measuring: the very command line of the local stack, on free ports."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx

from deploy.temporal.server import command, find_binary, is_ready, readiness_path
from tests.ports import free_port

START_SECONDS: Final = 30.0


@contextlib.asynccontextmanager
async def dev_server(folder: Path) -> AsyncIterator[str]:
    """Run a server over a file in ``folder``; yields its address."""
    port, ui_port = free_port(), free_port()
    line = command(find_binary(), database=folder / "temporal.db", port=port, ui_port=ui_port)
    with (folder / "temporal.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*line, stdout=log, stderr=log)
    try:
        await _ready(f"http://127.0.0.1:{ui_port}{readiness_path()}", process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(trust_env=False) as http:
        while time.monotonic() < deadline and process.returncode is None:
            with contextlib.suppress(httpx.HTTPError, ValueError):
                if is_ready((await http.get(url)).json()):
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"the dev server did not work within {START_SECONDS:.0f} s")
