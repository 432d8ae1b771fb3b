"""The run's promises: what is approved is bought once, what fails is undone, all is told."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.approval import Decision
from domain.execution import StepState
from domain.ids import Digest, StepId
from domain.payments import PaymentState
from domain.plan import Conditional, DataTransform, Gate, MapStep, Output, Undo
from domain.rollback import UndoOutcome
from domain.runs import ReusedStep, RunReport, RunState
from tests.fakes.market import FakeMarket, artifact, call, listing, offer, plan, usdc
from tests.workflows.caravanserai import serving, start
from tests.workflows.markets import diamond
from workflows.fulfil_request import FulfilRequestWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")


def guess(market: FakeMarket) -> Decision:
    """A decision on a document that nobody has seen yet."""
    return Decision(
        decision_id="early-bird",
        document_digest=market.plan.digest,
        cap=market.plan.maximum_cost,
        verdict="approve",
        decided_by="tester",
    )


def states(report: RunReport) -> dict[str, StepState]:
    return {str(view.id): view.state for view in report.steps}


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
