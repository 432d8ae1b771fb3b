"""Random plans under random faults and worker restarts, and what chain, ledger and runs say.

Run as ``python -m tests.proofs.monkey --seconds 600 --seed 7``. Exits 1 when any two of them
disagree, when one purchase moved money twice, or when a secret can be read anywhere.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from activities.payments.ledger.reading import UNSETTLED
from activities.payments.ledger.store import SqlLedger
from deploy.evm.anvil import find_anvil
from domain.approval import Decision
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.ids import RequestId
from domain.money import Amount
from domain.names import TaskQueue, run_workflow_id
from domain.receipts import ReceiptBook, book_problems
from domain.runs import FulfilRequest, RunReport
from domain.settings import Settings
from tests.deploy.services.stack import Stack
from tests.e2e.yard import Yard, awaiting_approval
from tests.fakes.wares import usdc
from tests.proofs.agreement import balances, differs
from tests.proofs.secrets import files_under, leaks, secrets_of
from tests.proofs.shopping import offers_of, random_plan
from tests.proofs.tale import Tale, told
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.reconcile_payments import ReconcilePaymentsWorkflow

Handle = WorkflowHandle[FulfilRequestWorkflow, RunReport]
PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)

AT_ONCE: Final = 3
"""Runs that are under way at a time."""

EXPIRING_SLOTS: Final = 60
"""Slots that pass at once now and then, so that signed bytes expire while they are on their way."""

WAIT_SECONDS: Final = 240.0
"""Within this every run must have ended once nothing is disturbed any more."""
FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "never_land", "count": 1},
    {"kind": "drop", "method": "getTransaction", "count": 2},
    {"kind": "drop", "method": "getSignaturesForAddress", "count": 2},
    {"kind": "delay", "method": "getSignatureStatuses", "seconds": 2.0, "count": 2},
    {"kind": "rpc_error", "method": "getLatestBlockhash", "count": 2},
    {"kind": "rpc_error", "method": "sendTransaction", "count": 1},
    {"kind": "lag", "slots": 6, "count": 40},
)


class Monkey:
    """One engine and somebody who plays with it."""

    def __init__(self, yard: Yard, offers: Sequence[Offer], *, seed: int) -> None:
        self._yard = yard
        self._offers = list(offers)
        self._chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self._payer = yard.work(*PAYERS)
        self.tale = Tale()

    async def play(self, seconds: float, *, least: int) -> None:
        """Start runs and disturb them for a while, then let everything come to its end."""
        deadline = time.monotonic() + seconds
        under_way: list[Handle] = []
        ended: list[Handle] = []
        for number in itertools.count():
            if time.monotonic() > deadline and number >= least:
                break
            under_way.append(await self._start())
            await self._disturb(under_way)
            while len(under_way) >= AT_ONCE:
                await asyncio.sleep(0.5)
                await self._pass_time()
                over = [handle for handle in under_way if await _is_over(handle)]
                ended += over
                under_way = [handle for handle in under_way if handle not in over]
        await self._settle_down(ended + under_way)

    async def _start(self) -> Handle:
        plan = random_plan(self._chance, self._offers)
        request_id = RequestId(f"monkey-{uuid.uuid4().hex[:8]}")
        request = FulfilRequest(
            request_id=request_id,
            text="monkey",
            budget=usdc("20.00"),
            policy_maximum=usdc("100.00"),
            loss_allowance=Amount(asset=USDC_DEVNET, base_units=self._chance.choice([0, 500_000])),
            plan=plan,
            anchor=False,
            may_ask=False,
        )
        handle = await self._yard.env.client.start_workflow(
            FulfilRequestWorkflow.run,
            request,
            id=run_workflow_id(request_id),
            task_queue=TaskQueue.ORCHESTRATION,
        )
        asked = (await awaiting_approval(handle)).approval_request
        if asked is not None:
            decision = Decision(
                decision_id=uuid.uuid4().hex,
                document_digest=asked.digest,
                cap=asked.cap,
                verdict="approve",
                decided_by="monkey",
                looked=True,
            )
            await handle.execute_update(FulfilRequestWorkflow.decide, decision)
        return handle

    async def _disturb(self, under_way: Sequence[Handle]) -> None:
        await asyncio.sleep(self._chance.uniform(0.0, 1.5))
        what = self._chance.random()
        if what < 0.35:
            self._chain("localnet_setFault", self._chance.choice(FAULTS))
            self.tale.faults += 1
        elif what < 0.65:
            await asyncio.to_thread(self._restart_payer)
        elif what < 0.75:
            with contextlib.suppress(RPCError):  # it may have ended by itself
                await under_way[-1].cancel()
        elif what < 0.85:
            with contextlib.suppress(RPCError):
                await under_way[-1].terminate("the monkey")
                self.tale.terminated += 1
        elif what < 0.95:
            self._yard.kill_orchestration()
            await asyncio.to_thread(self._yard.orchestrate)
            self.tale.restarts += 1
        await self._pass_time()

    def _restart_payer(self) -> None:
        self._payer.send_signal(signal.SIGKILL)
        self._payer.wait()
        self._payer = self._yard.work(*PAYERS)
        self.tale.restarts += 1

    async def _pass_time(self) -> None:
        if self._chance.random() < 0.3:
            self._later()

    def _later(self) -> None:
        self._chain("localnet_advanceSlots", EXPIRING_SLOTS)
        if self._yard.market.evm is not None:
            self._yard.market.evm.chain.ask("evm_increaseTime", 30)

    def _chain(self, method: str, *params: object) -> None:
        self._yard.market.node.chain.call(method, *params)

    async def _settle_down(self, handles: Sequence[Handle]) -> None:
        self._chain("localnet_clearFaults")
        deadline = time.monotonic() + WAIT_SECONDS
        for handle in handles:
            while not await _is_over(handle):
                if time.monotonic() > deadline:
                    self.tale.problems.append(f"{handle.id} does not end")
                    break
                await asyncio.sleep(0.5)
                self._later()
        await self._sweep()
        await self._count(handles)

    async def _sweep(self) -> None:
        """End the payments of terminated runs, as the schedule does."""
        for _ in range(3):
            self._later()
            self._later()
            self._later()
            swept = await self._yard.env.client.execute_workflow(
                ReconcilePaymentsWorkflow.run,
                0,
                id=f"sweep/{uuid.uuid4().hex}",
                task_queue=TaskQueue.ORCHESTRATION,
            )
            if not swept.still_open:
                return

    async def _count(self, handles: Sequence[Handle]) -> None:
        ledger = await SqlLedger.open(Settings(state_dir=self._yard.folder).ledger)
        try:
            found = await ledger.entries(limit=1_000)
            lines = await ledger.book()
        finally:
            await ledger.close()
        self.tale.entries = entries = tuple(entry for entry, _ in found)
        book = ReceiptBook(whole=True, exported_at=_now(), lines=lines)
        self.tale.problems += book_problems(book)
        self.tale.problems += [
            f"payment {entry.key[:12]} is still {entry.state}: {entry.reason}"
            for entry in entries
            if entry.state.value in UNSETTLED or entry.parked
        ]
        for handle in handles:
            description = await handle.describe()
            if description.status is not None and description.status.name == "COMPLETED":
                report = await handle.result()
                self.tale.runs.append(report)
                self.tale.problems += differs(report, entries, handle.id)
        self.tale.problems += self._leaks([await _history(handle) for handle in handles])

    def _leaks(self, histories: Sequence[bytes]) -> list[str]:
        secrets = secrets_of(self._yard.folder)
        keep = frozenset({".json", ".key"})
        places = [(f"history {number}", text) for number, text in enumerate(histories)]
        return leaks(secrets, [*places, *files_under(self._yard.folder, but=keep)])


async def play(folder: Path, *, seconds: float, seed: int, least: int = 1) -> Tale:
    """Play in an engine of its own; the tale has every problem in words."""
    market = await asyncio.to_thread(lambda: Stack(folder, evm=find_anvil() is not None))
    try:
        await asyncio.to_thread(market.ready)
        place = folder / "yard"
        place.mkdir()
        async with Yard.open(market, place) as yard:
            await asyncio.to_thread(yard.orchestrate)
            before = (yard.balance(), yard.evm_balance() if market.evm else 0)
            monkey = await asyncio.to_thread(Monkey, yard, await offers_of(market), seed=seed)
            await monkey.play(seconds, least=least)
            monkey.tale.problems += balances(yard, monkey.tale.entries, before)
            return monkey.tale
    finally:
        market.close()


async def _is_over(handle: Handle) -> bool:
    description = await handle.describe()
    return description.close_time is not None


async def _history(handle: Handle) -> bytes:
    return (await handle.fetch_history()).to_json().encode()


def _now() -> datetime:

    return datetime.now(UTC)


def main() -> int:
    """Play, tell, and return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.monkey", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.disable(logging.WARNING)
    console, notes = Console(highlight=False, markup=False, emoji=False), Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="caravan-monkey-") as folder,
        notes.status(f"playing for {options.seconds:.0f} s, seed {options.seed}"),
    ):
        tale = asyncio.run(play(Path(folder), seconds=options.seconds, seed=options.seed))
    for line in told(tale, seed=options.seed):
        console.print(line)
    return int(bool(tale.problems))


if __name__ == "__main__":
    sys.exit(main())
