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
from domain.bindings import (
    CollectOutputs,
    Decide,
    ExpandMap,
    MapExpanded,
    TransformData,
)
from domain.catalogue import Offer, RefundOffer, Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.drafting import CandidatesFound, DraftPlan, FindCandidates, PlanDrafted, TokenUsage
from domain.ids import Digest, ListingId, PaymentKey, StepId, digest_bytes, payment_key
from domain.money import Amount
from domain.names import TaskQueue
from domain.payments import Authorization, FreeDelivery, PaymentState, Receipt, Settlement
from domain.plan import Output, Plan, ServiceCall, Step, Undo
from domain.purchases import (
    AuthorizePurchase,
    ClaimRefund,
    PlanQuoted,
    QuotePlan,
    ReconcilePayment,
    SettlePurchase,
)
from domain.rollback import RefundOutcome
from domain.writes import AnchorRecord, WriteReceipt

Ending = Literal["delivered", "unpaid", "paid_undelivered", "error", "hang"]


def usdc(text: str) -> Amount:
    return Amount.from_decimal(text, USDC_DEVNET)


def artifact(name: str) -> ArtifactRef:
    return ArtifactRef(
        digest=digest_bytes(name.encode()), media_type="application/json", size_bytes=len(name)
    )


def listing(name: str) -> ListingId:
    return ListingId(f"POST https://{name}.example/")


def offer(name: str, price: str = "1.00", *, refundable: bool = False) -> Offer:
    terms = Terms(
        x402_version=2,
        scheme="exact",
        network=SOLANA_DEVNET,
        asset=USDC_DEVNET.address,
        base_units=usdc(price).base_units,
        pay_to=f"{name}-wallet",
        max_timeout_seconds=60,
        fee_payer="facilitator",
    )
    refund = RefundOffer(url=f"https://{name}.example/refund", window_seconds=600)
    return Offer(
        listing_id=listing(name),
        name=name,
        method="POST",
        url=f"https://{name}.example/",
        media_type="application/json",
        input_schema={"type": "object"},
        output_schema={"type": "object"},
        terms=terms,
        refund=refund if refundable else None,
        seconds=1.0,
    )


def call(
    name: str, *, after: tuple[str, ...] = (), alternates: tuple[str, ...] = ()
) -> ServiceCall:
    return ServiceCall(
        id=StepId(name),
        title=f"buy {name}",
        service=listing(name),
        alternates=tuple(listing(other) for other in alternates),
        arguments={wanted: Output(step=StepId(wanted)) for wanted in after},
        undo=Undo(action="none", note="none"),
    )


def plan(steps: tuple[Step, ...], offers: tuple[Offer, ...]) -> Plan:
    return Plan(request="test", asset=USDC_DEVNET, steps=steps, offers=offers)


@dataclass
class FakeMarket:
    """Scripted by step; records everything asked of it."""

    plan: Plan
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
    drafted: int = 0
    drafting: asyncio.Event | None = None
    """Drafting waits for this."""

    def activities(self) -> dict[TaskQueue, list[Callable[..., Any]]]:
        return {
            TaskQueue.ORCHESTRATION: [self.transform, self.decide, self.expand, self.collect],
            TaskQueue.DISCOVERY: [self.find_candidates],
            TaskQueue.PLANNING: [self.draft],
            TaskQueue.PAYMENTS: [
                self.quote,
                self.authorize,
                self.settle,
                self.reconcile,
                self.claim_refund,
            ],
            TaskQueue.CHAINS: [self.anchor],
        }

    @activity.defn
    async def find_candidates(self, ask: FindCandidates) -> CandidatesFound:
        return CandidatesFound(shortlist=artifact("shortlist"), candidates=3, refused=0)

    @activity.defn
    async def draft(self, ask: DraftPlan) -> PlanDrafted:
        self.drafted += 1
        if self.drafting is not None:
            await self.drafting.wait()
        return PlanDrafted(plan=self.plan, drafter="embedded", usage=TokenUsage(input_tokens=5))

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        return PlanQuoted(plan=ask.plan, wallet="wallet", balance=usdc("50"))

    @activity.defn
    async def authorize(self, ask: AuthorizePurchase) -> Authorization | FreeDelivery:
        self.authorized.append(ask)
        chosen = ask.offers[0]
        if chosen.terms is None:
            return FreeDelivery(listing_id=chosen.listing_id, output=artifact("free"))
        key = payment_key(
            workflow_id=ask.slot.workflow_id,
            first_run_id=ask.slot.first_run_id,
            step_id=ask.slot.step_id,
            purchase=Digest("0" * 64),
            ordinal=ask.slot.ordinal,
        )
        return Authorization(
            key=key,
            listing_id=chosen.listing_id,
            amount=chosen.terms.amount,
            pay_to=chosen.terms.pay_to,
            order=artifact("order"),
            sealed_payment="sealed",
            message_digest=Digest("1" * 64),
            memo="memo",
            first_slot=1,
            last_valid_block_height=151,
        )

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
        wanted = next(a for a in self.authorized if self._key(a) == ask.key)
        authorization = await self.authorize(wanted)
        self.authorized.pop()
        assert isinstance(authorization, Authorization)
        return self._end(authorization, wanted.slot.step_id)

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
        return artifact(f"collected {len(ask.outputs)}")

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
