"""What a run asks of the payment activities: quotes, purchases, refunds."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.bindings import BoundInputs
from domain.catalogue import Offer, RefundOffer, Terms
from domain.errors import OfferRefused
from domain.ids import Digest, ListingId, PaymentKey, StepId, digest_json
from domain.money import Amount
from domain.payments import BINDING_TERMS, Authorization, Receipt
from domain.plan import PaidStep, Plan, Undo
from domain.policy import SpendPolicy


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class PurchaseSlot(Frozen):
    """The place in a run that one payment fills, whatever is bought and however often retried."""

    workflow_id: str
    first_run_id: str
    """Stable over resets and continue-as-new, unlike the run id."""
    step_id: StepId
    """With ``#`` and the item's index for an item of a ``map``."""
    ordinal: int
    """How many earlier payments in this place were proven never to have landed."""


class QuotePlan(Frozen):
    """Ask every seller of a plan for its live terms, paying nothing."""

    plan: Plan
    budget: Amount
    wallet: str | None = None
    """Address of the person's own wallet; the installation's wallets pay without it."""
    done: tuple[StepId, ...] = ()
    """Steps that are bought already; their sellers are not asked again."""


class PlanQuoted(Frozen):
    """The plan at its live prices; its digest binds them."""

    plan: Plan
    wallet: str
    balance: Amount
    policy: SpendPolicy
    quoted_at: datetime
    """When the sellers were asked; the approval expires counted from then."""
    new_payees: tuple[str, ...] = ()
    """Who would be paid for the first time, in words."""
    holds: tuple[str, ...] = ()
    """What a person must look at before this may be approved."""


class AuthorizePurchase(Frozen):
    """Ask for one signature that buys one step's service."""

    slot: PurchaseSlot
    offers: tuple[Offer, ...]
    """Approved services, in the order in which to try them."""
    inputs: BoundInputs
    run_cap: Amount
    """Most the run may have spent and reserved together, this purchase included."""
    wallet: str | None = None
    """Address of the person's own wallet, which must sign; the installation signs without it."""


class AttachSignature(Frozen):
    """The signature that a person's own wallet gave."""

    key: PaymentKey
    sealed_signature: str
    """Encrypted to the ``reply_key`` of the request for it; base64."""


class Order(Frozen):
    """The request that is paid for, kept as an artifact so that a resend is the same request."""

    method: str
    url: str
    arguments: dict[str, JsonValue]
    """JSON body, or query parameters of a ``GET``."""
    output_schema: dict[str, JsonValue]
    media_type: str

    @property
    def digest(self) -> Digest:
        """Of what is bought, without its price: a new quote is the same purchase."""
        return digest_json([self.method, self.url, self.arguments])


class SettlePurchase(Frozen):
    """Send what was signed, and find out what became of it."""

    step_id: StepId
    authorization: Authorization


class ReconcilePayment(Frozen):
    """Find out what became of a payment, from the chain alone."""

    key: PaymentKey


class ClaimRefund(Frozen):
    """Ask a seller for money back, and watch for it."""

    receipt: Receipt
    refund: RefundOffer | None
    """``None`` where the payment scheme itself has a way back."""
    reason: str
    give_up_at: datetime


class RefundPayment(Frozen):
    """What starts a refund that a person wants."""

    key: PaymentKey
    reason: str


class FindRefundTerms(Frozen):
    """Ask how a payment that a person wants back can be undone."""

    key: PaymentKey


class RefundTerms(Frozen):
    """Answer to ``FindRefundTerms``."""

    receipt: Receipt
    refund: RefundOffer | None


class WriteOff(Frozen):
    """Give up on money that was paid for nothing, keeping the evidence."""

    key: PaymentKey
    reason: str


class VerifyReceipts(Frozen):
    """Ask the chain again for what receipts say."""

    receipts: tuple[Receipt, ...]


class ReceiptsVerified(Frozen):
    """The receipts that the chain still proves; the others it does not."""

    proven: tuple[PaymentKey, ...]


class Unavailable(Frozen):
    """A seller that gave no usable live terms."""

    reason: str


LiveTerms = Mapping[ListingId, Terms | Unavailable | None]
"""What each seller answered: terms, nothing because it is free, or why it cannot be used."""


def offers_to_ask(plan: Plan, done: Collection[StepId] = ()) -> tuple[Offer, ...]:
    """The offers whose live terms a quote of ``plan`` needs."""
    open_steps = (s for s in plan.steps if isinstance(s, PaidStep) and s.id not in done)
    wanted = {listing for step in open_steps for listing in services(step)}
    return tuple(offer for offer in plan.offers if offer.listing_id in wanted)


