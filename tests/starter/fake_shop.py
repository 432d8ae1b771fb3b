"""Activities of a shop that sells what the sample plan buys, and can be told to misbehave."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.artifacts.store_files import FileArtifactStore
from domain.artifacts import ArtifactRef
from domain.catalogue import Refusal
from domain.drafting import (
    CandidatesFound,
    DraftPlan,
    FindCandidates,
    PlanDrafted,
    SearchServices,
    ServicesFound,
)
from domain.ids import ListingId, PaymentKey, StepId, digest_json
from domain.payments import Authorization, PaymentState, Settlement
from domain.purchases import (
    AuthorizePurchase,
    ClaimRefund,
    PlanQuoted,
    QuotePlan,
    ReceiptsVerified,
    SettlePurchase,
    VerifyReceipts,
)
from domain.rollback import RefundOutcome
from domain.writes import AnchorRecord, WriteReceipt
from tests.starter import samples


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

    def activities(self) -> list[Any]:
        return [
            self.find_candidates,
            self.search,
            self.draft,
            self.quote,
            self.authorize,
            self.settle,
            self.claim_refund,
            self.verify,
            self.anchor,
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
            raise ApplicationError(
                f"no service can do: {ask.text}", type="request_not_servable", non_retryable=True
            )
        offers = tuple(
            one.model_copy(update={"example": self.padding}) for one in samples.PLAN.offers
        )
        return PlanDrafted(
            plan=samples.PLAN.model_copy(update={"offers": offers}), drafter="embedded"
        )

    @activity.defn
    async def quote(self, ask: QuotePlan) -> PlanQuoted:
        return PlanQuoted(plan=ask.plan, wallet="Payer", balance=samples.usdc("100"))

    @activity.defn
    async def authorize(self, ask: AuthorizePurchase) -> Authorization:
        step = ask.slot.step_id
        if step in self.failing:
            raise ApplicationError(
                f"{ask.offers[0].name} no longer asks what was approved",
                type="offer_refused",
                non_retryable=True,
            )
        offer = ask.offers[0]
        assert offer.terms is not None
        slot = [ask.slot.workflow_id, ask.slot.first_run_id, str(step), ask.slot.ordinal]
        return Authorization(
            key=PaymentKey(digest_json(slot)),
            listing_id=offer.listing_id,
            amount=offer.terms.amount,
            pay_to=offer.terms.pay_to,
            order=samples.artifact(b"{}"),
            sealed_payment="c2VhbGVk",
            message_digest=digest_json("message"),
            memo="memo",
            first_slot=1,
            last_valid_block_height=200,
        )

    @activity.defn
    async def settle(self, ask: SettlePurchase) -> Settlement:
        await asyncio.sleep(self.seconds)
        bought = ask.authorization
        content = f'{{"step": "{ask.step_id}"}}'.encode()
        output: ArtifactRef = await FileArtifactStore(self.artifacts_dir).put(
            content, "application/json"
        )
        receipt = samples.receipt(ask.step_id).model_copy(
            update={"key": bought.key, "response_digest": output.digest}
        )
        self.settled.append(ask.step_id)
        return Settlement(
            key=bought.key,
            listing_id=bought.listing_id,
            state=PaymentState.DELIVERED,
            output=output,
            receipt=receipt,
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
    async def verify(self, ask: VerifyReceipts) -> ReceiptsVerified:
        return ReceiptsVerified(
            proven=tuple(one.key for one in ask.receipts if one.step_id not in self.failing)
        )

    @activity.defn
    async def anchor(self, record: AnchorRecord) -> WriteReceipt:
        return WriteReceipt(state="confirmed", transaction="anchored", slot=9, memo=record.memo)
