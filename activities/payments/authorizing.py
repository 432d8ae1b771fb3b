"""From an approved offer to bytes signed once, sending nothing.

Obligations, in order; each is met before the next begins:

1. A slot that already holds signed bytes gets those again, never new ones.
2. A slot whose signature a person's wallet was asked for asks for the same one again, until the
   chain proves that it can never land.
3. The arguments satisfy the service's input schema before anyone is asked for terms.
4. The live terms are the approved ones, found among all that the seller names.
5. The installation's policy allows the host, the payee, the network and the price.
6. The price is reserved under every cap before anything is built or signed, and nothing is while
   the breaker of the facilitator is open, or that of a node that it takes.
7. What fails before a signature exists leaves no reservation; what fails later leaves one, for the
   next attempt or the reconciler.
8. The bytes are sealed and on record before they are returned.

``TermsChanged`` names every difference of every seller; it is raised only when no approved seller
can be bought from without a new approval.
"""

from datetime import UTC, datetime
from typing import Final

from activities.artifacts.values import load_inputs
from activities.payments.deliveries import keep, problem_with
from activities.payments.exchanges import Answer, Challenge, Demand
from activities.payments.identifying import identified
from activities.payments.instruments import Instruments
from activities.payments.learning import facilitator_of
from activities.payments.ledger.ports import Claim, LedgerUnavailable
from activities.payments.ordering import order_of
from activities.payments.outside_wallets import OutsideWallets
from activities.payments.payees import payee_problem
from activities.payments.reserving import Reserved
from activities.payments.sealing import sealed
from domain import schemas
from domain.artifacts import JSON_MEDIA_TYPE
from domain.breakers import BreakerKind
from domain.catalogue import Offer, Terms
from domain.errors import (
    AddressForbidden,
    BudgetExceeded,
    DataError,
    EngineError,
    OfferRefused,
    PaymentError,
    PolicyForbids,
    RecordsDisagree,
    SignatureRefused,
    TermsChanged,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import canonical_json, payment_key
from domain.payments import Authorization, FreeDelivery, SignatureRequest, choose_terms
from domain.policy import caps_at, policy_problem
from domain.purchases import AuthorizePurchase, Order

Authorized = Authorization | SignatureRequest | FreeDelivery

_ASKS_BEFORE_FALLBACK: Final = 2
"""A blip of the chosen seller is no reason to buy from a dearer one at once."""

_SUMMARIES: Final = (
    UpstreamUnavailable,
    BudgetExceeded,
    TermsChanged,
    WalletUnfunded,
    PolicyForbids,
    AddressForbidden,
    SignatureRefused,
    OfferRefused,
)
"""What the refusals of several sellers come to: the first of these among them, for it is the one
that most can be done about. Bad input alone is an error of data."""


class Authorizer:
    """Signs at most once for each slot of a run."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments
        self._wallets = OutsideWallets(instruments)

    async def authorize(self, ask: AuthorizePurchase) -> Authorized:
        """Sign for the first approved offer that still asks what was approved.

        Raises:
            UpstreamUnavailable: At least one seller may do it later; nothing happened.
            BudgetExceeded: A cap leaves too little for any of them.
            TermsChanged: Only a new approval helps.
            SignatureExpired: Nobody signed in time; the payment ended unpaid.
        """
        earlier = await self._with.ledger.in_slot(ask.slot)
        if earlier is not None and earlier.authorization is not None:
            return earlier.authorization  # obligation 1
        if earlier is not None and earlier.parked:
            raise RecordsDisagree(f"payment {earlier.key[:12]} waits for you: {earlier.parked}")
        if earlier is not None and earlier.prepared is not None:
            return await self._wallets.ask_again(earlier, earlier.prepared)  # obligation 2
        refusals: list[EngineError] = []
        for offer in ask.offers:
            try:
                return await self._authorize_one(offer, ask)
            except LedgerUnavailable:
                raise  # a signature may be on record for this seller: none is sought elsewhere
            except (PaymentError, UpstreamUnavailable, DataError) as refusal:
                refusals.append(refusal)
        raise _summary(refusals)

    async def _authorize_one(self, offer: Offer, ask: AuthorizePurchase) -> Authorized:
        order = await self._order(offer, ask)
        answer = await self._ask(order)
        if isinstance(answer, Answer):
            return await self._free(offer, order, answer)
        demand = await self._approved(answer, offer, order)
        await self._refuse_broken(demand.terms, offer)
        return await self._reserve_and_sign(offer, ask, order, answer, demand)

    async def _order(self, offer: Offer, ask: AuthorizePurchase) -> Order:
        names = ask.inputs.input_names.get(offer.listing_id, {})
        planned = await load_inputs(self._with.artifacts, ask.inputs)
        arguments = {names.get(name, name): value for name, value in planned.items()}
        problem = schemas.problem_with(arguments, offer.input_schema)  # obligation 3
        if problem is not None:
            raise DataError(f"step {ask.slot.step_id} would send {offer.name} bad input: {problem}")
        return order_of(offer, arguments)

    async def _ask(self, order: Order) -> Challenge | Answer:
        for left in range(_ASKS_BEFORE_FALLBACK - 1, -1, -1):
            try:
                return await self._with.seller.ask(order)
            except UpstreamUnavailable:
                if left == 0:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    async def _free(self, offer: Offer, order: Order, answer: Answer) -> FreeDelivery:
        problem = problem_with(answer, order)
        if problem is not None:
            raise OfferRefused(
                f"{offer.name} asks for no money and gives nothing usable: {problem}"
            )
        output = await keep(self._with.artifacts, answer)
        return FreeDelivery(listing_id=offer.listing_id, output=output)

    async def _approved(self, challenge: Challenge, offer: Offer, order: Order) -> Demand:
        terms = choose_terms([demand.terms for demand in challenge.demands], offer)  # obligation 4
        policy = self._with.policy
        payees = await self._with.ledger.payees(offer.listing_id)
        problem = policy_problem(policy, url=order.url, terms=terms) or payee_problem(
            payees, offer=offer, terms=terms, policy=policy
        )
        if problem is not None:
            raise PolicyForbids(f"{offer.name}: {problem}")  # obligation 5
        return next(demand for demand in challenge.demands if demand.terms == terms)

    async def _refuse_broken(self, terms: Terms, offer: Offer) -> None:
        """Sign nothing that a facilitator or node would only fail to bring to its end."""
        watch, facilitator = self._with.watch, facilitator_of(terms)
        if watch is None:
            return
        refusal = await self._with.rails.of(terms.network, terms.scheme).refusal()
        if refusal is None and facilitator is not None:
            refusal = await watch.refusal(BreakerKind.FACILITATOR, facilitator)
        if refusal is not None:
            raise UpstreamUnavailable(f"{offer.name}: {refusal}")

    async def _reserve_and_sign(
        self,
        offer: Offer,
        ask: AuthorizePurchase,
        order: Order,
        challenge: Challenge,
        demand: Demand,
    ) -> Authorized:
        rail = self._with.rails.of(demand.terms.network, demand.terms.scheme)
        payer = ask.wallet or rail.payer
        if payer is None:
            raise WalletUnfunded(f"no wallet of this installation pays on {demand.terms.network}")
        stored = await self._with.artifacts.put(
            canonical_json(order.model_dump(mode="json")), JSON_MEDIA_TYPE
        )
        now = datetime.now(UTC)
        claim = _claim(offer, ask, order, demand, payer=payer, now=now)
        caps = caps_at(self._with.policy, run_cap=ask.run_cap, now=now)
        reserved = Reserved(self._with.ledger, claim, caps)
        await reserved.hold()  # obligation 6
        named = identified(challenge, claim.key)
        unsigned = await reserved.prepare(rail, demand, named)  # obligation 7
        if ask.wallet is not None:
            return await self._wallets.ask(reserved.claim, unsigned, order=stored)
        signed = await reserved.sign(rail, unsigned)
        authorization = sealed(
            reserved.claim,
            signed,
            evidence=unsigned.evidence,
            order=stored,
            sealer=self._with.sealer,
        )
        return await self._with.ledger.sign(authorization)  # obligation 8


def _claim(
    offer: Offer,
    ask: AuthorizePurchase,
    order: Order,
    demand: Demand,
    *,
    payer: str,
    now: datetime,
) -> Claim:
    slot = ask.slot
    return Claim(
        key=payment_key(
            workflow_id=slot.workflow_id,
            first_run_id=slot.first_run_id,
            step_id=slot.step_id,
            purchase=order.digest,
            ordinal=slot.ordinal,
        ),
        slot=slot,
        listing_id=offer.listing_id,
        url=order.url,
        terms=demand.terms,
        quoted_at=now,
        order_digest=order.digest,
        refund=offer.refund,
        payer=payer,
    )


def _summary(refusals: list[EngineError]) -> EngineError:
    words = "; ".join(refusal.message for refusal in refusals)
    for kind in _SUMMARIES:
        if any(isinstance(refusal, kind) for refusal in refusals):
            return kind(words)
    if refusals and all(isinstance(refusal, DataError) for refusal in refusals):
        return DataError(words)
    return OfferRefused(words or "no approved service is left to buy from")
