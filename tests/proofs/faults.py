"""Compare our payments with the plain x402 client's under the same faults.

Run as ``python -m tests.proofs.faults [--calls N] [--seed S]``. Exits 1 when ours paid
twice, called a paid call failed, or showed a receipt that the chain does not know.
"""

import argparse
import asyncio
import logging
import platform
import secrets
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.proofs.comparing import CLIENTS, OURS, Tallies, broken, compare
from tests.proofs.kinds import KINDS, PATIENCE_SECONDS
from tests.proofs.plain import TRIES
from tests.proofs.told import COLUMNS, Tally

DEFAULT_CALLS: Final = 100
DEFAULT_PLACES: Final = 4
"""Most of a call is waiting, so two cores feed that many."""

WIDTH_COLUMNS: Final = 130
"""Where there is no terminal to ask."""

VERSIONS: Final = ("caravan", "x402", "httpx", "solders")

WHAT_IS_WHAT: Final = f"""
Real: the chain (Solana's virtual machine and token program), the facilitator and the seller (x402's
own code), each a process; our ledger, every signature and every transfer. What was paid is read
from the chain's transactions and checked against the wallet's balance.
ours: authorize once, settle until decided, sign anew only after proof that nothing was paid. Where
it would wait for a blockhash to expire, the chain's slots are advanced.
plain: the unmodified x402 client in a loop of up to {TRIES} tries, each signing again.
Both wait {PATIENCE_SECONDS} s for an answer; in production ours waits 100 s.

paid: payments on chain. extra: those beyond the first for one call.
paid, said failed: money left, and neither a result nor the loss was reported.
wrong receipts: named by the client, unknown to the chain.
honest losses: paid and not delivered, and reported as just that.
"""


def main() -> int:
    """Run, print the table, and return 1 when ours broke a promise."""
    options = _parser().parse_args()
    logging.disable(logging.WARNING)
    # The x402 package builds its chain client on a class its own dependency deprecates.
    warnings.filterwarnings("ignore", ".* is deprecated; use solana")
    console, notes = Console(highlight=False, markup=False, emoji=False), Console(stderr=True)
    if not console.is_terminal:
        console.width = WIDTH_COLUMNS
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="caravan-faults-") as folder,
        notes.status("starting chains, facilitators and sellers") as status,
    ):
        tallies = asyncio.run(
            compare(
                Path(folder),
                calls=options.calls,
                seed=options.seed,
                places=options.places,
                done=lambda done, total: status.update(f"{done} of {total} calls"),
            )
        )
    console.print(_table(tallies))
    _explain(console, options.seed, time.monotonic() - started)
    found = broken(tallies)
    for line in found:
        console.print(f"BROKEN: {line}")
    return int(bool(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.faults", description=__doc__)
    parser.add_argument(
        "--calls", type=int, default=DEFAULT_CALLS, help="for each fault and client (default 100)"
    )
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(2**32), help="repeats an earlier run's order"
    )
    parser.add_argument(
        "--places", type=int, default=DEFAULT_PLACES, help="markets side by side (default 4)"
    )
    return parser


def _table(tallies: Tallies) -> Table:
    made = Table(title="What faults cost", title_justify="left", title_style="bold")
    for place, column in enumerate(("fault", "client", *COLUMNS)):
        made.add_column(column, justify="right" if place > 1 else "left")
    total = {client: Tally() for client in CLIENTS}
    for (kind, client), tally in tallies.items():
        total[client].add(tally)
        ours = client == OURS
        made.add_row(kind if ours else "", client, *tally.cells, end_section=not ours)
    for client, tally in total.items():
        made.add_row("all" if client == OURS else "", client, *tally.cells, style="bold")
    return made


def _explain(console: Console, seed: int, seconds: float) -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    console.print(f"seed {seed}; Python {platform.python_version()}, {versions}; {seconds:.0f} s")
    console.print(f"{WHAT_IS_WHAT}\nInjected, once in each call:")
    for kind in KINDS:
        most = f" (at most {kind.most_calls} calls)" if kind.most_calls else ""
        console.print(f"  {kind.name}: {kind.what}{most}")
    console.print("Bounded where each call keeps the facilitator looking for a whole minute.")


if __name__ == "__main__":
    sys.exit(main())
