"""One run whose payments worker dies at a named point, and what the chain and the ledger say."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from activities.discovery.bazaar_http import HttpBazaar
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.reading import UNSETTLED
from activities.payments.ledger.store import SqlLedger
from deploy.evm.keyfile import load_or_create
from deploy.services.evm_shop import PRICE as EVM_PRICE
from domain.catalogue import Offer, Terms
from domain.chains import USDC_BASE_SEPOLIA, USDC_DEVNET
from domain.ids import StepId, listing_id
from domain.names import TaskQueue
from domain.offers import listed_offer
from domain.payments import SETTLED, PaymentState
from domain.plan import Plan, ServiceCall, Undo, Value
from domain.runs import RunReport, RunState
from domain.settings import Settings
from tests.deploy.services.stack import Stack
from tests.e2e.yard import Yard
from tests.fakes.wares import usdc

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

    chain: str
    point: str
    price: int
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
        recorded = sum(entry.receipt.amount.base_units for entry in settled if entry.receipt)
        same_sum = recorded == self.report.spent.base_units == self.paid
        return same_sum and [entry.state for entry in settled] == [self.state]

    @property
    def nothing_held(self) -> bool:
        """Whether the ledger has an ending for everything that was ever begun."""
        return all(entry.state not in _OPEN for entry in self.entries)

    @property
    def violations(self) -> list[str]:
        """Promises that did not hold, in words."""
        promises = {
            "the worker did not die": self.died,
            f"{self.transfers} transfers": self.transfers == 1,
            f"paid {self.paid}, the price is {self.price}": self.paid == self.price,
            "the ledger says something else": self.ledger_agrees,
            "the ledger still holds a reservation": self.nothing_held,
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


_OPEN: Final = frozenset(PaymentState(state) for state in UNSETTLED)


@dataclass(frozen=True)
class Bought:
    """What one crash buys, and how its chain is asked about it."""

    offer: Offer
    price: int
    balance: Callable[[], int]
    transfers: Callable[[], set[str]]


async def bought_on(chain: str, yard: Yard) -> Bought:
    """One service on one of the two chains."""
    if chain == "svm":
        offer = await offer_of(yard.market, SERVICE_PATH)
        return Bought(offer, PRICE, yard.balance, yard.transfers)
    return Bought(evm_offer(yard.market), EVM_PRICE, yard.evm_balance, yard.evm_transfers)


async def crash_at(yard: Yard, point: str, marker: Path, *, chain: str = "svm") -> Crash:
    """Kill the worker that pays at ``point``, let another one go on, and count the money."""
    await asyncio.to_thread(yard.orchestrate)
    bought = await bought_on(chain, yard)
    before, seen = bought.balance(), bought.transfers()
    doomed = await asyncio.to_thread(yard.work, *PAYERS, dying=(chain, point, marker))
    run = await yard.start(one_step(bought.offer))
    died = await asyncio.to_thread(_dies, doomed)
    died_at = time.monotonic()
    heir = await asyncio.to_thread(yard.work, *PAYERS)
    report = await run.result()
    seconds = time.monotonic() - died_at
    await asyncio.to_thread(_stop, heir)
    ledger = await SqlLedger.open(Settings(state_dir=yard.folder).ledger)
    try:
        entries = await ledger.entries(workflow_id=run.id, limit=100)
    finally:
        await ledger.close()
    return Crash(
        chain=chain,
        point=point,
        price=bought.price,
        died=died,
        report=report,
        paid=before - bought.balance(),
        transfers=len(bought.transfers() - seen),
        entries=tuple(entry for entry, _ in entries),
        seconds=seconds,
    )


def evm_offer(market: Stack) -> Offer:
    """What the EVM seller with a fixed price sells."""
    seller = load_or_create(market.keys / "seller-evm.key").address
    url = f"{market.services.url}/evm/fixed"
    return Offer(
        listing_id=listing_id(method="GET", url=url),
        name="fixed price on EVM",
        method="GET",
        url=url,
        media_type="application/json",
        input_schema={},
        output_schema={},
        example={},
        terms=Terms(
            x402_version=2,
            scheme="exact",
            network=USDC_BASE_SEPOLIA.network,
            asset=USDC_BASE_SEPOLIA.address,
            base_units=EVM_PRICE,
            pay_to=seller,
            max_timeout_seconds=60,
        ),
        seconds=1.0,
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
