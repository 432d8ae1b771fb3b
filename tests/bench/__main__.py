"""Measure the promised numbers: ``python -m tests.bench [TOPIC ...]``, every topic without one.

Whatever is compared runs side by side in one process, so that a shared machine's moods cancel out:
read the ratios; absolute figures are this machine's.
"""

import argparse
import asyncio
import importlib
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench.outcome import Outcome, Verdict, table

TOPICS: Final = (
    "engine",
    "history",
    "recovery",
    "payments",
    "overhead",
    "demo",
    "importing",
    "discovery",
    "planning",
)
"""Modules with a coroutine ``measure``; those that load an embedding model come last."""

WIDTH_COLUMNS: Final = 130
"""Where there is no terminal to ask."""


def main() -> None:
    """Measure and print. A number that is not held is said, not an error: machines have moods."""
    topics = _parser().parse_args().topics or TOPICS
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.disable(logging.INFO)
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH_COLUMNS
    verdicts: list[Verdict] = []
    for topic in topics:
        started = time.monotonic()
        console.rule(topic, align="left")
        outcome = _measured(topic)
        for one in outcome.tables:
            console.print(one)
        console.print(f"{topic} took {time.monotonic() - started:.0f} s; {_load()}\n")
        verdicts += outcome.verdicts
    _summarize(console, verdicts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    return parser


def _measured(topic: str) -> Outcome:
    if topic not in TOPICS:
        sys.exit(f"no topic {topic!r}; there are {', '.join(TOPICS)}")
    module = importlib.import_module(f"tests.bench.{topic}")
    folder = Path(tempfile.mkdtemp(prefix=f"caravan-bench-{topic}-"))
    try:
        outcome: Outcome = asyncio.run(module.measure(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _load() -> str:
    cores = os.cpu_count() or 1
    return f"load average {os.getloadavg()[0]:.1f} on {cores} cores"


def _summarize(console: Console, verdicts: Sequence[Verdict]) -> None:
    words = {True: "yes", False: "NO", None: "-"}
    summary = table("Numbers to hold", "what", "measured", "target", "met")
    for verdict in verdicts:
        summary.add_row(verdict.what, verdict.measured, verdict.target, words[verdict.met])
    console.print(summary)


if __name__ == "__main__":
    main()
