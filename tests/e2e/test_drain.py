"""Runs cancelled, broken or terminated in each phase of a payment: every unit has an ending."""

import asyncio
import dataclasses
import signal
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio
from solders.keypair import Keypair
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.reading import UNSETTLED
from activities.payments.ledger.store import SqlLedger
from activities.payments.reply_seal import seal_reply
from domain.approval import Decision
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.execution import StepState
from domain.ids import RequestId, StepId
from domain.names import TaskQueue, run_workflow_id
from domain.payments import PaymentState
from domain.plan import DataTransform, Plan, ServiceCall, Step, Value
from domain.purchases import AttachSignature, undo_of
from domain.rollback import UndoOutcome
from domain.runs import FulfilRequest, RunReport, RunState
from domain.settings import Settings
from starter.own_wallet import OwnWallet
from tests.e2e.crashing import offer_of
from tests.e2e.yard import Yard, awaiting_approval
from tests.fakes.market import usdc
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow, Swept

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

Run = WorkflowHandle[FulfilRequestWorkflow, RunReport]

PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)

EXPIRING_SLOTS: Final = 250
"""More than any signed bytes here stay good for: a blockhash lives 150."""

SLOW_SECONDS: Final = 3.0
"""How long the slow seller keeps a payment: longer than another one takes from end to end."""

HELD_SECONDS: Final = 1.5
"""How long the node keeps the blockhash from whoever prepares a payment."""

PATIENCE_SECONDS: Final = 40.0
LOOK_SECONDS: Final = 0.03

REFUNDING: Final = "/misbehaving/refunding"
SLOW: Final = "/misbehaving/slow"
LYING: Final = "/misbehaving/serves-unsettled"
"""Takes no money and delivers with an invented receipt: in doubt until the bytes expire."""

DEARER: Final = "/misbehaving/price-raising"
ORDINARY: Final = "/dex/volume"


def chain(yard: Yard, method: str, *params: object) -> None:
    yard.market.node.chain.call(method, *params)


def turn(yard: Yard, **knobs: float) -> None:
    url = f"{yard.market.misbehaving.url}/misbehaving/knobs"
    httpx.post(url, json={"reset": True, **knobs}).raise_for_status()


