"""The person's own wallet signs; nothing leaves without it, and nothing is left in doubt."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from domain.execution import StepState
from domain.ids import PaymentKey
from domain.purchases import AttachSignature
from domain.runs import RunState
from tests.fakes.market import FakeMarket
from tests.fakes.wares import call, offer, plan
from tests.workflows.caravanserai import Run, serving, start
from workflows.fulfil_request import FulfilRequestWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")


def one_seller(**market: object) -> FakeMarket:
    return FakeMarket(plan=plan((call("one"),), (offer("one"),)), **market)  # type: ignore[arg-type]


async def sign(run: Run) -> PaymentKey:
    while not (wanted := (await run.until(RunState.AWAITING_SIGNATURE)).signature_requests):
        pass
    signature = AttachSignature(key=wanted[0].key, sealed_signature="c2VhbGVk")
    await run.handle.execute_update(FulfilRequestWorkflow.sign, signature)
    return wanted[0].key


async def test_a_run_waits_for_the_persons_own_wallet(env: WorkflowEnvironment) -> None:
    market = one_seller()
    async with serving(env, market):
        run = await start(env, wallet="Own")
        await run.decide()
        key = await sign(run)
        report = await run.handle.result()

    assert [ask.key for ask in market.attached] == [key]
    assert market.authorized[0].wallet == "Own"
    assert report.state is RunState.COMPLETED


async def test_a_signature_that_does_not_fit_leaves_the_request_open(
    env: WorkflowEnvironment,
) -> None:
    market = one_seller(misfits=1)
    async with serving(env, market):
        run = await start(env, wallet="Own")
        await run.decide()
        await sign(run)
        while not (await run.snapshot()).report.steps[0].note:
            pass
        await sign(run)
        report = await run.handle.result()

    assert report.state is RunState.COMPLETED


async def test_a_signature_nobody_asked_for_is_refused(env: WorkflowEnvironment) -> None:
    async with serving(env, one_seller()):
        run = await start(env)
        await run.until(RunState.AWAITING_APPROVAL)
        unasked = AttachSignature(key=PaymentKey("f" * 64), sealed_signature="c2VhbGVk")
        with pytest.raises(WorkflowUpdateFailedError):
            await run.handle.execute_update(FulfilRequestWorkflow.sign, unasked)
        await run.ends("reject")


async def test_nobody_signing_is_proven_harmless_before_it_is_asked_again(
    env: WorkflowEnvironment,
) -> None:
    market = one_seller(endings={"one": ["unpaid"] * 4})
    async with serving(env, market):
        run = await start(env, wallet="Own")
        await run.decide()
        await run.until(RunState.AWAITING_SIGNATURE)
        await env.fast_forward(run.handle)
        report = await run.handle.result()

    assert len(market.reconciled) == 4
    assert report.state is RunState.FAILED
    assert report.spent.base_units == 0


async def test_cancelling_while_a_wallet_is_waited_for_ends_after_the_proof(
    env: WorkflowEnvironment,
) -> None:
    market = one_seller(endings={"one": ["unpaid"]})
    async with serving(env, market):
        run = await start(env, wallet="Own")
        await run.decide()
        await run.until(RunState.AWAITING_SIGNATURE)
        await run.handle.cancel()
        await env.fast_forward(run.handle)
        report = await run.handle.result()

    assert len(market.reconciled) >= 1
    assert report.state is RunState.CANCELLED
    assert report.steps[0].state is StepState.PENDING
