"""Building the embedded store's index of vectors, in a process of its own.

The engine holds Python's lock all the while, two minutes for 100,000 listings: nothing else of this
process would run, not even a heartbeat. So a child builds it over a copy, and searches go on.
"""

import asyncio
import logging
import os
import shutil
import sys
import uuid
from pathlib import Path
from typing import Final

from qdrant_edge import EdgeShard

BUILT_ASIDE: Final = ".built-"
"""Part of the name of a copy; what a process that died has left is removed by the next."""

PATIENCE_SECONDS: Final = 1_800.0
"""Time for one building; 100,000 listings took two minutes on two cores."""

NICENESS: Final = 10
"""A child takes what time others leave: nobody waits for it."""

_log = logging.getLogger(__name__)


async def built_aside(folder: Path) -> Path | None:
    """Copy a store that nobody writes to, and build the copy's index.

    Returns:
        The copy's folder, or ``None`` where nothing came of it; then nothing is left of it.
    """
    aside = folder.with_name(f"{folder.name}{BUILT_ASIDE}{uuid.uuid4().hex}")
    built = False
    try:
        built = await _built(folder, aside)
    except (OSError, TimeoutError):
        _log.warning("index_not_built", exc_info=True)
    finally:
        if not built:
            shutil.rmtree(aside, ignore_errors=True)
    return aside if built else None


def remove_leftovers(folder: Path) -> None:
    """Remove what earlier processes were building for this folder when they died."""
    for left in folder.parent.glob(f"{folder.name}{BUILT_ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)


async def _built(folder: Path, aside: Path) -> bool:
    # Run as a file and without its folder on the path: the child needs nothing of ours.
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", __file__, str(folder), str(aside)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            ended = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if ended:
        _log.warning("index_not_built", extra={"exit_status": ended})
    return ended == 0


def _build(folder: Path, aside: Path) -> None:
    os.nice(NICENESS)
    shutil.copytree(folder, aside)
    shard = EdgeShard.load(str(aside))
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    _build(Path(sys.argv[1]), Path(sys.argv[2]))
