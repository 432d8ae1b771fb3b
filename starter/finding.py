"""Which runs there are, and which of them a person means."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey

from domain.ids import RequestId
from domain.names import SEARCH_COST, SEARCH_STATUS
from domain.runs import FINAL_STATES
from starter.errors import NoSuchRun
from starter.requests import ANSWER_WITHIN
from starter.translation import temporal_errors
from starter.workflow_ids import run_of, workflow_id_of

LAST: Final = "last"
"""Name of the run that was started last."""

_RUNS: Final = "WorkflowType IN ('FulfilRequestWorkflow', 'BuyCallWorkflow')"
_STATUS: Final = SearchAttributeKey.for_keyword(SEARCH_STATUS)
_COST: Final = SearchAttributeKey.for_float(SEARCH_COST)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
"""What a name may hold; anything else could not be an id, and could be a query."""

_POINTER: Final = "last-run"
_SHOWN_MATCHES: Final = 5


class RunLine(BaseModel):
    """One run in a list, as Temporal's visibility store has it: a moment late, never evidence."""

    model_config = ConfigDict(frozen=True)

    run_id: RequestId
    status: str
    started_at: datetime
    ended_at: datetime | None
    paid: float | None
    """Whole USDC; known once the run has ended."""


class Runs:
    """The runs of one Temporal namespace."""

    def __init__(self, client: Client, state_dir: Path) -> None:
        self._client = client
        self._pointer = state_dir / _POINTER

    async def newest(self, limit: int) -> list[RunLine]:
        """The runs started last, newest first."""
        lines = [line async for line in self._query(_RUNS)]
        lines.sort(key=lambda line: line.started_at, reverse=True)
        return lines[:limit]

    def remember(self, run: RequestId) -> None:
        """Note the run started last; the visibility store learns of it only a moment later."""
        if self._pointer.parent.is_dir():
            self._pointer.write_text(run + "\n")

    async def find(self, name: str) -> RequestId:
        """Return the one run that ``name`` means: its id, a workflow id, a prefix, or ``last``.

        Raises:
            NoSuchRun: None is meant, or several are.
        """
        if name == LAST:
            return await self._last()
        wanted = run_of(name)
        if _NAME.fullmatch(wanted) is None:
            raise NoSuchRun(f"{name[:80]!r} is not a run id", next_step=_LOOK)
        if await self._started_at(wanted) is not None:
            return wanted
        return await self._by_prefix(wanted)

    async def _by_prefix(self, prefix: str) -> RequestId:
        begins = f"WorkflowId STARTS_WITH '{workflow_id_of(RequestId(prefix))}'"
        query = f"{_RUNS} AND {begins}"
        found = sorted([line.run_id async for line in self._query(query)])
        if not found:
            raise NoSuchRun(f"no run is called {prefix}", next_step=_LOOK)
        if len(found) > 1:
            shown = ", ".join(found[:_SHOWN_MATCHES])
            more = f" and {len(found) - _SHOWN_MATCHES} more" if len(found) > _SHOWN_MATCHES else ""
            raise NoSuchRun(
                f"{prefix} may be {len(found)} runs: {shown}{more}",
                next_step="Write more of the id.",
            )
        return found[0]

    async def _last(self) -> RequestId:
        candidates: list[tuple[datetime, RequestId]] = [
            (line.started_at, line.run_id) for line in await self.newest(1)
        ]
        remembered = self._remembered()
        if remembered is not None:
            started_at = await self._started_at(remembered)
            if started_at is not None:
                candidates.append((started_at, remembered))
        if not candidates:
            raise NoSuchRun(
                "there are no runs yet",
                next_step='Start one: `caravan run "what you want" --budget 5.00`.',
            )
        return max(candidates)[1]

    def _remembered(self) -> RequestId | None:
        try:
            name = self._pointer.read_text().strip()
        except OSError:
            return None
        return RequestId(name) if _NAME.fullmatch(name) else None

    async def _started_at(self, run: RequestId) -> datetime | None:
        handle = self._client.get_workflow_handle(workflow_id_of(run))
        try:
            with temporal_errors(run):
                return (await handle.describe(rpc_timeout=ANSWER_WITHIN)).start_time
        except NoSuchRun:
            return None

    async def _query(self, query: str) -> AsyncIterator[RunLine]:
        with temporal_errors("the list of runs"):
            async for execution in self._client.list_workflows(query, rpc_timeout=ANSWER_WITHIN):
                yield _line(execution)


_LOOK: Final = "`caravan list` shows the runs."


def _line(execution: WorkflowExecution) -> RunLine:
    return RunLine(
        run_id=run_of(execution.id),
        status=_status(execution),
        started_at=execution.start_time,
        ended_at=execution.close_time,
        paid=execution.typed_search_attributes.get(_COST),
    )


def _status(execution: WorkflowExecution) -> str:
    """The run's own state, unless Temporal closed the workflow before it reached a final one."""
    status = execution.typed_search_attributes.get(_STATUS) or "unknown"
    closed = execution.status
    if closed is None or closed is WorkflowExecutionStatus.RUNNING or status in FINAL_STATES:
        return status
    return closed.name.lower()
