"""What runs by itself: the search for payments that lost their run."""

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
from domain.names import RECONCILE_SCHEDULE_ID, TaskQueue
from workflows.reconcile_payments import ReconcilePaymentsWorkflow

_NOTE: Final = "Ends payments whose run was terminated, from the chain alone."


async def ensure_reconcile_schedule(client: Client) -> None:
    """Create the schedule, or bring the one that is there up to date; repeatable.

    Whether an operator paused it is left as it is.
    """
    try:
        await client.create_schedule(RECONCILE_SCHEDULE_ID, _schedule())
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(RECONCILE_SCHEDULE_ID).update(_renewed)


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


def _schedule() -> Schedule:
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


def _renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
    schedule = _schedule()
    schedule.state = found.description.schedule.state
    return ScheduleUpdate(schedule=schedule)
