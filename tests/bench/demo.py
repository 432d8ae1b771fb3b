"""The demonstration in a folder that has seen it before: stack up, one run, stack down."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import Final

from rich.table import Table

from deploy.supervisor.errors import PortsBusy
from deploy.supervisor.local_stack import PORT_OPTIONS
from deploy.supervisor.ports import Ports, PortWish
from tests.bench.outcome import Outcome, Verdict, table

CARAVAN: Final = Path(sys.executable).with_name("caravan")
TARGET_SECONDS: Final = 30.0
WARM_RUNS: Final = 2
WHAT: Final = "demo, warm, stack and run"


async def measure(folder: Path) -> Outcome:
    """Run it cold, then warm."""
    made = table("caravan demo", "run", "wall s", "its slowest parts")
    free = _default_ports_are_free()
    seconds = [await _demo(folder, free, made, "cold: empty folder")]
    seconds += [await _demo(folder, free, made, "warm") for _ in range(WARM_RUNS)]
    if not free:
        made.caption = (
            "The default ports are taken, so this is `up --detach` on free ports, `demo` on that "
            "stack, and `down`: two commands more than users wait for."
        )
    slowest = max(seconds[1:])
    verdict = Verdict(
        WHAT, f"{slowest:.1f} s", f"under {TARGET_SECONDS:.0f} s", slowest < TARGET_SECONDS
    )
    return Outcome([made], [verdict])


async def _demo(folder: Path, default_ports: bool, made: Table, name: str) -> float:
    begun = time.perf_counter()
    said = ""
    if not default_ports:
        free_ports = [word for option in PORT_OPTIONS for word in (option, "0")]
        said += await _caravan(folder, "up", "--detach", *free_ports)
    try:
        said += await _caravan(folder, "demo")
    finally:
        if not default_ports:
            await _caravan(folder, "down")
    seconds = time.perf_counter() - begun
    made.add_row(name, f"{seconds:.1f}", _slowest(said))
    return seconds


def _slowest(said: str) -> str:
    parts = re.findall(r"^ *(\S+) healthy after ([\d.]+) s", said, re.MULTILINE)
    slow = sorted(parts, key=lambda part: -float(part[1]))[:3]
    return ", ".join(f"{part} {seconds} s" for part, seconds in slow) or "-"


async def _caravan(folder: Path, *words: str) -> str:
    known = {name: value for name, value in os.environ.items() if "CARAVAN" not in name}
    process = await asyncio.create_subprocess_exec(
        *(str(CARAVAN), *words, "--state", str(folder / "state")),
        cwd=folder,
        env=known,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"caravan {words[0]} ended {process.returncode}: {output.decode()}")
    return output.decode()


def _default_ports_are_free() -> bool:
    wishes = [PortWish(part, option, port) for option, (part, port) in PORT_OPTIONS.items()]
    try:
        Ports.reserve(wishes).close()
    except PortsBusy:
        return False
    return True
