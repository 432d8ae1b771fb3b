"""The paid step's effects: quote, authorize, settle, reconcile, refund, verify."""

import time
from datetime import UTC, datetime

from temporalio import activity

from activities._heartbeat import heartbeating
from activities._metrics import record_settling
from activities.payments.authorizing import Authorizer
from activities.payments.concluding import settlement_of
from activities.payments.instruments import Instruments
from activities.payments.outside_wallets import OutsideWallets
from activities.payments.quoting import Quoter
from activities.payments.reconciling import Reconciler
from activities.payments.refunding import Refunder
from activities.payments.settling import Settler
from domain.buying import QuoteCall
from domain.errors import OfferRefused
from domain.payments import Authorization, FreeDelivery, Receipt, Settlement, SignatureRequest
from domain.purchases import (
    AttachSignature,
    AuthorizePurchase,
    ClaimRefund,
    FindRefundTerms,
    PlanQuoted,
    QuotePlan,
    ReceiptsVerified,
    ReconcilePayment,
    RefundTerms,
    SettlePurchase,
    VerifyReceipts,
    WriteOff,
)
from domain.rollback import RefundOutcome


class PaymentActivities:
    """Pays at most once per slot of a run, whatever any process does in between."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments
        self._quoter = Quoter(instruments)
        self._authorizer = Authorizer(instruments)
        self._wallets = OutsideWallets(instruments)
        self._settler = Settler(instruments)
        self._reconciler = Reconciler(instruments)
        self._refunder = Refunder(instruments)

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        """Read every seller's live terms and check that the wallets can pay them."""
        return await self._quoter.quote(ask, now=_now())

    @activity.defn
    async def quote_call(self, ask: QuoteCall) -> PlanQuoted:
        """Read one address's live terms and make the plan of one step that buys it."""
        return await self._quoter.quote_call(ask, now=_now())

    @activity.defn
    async def authorize(
        self, ask: AuthorizePurchase
    ) -> Authorization | SignatureRequest | FreeDelivery:
        """Check the live 402 against the approval, reserve, sign once; send nothing."""
        async with heartbeating():
            authorized = await self._authorizer.authorize(ask)
            if isinstance(authorized, FreeDelivery) and self._with.learner is not None:
                await self._with.learner.free(ask, authorized.listing_id)
            return authorized

    @activity.defn
    async def attach_signature(self, ask: AttachSignature) -> Authorization:
        """Take the signature of a person's own wallet; send nothing."""
        return await self._wallets.attach(ask)

    @activity.defn
    async def settle(self, ask: SettlePurchase) -> Settlement:
        """Look on chain, send the identical bytes, prove the outcome on chain."""
        async with heartbeating():
            began = time.monotonic()
            settlement = await self._settler.settle(ask)
            record_settling(int((time.monotonic() - began) * 1_000), outcome=settlement.state)
            return await self._learnt(settlement)

    @activity.defn
    async def reconcile(self, ask: ReconcilePayment) -> Settlement:
        """Bring a payment of unknown outcome to its end, from the chain alone."""
        async with heartbeating():
            return await self._learnt(await self._reconciler.reconcile(ask.key))

    @activity.defn
    async def claim_refund(self, ask: ClaimRefund) -> RefundOutcome:
        """Ask for money back the way the payment allows, and watch the chain for it."""
        async with heartbeating():
            outcome = await self._refunder.claim(ask, now=_now())
            if self._with.learner is not None:
                await self._with.learner.claimed(outcome)
            return outcome

    @activity.defn
    async def refund_terms(self, ask: FindRefundTerms) -> RefundTerms:
        """Look up how a payment that a person wants back can be undone."""
        return await self._refunder.terms(ask)

    @activity.defn
    async def write_off(self, ask: WriteOff) -> Settlement:
        """Give up on money that was paid for nothing, keeping the evidence."""
        return settlement_of(await self._with.ledger.write_off(ask.key, ask.reason))

    @activity.defn
    async def verify(self, ask: VerifyReceipts) -> ReceiptsVerified:
        """Read the chain afresh for each receipt."""
        proven = [receipt.key for receipt in ask.receipts if await self._is_proven(receipt)]
        return ReceiptsVerified(proven=tuple(proven))

    async def _learnt(self, settlement: Settlement) -> Settlement:
        if self._with.learner is not None:
            await self._with.learner.settled(settlement)
        return settlement

    async def _is_proven(self, receipt: Receipt) -> bool:
        try:
            rail = self._with.rails.of(receipt.network, receipt.scheme)
        except OfferRefused:
            return False  # nothing here reads that network
        return await rail.proves(receipt)


def _now() -> datetime:
    return datetime.now(UTC)