def requote(plan: Plan, live: LiveTerms, *, now: datetime, done: Collection[StepId] = ()) -> Plan:
    """Put live terms into ``plan``; a seller that has none gives way to its next fallback.

    Args:
        plan: What was planned, or approved before.
        live: What the sellers of ``offers_to_ask`` answered.
        now: When they were asked.
        done: Steps that are bought already and stay as they are.

    Raises:
        OfferRefused: A step is left without any service.
    """
    usable = {listing for listing, terms in live.items() if not isinstance(terms, Unavailable)}
    steps = tuple(
        _with_usable(step, plan, usable, live)
        if isinstance(step, PaidStep) and step.id not in done
        else step
        for step in plan.steps
    )
    used = {listing for step in steps if isinstance(step, PaidStep) for listing in services(step)}
    offers = tuple(_requoted(offer, live, now) for offer in plan.offers if offer.listing_id in used)
    return plan.model_copy(update={"steps": steps, "offers": offers})


def _requoted(offer: Offer, live: LiveTerms, now: datetime) -> Offer:
    terms = live.get(offer.listing_id)
    if offer.listing_id not in live or isinstance(terms, Unavailable):
        return offer  # only a step that is done uses it
    return offer.model_copy(update={"terms": terms, "quoted_at": now})


def plan_changes(before: Plan, after: Plan, *, done: Collection[StepId]) -> tuple[str, ...]:
    """What a person who approved ``before`` must see before approving ``after``."""
    changes: list[str] = []
    for step in after.steps:
        earlier = before.step(step.id)
        if step.id in done or not isinstance(step, PaidStep) or not isinstance(earlier, PaidStep):
            continue
        changes += [f"{step.id}: {words}" for words in _step_changes(before, after, earlier, step)]
    return tuple(changes)


def _step_changes(before: Plan, after: Plan, old: PaidStep, new: PaidStep) -> list[str]:
    changes: list[str] = []
    if old.service != new.service:
        changes.append(
            f"{before.offer(old.service).name} gives way to {after.offer(new.service).name}"
        )
    for listing in services(new):
        if listing in services(old):
            was, now = before.offer(listing), after.offer(listing)
            changes += [f"{now.name} {words}" for words in _terms_changes(was.terms, now.terms)]
    gone = [before.offer(listing).name for listing in services(old) if listing not in services(new)]
    return changes + [f"{name} can no longer be used" for name in gone]


_CHANGED: Final = {"network": "is paid on", "pay_to": "is paid to", "scheme": "uses"}


def _terms_changes(was: Terms | None, now: Terms | None) -> list[str]:
    if was is None or now is None:
        return [] if was is now else ["now asks for money" if was is None else "is free now"]
    changes: list[str] = []
    if was.amount.base_units != now.amount.base_units:
        changes.append(f"costs {now.amount} instead of {was.amount}")
    for field in BINDING_TERMS:
        if getattr(was, field) != getattr(now, field):
            words = _CHANGED.get(field, f"has {field}")
            changes.append(f"{words} {getattr(now, field)} instead of {getattr(was, field)}")
    return changes


def services(step: PaidStep) -> tuple[ListingId, ...]:
    """The chosen service and its fallbacks."""
    return (step.service, *step.alternates)


def _with_usable(step: PaidStep, plan: Plan, usable: set[ListingId], live: LiveTerms) -> PaidStep:
    left = [listing for listing in services(step) if listing in usable]
    if not left:
        chosen = live.get(step.service)
        why = chosen.reason if isinstance(chosen, Unavailable) else "gone"
        raise OfferRefused(
            f"no service is left for step {step.id}: {plan.offer(step.service).name}: {why}"
        )
    changes: dict[str, object] = {"service": left[0], "alternates": tuple(left[1:])}
    if left[0] != step.service:
        changes["undo"] = undo_of(plan.offer(left[0]))
    return step.model_copy(update=changes)


def undo_of(offer: Offer) -> Undo:
    """What can be done to undo a purchase of ``offer``, in words for a person."""
    if offer.terms is None:
        return Undo(action="none", note="free, nothing to undo")
    if offer.terms.scheme == "batch-settlement":
        return Undo(action="channel_refund", note="what the channel has left comes back")
    if offer.refund is None:
        return Undo(action="none", note="no refund is offered; the money stays spent")
    minutes = offer.refund.window_seconds // 60
    if offer.refund.kind == "cancel":
        return Undo(action="cancel_call", note=f"can be called off within {minutes} min")
    return Undo(action="refund_claim", note=f"refund from the seller within {minutes} min")
