"""The receipts of many runs; one run that cannot be read does not hide the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import EngineError
from domain.ids import RequestId
from domain.payments import Receipt
from domain.runs import FINAL_STATES, RunReport
from starter.errors import RunStopped
from starter.finding import RunLine
from starter.requests import Requests


@dataclass(frozen=True)
class Collected:
    """What was read, and what could not be."""

    receipts: tuple[tuple[RequestId, Receipt], ...]
    unreadable: tuple[tuple[RequestId, str], ...] = ()
    """Runs that may have receipts, each with why nobody knows."""


async def receipts_of_run(requests: Requests, run: RequestId) -> Collected:
    """Read the receipts of one run.

    Raises:
        EngineError: It cannot be read.
    """
    report = (await requests.snapshot(run)).report
    return Collected(receipts=tuple((run, receipt) for receipt in report.receipts))


async def receipts_of_runs(requests: Requests, lines: Sequence[RunLine]) -> Collected:
    """Read the receipts of several runs, skipping those that ended without paying."""
    receipts: list[tuple[RequestId, Receipt]] = []
    unreadable: list[tuple[RequestId, str]] = []
    for line in lines:
        if line.status in FINAL_STATES and line.paid == 0:
            continue
        try:
            report = await _report(requests, line)
        except EngineError as err:
            unreadable.append((line.run_id, err.message))
        else:
            receipts.extend((line.run_id, receipt) for receipt in report.receipts)
    return Collected(receipts=tuple(receipts), unreadable=tuple(unreadable))


async def _report(requests: Requests, line: RunLine) -> RunReport:
    if line.ended_at is not None:
        try:
            return await requests.ending(line.run_id)  # needs no worker
        except RunStopped:
            pass  # left no report, but a worker can still say what it had paid
    return (await requests.live_snapshot(line.run_id)).report
