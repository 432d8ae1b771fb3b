"""Our payment activities, called as the workflow and the platform's retries call them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from unittest.mock import patch

import httpx
from temporalio.testing import ActivityEnvironment

from activities.payments import seller_http
from domain.bindings import BoundInputs
from domain.errors import EngineError
from domain.ids import StepId
from domain.limits import MAX_PURCHASES_PER_STEP
from domain.payments import SETTLED, Authorization, PaymentState, Settlement
from domain.plan import Binding, Value
from domain.purchases import AuthorizePurchase, PurchaseSlot, ReconcilePayment, SettlePurchase
from tests.activities.payments.desk import BUDGET, Desk
from tests.proofs.kinds import EXPIRING_SLOTS, PATIENCE_SECONDS
from tests.proofs.place import Place, Purse
from tests.proofs.told import Told

STEP: Final = StepId("buy")

TRIES_BEFORE_TIME_PASSES: Final = 3
"""Retries that still fall into the bytes' lifetime; later ones find them expired."""

MOST_TRIES: Final = 8


class Undecided(Exception):
    """A payment had no ending although its bytes had long expired."""


class Ours:
    """Authorizes once, settles until there is an ending; signs anew only after ``unpaid``."""

    def __init__(self, place: Place, desk: Desk) -> None:
        self._place = place
        self._desk = desk
        self._calls = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, place: Place, purse: Purse, folder: Path) -> AsyncIterator["Ours"]:
        impatient = httpx.Timeout(PATIENCE_SECONDS)
        with patch.object(seller_http, "_PAY_TIMEOUT", impatient):
            async with Desk.open(place.market, folder, purse.pair) as desk:
                yield cls(place, desk)

    async def call(self, *, two_attempts: bool) -> Told:
        self._calls += 1
        run = f"proof/{self._calls}"
        try:
            settlements = await self._buy(run, two_attempts=two_attempts)
        except Undecided as err:
            return Told(delivered=False, broken=str(err))
        last = settlements[-1]
        lost = last.state is PaymentState.PAID_UNDELIVERED and last.output is None
        return Told(
            delivered=last.output is not None,
            receipts=tuple(one.receipt.transaction for one in settlements if one.receipt),
            says_lost=lost,
            broken=await self._ledger_differs(run, settlements),
        )

    async def _buy(self, run: str, *, two_attempts: bool) -> list[Settlement]:
        settlements: list[Settlement] = []
        for ordinal in range(MAX_PURCHASES_PER_STEP):
            authorization = await self._authorized(run, ordinal)
            if two_attempts:
                await self._two(authorization)
            settlements.append(await self._settled(authorization))
            if settlements[-1].output or settlements[-1].state is not PaymentState.UNPAID:
                break
        return settlements

    async def _authorized(self, run: str, ordinal: int) -> Authorization:
        offer = self._place.offer
        assert isinstance(offer.example, dict)
        bindings: dict[str, Binding] = {n: Value(value=v) for n, v in offer.example.items()}
        ask = AuthorizePurchase(
            slot=PurchaseSlot(workflow_id=run, first_run_id=run, step_id=STEP, ordinal=ordinal),
            offers=(offer,),
            inputs=BoundInputs(bindings=bindings),
            run_cap=BUDGET,
        )
        for left in range(MOST_TRIES - 1, -1, -1):
            try:
                made = await ActivityEnvironment().run(self._desk.activities.authorize, ask)
            except EngineError as err:
                if not err.retryable or not left:
                    raise Undecided(f"could not authorize: {err.message}") from err
                continue
            assert isinstance(made, Authorization)
            return made
        raise AssertionError("unreachable")

    async def _two(self, authorization: Authorization) -> None:
        async with asyncio.TaskGroup() as both:
            for _ in range(2):
                both.create_task(self._attempt(authorization))

    async def _attempt(self, authorization: Authorization) -> Settlement | None:
        ask = SettlePurchase(step_id=STEP, authorization=authorization)
        try:
            return await ActivityEnvironment().run(self._desk.activities.settle, ask)
        except EngineError as err:
            if err.retryable:
                return None
        # What the platform does not repeat, the workflow takes to the chain.
        try:
            return await ActivityEnvironment().run(
                self._desk.activities.reconcile, ReconcilePayment(key=authorization.key)
            )
        except EngineError:
            return None

    async def _settled(self, authorization: Authorization) -> Settlement:
        for tried in range(MOST_TRIES):
            if tried >= TRIES_BEFORE_TIME_PASSES:
                await asyncio.to_thread(self._wait)
            settlement = await self._attempt(authorization)
            if settlement is not None:
                return settlement
        raise Undecided(f"payment {authorization.key[:12]} has no ending")

    def _wait(self) -> None:
        # A minute and more: what ailed the node for seconds is over by then.
        self._place.end_faults()
        self._place.time_passes(EXPIRING_SLOTS)

    async def _ledger_differs(self, run: str, told: list[Settlement]) -> str:
        found = await self._desk.ledger.entries(workflow_id=run, limit=100)
        entries = [entry for entry, _ in found]
        recorded = {entry.key: entry.state for entry in entries}
        if recorded != {one.key: one.state for one in told}:
            return f"the ledger of {run} says {recorded}"
        if any((one.receipt is not None) != (one.state in SETTLED) for one in told):
            return f"a receipt of {run} does not fit its payment's state"
        return ""
