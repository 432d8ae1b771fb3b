"""One paid call, a person's refund, and the sweep over payments that lost their run."""

import uuid

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from domain.buying import BuyRequest
from domain.ids import PaymentKey, RequestId
from domain.money import Amount
from domain.names import TaskQueue
from domain.payments import PaymentState
from domain.purchases import RefundPayment
from domain.runs import RunReport, RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import call, offer, plan, usdc
from tests.workflows.caravanserai import serving, start
from workflows.buy_call import BuyCallWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow
from workflows.refund_payment import RefundPaymentWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")


def one_seller(**market: object) -> FakeMarket:
    sold = plan((call("one"),), (offer("one", refundable=True),))
    return FakeMarket(plan=sold, **market)  # type: ignore[arg-type]


async def buy(env: WorkflowEnvironment, maximum: Amount) -> RunReport:
    request = BuyRequest(
        request_id=RequestId(f"buy-{uuid.uuid4().hex[:8]}"),
        method="GET",
        url="https://one.example/",
        maximum=maximum,
    )
    return await env.client.execute_workflow(
        BuyCallWorkflow.run,
        request,
        id=f"buy/{request.request_id}",
        task_queue=TaskQueue.ORCHESTRATION,
    )


async def test_a_call_within_its_maximum_is_bought_without_asking(env: WorkflowEnvironment) -> None:
    market = one_seller()
    async with serving(env, market):
        report = await buy(env, usdc("1.00"))

    assert report.state is RunState.COMPLETED
    assert report.spent == usdc("1.00")
    assert len(market.authorized) == 1


async def test_a_call_above_its_maximum_pays_nothing(env: WorkflowEnvironment) -> None:
    market = one_seller()
    async with serving(env, market):
        report = await buy(env, usdc("0.99"))

    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.code == "over_budget"
    assert market.authorized == []


async def test_a_call_whose_terms_do_not_hold_ends_unpaid(env: WorkflowEnvironment) -> None:
    market = one_seller(drifts={"call": 9})
    async with serving(env, market):
        report = await buy(env, usdc("1.00"))

    assert report.state is RunState.FAILED
    assert market.authorized == []


async def test_a_persons_refund_ends_with_the_transfer(env: WorkflowEnvironment) -> None:
    market = one_seller()
    async with serving(env, market):
        report = await (await start(env)).ends()
        key = report.receipts[0].key
        outcome = await env.client.execute_workflow(
            RefundPaymentWorkflow.run,
            RefundPayment(key=key, reason="not what I meant"),
            id=f"refund/{key}",
            task_queue=TaskQueue.ORCHESTRATION,
        )

    assert outcome.transaction == "refund-one"
    assert outcome.returned == usdc("1.00")


async def test_a_refund_of_an_unknown_payment_fails(env: WorkflowEnvironment) -> None:
    async with serving(env, one_seller()):
        with pytest.raises(WorkflowFailureError):
            await env.client.execute_workflow(
                RefundPaymentWorkflow.run,
                RefundPayment(key=PaymentKey("f" * 64), reason="never was"),
                id="refund/none",
                task_queue=TaskQueue.ORCHESTRATION,
            )


async def test_the_sweep_ends_payments_that_lost_their_run(env: WorkflowEnvironment) -> None:
    market = one_seller()
    async with serving(env, market):
        report = await (await start(env)).ends()
        lost = report.receipts[0].key
        market.unsettled = (lost,)
        swept = await env.client.execute_workflow(
            ReconcilePaymentsWorkflow.run,
            id=f"sweep/{uuid.uuid4().hex}",
            task_queue=TaskQueue.ORCHESTRATION,
        )

    assert swept.ended == {lost: PaymentState.DELIVERED}
    assert swept.still_open == {}
