"""Activities of a market in memory: same names, same messages, told how to behave.

What the workflows see of the outside world, without sellers or chains. The real activities are
tested on their own against real parts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.artifacts import ArtifactRef
from domain.bindings import CollectOutputs, Decide, ExpandMap, MapExpanded, TransformData
from domain.bookkeeping import FindUnsettled, UnsettledFound
from domain.buying import QuoteCall, plan_of_call
from domain.chains import SOLANA_DEVNET
from domain.ids import Digest, PaymentKey, StepId, payment_key
from domain.money import Amount
from domain.names import TaskQueue
from domain.payments import (
    Authorization,
    FreeDelivery,
    PaymentState,
    Receipt,
    Settlement,
    SignatureRequest,
    SvmEvidence,
)
from domain.plan import Plan
from domain.policy import SpendPolicy
from domain.purchases import (
    AttachSignature,
    AuthorizePurchase,
    ClaimRefund,
    FindRefundTerms,
    PlanQuoted,
    QuotePlan,
    ReconcilePayment,
    RefundTerms,
    SettlePurchase,
    WriteOff,
)
from domain.rollback import RefundOutcome
from domain.writes import AnchorRecord, WriteReceipt
from tests.fakes.planning import FakePlanning
from tests.fakes.wares import artifact, usdc

Ending = Literal["delivered", "unpaid", "paid_undelivered", "error", "hang"]


@dataclass
class FakeMarket(FakePlanning):
    """Scripted by step; records everything asked of it."""

    endings: dict[str, list[Ending]] = field(default_factory=dict)
    """By step id: how its successive payments end; delivered when nothing is said."""
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    """By step id: settling waits for this."""
    refunds: dict[str, bool] = field(default_factory=dict)
    """By step id: whether a claimed refund comes."""
    verdicts: dict[str, bool] = field(default_factory=dict)
    anchor_fails: bool = False
    unknown: set[str] = field(default_factory=set)
    """Steps whose settling times out once, so that only reconciling decides."""
    authorized: list[AuthorizePurchase] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    reconciled: list[str] = field(default_factory=list)
    claimed: list[str] = field(default_factory=list)
    anchored: list[AnchorRecord] = field(default_factory=list)
    written_off: list[WriteOff] = field(default_factory=list)
    attached: list[AttachSignature] = field(default_factory=list)
    collected: list[CollectOutputs] = field(default_factory=list)
    misfits: int = 0
    """How many signatures from outside do not fit before one does."""
    live: list[Plan] = field(default_factory=list)
    """What successive quotes find; the same as was asked when nothing is said."""
    quoted: list[QuotePlan] = field(default_factory=list)
    policy: SpendPolicy = field(default_factory=SpendPolicy)
    holds: tuple[str, ...] = ()
    drifts: dict[str, int] = field(default_factory=dict)
    """By step id: how many authorizations find other terms than were approved."""
    short: dict[str, int] = field(default_factory=dict)
    """By step id: how many authorizations would pass a cap."""
    unsettled: tuple[PaymentKey, ...] = ()

    def activities(self) -> dict[TaskQueue, list[Callable[..., Any]]]:
        return {
            TaskQueue.ORCHESTRATION: [self.transform, self.decide, self.expand, self.collect],
            TaskQueue.DISCOVERY: [self.find_candidates, self.remember_plan],
            TaskQueue.PLANNING: [self.draft],
            TaskQueue.PAYMENTS: [
                self.quote,
                self.quote_call,
                self.authorize,
                self.attach_signature,
                self.settle,
                self.reconcile,
                self.claim_refund,
                self.refund_terms,
                self.write_off,
                self.find_unsettled,
            ],
            TaskQueue.CHAINS: [self.anchor],
        }

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        self.quoted.append(ask)
        found = self.live.pop(0) if self.live else ask.plan
        return self._quoted(found)

    @activity.defn
    async def quote_call(self, ask: QuoteCall) -> PlanQuoted:
        terms = self.plan.offers[0].terms
        return self._quoted(plan_of_call(ask.request, terms, asset=ask.request.maximum.asset))

    def _quoted(self, found: Plan) -> PlanQuoted:
        return PlanQuoted(
            plan=found,
            wallet="wallet",
            balance=usdc("50"),
            policy=self.policy,
            quoted_at=datetime.now(UTC),
            holds=self.holds,
        )

    @activity.defn
    async def authorize(
        self, ask: AuthorizePurchase
    ) -> Authorization | SignatureRequest | FreeDelivery:
        step = str(ask.slot.step_id)
        if self.drifts.get(step, 0) > 0:
            self.drifts[step] -= 1
            raise ApplicationError(
                f"{step} costs more now", type="terms_changed", non_retryable=True
            )
        if self.short.get(step, 0) > 0:
            self.short[step] -= 1
            raise ApplicationError(
                f"{step} passes a cap", type="budget_exceeded", non_retryable=True
            )
        self.authorized.append(ask)
        chosen = ask.offers[0]
        if chosen.terms is None:
            return FreeDelivery(listing_id=chosen.listing_id, output=artifact("free"))
        authorization = self._authorization(ask)
        if ask.wallet is None:
            return authorization
        return SignatureRequest(
            **authorization.model_dump(include={"key", "listing_id", "amount", "pay_to"}),
            payer=ask.wallet,
            message="bWVzc2FnZQ==",
            reply_key="cmVwbHk=",
            evidence=authorization.evidence,
            sign_within_seconds=60,
        )

    def _authorization(self, ask: AuthorizePurchase) -> Authorization:
        chosen = ask.offers[0]
        assert chosen.terms is not None
        return Authorization(
            key=self._key(ask),
            listing_id=chosen.listing_id,
            amount=chosen.terms.amount,
            pay_to=chosen.terms.pay_to,
            order=artifact("order"),
            sealed_payment="sealed",
            evidence=SvmEvidence(
                payer="wallet",
                message_digest=Digest("1" * 64),
                memo="memo",
                first_slot=1,
                last_valid_block_height=151,
            ),
        )

    @activity.defn
    async def attach_signature(self, ask: AttachSignature) -> Authorization:
        if self.misfits > 0:
            self.misfits -= 1
            raise ApplicationError("no fit", type="signature_refused", non_retryable=True)
        self.attached.append(ask)
        return self._authorization(self._asked(ask.key))

    @activity.defn
    async def write_off(self, ask: WriteOff) -> Settlement:
        self.written_off.append(ask)
        return Settlement(
            key=ask.key,
            listing_id=self._asked(ask.key).offers[0].listing_id,
            state=PaymentState.WRITTEN_OFF,
        )

    @activity.defn
    async def refund_terms(self, ask: FindRefundTerms) -> RefundTerms:
        asked = self._asked(ask.key)
        receipt = _receipt(self._authorization(asked), asked.slot.step_id)
        return RefundTerms(receipt=receipt, refund=asked.offers[0].refund)

    @activity.defn
    async def find_unsettled(self, ask: FindUnsettled) -> UnsettledFound:
        return UnsettledFound(keys=self.unsettled)

    @activity.defn
    async def settle(self, ask: SettlePurchase) -> Settlement:
        step = str(ask.step_id)
        if step in self.gates:
            while not self.gates[step].is_set():
                activity.heartbeat()
                await asyncio.sleep(0.05)
        if step in self.unknown:
            raise ApplicationError("nobody knows", type="payment_unconfirmed", non_retryable=True)
        self.settled.append(step)
        return self._end(ask.authorization, ask.step_id)

    @activity.defn
    async def reconcile(self, ask: ReconcilePayment) -> Settlement:
        self.reconciled.append(str(ask.key))
        wanted = self._asked(ask.key)
        return self._end(self._authorization(wanted), wanted.slot.step_id)

    @activity.defn
    async def claim_refund(self, ask: ClaimRefund) -> RefundOutcome:
        step = str(ask.receipt.step_id)
        self.claimed.append(step)
        if self.refunds.get(step, True):
            return RefundOutcome(
                key=ask.receipt.key, returned=ask.receipt.amount, transaction=f"refund-{step}"
            )
        nothing = Amount.zero(ask.receipt.amount.asset)
        return RefundOutcome(key=ask.receipt.key, returned=nothing, reason="it did not come")

    @activity.defn
    async def anchor(self, record: AnchorRecord) -> WriteReceipt:
        if self.anchor_fails:
            raise ApplicationError("the chain is down", type="upstream_unavailable")
        self.anchored.append(record)
        return WriteReceipt(state="confirmed", transaction="memo-tx", slot=9, memo=record.memo)

    @activity.defn
    async def transform(self, ask: TransformData) -> ArtifactRef:
        return artifact(f"transformed {ask.step_id}")

    @activity.defn
    async def decide(self, ask: Decide) -> bool:
        return self.verdicts[ask.step_id]

    @activity.defn
    async def expand(self, ask: ExpandMap) -> MapExpanded:
        return MapExpanded(items=artifact("items"), count=3)

    @activity.defn
    async def collect(self, ask: CollectOutputs) -> ArtifactRef:
        self.collected.append(ask)
        return artifact(f"collected {len(ask.outputs)}")

    def _asked(self, key: PaymentKey) -> AuthorizePurchase:
        for ask in self.authorized:
            if self._key(ask) == key:
                return ask
        raise ApplicationError("no such payment", type="illegal_transition", non_retryable=True)

    def _key(self, ask: AuthorizePurchase) -> PaymentKey:
        return payment_key(
            workflow_id=ask.slot.workflow_id,
            first_run_id=ask.slot.first_run_id,
            step_id=ask.slot.step_id,
            purchase=Digest("0" * 64),
            ordinal=ask.slot.ordinal,
        )

    def _end(self, authorization: Authorization, step_id: StepId) -> Settlement:
        script = self.endings.get(str(step_id), [])
        ending = script.pop(0) if script else "delivered"
        if ending == "error":
            raise ApplicationError("a bug", type="data_error", non_retryable=True)
        state = PaymentState(ending)
        paid = state is not PaymentState.UNPAID
        delivered = state is PaymentState.DELIVERED
        return Settlement(
            key=authorization.key,
            listing_id=authorization.listing_id,
            state=state,
            output=artifact(f"output {step_id}") if delivered else None,
            receipt=_receipt(authorization, step_id) if paid else None,
            reason="" if delivered else f"it ended {ending}",
        )


def _receipt(authorization: Authorization, step_id: StepId) -> Receipt:
    return Receipt(
        key=authorization.key,
        step_id=step_id,
        listing_id=authorization.listing_id,
        amount=authorization.amount,
        network=SOLANA_DEVNET,
        pay_to=authorization.pay_to,
        payer="wallet",
        transaction=f"tx-{authorization.key[:8]}",
        slot=5,
        block_time=datetime(2026, 1, 1, tzinfo=UTC),
        response_digest=None,
    )
