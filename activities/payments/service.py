"""The paid step's effects: quote, authorize, settle, reconcile, refund, verify."""

from datetime import UTC, datetime

from temporalio import activity

from activities._heartbeat import heartbeating
from activities.artifacts.ports import ArtifactStore
from activities.payments.authorizing import Authorizer
from activities.payments.ports import Ledger, PaymentRail, Sealer, Seller
from activities.payments.quoting import quote_plan
from activities.payments.refunding import Refunder
from activities.payments.settling import Settler
from domain.payments import Authorization, FreeDelivery, Settlement
from domain.purchases import (
    AuthorizePurchase,
    ClaimRefund,
    PlanQuoted,
    QuotePlan,
    ReceiptsVerified,
    ReconcilePayment,
    SettlePurchase,
    VerifyReceipts,
)
from domain.rollback import RefundOutcome


class PaymentActivities:
    """Pays at most once per slot of a run, whatever any process does in between."""

    def __init__(
        self,
        *,
        seller: Seller,
        rail: PaymentRail,
        ledger: Ledger,
        sealer: Sealer,
        artifacts: ArtifactStore,
    ) -> None:
        self._seller = seller
        self._rail = rail
        self._authorizer = Authorizer(
            seller=seller, rail=rail, ledger=ledger, sealer=sealer, artifacts=artifacts
        )
        self._settler = Settler(
            seller=seller, rail=rail, ledger=ledger, sealer=sealer, artifacts=artifacts
        )
        self._refunder = Refunder(seller=seller, rail=rail, ledger=ledger)

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        """Read every seller's live terms and check that the wallet can pay them."""
        return await quote_plan(ask.plan, seller=self._seller, rail=self._rail, now=_now())

    @activity.defn
    async def authorize(self, ask: AuthorizePurchase) -> Authorization | FreeDelivery:
        """Check the live 402 against the approval, reserve, sign once; send nothing."""
        async with heartbeating():
            return await self._authorizer.authorize(ask)

    @activity.defn
    async def settle(self, ask: SettlePurchase) -> Settlement:
        """Look on chain, send the identical bytes, prove the outcome on chain."""
        async with heartbeating():
            return await self._settler.settle(ask)

    @activity.defn
    async def reconcile(self, ask: ReconcilePayment) -> Settlement:
        """Bring a payment of unknown outcome to its end, from the chain alone."""
        async with heartbeating():
            return await self._settler.reconcile(ask)

    @activity.defn
    async def claim_refund(self, ask: ClaimRefund) -> RefundOutcome:
        """Ask a seller for money back and watch the chain for it."""
        async with heartbeating():
            return await self._refunder.claim(ask, now=_now())

    @activity.defn
    async def verify(self, ask: VerifyReceipts) -> ReceiptsVerified:
        """Read the chain afresh for each receipt."""
        proven = [receipt.key for receipt in ask.receipts if await self._rail.proves(receipt)]
        return ReceiptsVerified(proven=tuple(proven))


def _now() -> datetime:
    return datetime.now(UTC)
