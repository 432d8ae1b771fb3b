"""The sweep for payments that lost their run is set up once, and stays as its operator left it."""

from temporalio.client import Client

from domain.limits import RECONCILE_EVERY
from domain.names import RECONCILE_SCHEDULE_ID
from starter.schedules import ensure_reconcile_schedule, schedule_problem


async def test_the_sweep_is_made_once_and_brought_up_to_date_after_that(client: Client) -> None:
    missing = await schedule_problem(client)
    await ensure_reconcile_schedule(client)
    await ensure_reconcile_schedule(client)
    handle = client.get_schedule_handle(RECONCILE_SCHEDULE_ID)
    try:
        made = await handle.describe()
        working = await schedule_problem(client)
        await handle.pause(note="the node is being moved")
        await ensure_reconcile_schedule(client)
        paused = await schedule_problem(client)
    finally:
        await handle.delete()

    assert "there is no schedule" in str(missing)
    assert [spec.every for spec in made.schedule.spec.intervals] == [RECONCILE_EVERY]
    assert made.schedule.policy.overlap.name == "SKIP"
    assert working is None
    assert "the node is being moved" in str(paused)
