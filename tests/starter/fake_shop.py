"""Activities of a shop that sells what the sample plan buys, and can be told to misbehave."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.artifacts.store_files import FileArtifactStore
from domain.artifacts import ArtifactRef
from domain.bookkeeping import (
    AuditRecords,
    ExportReceipts,
    FindUnsettled,
    InspectPayment,
    JournalLine,
    ListPayments,
    Mismatch,
    PaymentInspected,
    PaymentsFound,
    PaymentView,
    RecordsAudited,
    ResolvePayment,
    UnsettledFound,
)
from domain.buying import QuoteCall, plan_of_call
from domain.catalogue import Offer, Refusal, Terms
from domain.drafting import (
    CandidatesFound,
    DraftPlan,
    FindCandidates,
    PlanDrafted,
    SearchServices,
    ServicesFound,
)
from domain.ids import ListingId, PaymentKey, StepId, digest_json
from domain.money import Amount
from domain.payments import Authorization, PaymentState, Settlement, SignatureRequest, SvmEvidence
from domain.plan import Plan
from domain.policy import SpendPolicy
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
from domain.receipts import ReceiptBook
from domain.rollback import RefundOutcome
from domain.writes import AnchorRecord, WriteReceipt
from tests.starter import samples
from tests.starter.wallets import PaymentsDesk


@dataclass
class FakeShop:
    """Delivers small JSON documents into a real artifact store."""

    artifacts_dir: Path
    failing: set[StepId] = field(default_factory=set)
    """Steps whose seller takes nothing and delivers nothing."""
    unservable: bool = False
    seconds: float = 0.0
    """What one purchase takes."""
    settled: list[str] = field(default_factory=list)
    refunds: bool = True
    padding: str = ""
    """Added to every offer's example, to make plans large."""
    policy: SpendPolicy = field(default_factory=SpendPolicy)
    holds: tuple[str, ...] = ()
    new_payees: tuple[str, ...] = ()
    dearer: dict[str, str] = field(default_factory=dict)
    """Services by name whose price changes after the first quote, with the new one."""
    call_price: str | None = "0.05"
    desk: PaymentsDesk = field(default_factory=PaymentsDesk)
    wallets: list[str | None] = field(default_factory=list)
    """Who was to pay, by purchase."""
    parked: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    resolved: list[ResolvePayment] = field(default_factory=list)
    audits: list[AuditRecords] = field(default_factory=list)
    _first_quote: tuple[str | None, str] | None = None

    def activities(self) -> list[Any]:
        return [
            getattr(self, name)
            for name in vars(FakeShop)
            if hasattr(getattr(self, name), "__temporal_activity_definition")
        ]

    @activity.defn
    async def find_candidates(self, ask: FindCandidates) -> CandidatesFound:
        assert ask.text
        return CandidatesFound(shortlist=samples.artifact(b"{}"), candidates=5, refused=0)

    @activity.defn
    async def search(self, ask: SearchServices) -> ServicesFound:
        refusal = Refusal(
            listing_id=ListingId("POST https://bad.example/x"),
            name=f"Bad {ask.text}",
            reason="its price is in a token Caravan does not spend",
        )
        return ServicesFound(ranked=(), refused=(refusal,))

    @activity.defn
    async def draft(self, ask: DraftPlan) -> PlanDrafted:
        if self.unservable:
            refuse("request_not_servable", f"no service can do: {ask.text}")
        offers = tuple(
            one.model_copy(update={"example": self.padding}) for one in samples.PLAN.offers
        )
        return PlanDrafted(
            plan=samples.PLAN.model_copy(update={"offers": offers}), drafter="embedded"
        )

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        info = activity.info()
        asked = (info.workflow_run_id, info.activity_id)
        if self._first_quote is None:
            self._first_quote = asked
        # An attempt made twice is the same quote: a busy machine must not change prices.
        plan = ask.plan if asked == self._first_quote else self._at_new_prices(ask.plan)
        return self._quoted(plan, ask.wallet)

    @activity.defn
    async def quote_call(self, ask: QuoteCall) -> PlanQuoted:
        call = ask.request
        terms = samples.offer("Call", self.call_price).terms if self.call_price else None
        plan = plan_of_call(call, terms, asset=call.maximum.asset)
        return self._quoted(plan, call.wallet)

    @activity.defn
    async def authorize(self, ask: AuthorizePurchase) -> Authorization | SignatureRequest:
        step, offer = ask.slot.step_id, ask.offers[0]
        if step in self.failing:
            refuse("offer_refused", f"{offer.name} no longer asks what was approved")
        assert offer.terms is not None
        if offer.terms.amount.to_decimal() != self.dearer.get(offer.name, offer_price(offer)):
            refuse("terms_changed", f"{offer.name} asks {self.dearer[offer.name]} USDC")
        self.wallets.append(ask.wallet)
        slot = [ask.slot.workflow_id, ask.slot.first_run_id, str(step), ask.slot.ordinal]
        key = PaymentKey(digest_json(slot))
        if ask.wallet is not None:
            return self.desk.request(offer, key=key, payer=ask.wallet)
        return self._authorized(offer.listing_id, offer.terms.amount, offer.terms.pay_to, key)

    @activity.defn
    async def attach_signature(self, ask: AttachSignature) -> Authorization:
        wanted = self.desk.attach(ask)
        return self._authorized(wanted.listing_id, wanted.amount, wanted.pay_to, wanted.key)

    @activity.defn
    async def settle(self, ask: SettlePurchase) -> Settlement:
        await asyncio.sleep(self.seconds)
        bought = ask.authorization
        content = f'{{"step": "{ask.step_id}"}}'.encode()
        output: ArtifactRef = await FileArtifactStore(self.artifacts_dir).put(
            content, "application/json"
        )
        receipt = samples.receipt("volume").model_copy(
            update={
                "key": bought.key,
                "step_id": ask.step_id,
                "listing_id": bought.listing_id,
                "amount": bought.amount,
                "transaction": f"{ask.step_id}{samples.TRANSACTION}",
                "response_digest": output.digest,
            }
        )
        self.settled.append(ask.step_id)
        return Settlement(
            key=bought.key,
            listing_id=bought.listing_id,
            state=PaymentState.DELIVERED,
            output=output,
            receipt=receipt,
            http_status=200,
        )

    @activity.defn
    async def reconcile(self, ask: ReconcilePayment) -> Settlement:
        return Settlement(
            key=ask.key,
            listing_id=samples.VOLUME.listing_id,
            state=PaymentState.UNPAID,
            reason="nobody signed in time",
        )

    @activity.defn
    async def claim_refund(self, ask: ClaimRefund) -> RefundOutcome:
        if not self.refunds:
            nothing = samples.usdc("0")
            return RefundOutcome(key=ask.receipt.key, returned=nothing, reason="no answer")
        return RefundOutcome(
            key=ask.receipt.key,
            returned=ask.receipt.amount,
            transaction=f"back{ask.receipt.step_id}",
        )

    @activity.defn
    async def refund_terms(self, ask: FindRefundTerms) -> RefundTerms:
        if ask.key != samples.key("trend"):
            refuse("illegal_transition", f"payment {ask.key[:12]} was never paid")
        return RefundTerms(receipt=samples.receipt("trend"), refund=samples.TREND.refund)

    @activity.defn
    async def write_off(self, ask: WriteOff) -> Settlement:
        raise NotImplementedError(ask.reason)

    @activity.defn
    async def verify(self, ask: VerifyReceipts) -> ReceiptsVerified:
        return ReceiptsVerified(
            proven=tuple(one.key for one in ask.receipts if one.step_id not in self.failing)
        )

    @activity.defn
    async def anchor(self, record: AnchorRecord) -> WriteReceipt:
        return WriteReceipt(state="confirmed", transaction="anchored", slot=9, memo=record.memo)

    @activity.defn
    async def list_payments(self, ask: ListPayments) -> PaymentsFound:
        found = (samples.payment("trend", parked=self.parked), samples.payment("volume"))
        return PaymentsFound(
            payments=tuple(
                one
                for one in found
                if (one.parked or not ask.parked) and ask.workflow_id in {None, one.workflow_id}
            )
        )

    @activity.defn
    async def inspect(self, ask: InspectPayment) -> PaymentInspected:
        if not samples.key("trend").startswith(ask.key):
            refuse("illegal_transition", f"no payment's key begins with {ask.key}")
        begun = samples.STARTED
        moves = (PaymentState.RESERVED, PaymentState.SIGNED, PaymentState.DELIVERED)
        journal = tuple(
            JournalLine(at=begun + timedelta(seconds=n), state=move, evidence=f"move {n}")
            for n, move in enumerate(moves)
        )
        view = samples.payment("trend", parked=self.parked)
        return PaymentInspected(payment=view, journal=journal)

    @activity.defn
    async def find_unsettled(self, ask: FindUnsettled) -> UnsettledFound:
        assert ask.idle_seconds >= 0
        return UnsettledFound(keys=())

    @activity.defn
    async def resolve(self, ask: ResolvePayment) -> PaymentView:
        self.resolved.append(ask)
        return samples.payment("trend")

    @activity.defn
    async def audit(self, ask: AuditRecords) -> RecordsAudited:
        self.audits.append(ask)
        return RecordsAudited(
            payments=4, proven=ask.history, unsettled=(), mismatches=self.mismatches
        )

    @activity.defn
    async def export(self, ask: ExportReceipts) -> ReceiptBook:
        return samples.book("volume", "trend", whole=ask.workflow_id is None)

    def _quoted(self, plan: Plan, wallet: str | None) -> PlanQuoted:
        return PlanQuoted(
            plan=plan,
            wallet=wallet or "Installation",
            balance=samples.usdc("100"),
            policy=self.policy,
            quoted_at=datetime.now(UTC),
            new_payees=self.new_payees,
            holds=self.holds,
        )

    def _at_new_prices(self, plan: Plan) -> Plan:
        offers = tuple(
            offer.model_copy(update={"terms": self._new_terms(offer)}) for offer in plan.offers
        )
        return plan.model_copy(update={"offers": offers})

    def _new_terms(self, offer: Offer) -> Terms | None:
        price = self.dearer.get(offer.name)
        if price is None or offer.terms is None:
            return offer.terms
        units = samples.usdc(price).base_units
        return offer.terms.model_copy(update={"base_units": units})

    def _authorized(
        self, listing: ListingId, amount: Amount, pay_to: str, key: PaymentKey
    ) -> Authorization:
        return Authorization(
            key=key,
            listing_id=listing,
            amount=amount,
            pay_to=pay_to,
            order=samples.artifact(b"{}"),
            sealed_payment="c2VhbGVk",
            evidence=SvmEvidence(
                payer=samples.PAYER,
                message_digest=digest_json("message"),
                memo="memo",
                first_slot=1,
                last_valid_block_height=200,
            ),
        )


def offer_price(offer: Offer) -> str:
    """What an offer asks as things stand."""
    assert offer.terms is not None
    return offer.terms.amount.to_decimal()


def refuse(code: str, message: str) -> NoReturn:
    """Fail as the error boundary of a real worker would."""
    raise ApplicationError(message, type=code, non_retryable=True)
