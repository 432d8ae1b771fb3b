"""What becomes of a run that fails or is cancelled: all is undone, told, and nothing is lost."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.execution import StepState
from domain.payments import PaymentState
from domain.rollback import UndoOutcome
from domain.runs import RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import call, offer, plan, usdc
from tests.workflows.caravanserai import serving, start, states
from tests.workflows.markets import diamond

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_failure_is_undone_newest_first_after_everything_has_ended(
    env: WorkflowEnvironment,
) -> None:
    market = diamond(endings={"report": ["paid_undelivered"]})
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    paid_in_order = [receipt.step_id for receipt in report.receipts]
    assert [entry.step_id for entry in report.rollback] == paid_in_order[::-1]
    outcomes = {str(entry.step_id): entry.outcome for entry in report.rollback}
    assert outcomes == {
        "report": UndoOutcome.NOT_POSSIBLE,
        "trend": UndoOutcome.REFUNDED,
        "charts": UndoOutcome.REFUNDED,
        "data": UndoOutcome.NOT_POSSIBLE,
    }
    assert states(report)["trend"] is StepState.UNDONE
    assert states(report)["data"] is StepState.UNDO_FAILED
    assert report.error is not None
    assert report.error.code == "paid_undelivered"


async def test_a_sibling_that_is_paying_is_waited_for_before_anything_is_undone(
    env: WorkflowEnvironment,
) -> None:
    hold = asyncio.Event()
    market = diamond(endings={"charts": ["error"]}, gates={"trend": hold})
    market.endings["charts"] = ["paid_undelivered"]
    async with serving(env, market):
        run = await start(env)
        await run.decide()
        await run.reaches("charts", StepState.FAILED)
        assert market.claimed == []
        hold.set()
        report = await run.handle.result()

    assert "trend" in market.claimed
    assert states(report)["report"] is StepState.PENDING


async def test_a_refund_that_does_not_come_is_written_off_and_hides_no_other(
    env: WorkflowEnvironment,
) -> None:
    market = diamond(endings={"report": ["paid_undelivered"]}, refunds={"charts": False})
    async with serving(env, market):
        report = await (await start(env)).ends()

    outcomes = {str(entry.step_id): entry.outcome for entry in report.rollback}
    assert outcomes["charts"] is UndoOutcome.WRITTEN_OFF
    assert outcomes["trend"] is UndoOutcome.REFUNDED


async def test_proof_that_nothing_moved_allows_a_new_signature_from_another_seller(
    env: WorkflowEnvironment,
) -> None:
    steps = (call("one", alternates=("two",)),)
    market = FakeMarket(
        plan=plan(steps, (offer("one"), offer("two", "1.50"))), endings={"one": ["unpaid"]}
    )
    async with serving(env, market):
        report = await (await start(env)).ends_later(env)

    assert report.state is RunState.COMPLETED
    assert [ask.slot.ordinal for ask in market.authorized] == [0, 1]
    assert [str(ask.offers[0].name) for ask in market.authorized] == ["one", "two"]
    assert report.spent == usdc("1.50")
    assert report.cap == usdc("1.50")


async def test_a_step_that_is_never_paid_fails_the_run_with_nothing_to_undo(
    env: WorkflowEnvironment,
) -> None:
    market = FakeMarket(plan=plan((call("one"),), (offer("one"),)), endings={"one": ["unpaid"] * 4})
    async with serving(env, market):
        report = await (await start(env)).ends_later(env)

    assert report.state is RunState.FAILED
    assert report.rollback == ()
    assert report.spent == usdc("0")


async def test_an_unknown_outcome_is_a_question_not_a_failure(env: WorkflowEnvironment) -> None:
    market = FakeMarket(plan=plan((call("one"),), (offer("one"),)), unknown={"one"})
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.COMPLETED
    assert len(market.reconciled) == 1
    assert len(market.authorized) == 1
    assert report.steps[0].payment_state is PaymentState.DELIVERED


async def test_cancelling_before_approval_costs_nothing(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        run = await start(env)
        await run.until(RunState.AWAITING_APPROVAL)
        await run.handle.cancel()
        report = await run.handle.result()

    assert report.state is RunState.CANCELLED
    assert market.authorized == []


async def test_cancelling_while_paying_drains_and_then_undoes(env: WorkflowEnvironment) -> None:
    hold = asyncio.Event()
    market = diamond(gates={"trend": hold, "charts": hold})
    async with serving(env, market):
        run = await start(env)
        await run.decide()
        await run.reserves(usdc("2.50"))
        await run.handle.cancel()
        await run.handle.cancel()
        hold.set()
        report = await run.handle.result()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    assert sorted(market.claimed) == ["charts", "trend"]
    assert "report" not in market.settled
    assert report.error is not None
    assert report.error.code == "cancelled"
