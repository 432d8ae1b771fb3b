"""Measure discovery and planning against the labelled requests: ``python -m tests.evals``.

Ends with 1 when a figure is below its aim.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from tests.bench.__main__ import WIDTH_COLUMNS
from tests.evals.evaluated import EVALUATED
from tests.evals.measuring import measure
from tests.evals.printing import as_json, below_aims, print_figures


def main() -> None:
    """Measure and print."""
    options = _parser().parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.disable(logging.WARNING)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="caravan-evals-") as folder:
        figures = asyncio.run(measure(Path(folder), _known(options.only or ())))
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDTH_COLUMNS
    if options.json:
        json.dump(as_json(figures), sys.stdout)
    else:
        print_figures(console, figures, misses=options.misses or bool(options.only))
        console.print(f"took {time.monotonic() - started:.0f} s")
    sys.exit(1 if below_aims(figures) else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evals", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--only", action="append", metavar="ID", help="only this request")
    parser.add_argument("--misses", action="store_true", help="name each miss that may be read")
    return parser


def _known(only: Collection[str]) -> Collection[str]:
    unknown = set(only) - {asked.id for one in EVALUATED for asked in one.requests}
    if unknown:
        sys.exit(f"no request {', '.join(sorted(unknown))}")
    return only


if __name__ == "__main__":
    main()
