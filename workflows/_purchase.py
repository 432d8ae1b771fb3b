"""One paid step: authorize, settle, and again only after proof that nothing moved."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.service import PaymentActivities
from domain.artifacts import ArtifactRef
from domain.bindings import BoundInputs
from domain.catalogue import Offer
from domain.errors import SignatureRefused
from domain.execution import StepState
from domain.ids import ListingId, StepId
from domain.limits import MAX_PURCHASES_PER_STEP, SIGNATURE_WAIT
from domain.money import Amount
from domain.payments import (
    Authorization,
    FreeDelivery,
    PaymentState,
    Settlement,
    SignatureRequest,
)
from domain.plan import PaidStep, Plan
from domain.purchases import (
    AttachSignature,
    AuthorizePurchase,
    PurchaseSlot,
    ReconcilePayment,
    SettlePurchase,
    WriteOff,
)
from domain.rollback import action_of
from workflows import _policies as policy
from workflows._desk import Desk
from workflows._failures import STOPPED, StepFailed, reason_of
from workflows._progress import Progress
from workflows._rollback import claim_back

_PAUSE_SECONDS: Final = 2.0
"""Before a second signature; doubles with each further one, and varies by half."""


_PARKED_SECONDS: Final = 60.0
"""Before a payment in doubt is looked at again after the looking itself failed; doubles."""

_LONGEST_PARKED_SECONDS: Final = 3600.0
"""An operator who mends the installation waits at most this long for the run to notice."""


@dataclass(frozen=True)
class Mandate:
    """What a person approved, in force until the run asks again."""

    plan: Plan
    cap: Amount
    """Most the run may spend, what it spent before included."""
    allowance: Amount
    """Most that may be lost while other approved sellers are tried."""
    round: int


@dataclass(frozen=True)
class Wanted:
    """What one slot of a run buys."""

    step: PaidStep
    slot_id: StepId
    """The step's id; with the item's index for an item of a ``map``."""
    inputs: BoundInputs


class Purchaser:
    """Buys for one run, under whatever plan and cap are approved at the time."""

    def __init__(
        self, mandate: Mandate, *, progress: Progress, desk: Desk, wallet: str | None
    ) -> None:
        self._terms = mandate
        self._progress = progress
        self._desk = desk
        self._wallet = wallet
        self._bought: dict[StepId, ArtifactRef] = {}
        self._ordinals: dict[StepId, int] = {}
        self._unlucky: dict[StepId, list[ListingId]] = {}
        self._takers: dict[StepId, set[ListingId]] = {}
        self._tried: dict[StepId, ListingId] = {}
        self._stopping = False

    def use(self, mandate: Mandate) -> None:
        """Buy under a new approval from now on."""
        self._terms = mandate
        self._stopping = False

    def stop(self) -> None:
        """Wait for no more signatures: the run is ending, or asks again."""
        self._stopping = True

    def deliverer_of(self, slot_id: StepId) -> ListingId | None:
        """Who was bought from last in a slot; once it is filled, who filled it."""
        return self._tried.get(slot_id)

    async def buy(self, wanted: Wanted) -> ArtifactRef:
        """Buy once and return what was delivered.

        Raises:
            StepFailed: Nothing was delivered. What was paid all the same is counted.
        """
        slot, step_id = wanted.slot_id, wanted.step.id
        if slot in self._bought:
            return self._bought[slot]  # before the run came back to its person
        why = "nothing was tried"
        for ordinal in range(self._ordinals.get(slot, 0), MAX_PURCHASES_PER_STEP):
            bought = await self._attempt(wanted, ordinal)
            if isinstance(bought, Settlement):
                self._count(step_id, bought)
                self._ordinals[slot] = ordinal + 1
            output = bought.output if isinstance(bought, Settlement) else bought
            if output is not None:
                self._bought[slot] = output
                return output
            assert isinstance(bought, Settlement)  # noqa: S101 - only those have no output
            if bought.state is not PaymentState.UNPAID:
                await self._bear(wanted, bought)
            self._unlucky.setdefault(slot, []).append(bought.listing_id)
            why = bought.reason
            self._progress.note(step_id, note=why)
            if self._stopping:
                raise StepFailed(STOPPED, f"step {step_id}: {why}")
            await self._pause(ordinal)
        raise StepFailed("not_delivered", f"step {step_id}: {why}")

    async def _attempt(self, wanted: Wanted, ordinal: int) -> ArtifactRef | Settlement:
        authorized = await self._authorize(wanted, ordinal)
        self._tried[wanted.slot_id] = authorized.listing_id
        self._show(wanted.step.id, authorized.listing_id)
        if isinstance(authorized, FreeDelivery):
            return authorized.output
        if isinstance(authorized, Authorization):
            return await self._settle(wanted, authorized)
        signed = await self._signed(wanted, authorized)
        return signed if isinstance(signed, Settlement) else await self._settle(wanted, signed)

    async def _authorize(
        self, wanted: Wanted, ordinal: int
    ) -> Authorization | SignatureRequest | FreeDelivery:
        info = workflow.info()
        self._enter(wanted, StepState.AUTHORIZING)
        try:
            return await workflow.execute_activity_method(
                PaymentActivities.authorize,
                AuthorizePurchase(
                    slot=PurchaseSlot(
                        workflow_id=info.workflow_id,
                        first_run_id=info.first_execution_run_id,
                        step_id=wanted.slot_id,
                        ordinal=ordinal,
                    ),
                    offers=self._offers(wanted),
                    inputs=wanted.inputs,
                    run_cap=self._terms.cap,
                    wallet=self._wallet,
                ),
                **policy.named(
                    policy.AUTHORIZE,
                    f"{wanted.slot_id}: check the terms and sign",
                    activity_id=f"{wanted.slot_id}/{ordinal}/authorize/{self._terms.round}",
                ),
            )
        except ActivityError as err:
            raise StepFailed(*reason_of(err)) from err

    def _offers(self, wanted: Wanted) -> tuple[Offer, ...]:
        """Who may be bought from: never again who took money, at last who failed otherwise."""
        unlucky = self._unlucky.get(wanted.slot_id, [])
        takers = self._takers.get(wanted.slot_id, set())
        approved = self._terms.plan.offers_for(wanted.step)
        left = [offer for offer in approved if offer.listing_id not in takers]
        return tuple(
            sorted(
                left, key=lambda o: unlucky.index(o.listing_id) if o.listing_id in unlucky else -1
            )
        )

    async def _signed(
        self, wanted: Wanted, request: SignatureRequest
    ) -> Authorization | Settlement:
        """Have the person's own wallet sign, or prove that nothing can come of it any more."""
        self._desk.want(request)
        self._progress.signatures_wanted(self._desk.signature_requests)
        deadline = workflow.now() + SIGNATURE_WAIT
        try:
            while (signature := await self._given(request, deadline)) is not None:
                try:
                    return await self._complete(wanted, signature)
                except StepFailed as failure:
                    if failure.reason_code != SignatureRefused.code:
                        break  # such as one that came when nothing could land any more
                    self._progress.note(wanted.step.id, note=failure.message)
                    self._desk.refuse(request.key)
        finally:
            self._desk.done_with(request.key)
            self._progress.signatures_wanted(self._desk.signature_requests)
        # What was to be signed may have been signed without our hearing of it.
        return await self._reconciled(wanted, request, "nobody signed in time")

    async def _given(self, request: SignatureRequest, deadline: datetime) -> AttachSignature | None:
        """Wait for a signature; ``None`` when there is no more time, or the run is ending."""
        left = deadline - workflow.now()
        if left <= timedelta(0):
            return None
        try:
            await workflow.wait_condition(
                lambda: self._stopping or self._desk.given(request.key) is not None,
                timeout=left,
                timeout_summary="the wallet does not sign",
            )
        except TimeoutError:
            return None
        return self._desk.given(request.key)

    async def _complete(self, wanted: Wanted, signature: AttachSignature) -> Authorization:
        try:
            return await workflow.execute_activity_method(
                PaymentActivities.attach_signature,
                signature,
                **policy.named(policy.ATTACH, f"{wanted.slot_id}: check the signature"),
            )
        except ActivityError as err:
            raise StepFailed(*reason_of(err)) from err

    async def _settle(self, wanted: Wanted, authorization: Authorization) -> Settlement:
        self._progress.reserve(authorization.amount)
        self._enter(wanted, StepState.PAYING)
        try:
            return await self._decided(wanted, authorization)
        finally:
            self._progress.release(authorization.amount)

    async def _decided(self, wanted: Wanted, authorization: Authorization) -> Settlement:
        try:
            return await workflow.execute_activity_method(
                PaymentActivities.settle,
                SettlePurchase(step_id=wanted.step.id, authorization=authorization),
                **policy.named(
                    policy.SETTLE,
                    f"{wanted.slot_id}: pay {authorization.amount} to {self._name(authorization)}",
                    activity_id=f"{authorization.key[:16]}/settle",
                ),
            )
        except ActivityError as err:
            # Bytes may be out there: never a failure, always a question to the chain.
            _, why = reason_of(err)
        return await self._reconciled(wanted, authorization, why)

    async def _reconciled(
        self, wanted: Wanted, signed: Authorization | SignatureRequest, why: str
    ) -> Settlement:
        for tries in itertools.count():
            self._progress.note(
                wanted.step.id,
                payment_state=PaymentState.UNKNOWN,
                note=f"asking the chain whether it was paid: {why}",
            )
            try:
                return await workflow.execute_activity_method(
                    PaymentActivities.reconcile,
                    ReconcilePayment(key=signed.key),
                    **policy.named(
                        policy.RECONCILE,
                        f"{wanted.slot_id}: find out whether it was paid",
                        activity_id=f"{signed.key[:16]}/reconcile/{tries}",
                    ),
                )
            except ActivityError as err:
                # Only a broken installation ends up here; the question stays open meanwhile.
                _, why = reason_of(err)
            await workflow.sleep(min(_PARKED_SECONDS * 2**tries, _LONGEST_PARKED_SECONDS))
        raise AssertionError("unreachable")  # pragma: no cover

    async def _bear(self, wanted: Wanted, settlement: Settlement) -> None:
        """Go on after money was taken for nothing, if that is within what may be lost.

        Raises:
            StepFailed: It is not, or no other approved seller is left.
        """
        loss = StepFailed("paid_undelivered", _loss(settlement))
        self._takers.setdefault(wanted.slot_id, set()).add(settlement.listing_id)
        if settlement.parked or self._stopping or not self._offers(wanted):
            raise loss
        effect = self._progress.effect(settlement.key)
        if effect.refund is None and self._progress.lost > self._terms.allowance:
            raise loss
        if action_of(effect) != "none":
            entry = await claim_back(effect, loss.message)
            self._progress.undone(entry)
        if self._progress.lost > self._terms.allowance:
            raise loss
        if not self._progress.is_returned(settlement.key):
            await self._give_up(settlement, loss.message)

    async def _give_up(self, settlement: Settlement, reason: str) -> None:
        try:
            await workflow.execute_activity_method(
                PaymentActivities.write_off,
                WriteOff(key=settlement.key, reason=reason),
                **policy.named(policy.WRITE_OFF, "accept the loss, as approved"),
            )
        except ActivityError as err:
            raise StepFailed(*reason_of(err)) from err

    def _count(self, step_id: StepId, settlement: Settlement) -> None:
        self._progress.note(step_id, http_status=settlement.http_status)
        if settlement.receipt is None:
            self._progress.note(step_id, payment_state=settlement.state)
            return
        self._progress.paid(
            step_id,
            settlement.receipt,
            refund=self._terms.plan.offer(settlement.listing_id).refund,
            delivered=settlement.state is PaymentState.DELIVERED,
        )

    def _enter(self, wanted: Wanted, state: StepState) -> None:
        # The items of a map share one step and pay at the same time.
        step_id = wanted.step.id
        if wanted.slot_id == step_id and self._progress.state_of(step_id) is not state:
            self._progress.step(step_id, state)

    def _name(self, authorization: Authorization) -> str:
        return self._terms.plan.offer(authorization.listing_id).name

    def _show(self, step_id: StepId, listing: ListingId) -> None:
        self._progress.note(step_id, service=self._terms.plan.offer(listing).name)

    async def _pause(self, ordinal: int) -> None:
        jitter = workflow.random().uniform(0.5, 1.5)
        await workflow.sleep(_PAUSE_SECONDS * 2**ordinal * jitter)


def _loss(settlement: Settlement) -> str:
    paid = settlement.receipt.amount if settlement.receipt else "money"
    return f"{settlement.listing_id} took {paid} and delivered nothing usable: {settlement.reason}"
