"""One paid step: authorize, settle, and again only after proof that nothing moved."""

import itertools
from dataclasses import dataclass
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.service import PaymentActivities
from domain.artifacts import ArtifactRef
from domain.bindings import BoundInputs
from domain.catalogue import Offer
from domain.execution import StepState
from domain.ids import ListingId, StepId
from domain.limits import MAX_PURCHASES_PER_STEP
from domain.money import Amount
from domain.payments import Authorization, FreeDelivery, PaymentState, Settlement
from domain.plan import PaidStep, Plan
from domain.purchases import AuthorizePurchase, PurchaseSlot, ReconcilePayment, SettlePurchase
from workflows import _policies as policy
from workflows._failures import StepFailed, reason_of
from workflows._progress import Progress

_PAUSE_SECONDS: Final = 2.0
"""Before a second signature; doubles with each further one, and varies by half."""


_PARKED_SECONDS: Final = 60.0
"""Before a payment in doubt is looked at again after the looking itself failed; doubles."""

_LONGEST_PARKED_SECONDS: Final = 3600.0
"""An operator who mends the installation waits at most this long for the run to notice."""


@dataclass(frozen=True)
class Wanted:
    """What one slot of a run buys."""

    step: PaidStep
    slot_id: StepId
    """The step's id; with the item's index for an item of a ``map``."""
    inputs: BoundInputs


class Purchaser:
    """Buys for one run, under its approved plan and cap."""

    def __init__(self, *, plan: Plan, progress: Progress, cap: Amount) -> None:
        self._plan = plan
        self._progress = progress
        self._cap = cap

    async def buy(self, wanted: Wanted) -> ArtifactRef:
        """Buy once and return what was delivered.

        Raises:
            StepFailed: Nothing was delivered. What was paid all the same is counted.
        """
        step_id = wanted.step.id
        offers = self._plan.offers_for(wanted.step)
        why = "nothing was tried"
        for ordinal in range(MAX_PURCHASES_PER_STEP):
            bought = await self._authorize(wanted, offers, ordinal)
            self._show(step_id, bought.listing_id)
            if isinstance(bought, FreeDelivery):
                return bought.output
            settlement = await self._settle(wanted, bought)
            self._count(step_id, settlement)
            if settlement.output is not None:
                return settlement.output
            if settlement.state is not PaymentState.UNPAID:
                raise StepFailed("paid_undelivered", _loss(settlement))
            why = settlement.reason
            self._progress.note(step_id, note=why)
            offers = _last(offers, settlement.listing_id)
            await self._pause(ordinal)
        raise StepFailed("not_delivered", f"step {step_id}: {why}")

    async def _authorize(
        self, wanted: Wanted, offers: tuple[Offer, ...], ordinal: int
    ) -> Authorization | FreeDelivery:
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
                    offers=offers,
                    inputs=wanted.inputs,
                    run_cap=self._cap,
                ),
                **policy.named(
                    policy.AUTHORIZE,
                    f"{wanted.slot_id}: check the terms and sign",
                    activity_id=f"{wanted.slot_id}/{ordinal}/authorize",
                ),
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
        self, wanted: Wanted, authorization: Authorization, why: str
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
                    ReconcilePayment(key=authorization.key),
                    **policy.named(
                        policy.RECONCILE,
                        f"{wanted.slot_id}: find out whether it was paid",
                        activity_id=f"{authorization.key[:16]}/reconcile/{tries}",
                    ),
                )
            except ActivityError as err:
                # Only a broken installation ends up here; the question stays open meanwhile.
                _, why = reason_of(err)
            await workflow.sleep(min(_PARKED_SECONDS * 2**tries, _LONGEST_PARKED_SECONDS))
        raise AssertionError("unreachable")  # pragma: no cover

    def _count(self, step_id: StepId, settlement: Settlement) -> None:
        if settlement.receipt is None:
            self._progress.note(step_id, payment_state=settlement.state)
            return
        self._progress.paid(
            step_id,
            settlement.receipt,
            refund=self._plan.offer(settlement.listing_id).refund,
            delivered=settlement.state is PaymentState.DELIVERED,
        )

    def _enter(self, wanted: Wanted, state: StepState) -> None:
        # The items of a map share one step and pay at the same time.
        if wanted.slot_id == wanted.step.id:
            self._progress.step(wanted.step.id, state)

    def _name(self, authorization: Authorization) -> str:
        return self._plan.offer(authorization.listing_id).name

    def _show(self, step_id: StepId, listing: ListingId) -> None:
        self._progress.note(step_id, service=self._plan.offer(listing).name)

    async def _pause(self, ordinal: int) -> None:
        jitter = workflow.random().uniform(0.5, 1.5)
        await workflow.sleep(_PAUSE_SECONDS * 2**ordinal * jitter)


def _last(offers: tuple[Offer, ...], listing: ListingId) -> tuple[Offer, ...]:
    """Try whoever failed after all the others."""
    failed = tuple(offer for offer in offers if offer.listing_id == listing)
    return tuple(offer for offer in offers if offer.listing_id != listing) + failed


def _loss(settlement: Settlement) -> str:
    paid = settlement.receipt.amount if settlement.receipt else "money"
    return f"{settlement.listing_id} took {paid} and delivered nothing usable: {settlement.reason}"