def live_payers(yard: Yard) -> list[subprocess.Popen[bytes]]:
    others = [worker for worker in yard.workers if worker is not yard.orchestration]
    return [worker for worker in others if worker.poll() is None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def working(yard: Yard) -> AsyncIterator[Yard]:
    """One that pays and undoes; it knows how slow the slow seller is."""
    await asyncio.to_thread(yard.orchestrate)
    if not live_payers(yard):
        await asyncio.to_thread(yard.work, *PAYERS)
    turn(yard, slow_seconds=SLOW_SECONDS)
    yield yard
    turn(yard)


def buys(name: str, offer: Offer, *, after: str | None = None) -> ServiceCall:
    assert isinstance(offer.example, dict)
    return ServiceCall(
        id=StepId(name),
        title=name,
        service=offer.listing_id,
        arguments={key: Value(value=value) for key, value in offer.example.items()},
        after=(StepId(after),) if after else (),
        undo=undo_of(offer),
    )


def fails(*, after: str | None = None) -> DataTransform:
    """A step that selects nothing, which is an error of data."""
    waited = (StepId(after),) if after else ()
    return DataTransform(
        id=StepId("broken"), title="broken", inputs={}, expression="nothing", after=waited
    )


async def start(yard: Yard, *steps: Step, wallet: str | None = None) -> Run:
    """Start and approve a run of steps whose sellers are the market's."""
    wanted = {step.service for step in steps if isinstance(step, ServiceCall)}
    paths = (REFUNDING, SLOW, LYING, DEARER, ORDINARY)
    known = [await offer_of(yard.market, path) for path in paths]
    offers = sorted((o for o in known if o.listing_id in wanted), key=lambda o: o.listing_id)
    request_id = RequestId(f"drain-{uuid.uuid4().hex[:8]}")
    request = FulfilRequest(
        request_id=request_id,
        text="a test",
        budget=usdc("10.00"),
        policy_maximum=usdc("100.00"),
        plan=Plan(request="test", asset=USDC_DEVNET, steps=steps, offers=tuple(offers)),
        anchor=False,
        wallet=wallet,
    )
    run = await yard.env.client.start_workflow(
        FulfilRequestWorkflow.run,
        request,
        id=run_workflow_id(request_id),
        task_queue=TaskQueue.ORCHESTRATION,
    )
    snapshot = await awaiting_approval(run)
    asked = snapshot.approval_request
    assert asked is not None, snapshot.report.error
    decision = Decision(
        decision_id=uuid.uuid4().hex,
        document_digest=asked.digest,
        cap=asked.cap,
        verdict="approve",
        decided_by="tester",
        looked=True,
    )
    await run.execute_update(FulfilRequestWorkflow.decide, decision)
    return run


@dataclass(frozen=True)
class Purse:
    """What a wallet held, and which transactions had left it, before something was begun."""

    yard: Yard
    held: int
    seen: frozenset[str]

    @classmethod
    def of(cls, yard: Yard) -> "Purse":
        return cls(yard, yard.balance(), frozenset(yard.transfers()))

    def differences(self, entries: Sequence[LedgerEntry]) -> list[str]:
        """Where chain and ledger disagree on these payments, which are all there were since."""
        receipts = [entry.receipt for entry in entries if entry.receipt is not None]
        kept = sum(
            entry.receipt.amount.base_units
            for entry in entries
            if entry.receipt is not None and entry.state is not PaymentState.REFUNDED
        )
        left = self.held - self.yard.balance()
        sent = self.yard.transfers() - self.seen
        told = sorted(receipt.transaction for receipt in receipts)
        open_ones = [e for e in entries if e.state.value in UNSETTLED or e.parked]
        problems = {
            f"{left} base units left the wallet, the ledger says {kept}": left != kept,
            f"the chain has {sorted(sent)}, the ledger {told}": sorted(sent) != told,
            f"no ending: {[(e.state.value, e.reason, e.parked) for e in open_ones]}": open_ones,
        }
        return [words for words, wrong in problems.items() if wrong]


@dataclass(frozen=True)
class Ended:
    """A run's end, as it tells it and as the ledger does."""

    report: RunReport
    entries: tuple[LedgerEntry, ...]
    problems: list[str]

    @property
    def bought(self) -> dict[str, set[PaymentState]]:
        """How the payments of each step ended."""
        steps = {str(entry.slot.step_id) for entry in self.entries}
        return {step: {e.state for e in self.entries if e.slot.step_id == step} for step in steps}


async def entries_of(yard: Yard, *runs: Run) -> tuple[LedgerEntry, ...]:
    ledger = await SqlLedger.open(Settings(state_dir=yard.folder).ledger)
    try:
        found = [await ledger.entries(workflow_id=run.id, limit=100) for run in runs]
    finally:
        await ledger.close()
    return tuple(entry for entries in found for entry, _ in entries)


async def ended(run: Run, purse: Purse) -> Ended:
    """Wait for the end, and compare what run, ledger and chain say of it."""
    report = await asyncio.wait_for(run.result(), PATIENCE_SECONDS)
    entries = await entries_of(purse.yard, run)
    problems = purse.differences(entries)
    receipts = [entry.receipt for entry in entries if entry.receipt is not None]
    spent = sum(receipt.amount.base_units for receipt in receipts)
    if spent != report.spent.base_units or report.reserved.base_units:
        problems.append(f"the run tells of {report.spent}, {report.reserved} still reserved")
    if {receipt.key for receipt in receipts} != {receipt.key for receipt in report.receipts}:
        problems.append("the run has other receipts than the ledger")
    return Ended(report, entries, problems)


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await reached():
        assert time.monotonic() < deadline, "the phase is not reached"
        await asyncio.sleep(LOOK_SECONDS)


async def step_is(run: Run, step: str, *states: StepState) -> None:
    """Wait until a step is in one of these states."""

    async def reached() -> bool:
        report = (await run.query(FulfilRequestWorkflow.snapshot)).report
        return next(view.state for view in report.steps if view.id == step) in states

    await until(reached)


async def run_is(run: Run, state: RunState) -> None:
    async def reached() -> bool:
        return (await run.query(FulfilRequestWorkflow.snapshot)).report.state is state

    await until(reached)


async def payment_is(yard: Yard, run: Run, step: str, state: PaymentState) -> None:
    """Wait until the ledger says so of a step's payment."""

    async def reached() -> bool:
        found = await entries_of(yard, run)
        return any(entry.slot.step_id == step and entry.state is state for entry in found)

    await until(reached)


async def struck_during(run: Run, activity: str, how: str) -> bool:
    """Whether the cancellation, or the broken step's failure, fell into such an activity."""
    began: dict[int, str] = {}
    under_way: set[int] = set()
    async for event in run.fetch_history_events():
        kind = event.event_type
        if kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            name = event.activity_task_scheduled_event_attributes.activity_type.name
            began[event.event_id] = name
            under_way.add(event.event_id)
        elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            under_way.discard(event.activity_task_completed_event_attributes.scheduled_event_id)
        elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            over = event.activity_task_failed_event_attributes.scheduled_event_id
            under_way.discard(over)
            if how == "broken" and began[over] == "transform":
                break
        elif kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            break
    return activity in {began[one] for one in under_way}


async def sweep(yard: Yard) -> WorkflowHandle[ReconcilePaymentsWorkflow, Swept]:
    """Begin what the schedule begins, for payments that anybody may have touched just now."""
    return await yard.env.client.start_workflow(
        ReconcilePaymentsWorkflow.run,
        0,
        id=f"sweep/{uuid.uuid4().hex}",
        task_queue=TaskQueue.ORCHESTRATION,
    )


HOWS: Final = ("cancelled", "broken")


@pytest.mark.parametrize("how", HOWS)
async def test_a_purchase_being_authorized_is_brought_to_its_end(working: Yard, how: str) -> None:
    purse, offer = Purse.of(working), await offer_of(working.market, REFUNDING)
    held = {"kind": "delay", "method": "getLatestBlockhash", "seconds": HELD_SECONDS, "count": 1}
    chain(working, "localnet_setFault", held)
    others = [fails()] if how == "broken" else []
    run = await start(working, buys("one", offer), *others)
    await step_is(run, "one", StepState.AUTHORIZING)

    if how == "cancelled":
        await run.cancel()
    end = await ended(run, purse)

    assert await struck_during(run, "authorize", how)
    assert end.problems == []
    assert end.bought == {"one": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_a_payment_whose_answer_is_under_way_is_not_torn(working: Yard, how: str) -> None:
    purse = Purse.of(working)
    slow, quick = [await offer_of(working.market, path) for path in (SLOW, ORDINARY)]
    others: list[Step] = [buys("quick", quick), fails(after="quick")] if how == "broken" else []
    run = await start(working, buys("slow", slow), *others)
    await payment_is(working, run, "slow", PaymentState.SENT)

    if how == "cancelled":
        await run.cancel()
    end = await ended(run, purse)

    assert await struck_during(run, "settle", how)
    assert end.problems == []
    assert all(states == {PaymentState.DELIVERED} for states in end.bought.values())
    assert end.report.state is RunState.PARTIALLY_ROLLED_BACK
    assert {entry.outcome for entry in end.report.rollback} == {UndoOutcome.NOT_POSSIBLE}


@pytest.mark.parametrize("how", HOWS)
async def test_a_payment_in_doubt_is_waited_for_before_the_run_ends(
    working: Yard, how: str
) -> None:
    purse = Purse.of(working)
    liar, slow = [await offer_of(working.market, path) for path in (LYING, SLOW)]
    others: list[Step] = [buys("slow", slow), fails(after="slow")] if how == "broken" else []
    run = await start(working, buys("liar", liar), *others)
    await payment_is(working, run, "liar", PaymentState.SENT)
    sweeping = await sweep(working)
    await payment_is(working, run, "liar", PaymentState.UNKNOWN)

    if how == "cancelled":
        await run.cancel()
    else:
        await step_is(run, "broken", StepState.FAILED)
    chain(working, "localnet_advanceSlots", EXPIRING_SLOTS)
    end = await ended(run, purse)
    await asyncio.wait_for(sweeping.result(), PATIENCE_SECONDS)

    assert await struck_during(run, "settle", how)
    assert end.problems == []
    assert end.bought["liar"] == {PaymentState.UNPAID}
    paid = RunState.CANCELLED if how == "cancelled" else RunState.PARTIALLY_ROLLED_BACK
    assert end.report.state is paid


async def test_a_run_cancelled_between_two_steps_undoes_the_first(working: Yard) -> None:
    purse = Purse.of(working)
    first, dearer = [await offer_of(working.market, path) for path in (REFUNDING, DEARER)]
    run = await start(working, buys("first", first), buys("second", dearer, after="first"))
    await run_is(run, RunState.AWAITING_APPROVAL)  # again: the second costs more by now

    await run.cancel()
    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought == {"first": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


async def test_a_run_broken_between_two_steps_undoes_the_first(working: Yard) -> None:
    purse = Purse.of(working)
    first, second = [await offer_of(working.market, path) for path in (REFUNDING, ORDINARY)]
    bought = (buys("first", first), fails(after="first"))
    run = await start(working, *bought, buys("second", second, after="broken"))

    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought == {"first": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_nothing_stops_a_refund_half_way(working: Yard, how: str) -> None:
    purse, offer = Purse.of(working), await offer_of(working.market, REFUNDING)
    run = await start(working, buys("one", offer), fails(after="one"))
    await run_is(run, RunState.ROLLING_BACK)

    if how == "cancelled":
        await run.cancel()
    else:
        lost = {"kind": "drop", "method": "getSignaturesForAddress", "count": 2}
        chain(working, "localnet_setFault", lost)
    end = await ended(run, purse)

    assert how == "broken" or await struck_during(run, "claim_refund", how)
    assert not working.market.node.chain.call("localnet_faults")
    assert end.problems == []
    assert end.bought == {"one": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_a_wallet_that_is_waited_for_pays_nothing_after_the_end(
    working: Yard, how: str
) -> None:
    pair = await asyncio.to_thread(working.market.payer)
    yard = dataclasses.replace(working, wallet=pair)
    purse = Purse.of(yard)
    offer, first = [await offer_of(yard.market, path) for path in (ORDINARY, REFUNDING)]
    others: list[Step] = [buys("first", first), fails(after="first")] if how == "broken" else []
    run = await start(yard, buys("waits", offer), *others, wallet=str(pair.pubkey()))
    if how == "cancelled":
        await run_is(run, RunState.AWAITING_SIGNATURE)
        await run.cancel()
    else:
        await signed(run, pair, first)
        await step_is(run, "broken", StepState.FAILED)
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought["waits"] == {PaymentState.UNPAID}
    assert yard.balance() == purse.held
    if how == "cancelled":
        assert end.report.state is RunState.CANCELLED
    else:
        assert end.bought["first"] == {PaymentState.REFUNDED}
        assert end.report.state is RunState.ROLLED_BACK


async def signed(run: Run, pair: Keypair, offer: Offer) -> None:
    """Sign what one seller is to get, and nothing else."""
    while True:
        snapshot = await run.query(FulfilRequestWorkflow.snapshot)
        wanted = [o for o in snapshot.signature_requests if o.listing_id == offer.listing_id]
        if wanted:
            break
        await asyncio.sleep(LOOK_SECONDS)
    request = wanted[0]
    signature = OwnWallet(pair).sign(request.message)
    reply = seal_reply(signature, reply_key=request.reply_key, key=request.key)
    await run.execute_update(
        FulfilRequestWorkflow.sign, AttachSignature(key=request.key, sealed_signature=reply)
    )


@dataclass(frozen=True)
class Terminated:
    """What became of runs that were terminated, after one sweep."""

    before: dict[str, PaymentState]
    """State of each payment when its run was gone."""
    after: dict[str, LedgerEntry]
    problems: list[str]
    swept: Swept


DEATHS: Final = {
    "authorizing": "after-reserve",
    "signed": "after-journal",
    "sent": "after-pay",
}
"""Where the payments worker dies, so that the run is terminated in a phase."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def terminated(yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Terminated:
    await asyncio.to_thread(yard.orchestrate)
    for payer in live_payers(yard):
        payer.terminate()
        await asyncio.to_thread(payer.wait, PATIENCE_SECONDS)
    purse, folder = Purse.of(yard), tmp_path_factory.mktemp("deaths")
    runs = {phase: await _left_at(yard, point, folder) for phase, point in DEATHS.items()}
    before = {phase: (await entries_of(yard, run))[0].state for phase, run in runs.items()}
    await asyncio.to_thread(yard.work, *PAYERS)
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    run = runs["unknown"] = await start(yard, buys("one", await offer_of(yard.market, LYING)))
    await payment_is(yard, run, "one", PaymentState.SENT)
    sweeping = await sweep(yard)
    await payment_is(yard, run, "one", PaymentState.UNKNOWN)
    await run.terminate("a test")
    before["unknown"] = (await entries_of(yard, run))[0].state
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    swept = await asyncio.wait_for(sweeping.result(), PATIENCE_SECONDS)
    entries = {phase: await entries_of(yard, run) for phase, run in runs.items()}
    return Terminated(
        before=before,
        after={phase: found[0] for phase, found in entries.items()},
        problems=purse.differences([entry for found in entries.values() for entry in found]),
        swept=swept,
    )


async def _left_at(yard: Yard, point: str, folder: Path) -> Run:
    """Kill the payments worker at a point, and terminate the run before anybody goes on."""
    dying = ("svm", point, folder / point)
    doomed = await asyncio.to_thread(lambda: yard.work(*PAYERS, dying=dying))
    run = await start(yard, buys("one", await offer_of(yard.market, ORDINARY)))
    assert await asyncio.to_thread(doomed.wait, PATIENCE_SECONDS) == -signal.SIGKILL
    await run.terminate("a test")
    return run


@pytest.mark.parametrize(
    ("phase", "left", "ending"),
    [
        ("authorizing", PaymentState.RESERVED, PaymentState.UNPAID),
        ("signed", PaymentState.SIGNED, PaymentState.UNPAID),
        ("sent", PaymentState.SENT, PaymentState.PAID_UNDELIVERED),
        ("unknown", PaymentState.UNKNOWN, PaymentState.UNPAID),
    ],
)
async def test_a_sweep_ends_the_payment_of_a_terminated_run(
    terminated: Terminated, phase: str, left: PaymentState, ending: PaymentState
) -> None:
    entry = terminated.after[phase]

    assert terminated.before[phase] is left
    assert entry.state is ending
    assert terminated.swept.ended[entry.key] is ending


async def test_after_the_sweep_ledger_and_chain_agree(terminated: Terminated) -> None:
    assert terminated.problems == []
    assert terminated.swept.still_open == {}
