"""Runs of real parts to disturb, and what run, ledger and chain say of each at its end."""

import asyncio
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
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
from domain.payments import PaymentState, SignatureRequest
from domain.plan import DataTransform, Plan, ServiceCall, Step, Value
from domain.purchases import AttachSignature, undo_of
from domain.runs import FulfilRequest, RunReport, RunState
from domain.settings import Settings
from starter.own_wallet import OwnWallet
from tests.e2e.crashing import offer_of
from tests.e2e.yard import Yard, awaiting_approval
from tests.fakes.wares import usdc
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow, Swept

Run = WorkflowHandle[FulfilRequestWorkflow, RunReport]

PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)

EXPIRING_SLOTS: Final = 250
"""More than any signed bytes here stay good for: a blockhash lives 150."""

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


async def sign(run: Run, pair: Keypair, offer: Offer) -> None:
    """Sign what one seller is to get, and nothing else."""
    found: list[SignatureRequest] = []

    async def reached() -> bool:
        wanted = (await run.query(FulfilRequestWorkflow.snapshot)).signature_requests
        found.extend(one for one in wanted if one.listing_id == offer.listing_id)
        return bool(found)

    await until(reached)
    signature = OwnWallet(pair).sign(found[0].message)
    reply = seal_reply(signature, reply_key=found[0].reply_key, key=found[0].key)
    await run.execute_update(
        FulfilRequestWorkflow.sign, AttachSignature(key=found[0].key, sealed_signature=reply)
    )
