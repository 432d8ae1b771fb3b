"""A payments worker that dies by SIGKILL at one named point, once.

Run as ``python -m tests.e2e.dying_worker POINT MARKER -- WORKER ARGUMENTS``. The marker file is
made just before dying; a worker that finds it lives on. Everything else is the real worker.
"""

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import worker
from activities.payments.authorizing import Authorizer
from activities.payments.ledger_sql import SqlLedger
from activities.payments.rail_svm import SvmRail
from activities.payments.seller_http import HttpSeller

Method = Callable[..., Coroutine[Any, Any, Any]]

POINTS: dict[str, tuple[type, str, bool]] = {
    "before-reserve": (SqlLedger, "reserve", False),
    "after-reserve": (SqlLedger, "reserve", True),
    "before-sign": (SvmRail, "sign", False),
    "after-sign": (SvmRail, "sign", True),
    "before-journal": (SqlLedger, "sign", False),
    "after-journal": (SqlLedger, "sign", True),
    "after-authorize": (Authorizer, "authorize", True),
    "before-send": (SqlLedger, "note_send", False),
    "after-send-noted": (SqlLedger, "note_send", True),
    "before-pay": (HttpSeller, "pay", False),
    "after-pay": (HttpSeller, "pay", True),
    "before-answer": (SqlLedger, "note_answer", False),
    "after-answer": (SqlLedger, "note_answer", True),
    "before-ending": (SqlLedger, "settle", False),
    "after-ending": (SqlLedger, "settle", True),
}
"""Class, method, and whether to die after it instead of before."""


def arm(point: str, marker: Path) -> None:
    """Make one method deadly until the marker exists."""
    owner, name, after = POINTS[point]
    original: Method = getattr(owner, name)

    async def deadly(*args: Any, **kwargs: Any) -> Any:
        if not after:
            _die_once(marker)
        result = await original(*args, **kwargs)
        if after:
            _die_once(marker)
        return result

    setattr(owner, name, deadly)


def _die_once(marker: Path) -> None:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    chosen, path = sys.argv[1], Path(sys.argv[2])
    sys.argv = ["worker", *sys.argv[sys.argv.index("--") + 1 :]]
    arm(chosen, path)
    worker.main()
