"""Kill the paying worker at every point of a payment and count the money.

Run as ``python -m tests.proofs.crashes``. Exits 1 when anything but one payment came of it.
"""

import argparse
import asyncio
import itertools
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from deploy.evm.anvil import find_anvil
from tests.deploy.services.stack import Stack
from tests.e2e.crashing import ENDING_SECONDS, Crash, crash_at
from tests.e2e.dying_worker import POINTS
from tests.e2e.yard import Yard

WIDTH_COLUMNS: Final = 130
"""Where there is no terminal to ask."""

COLUMNS: Final = (
    *("chain", "point", "died", "transfers", "paid", "payment", "run"),
    *("ledger agrees", "reserved", "seconds"),
)


def main() -> int:
    """Run, print the table, and return 1 when a promise was broken."""
    options = _parser().parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.disable(logging.WARNING)
    console, notes = Console(highlight=False, markup=False, emoji=False), Console(stderr=True)
    if not console.is_terminal:
        console.width = WIDTH_COLUMNS
    with (
        tempfile.TemporaryDirectory(prefix="caravan-crashes-") as folder,
        notes.status("starting the stack") as status,
    ):
        crashes = asyncio.run(crash_everywhere(Path(folder), options.points, begin=status.update))
    console.print(_table(crashes))
    console.print(
        "Each run buys one thing on one of the two chains; its payments worker gets SIGKILL at the "
        "point, and a new worker goes on. transfers and paid are read from the chain. "
        "paid_undelivered is the honest end where the answer died with the worker: the seller "
        f"keeps no copies. seconds: from the death to the end of the run, under {ENDING_SECONDS}.\n"
        "Real: chain, facilitator, seller, Temporal and every worker, each a process; "
        "only the kill is injected."
    )
    broken = [
        f"{crash.chain} {crash.point}: {words}" for crash in crashes for words in crash.violations
    ]
    for line in broken:
        console.print(f"BROKEN: {line}")
    return int(bool(broken))


async def crash_everywhere(
    folder: Path, points: Sequence[str], *, begin: Callable[[str], None]
) -> list[Crash]:
    """Crash once at each point, all in one engine."""
    chains = ("svm",) if find_anvil() is None else ("svm", "evm")
    market = await asyncio.to_thread(lambda: Stack(folder, evm="evm" in chains))
    try:
        await asyncio.to_thread(market.ready)
        async with Yard.open(market, folder) as yard:
            crashes = []
            for chain, point in itertools.product(chains, points):
                begin(f"{chain} {point}")
                marker = folder / f"died-{chain}-{point}"
                crashes.append(await crash_at(yard, point, marker, chain=chain))
            return crashes
    finally:
        market.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.crashes", description=__doc__)
    parser.add_argument(
        "points", nargs="*", default=tuple(POINTS), metavar="POINT", help=", ".join(POINTS)
    )
    return parser


def _table(crashes: Sequence[Crash]) -> Table:
    made = Table(title="Killed while paying", title_justify="left", title_style="bold")
    for column in COLUMNS:
        made.add_column(column)
    for crash in crashes:
        made.add_row(
            crash.chain,
            crash.point,
            "yes" if crash.died else "NO",
            str(crash.transfers),
            str(crash.paid),
            str(crash.state),
            crash.report.state.value,
            "yes" if crash.ledger_agrees else "NO",
            str(crash.report.reserved.base_units),
            f"{crash.seconds:.1f}",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
