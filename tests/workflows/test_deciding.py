"""A run's plan is decided on once, by whom it was shown to, and as it was shown."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.approval import Decision
from domain.ids import Digest
from domain.runs import RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import usdc
from tests.workflows.caravanserai import serving, start
from tests.workflows.markets import diamond
from workflows.fulfil_request import FulfilRequestWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")


def guess(market: FakeMarket) -> Decision:
    """A decision on a document that nobody has seen yet."""
    return Decision(
        decision_id="early-bird",
        document_digest=market.plan.digest,
        cap=market.plan.estimated_cost,
        verdict="approve",
        decided_by="tester",
    )


async def test_a_rejected_plan_buys_nothing_and_records_nothing(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        report = await (await start(env)).ends("reject")

    assert report.state is RunState.REJECTED
    assert market.authorized == []
    assert market.anchored == []


async def test_nobody_deciding_lets_the_run_expire(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        run = await start(env)
        await run.until(RunState.AWAITING_APPROVAL)
        await env.fast_forward(run.handle)
        report = await run.handle.result()

    assert report.state is RunState.EXPIRED
    assert market.authorized == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"document_digest": Digest("f" * 64)}, "look at it again"),
        ({"cap": usdc("9.00")}, "the plan asks"),
    ],
)
async def test_a_decision_about_something_else_is_refused(
    env: WorkflowEnvironment, change: dict[str, object], words: str
) -> None:
    async with serving(env, diamond()):
        run = await start(env)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await run.decide(**change)
        report = await run.ends()

    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert words in cause.message
    assert cause.type == "decision_refused"
    assert report.state is RunState.COMPLETED


async def test_a_decision_that_comes_before_its_plan_waits_and_must_fit_it(
    env: WorkflowEnvironment,
) -> None:
    market = diamond(drafting=asyncio.Event())
    async with serving(env, market):
        run = await start(env)
        early = await run.handle.start_update(
            FulfilRequestWorkflow.decide,
            guess(market),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        )
        assert market.drafting is not None
        market.drafting.set()
        with pytest.raises(WorkflowUpdateFailedError):
            await early.result()
        report = await run.ends()

    assert report.state is RunState.COMPLETED


async def test_a_decision_that_waits_for_a_plan_that_never_comes_is_refused(
    env: WorkflowEnvironment,
) -> None:
    market = diamond(drafting=asyncio.Event())
    async with serving(env, market):
        run = await start(env, budget=usdc("1.00"), may_ask=False)
        early = await run.handle.start_update(
            FulfilRequestWorkflow.decide,
            guess(market),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        )
        assert market.drafting is not None
        market.drafting.set()
        with pytest.raises(WorkflowUpdateFailedError):
            await early.result()
        report = await run.handle.result()

    assert report.state is RunState.FAILED
    assert market.authorized == []


async def test_a_second_decision_is_refused_and_the_same_one_repeated_is_not(
    env: WorkflowEnvironment,
) -> None:
    hold = asyncio.Event()
    async with serving(env, diamond(gates={"data": hold})):
        run = await start(env)
        first = await run.decide()
        repeated = await run.handle.execute_update("decide", first.decision)
        other = first.decision.model_copy(update={"decision_id": "another-one"})
        with pytest.raises(WorkflowUpdateFailedError):
            await run.handle.execute_update("decide", Decision.model_validate(other.model_dump()))
        hold.set()
        report = await run.handle.result()

    assert repeated["decision"]["decision_id"] == first.decision.decision_id
    assert report.state is RunState.COMPLETED


async def test_a_plan_over_budget_is_shown_with_the_gap_and_never_offered(
    env: WorkflowEnvironment,
) -> None:
    market = diamond()
    async with serving(env, market):
        run = await start(env, budget=usdc("2.00"), may_ask=False)
        report = await run.handle.result()
        snapshot = await run.snapshot()

    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.code == "over_budget"
    assert "1.55 USDC more than the budget of 2.00 USDC" in report.error.message
    assert snapshot.plan is not None
