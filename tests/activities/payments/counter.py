"""The payment activities over a real ledger and store, with a seller and a chain in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.artifacts.store_files import FileArtifactStore
from activities.payments.bookkeeping import BookkeepingActivities
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.store import SqlLedger
from activities.payments.rails import RailsByWay
from activities.payments.seal_aesgcm import AesGcmSealer
from activities.payments.service import PaymentActivities
from domain.bindings import BoundInputs
from domain.catalogue import Offer
from domain.ids import PaymentKey, StepId
from domain.money import Amount
from domain.payments import Authorization, FreeDelivery, Settlement, SignatureRequest
from domain.plan import Value
from domain.policy import SpendPolicy
from domain.purchases import (
    AuthorizePurchase,
    PurchaseSlot,
    ReconcilePayment,
    SettlePurchase,
)
from tests.fakes.builders import offer, usdc
from tests.fakes.rails import FakeRail
from tests.fakes.sellers import FakeSeller

STEP = StepId("weather")


def slot(ordinal: int = 0, run: str = "run/r", step: str = STEP) -> PurchaseSlot:
    return PurchaseSlot(
        workflow_id=run, first_run_id="first", step_id=StepId(step), ordinal=ordinal
    )


@dataclass
class Counter:
    """Buys ``offer()`` unless told otherwise."""

    instruments: Instruments
    ledger: SqlLedger
    seller: FakeSeller
    rail: FakeRail
    folder: Path

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator["Counter"]:
        ledger = await SqlLedger.open(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
        seller, rail = FakeSeller(), FakeRail()
        instruments = Instruments(
            seller=seller,
            rails=RailsByWay({(rail.asset.network, "exact"): rail}),
            ledger=ledger,
            sealer=AesGcmSealer.from_keyfile(folder / "sealing.key"),
            artifacts=FileArtifactStore(folder / "artifacts"),
        )
        try:
            yield cls(instruments, ledger, seller, rail, folder)
        finally:
            await ledger.close()

    def change(self, **parts: Any) -> None:
        """Replace parts, as a worker that starts anew with other settings."""
        self.instruments = replace(self.instruments, **parts)

    def rule(self, **rules: Any) -> None:
        """Begin anew under a policy."""
        self.change(policy=SpendPolicy.model_validate(rules))

    def use(self, rail: FakeRail, scheme: str = "exact") -> None:
        """Pay by one rail more."""
        self.change(
            rails=RailsByWay(
                {
                    (self.rail.asset.network, "exact"): self.rail,
                    (rail.asset.network, scheme): rail,
                }
            )
        )

    @property
    def payments(self) -> PaymentActivities:
        return PaymentActivities(self.instruments)

    @property
    def books(self) -> BookkeepingActivities:
        return BookkeepingActivities(self.instruments)

    async def run(self, activity: Any, ask: Any) -> Any:
        return await ActivityEnvironment().run(activity, ask)

    async def authorize(
        self,
        *offers: Offer,
        slot: PurchaseSlot = slot(),  # noqa: B008 - frozen
        cap: Amount = usdc("10.00"),  # noqa: B008 - frozen
        wallet: str | None = None,
        place: Any = "Oslo",
    ) -> Authorization | SignatureRequest | FreeDelivery:
        ask = AuthorizePurchase(
            slot=slot,
            offers=offers or (offer(),),
            inputs=BoundInputs(bindings={"place": Value(value=place)}),
            run_cap=cap,
            wallet=wallet,
        )
        made: Authorization | SignatureRequest | FreeDelivery = await self.run(
            self.payments.authorize, ask
        )
        return made

    async def authorized(self, *offers: Offer, **how: Any) -> Authorization:
        made = await self.authorize(*offers, **how)
        assert isinstance(made, Authorization)
        return made

    async def settle(self, authorization: Authorization) -> Settlement:
        ask = SettlePurchase(step_id=STEP, authorization=authorization)
        settlement: Settlement = await self.run(self.payments.settle, ask)
        return settlement

    async def reconcile(self, key: PaymentKey) -> Settlement:
        settlement: Settlement = await self.run(self.payments.reconcile, ReconcilePayment(key=key))
        return settlement

    async def bought(self, *offers: Offer, transaction: str = "tx", **how: Any) -> Settlement:
        """A payment that landed, whatever was delivered for it."""
        authorization = await self.authorized(*offers, **how)
        self.rail.land(authorization.evidence, transaction)
        return await self.settle(authorization)

    async def entry(self, key: PaymentKey) -> LedgerEntry:
        return await self.ledger.get(key)
