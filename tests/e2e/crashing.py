"""One run whose payments worker dies at a named point, and what the chain and the ledger say."""

import asyncio
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from activities.discovery.bazaar_http import HttpBazaar
from activities.payments.ledger_sql import SqlLedger
from activities.payments.ports import LedgerEntry
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.compiler import listed_offer
from domain.ids import StepId
from domain.names import TaskQueue
from domain.payments import SETTLED, PaymentState
from domain.plan import Plan, ServiceCall, Undo, Value
from domain.runs import RunReport, RunState
from domain.settings import Settings
from tests.deploy.services.stack import Stack
from tests.e2e.yard import Yard
from tests.fakes.market import usdc

PRICE: Final = 50_000
SERVICE_PATH: Final = "/dex/volume"
PAYERS: Final = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)

DEATH_SECONDS: Final = 30
"""Until the worker must have come to its end."""

ENDING_SECONDS: Final = 60
"""From the death until the run must be over."""


@dataclass(frozen=True)
class Crash:
    """What came of it."""

    point: str
    died: bool
    report: RunReport
    paid: int
    """Base units that left the wallet, by the chain."""
    transfers: int
    """Transactions on chain that took money out of the wallet."""
    entries: tuple[LedgerEntry, ...]
    """The ledger's record of the run."""
    seconds: float
    """From the death to the end of the run."""

    @property
    def state(self) -> PaymentState | None:
        """The payment's state, as the run reports it."""
        return self.report.steps[0].payment_state

    @property
    def ledger_agrees(self) -> bool:
        """Whether ledger, run report and chain name the same sum, and ledger and run one state."""
        settled = [entry for entry in self.entries if entry.state in SETTLED]
        recorded = sum(entry.terms.base_units for entry in settled)
        same_sum = recorded == self.report.spent.base_units == self.paid
        return same_sum and [entry.state for entry in settled] == [self.state]

    @property
    def violations(self) -> list[str]:
        """Promises that did not hold, in words."""
        promises = {
            "the worker did not die": self.died,
            f"{self.transfers} transfers": self.transfers == 1,
            f"paid {self.paid}, the price is {PRICE}": self.paid == PRICE,
            "the ledger says something else": self.ledger_agrees,
            f"{self.report.reserved} are still reserved": self.report.reserved.base_units == 0,
            f"the run is {self.report.state}, its payment {self.state}": self._honest_end,
            f"it took {self.seconds:.0f} s": self.seconds < ENDING_SECONDS,
        }
        return [words for words, kept in promises.items() if not kept]

    @property
    def _honest_end(self) -> bool:
        # The second: the answer died with the worker, and the seller keeps no copies.
        return (self.report.state, self.state) in {
            (RunState.COMPLETED, PaymentState.DELIVERED),
            (RunState.PARTIALLY_ROLLED_BACK, PaymentState.PAID_UNDELIVERED),
        }


async def crash_at(yard: Yard, point: str, marker: Path) -> Crash:
    """Kill the worker that pays at ``point``, let another one go on, and count the money."""
    await asyncio.to_thread(yard.orchestrate)
    plan = one_step(await offer_of(yard.market, SERVICE_PATH))
    before, seen = yard.balance(), yard.transfers()
    doomed = await asyncio.to_thread(yard.work, *PAYERS, dying=(point, marker))
    run = await yard.start(plan)
    died = await asyncio.to_thread(_dies, doomed)
    died_at = time.monotonic()
    heir = await asyncio.to_thread(yard.work, *PAYERS)
    report = await run.result()
    seconds = time.monotonic() - died_at
    await asyncio.to_thread(_stop, heir)
    ledger = await SqlLedger.open(Settings(state_dir=yard.folder).ledger)
    try:
        entries = await ledger.of_run(run.id)
    finally:
        await ledger.close()
    return Crash(
        point=point,
        died=died,
        report=report,
        paid=before - yard.balance(),
        transfers=len(yard.transfers() - seen),
        entries=tuple(entries),
        seconds=seconds,
    )


async def offer_of(market: Stack, path: str) -> Offer:
    """What one listing of the market is, as a plan buys it."""
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(market.facilitator.url, http).read()
    listing = next(one for one in read.listings if httpx.URL(one.url).path == path)
    return listed_offer(listing, usdc("10.00"))


def one_step(offer: Offer) -> Plan:
    """A plan that buys one thing with the seller's own example."""
    assert isinstance(offer.example, dict)
    step = ServiceCall(
        id=StepId("buy"),
        title="buy",
        service=offer.listing_id,
        arguments={name: Value(value=value) for name, value in offer.example.items()},
        undo=Undo(action="none", note="none"),
    )
    return Plan(request="test", asset=USDC_DEVNET, steps=(step,), offers=(offer,))


def _dies(doomed: subprocess.Popen[bytes]) -> bool:
    return doomed.wait(timeout=DEATH_SECONDS) == -signal.SIGKILL


def _stop(heir: subprocess.Popen[bytes]) -> None:
    heir.terminate()
    heir.wait(timeout=DEATH_SECONDS)
