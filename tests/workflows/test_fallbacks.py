"""A fallback with other names is bought and used under those names, and only it."""

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.ids import StepId
from domain.plan import Adaptation, MapStep, Output, Step, Undo
from domain.purchases import AuthorizePurchase
from domain.runs import ReusedStep, RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import artifact, call, listing, offer, plan, usdc
from tests.workflows.caravanserai import serving, start

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = Adaptation(service=listing("two"), inputs={"place": "city"}, outputs={"report": "reports"})
OFFERS = (offer("one"), offer("two", "1.50"), offer("use"))


def market(**script: object) -> FakeMarket:
    """``one`` may fall back on ``two``, which uses other names; ``use`` takes what it gives."""
    one = call("one", alternates=("two",)).model_copy(update={"adaptations": (NAMES,)})
    steps: tuple[Step, ...] = (one, call("use", after=("one",)))
    return FakeMarket(plan=plan(steps, OFFERS), **script)  # type: ignore[arg-type]


def consumer(bought: FakeMarket) -> AuthorizePurchase:
    return next(ask for ask in bought.authorized if ask.slot.step_id == "use")


async def test_a_fallback_before_money_moved_is_asked_and_used_by_its_own_names(
    env: WorkflowEnvironment,
) -> None:
    bought = market(endings={"one": ["unpaid"]})
    async with serving(env, bought):
        report = await (await start(env)).ends_later(env)

    assert report.state is RunState.COMPLETED
    assert [ask.offers[0].name for ask in bought.authorized] == ["one", "two", "use"]
    assert bought.authorized[0].inputs.input_names == {listing("two"): {"place": "city"}}
    assert consumer(bought).inputs.output_names == {"one": {"report": "reports"}}
    assert {view.id: view.delivered_by for view in report.steps}[StepId("one")] == listing("two")


async def test_a_fallback_out_of_the_loss_allowance_is_used_by_its_own_names(
    env: WorkflowEnvironment,
) -> None:
    bought = market(endings={"one": ["paid_undelivered"]})
    async with serving(env, bought):
        report = await (await start(env, loss_allowance=usdc("1.00"))).ends_later(env)

    assert report.state is RunState.COMPLETED
    assert report.lost == usdc("1.00")
    assert consumer(bought).inputs.output_names == {"one": {"report": "reports"}}


async def test_without_an_allowance_no_fallback_is_paid_after_a_loss(
    env: WorkflowEnvironment,
) -> None:
    bought = market(endings={"one": ["paid_undelivered"]})
    async with serving(env, bought):
        report = await (await start(env)).ends()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    assert [ask.offers[0].name for ask in bought.authorized] == ["one"]


async def test_what_the_chosen_service_delivers_is_used_as_it_is(env: WorkflowEnvironment) -> None:
    bought = market()
    async with serving(env, bought):
        await (await start(env)).ends()

    assert consumer(bought).inputs.output_names == {}


async def test_a_retry_knows_that_a_fallback_delivered_before(env: WorkflowEnvironment) -> None:
    bought = market()
    reused = ReusedStep(
        step_id=StepId("one"),
        output=artifact("old"),
        paid=usdc("1.50"),
        delivered_by=listing("two"),
    )
    async with serving(env, bought):
        run = await start(env, plan=bought.plan, reuse=(reused,), retry_of="earlier")
        await run.ends()

    assert [ask.slot.step_id for ask in bought.authorized] == ["use"]
    assert consumer(bought).inputs.output_names == {"one": {"report": "reports"}}


async def test_each_item_of_a_map_is_collected_by_the_names_of_who_delivered_it(
    env: WorkflowEnvironment,
) -> None:
    each = MapStep(
        id=StepId("each"),
        title="each",
        over=Output(step=StepId("use")),
        service=listing("one"),
        alternates=(listing("two"),),
        arguments={},
        max_items=3,
        max_parallel=1,
        undo=Undo(action="none", note="none"),
        adaptations=(NAMES,),
    )
    bought = FakeMarket(
        plan=plan((call("use"), each), OFFERS), endings={"each": ["delivered", "unpaid"]}
    )
    async with serving(env, bought):
        report = await (await start(env)).ends_later(env)

    assert report.state is RunState.COMPLETED
    (asked,) = bought.collected
    assert asked.output_names == ({}, {"report": "reports"}, {})
