"""Looking at the catalogue, and having the bazaars read again while somebody waits."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy

from activities.discovery.refreshing import CatalogueActivities, CatalogueSeen, LookAtCatalogue
from domain.names import REFRESH_WORKFLOW_ID, TaskQueue
from domain.refreshing import CatalogueRefreshed, ImportProgress, IndexProgress
from starter.asking import ask_worker
from starter.client import START_HINT
from starter.errors import CommandFailed, StackUnreachable
from starter.translation import temporal_errors
from workflows.refresh_catalogue import RefreshCatalogueWorkflow

_LOOKED_WITHIN: Final = timedelta(seconds=30)
_ASK_EVERY_SECONDS: Final = 0.5

_PICKED_UP_SECONDS: Final = 15.0
"""A worker that lives takes a task at once; without one a refresh would wait for ever."""

_BEGUN_EVENTS: Final = 2
"""History of a workflow that no worker has taken up: that it started, and that it is due."""

_KINDS: Final[dict[str, type[ImportProgress] | type[IndexProgress]]] = {
    "refresh_bazaar": ImportProgress,
    "index_catalogue": IndexProgress,
}

Progress = ImportProgress | IndexProgress


async def look_at_catalogue(client: Client, ask: LookAtCatalogue) -> CatalogueSeen:
    """How every bazaar stands.

    Raises:
        StackUnreachable: No worker serves discovery.
        CommandFailed: The records could not be read.
    """
    return await ask_worker(
        client,
        CatalogueActivities.look_at_catalogue,
        ask,
        queue=TaskQueue.DISCOVERY,
        what="catalogue",
        within=_LOOKED_WITHIN,
    )


async def refresh_catalogue(
    client: Client, on_progress: Callable[[Progress], None]
) -> CatalogueRefreshed:
    """Have the bazaars read again; one refresh that is under way already is waited for.

    Raises:
        StackUnreachable: Temporal or a worker does not answer.
        CommandFailed: The refresh itself failed.
    """
    with temporal_errors(REFRESH_WORKFLOW_ID):
        handle = await client.start_workflow(
            RefreshCatalogueWorkflow.run,
            id=REFRESH_WORKFLOW_ID,
            task_queue=TaskQueue.ORCHESTRATION,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="asked at the command line",
        )
        result = asyncio.ensure_future(handle.result())
        try:
            await _follow(client, handle, result, on_progress)
            return await result
        except WorkflowFailureError as err:
            raise CommandFailed(
                f"the bazaars were not read: {err.cause}",
                next_step="`caravan catalogue` shows how each stands.",
            ) from err
        finally:
            result.cancel()


async def _follow(
    client: Client,
    handle: WorkflowHandle[Any, Any],
    result: asyncio.Future[Any],
    on_progress: Callable[[Progress], None],
) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not result.done():
        description = await handle.describe()
        idle = description.history_length <= _BEGUN_EVENTS
        if idle and loop.time() - begun > _PICKED_UP_SECONDS:
            raise StackUnreachable(
                f"no worker that serves the queue {TaskQueue.ORCHESTRATION} took it up",
                next_step=START_HINT,
            )
        progress = await _progress(client, description)
        if progress is not None:
            on_progress(progress)
        await asyncio.wait({result}, timeout=_ASK_EVERY_SECONDS)


async def _progress(client: Client, description: WorkflowExecutionDescription) -> Progress | None:
    for pending in description.raw_description.pending_activities:
        kind = _KINDS.get(pending.activity_type.name)
        payloads = pending.heartbeat_details.payloads
        if kind is None or not payloads:
            continue
        try:
            (found,) = await client.data_converter.decode(payloads, [kind])
        except (ValidationError, RuntimeError):
            return None  # a worker of another version; the result will tell
        return found if isinstance(found, kind) else None
    return None
