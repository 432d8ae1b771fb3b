"""A payments worker that dies by SIGKILL at one named point, once.

Run as ``python -m tests.e2e.dying_worker CHAIN POINT MARKER -- WORKER ARGUMENTS``. The marker file
is made just before dying; a worker that finds it lives on. Everything else is the real worker.
"""

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from temporalio import activity

import worker
from activities.artifacts.store_files import FileArtifactStore
from activities.payments.authorizing import Authorizer
from activities.payments.evm.rail_exact import EvmExactRail
from activities.payments.ledger.store import SqlLedger
from activities.payments.rail_svm import SvmRail
from activities.payments.seller_http import HttpSeller

Method = Callable[..., Coroutine[Any, Any, Any]]

_AWAITS: dict[str, tuple[str, str]] = {
    "slot": ("ledger", "in_slot"),
    "terms": ("seller", "ask"),
    "payees": ("ledger", "payees"),
    "reserve": ("ledger", "reserve"),
    "prepare": ("rail", "prepare"),
    "sign": ("rail", "sign"),
    "store": ("artifacts", "put"),
    "journal": ("ledger", "sign"),
    "authorize": ("authorizer", "authorize"),
    "record": ("ledger", "get"),
    "chain": ("rail", "outcome"),
    "send": ("ledger", "note_send"),
    "order": ("artifacts", "get"),
    "pay": ("seller", "pay"),
    "answer": ("ledger", "note_answer"),
    "ending": ("ledger", "settle"),
}
"""Every await on the way of a payment, by the part that is waited for."""

POINTS = tuple(f"{when}-{name}" for name in _AWAITS for when in ("before", "after"))
"""Where a worker may die."""

PARTS: dict[str, dict[str, type]] = {
    chain: {
        "ledger": SqlLedger,
        "seller": HttpSeller,
        "artifacts": FileArtifactStore,
        "authorizer": Authorizer,
        "rail": rail,
    }
    for chain, rail in (("svm", SvmRail), ("evm", EvmExactRail))
}
"""Classes of the parts, on either chain."""


_BEFORE_APPROVAL = frozenset({"quote", "quote_call"})
"""Activities that ask sellers and the ledger too, and pay nobody: nobody dies in these."""


def arm(chain: str, point: str, marker: Path) -> None:
    """Make one method deadly until the marker exists."""
    when, _, awaited = point.partition("-")
    part, name = _AWAITS[awaited]
    owner, after = PARTS[chain][part], when == "after"
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
    if activity.info().activity_type in _BEFORE_APPROVAL:
        return
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    on, chosen, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    sys.argv = ["worker", *sys.argv[sys.argv.index("--") + 1 :]]
    arm(on, chosen, path)
    worker.main()
