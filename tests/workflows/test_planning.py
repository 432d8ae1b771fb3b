"""How a run comes to its plan: what it says of it, and what it remembers for the next one."""

from temporalio.testing import WorkflowEnvironment

from domain.drafting import TokenUsage, Unplanned
from domain.runs import Planning, RunReport, RunState
from tests.fakes.market import FakeMarket
from tests.workflows.caravanserai import serving, start
from tests.workflows.markets import diamond


async def planned(env: WorkflowEnvironment, market: FakeMarket, **changes: object) -> RunReport:
    async with serving(env, market):
        return await (await start(env, **changes)).ends()


def planning_of(report: RunReport) -> Planning:
    assert report.planning is not None
    return report.planning


async def test_a_report_says_how_its_plan_came_about(env: WorkflowEnvironment) -> None:
    report = await planned(env, diamond())

    planning = planning_of(report)
    assert (planning.candidates, planning.refused, planning.memory) == (3, 0, "off")
    assert planning.notes == ("nobody else drafts",)
    assert planning.drafting_seconds == 0.5
    assert report.usage.input_tokens == 5


async def test_a_plan_that_served_is_offered_to_its_person_again(
    env: WorkflowEnvironment,
) -> None:
    market = diamond()
    first = await planned(env, market, user="ada")
    second = await planned(env, market, user="ada")
    other = await planned(env, market, user="bob")

    found = [planning_of(report).memory for report in (first, second, other)]
    assert found == ["miss", "hit", "miss"]
    assert [ask.user for ask in market.searched] == ["ada", "ada", "bob"]
    assert second.drafter == "remembered"
    assert second.usage.input_tokens == 0
    assert len(second.receipts) == 4  # its prices were read, approved and paid as ever


async def test_planning_anew_asks_no_memory(env: WorkflowEnvironment) -> None:
    market = diamond()
    await planned(env, market, user="ada")

    report = await planned(env, market, user="ada", remember=False)

    assert planning_of(report).memory == "off"
    assert report.drafter == "embedded"


async def test_a_plan_that_did_not_serve_is_not_remembered(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        report = await (await start(env, user="ada")).ends("reject")

    assert report.state is RunState.REJECTED
    assert market.remembered == {}


async def test_a_memory_that_is_away_fails_no_run(env: WorkflowEnvironment) -> None:
    market = diamond()
    market.remembers = False

    report = await planned(env, market, user="ada")

    assert report.state is RunState.COMPLETED
    assert planning_of(report).memory == "miss"


async def test_a_run_of_a_schedule_is_named_after_its_workflow(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        run = await start(env, recurring=True)
        report = await run.ends()

    assert f"run/{report.request_id}" == run.handle.id


async def test_planning_that_came_to_nothing_is_still_counted(env: WorkflowEnvironment) -> None:
    market = diamond()
    market.unplanned = Unplanned(
        usage=TokenUsage(input_tokens=900, output_tokens=80, cost_micro_usd=1_200),
        notes=("the model is gone",),
        seconds=2.5,
    )
    async with serving(env, market):
        report = await (await start(env)).handle.result()

    assert report.state is RunState.FAILED
    assert (report.usage.input_tokens, report.usage.cost_micro_usd) == (900, 1_200)
    assert planning_of(report).notes == ("the model is gone",)
    assert planning_of(report).candidates == 3
    assert planning_of(report).seconds >= planning_of(report).drafting_seconds == 2.5
    assert report.error is not None
    assert report.error.code == "request_not_servable"
