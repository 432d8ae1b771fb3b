"""Workers killed with SIGKILL at every point of a payment: each service is paid exactly once."""

import time
from pathlib import Path

import httpx
import pytest

from activities.discovery.bazaar_http import HttpBazaar
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.compiler import listed_offer
from domain.ids import StepId
from domain.names import TaskQueue
from domain.payments import PaymentState
from domain.plan import Plan, ServiceCall, Undo, Value
from domain.runs import RunState
from tests.deploy.services.stack import Stack
from tests.e2e.dying_worker import POINTS
from tests.e2e.yard import Yard
from tests.fakes.market import usdc

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

PRICE = 50_000


async def offer_of(market: Stack, path: str) -> Offer:
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(market.facilitator.url, http).read()
    listing = next(one for one in read.listings if httpx.URL(one.url).path == path)
    return listed_offer(listing, usdc("10.00"))


def one_step(offer: Offer) -> Plan:
    assert isinstance(offer.example, dict)
    step = ServiceCall(
        id=StepId("buy"),
        title="buy",
        service=offer.listing_id,
        arguments={name: Value(value=value) for name, value in offer.example.items()},
        undo=Undo(action="none", note="none"),
    )
    return Plan(request="test", asset=USDC_DEVNET, steps=(step,), offers=(offer,))


@pytest.mark.parametrize("point", sorted(POINTS))
async def test_a_killed_payments_worker_pays_exactly_once(
    yard: Yard, tmp_path: Path, point: str
) -> None:
    yard.orchestrate()
    marker = tmp_path / "died"
    plan = one_step(await offer_of(yard.market, "/dex/volume"))
    before = yard.balance()
    doomed = yard.work(TaskQueue.PAYMENTS, TaskQueue.CHAINS, dying=(point, marker))
    run = await yard.start(plan)
    doomed.wait(timeout=30)
    died_at = time.monotonic()
    heir = yard.work(TaskQueue.PAYMENTS, TaskQueue.CHAINS)

    report = await run.result()

    heir.terminate()
    heir.wait(timeout=30)
    assert marker.exists()
    assert before - yard.balance() == PRICE == report.spent.base_units
    assert report.reserved.base_units == 0
    assert report.state in {RunState.COMPLETED, RunState.PARTIALLY_ROLLED_BACK}
    (view,) = report.steps
    if report.state is RunState.COMPLETED:
        assert view.payment_state is PaymentState.DELIVERED
    else:  # the answer died with the worker, and the seller keeps no copies
        assert view.payment_state is PaymentState.PAID_UNDELIVERED
    assert time.monotonic() - died_at < 60


async def test_a_run_killed_between_its_effects_and_again_while_settling_pays_once(
    yard: Yard, tmp_path: Path
) -> None:
    yard.orchestrate()
    plan = one_step(await offer_of(yard.market, "/dex/volume"))
    before = yard.balance()
    queues = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    first = yard.work(*queues, dying=("after-authorize", tmp_path / "first"))
    run = await yard.start(plan)
    first.wait(timeout=30)
    second = yard.work(*queues, dying=("after-answer", tmp_path / "second"))
    second.wait(timeout=30)
    third = yard.work(*queues)

    report = await run.result()

    third.terminate()
    third.wait(timeout=30)
    assert report.state is RunState.COMPLETED
    assert before - yard.balance() == PRICE == report.spent.base_units


async def test_a_killed_orchestration_worker_loses_nothing(yard: Yard) -> None:
    yard.orchestrate()
    plan = one_step(await offer_of(yard.market, "/dex/volume"))
    before = yard.balance()
    payments = yard.work(TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    run = await yard.start(plan)
    yard.kill_orchestration()
    yard.orchestrate()

    report = await run.result()

    payments.terminate()
    payments.wait(timeout=30)
    assert report.state is RunState.COMPLETED
    assert before - yard.balance() == PRICE
