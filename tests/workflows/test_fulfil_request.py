"""The run's promises: what is approved is bought once, what fails is undone, all is told."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.execution import StepState
from domain.ids import StepId
from domain.plan import Conditional, DataTransform, Gate, MapStep, Output, Undo
from domain.runs import ReusedStep, RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import artifact, call, listing, offer, plan, usdc
from tests.workflows.caravanserai import serving, start, states
from tests.workflows.markets import diamond

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_approved_plan_is_bought_once_and_recorded(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.COMPLETED
    assert report.spent == usdc("3.55")
    assert report.reserved == usdc("0")
    assert sorted(market.settled) == ["charts", "data", "report", "trend"]
    assert report.anchor is not None
    assert report.anchor.transaction == "memo-tx"
    assert len(report.receipts) == 4


async def test_steps_that_do_not_wait_for_each_other_run_in_parallel(
    env: WorkflowEnvironment,
) -> None:
    both = asyncio.Event()
    market = diamond(gates={"trend": both, "charts": both})
    async with serving(env, market):
        run = await start(env)
        await run.decide()
        await run.reserves(usdc("2.50"))
        both.set()
        report = await run.handle.result()

    assert report.state is RunState.COMPLETED


@pytest.mark.parametrize(
    ("change", "words"),
    [({"text": " "}, "empty"), ({"budget": usdc("0")}, "budget is 0"), ({"text": "?!"}, "words")],
)
async def test_a_request_that_cannot_be_taken_fails_before_anything_is_asked(
    env: WorkflowEnvironment, change: dict[str, object], words: str
) -> None:
    market = diamond()
    async with serving(env, market):
        report = await (await start(env, **change)).handle.result()

    assert report.state is RunState.FAILED
    assert report.error is not None
    assert words in report.error.message
    assert market.drafted == 0


async def test_a_failed_record_does_not_fail_the_run_and_goes_on_by_itself(
    env: WorkflowEnvironment,
) -> None:
    market = diamond(anchor_fails=True)
    async with serving(env, market):
        report = await (await start(env)).ends()
        assert report.anchor is not None
        state_at_the_end = report.anchor.state
        market.anchor_fails = False
        later = await env.client.get_workflow_handle(f"anchor/{report.request_id}").result()

    assert report.state is RunState.COMPLETED
    assert state_at_the_end == "pending"
    assert later["state"] == "confirmed"


async def test_a_retry_buys_only_what_was_not_delivered(env: WorkflowEnvironment) -> None:
    market = diamond()
    reused = ReusedStep(step_id=StepId("data"), output=artifact("old data"), paid=usdc("0.05"))
    async with serving(env, market):
        run = await start(env, plan=market.plan, reuse=(reused,), retry_of="earlier")
        report = await run.ends()

    assert report.state is RunState.COMPLETED
    assert market.drafted == 0
    assert sorted(market.settled) == ["charts", "report", "trend"]
    assert report.spent == usdc("3.50")
    assert report.cap == usdc("3.50")
    assert states(report)["data"] is StepState.REUSED


async def test_a_condition_decides_which_steps_run(env: WorkflowEnvironment) -> None:
    check = Conditional(
        id=StepId("check"),
        title="check",
        inputs={"x": Output(step=StepId("data"))},
        expression="x",
    )
    yes = call("yes").model_copy(update={"when": Gate(step=StepId("check"), outcome=True)})
    no = call("no").model_copy(update={"when": Gate(step=StepId("check"), outcome=False)})
    after_no = call("afterno", after=("no",))
    offers = tuple(offer(name) for name in ("afterno", "data", "no", "yes"))
    steps = (call("data"), check, yes, no, after_no)
    market = FakeMarket(plan=plan(steps, offers), verdicts={"check": True})
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.COMPLETED
    assert sorted(market.settled) == ["data", "yes"]
    assert states(report)["no"] is StepState.SKIPPED
    assert states(report)["afterno"] is StepState.SKIPPED


async def test_a_map_buys_once_for_each_item(env: WorkflowEnvironment) -> None:
    over = DataTransform(id=StepId("list"), title="list", inputs={}, expression="[1]")
    each = MapStep(
        id=StepId("each"),
        title="each",
        over=Output(step=StepId("list")),
        service=listing("one"),
        arguments={},
        max_items=5,
        max_parallel=2,
        undo=Undo(action="none", note="none"),
    )
    market = FakeMarket(plan=plan((over, each), (offer("one", "0.10"),)))
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.COMPLETED
    assert report.spent == usdc("0.30")
    assert report.estimated_cost == usdc("0.50")
    slots = sorted(str(ask.slot.step_id) for ask in market.authorized)
    assert slots == ["each#0", "each#1", "each#2"]
    assert all("over" not in ask.inputs.bindings for ask in market.authorized)
