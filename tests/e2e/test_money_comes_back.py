"""Sellers that fail after payment, on real parts: what is undone, what is lost, what is told."""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from temporalio.contrib.workflow_streams import WorkflowStreamClient

from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.events import ProgressEvent
from domain.ids import StepId
from domain.names import EVENTS_TOPIC, TaskQueue
from domain.plan import Binding, Plan, ServiceCall, Undo, Value
from domain.rollback import UndoOutcome
from domain.runs import RunState
from tests.e2e.crashing import offer_of
from tests.e2e.yard import Yard

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def working(yard: Yard) -> AsyncIterator[Yard]:
    yard.orchestrate()
    yard.work(TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    yield yard


def knobs(yard: Yard, **changes: object) -> None:
    url = f"{yard.market.misbehaving.url}/misbehaving/knobs"
    httpx.post(url, json={"reset": True, **changes}).raise_for_status()


def call(name: str, offer: Offer, *, after: str | None = None) -> ServiceCall:
    assert isinstance(offer.example, dict)
    arguments: dict[str, Binding] = {
        key: Value(value=value) for key, value in offer.example.items()
    }
    undo = Undo(action="refund_claim" if offer.refund else "none", note="as listed")
    return ServiceCall(
        id=StepId(name),
        title=name,
        service=offer.listing_id,
        arguments=arguments,
        after=(StepId(after),) if after else (),
        undo=undo,
    )


def plan(*steps: ServiceCall, offers: tuple[Offer, ...]) -> Plan:
    ordered = tuple(sorted(offers, key=lambda offer: offer.listing_id))
    return Plan(request="test", asset=USDC_DEVNET, steps=steps, offers=ordered)


async def test_a_seller_that_fails_after_payment_is_made_to_refund(working: Yard) -> None:
    knobs(working)
    trend = await offer_of(working.market, "/analytics/trend")
    rogue = await offer_of(working.market, "/misbehaving/refuse-after-payment-refunding")
    before = working.balance()
    run = await working.start(
        plan(call("trend", trend), call("rogue", rogue, after="trend"), offers=(trend, rogue))
    )

    report = await run.result()

    assert report.state is RunState.ROLLED_BACK
    assert [str(entry.step_id) for entry in report.rollback] == ["rogue", "trend"]
    assert all(entry.outcome is UndoOutcome.REFUNDED for entry in report.rollback)
    assert all(entry.transaction for entry in report.rollback)
    assert working.balance() == before
    assert report.spent.base_units == 2_010_000
    assert report.error is not None
    assert report.error.code == "paid_undelivered"


async def test_money_that_nobody_returns_is_an_honest_loss(working: Yard) -> None:
    knobs(working)
    rogue = await offer_of(working.market, "/misbehaving/refuse-after-payment")
    before = working.balance()
    run = await working.start(plan(call("rogue", rogue), offers=(rogue,)))

    report = await run.result()

    assert report.state is RunState.PARTIALLY_ROLLED_BACK
    (entry,) = report.rollback
    assert entry.outcome is UndoOutcome.NOT_POSSIBLE
    assert before - working.balance() == 10_000


async def test_each_change_is_published_in_order(working: Yard) -> None:
    knobs(working)
    data = await offer_of(working.market, "/dex/volume")
    run = await working.start(plan(call("data", data), offers=(data,)))
    stream = WorkflowStreamClient.create(working.env.client, run.id)
    events = [
        item.data
        async for item in stream.subscribe([EVENTS_TOPIC], from_offset=0, result_type=ProgressEvent)
    ]

    report = await run.result()

    states = [event.run_state for event in events if event.step_id is None]
    steps = [str(event.step_state) for event in events if event.step_id == "data"]
    assert states[-1] is report.state is RunState.COMPLETED
    assert steps == ["authorizing", "paying", "succeeded"]


async def test_no_key_and_no_signed_payment_is_readable_anywhere(working: Yard) -> None:
    knobs(working)
    data = await offer_of(working.market, "/dex/volume")
    run = await working.start(plan(call("data", data), offers=(data,)))
    report = await run.result()
    (receipt,) = report.receipts
    signed = working.market.node.chain.call(
        "getTransaction",
        receipt.transaction,
        {"encoding": "base64", "maxSupportedTransactionVersion": 0},
    )["transaction"][0]
    message = base64.b64decode(signed)[1 + 2 * 64 :]
    secret = bytes(working.wallet)
    needles = {
        "key bytes": secret[:32],
        "key base64": base64.b64encode(secret)[:40],
        "key array": json.dumps(list(secret))[1:60].encode(),
        "key base58": str(working.wallet)[:40].encode(),
        "signed bytes": message[40:80],
        "signed base64": base64.b64encode(message)[60:120],
    }

    history = (await run.fetch_history()).to_json().encode()
    hay = {"history": history}
    for path in working.folder.rglob("*"):
        if path.is_file() and path.name not in {"payer.json", "engine.json"}:
            hay[path.name] = path.read_bytes()
    found = [
        (where, what) for where, text in hay.items() for what, n in needles.items() if n in text
    ]

    assert len(hay) > 4
    assert found == []
