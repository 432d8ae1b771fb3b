"""What runs by itself: the search for payments that lost their run, and reading the bazaars."""

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.limits import RECONCILE_EVERY
from domain.names import RECONCILE_SCHEDULE_ID, REFRESH_SCHEDULE_ID, TaskQueue
from workflows.reconcile_payments import ReconcilePaymentsWorkflow
from workflows.refresh_catalogue import RefreshCatalogueWorkflow

_NOTE: Final = "Ends payments whose run was terminated, from the chain alone."
_REFRESH_NOTE: Final = "Reads the bazaars again, and makes searchable what is new."


async def ensure_reconcile_schedule(client: Client) -> None:
    """Create the schedule, or bring the one that is there up to date; repeatable.

    Whether an operator paused it is left as it is.
    """
    await _ensure(client, RECONCILE_SCHEDULE_ID, _reconciling())


async def ensure_refresh_schedule(client: Client, *, every: timedelta) -> None:
    """The same for the reading of the bazaars."""
    await _ensure(client, REFRESH_SCHEDULE_ID, _refreshing(every))


async def schedule_problem(client: Client) -> str | None:
    """Say why the schedule does not do its work, if it does not."""
    try:
        description = await client.get_schedule_handle(RECONCILE_SCHEDULE_ID).describe()
    except RPCError as err:
        if err.status is RPCStatusCode.NOT_FOUND:
            return "there is no schedule that ends payments which lost their run"
        return f"Temporal does not tell: {err.message}"
    if description.schedule.state.paused:
        note = description.schedule.state.note or "no reason given"
        return f"the schedule {RECONCILE_SCHEDULE_ID} is paused: {note}"
    return None


async def _ensure(client: Client, name: str, schedule: Schedule) -> None:
    def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = found.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(renewed)


def _reconciling() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconcilePaymentsWorkflow.run,
            id=RECONCILE_SCHEDULE_ID,
            task_queue=TaskQueue.ORCHESTRATION,
            static_summary=_NOTE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=RECONCILE_EVERY)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        state=ScheduleState(note=_NOTE),
    )


def _refreshing(every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            RefreshCatalogueWorkflow.run,
            id=REFRESH_SCHEDULE_ID,
            task_queue=TaskQueue.ORCHESTRATION,
            static_summary=_REFRESH_NOTE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        state=ScheduleState(note=_REFRESH_NOTE),
    )
