"""When the world changes in the middle of a run, a person decides; nothing is bought twice."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.approval import BudgetRaise
from domain.money import Amount
from domain.plan import Plan
from domain.policy import SpendPolicy
from domain.runs import RunReport, RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import call, offer, plan, usdc
from tests.workflows.caravanserai import Run, serving, start
from tests.workflows.markets import diamond
from workflows.fulfil_request import FulfilRequestWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")


def dearer(old: Plan, name: str, price: str) -> Plan:
    """The same plan, one seller asking more."""
    offers = tuple(offer(name, price) if o.name == name else o for o in old.offers)
    return old.model_copy(update={"offers": offers})


def refusal(caught: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> str:
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "decision_refused"
    return cause.message


async def raised(run: Run, budget: Amount | None, *, name: str = "raise-it") -> None:
    snapshot = await run.until(RunState.AWAITING_BUDGET)
    assert snapshot.budget_request is not None
    answer = BudgetRaise(
        decision_id=name, round=snapshot.budget_request.round, budget=budget, decided_by="tester"
    )
    await run.handle.execute_update(FulfilRequestWorkflow.raise_budget, answer)


def late_drift() -> FakeMarket:
    """Everything is bought but the report, whose seller then asks more."""
    market = diamond(drifts={"report": 1})
    market.live = [market.plan, dearer(market.plan, "report", "1.50")]
    return market


async def until_second_asking(run: Run) -> None:
    await run.decide()
    while True:
        snapshot = await run.until(RunState.AWAITING_APPROVAL)
        if snapshot.approval_request is not None and snapshot.approval_request.round == 2:
            return


async def test_changed_terms_are_asked_again_with_the_difference_shown(
    env: WorkflowEnvironment,
) -> None:
    market = late_drift()
    async with serving(env, market):
        run = await start(env)
        await until_second_asking(run)
        request = (await run.snapshot()).approval_request
        report = await run.ends()

    assert request is not None
    assert "report: report costs 1.50 USDC instead of 1.00 USDC" in request.changes
    assert report.state is RunState.COMPLETED
    assert report.spent == usdc("4.05")
    assert sorted(market.settled) == ["charts", "data", "report", "trend"]


async def test_only_what_is_not_bought_is_asked_for_new_terms(env: WorkflowEnvironment) -> None:
    market = late_drift()
    async with serving(env, market):
        run = await start(env)
        await until_second_asking(run)
        await run.ends()

    assert set(market.quoted[1].done) == {"charts", "data", "trend"}


async def test_refusing_the_second_asking_undoes_the_first_ones_purchases(
    env: WorkflowEnvironment,
) -> None:
    market = late_drift()
    async with serving(env, market):
        run = await start(env)
        await until_second_asking(run)
        report = await run.ends("reject")

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    assert sorted(market.claimed) == ["charts", "trend"]
    assert "report" not in market.settled


async def test_an_approval_of_the_first_asking_does_not_count_for_the_second(
    env: WorkflowEnvironment,
) -> None:
    market = late_drift()
    async with serving(env, market):
        run = await start(env)
        first = await run.decide()
        await until_second_asking_again(run)
        stale = first.decision.model_copy(update={"decision_id": "once-more"})
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await run.handle.execute_update(FulfilRequestWorkflow.decide, stale)
        await run.ends("reject")

    assert "look at it again" in refusal(caught)


async def until_second_asking_again(run: Run) -> None:
    while True:
        snapshot = await run.until(RunState.AWAITING_APPROVAL)
        if snapshot.approval_request is not None and snapshot.approval_request.round == 2:
            return


async def test_a_run_with_nobody_to_ask_fails_and_undoes(env: WorkflowEnvironment) -> None:
    market = late_drift()
    async with serving(env, market):
        report = await (await start(env, may_ask=False)).ends()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    assert report.error is not None
    assert report.error.code == "terms_changed"


async def test_asking_the_same_again_is_no_way_on(env: WorkflowEnvironment) -> None:
    market = diamond(drifts={"data": 9})
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.code == "terms_changed"


async def test_a_cap_of_the_installation_is_not_lifted_by_asking(env: WorkflowEnvironment) -> None:
    market = diamond(short={"data": 9})
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.code == "budget_exceeded"


async def test_a_run_that_needs_more_asks_for_a_larger_budget(env: WorkflowEnvironment) -> None:
    async with serving(env, diamond()):
        run = await start(env, budget=usdc("1.00"))
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await raised(run, usdc("2.00"), name="too-little")
        await raised(run, usdc("5.00"))
        report = await run.ends()

    assert "3.55 USDC is needed" in refusal(caught)
    assert report.state is RunState.COMPLETED
    assert report.budget == usdc("5.00")


async def test_a_refused_raise_ends_the_run_with_nothing_paid(env: WorkflowEnvironment) -> None:
    market = diamond()
    async with serving(env, market):
        run = await start(env, budget=usdc("1.00"))
        await raised(run, None)
        report = await run.handle.result()

    assert_over_budget(report)
    assert market.authorized == []


async def test_nobody_raising_the_budget_ends_the_run(env: WorkflowEnvironment) -> None:
    async with serving(env, diamond()):
        run = await start(env, budget=usdc("1.00"))
        await run.until(RunState.AWAITING_BUDGET)
        await env.fast_forward(run.handle)
        report = await run.handle.result()

    assert_over_budget(report)


async def test_a_price_above_what_the_installation_allows_is_not_asked_about(
    env: WorkflowEnvironment,
) -> None:
    async with serving(env, diamond()):
        run = await start(env, budget=usdc("1.00"), policy_maximum=usdc("2.00"))
        report = await run.handle.result()

    assert_over_budget(report)


def assert_over_budget(report: RunReport) -> None:
    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.code == "over_budget"


async def test_two_people_must_approve_above_the_set_amount(env: WorkflowEnvironment) -> None:
    market = diamond(policy=SpendPolicy(two_approvals_above="1.00"))
    async with serving(env, market):
        run = await start(env)
        first = await run.decide(decided_by="ada")
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await run.decide(decided_by=" Ada ")
        assert market.authorized == []
        second = await run.decide(decided_by="grace")
        report = await run.handle.result()

    assert (first.still_needed, second.still_needed) == (1, 0)
    assert "a second person is needed" in refusal(caught)
    assert report.state is RunState.COMPLETED


async def test_what_is_held_needs_somebody_to_look(env: WorkflowEnvironment) -> None:
    market = diamond(holds=("trend was paid to another address before",))
    async with serving(env, market):
        run = await start(env)
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await run.decide(looked=False)
        await run.decide(looked=True)
        report = await run.handle.result()

    assert "a person must look" in refusal(caught)
    assert report.state is RunState.COMPLETED


def two_sellers(*, refundable: bool = False) -> FakeMarket:
    steps = (call("one", alternates=("two",)),)
    offers = (offer("one", refundable=refundable), offer("two", "1.50"))
    return FakeMarket(plan=plan(steps, offers), endings={"one": ["paid_undelivered"]})


async def test_another_seller_is_bought_from_within_the_loss_allowance(
    env: WorkflowEnvironment,
) -> None:
    market = two_sellers()
    async with serving(env, market):
        run = await start(env, loss_allowance=usdc("1.00"))
        report = await run.ends_later(env)

    assert report.state is RunState.COMPLETED
    assert [ask.offers[0].name for ask in market.authorized] == ["one", "two"]
    assert [ask.key for ask in market.written_off] == [report.receipts[0].key]
    assert report.cap == usdc("2.50")
    assert report.lost == usdc("1.00")


async def test_without_an_allowance_a_loss_ends_the_run(env: WorkflowEnvironment) -> None:
    market = two_sellers()
    async with serving(env, market):
        report = await (await start(env)).ends()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    assert len(market.authorized) == 1
    assert market.written_off == []


async def test_money_that_came_back_is_no_loss(env: WorkflowEnvironment) -> None:
    market = two_sellers(refundable=True)
    async with serving(env, market):
        report = await (await start(env)).ends_later(env)

    assert report.state is RunState.COMPLETED
    assert market.claimed == ["one"]
    assert report.lost == usdc("0")
    assert [entry.step_id for entry in report.rollback] == ["one"]
