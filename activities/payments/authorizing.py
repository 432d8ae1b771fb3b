"""From an approved offer to bytes signed once, sending nothing.

Obligations, in order; each is met before the next begins:

1. A slot that already holds signed bytes gets those again, never new ones.
2. The arguments satisfy the service's input schema before anyone is asked for terms.
3. The live terms are the approved ones, found among all the seller names.
4. The price is reserved under the run's cap before anything is signed.
5. The bytes are sealed and on record before they are returned.
"""

from typing import Final

from activities.artifacts.ports import ArtifactStore
from activities.artifacts.values import load_inputs
from activities.payments.ports import Answer, Challenge, Demand, Ledger, PaymentRail, Sealer, Seller
from domain import schemas
from domain.artifacts import JSON_MEDIA_TYPE
from domain.catalogue import Offer
from domain.errors import DataError, EngineError, OfferRefused, UpstreamUnavailable
from domain.ids import ListingId, canonical_json, payment_key
from domain.payments import Authorization, FreeDelivery, choose_terms
from domain.purchases import AuthorizePurchase, Order

_ASKS_BEFORE_FALLBACK: Final = 2
"""A blip of the chosen seller is no reason to buy from a dearer one at once."""


class Authorizer:
    """Signs at most once for each slot of a run."""

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
        self._ledger = ledger
        self._sealer = sealer
        self._artifacts = artifacts

    async def authorize(self, ask: AuthorizePurchase) -> Authorization | FreeDelivery:
        """Sign for the first approved offer that still asks what was approved.

        Raises:
            OfferRefused: Every seller now asks something that was not approved.
            UpstreamUnavailable: At least one seller may do it later; nothing happened.
        """
        earlier = await self._ledger.in_slot(ask.slot)
        if earlier is not None and earlier.authorization is not None:
            return earlier.authorization  # obligation 1
        refusals: list[EngineError] = []
        for offer in ask.offers:
            try:
                return await self._authorize_one(offer, ask)
            except (OfferRefused, UpstreamUnavailable, DataError) as refusal:
                refusals.append(refusal)
        raise _summary(refusals)

    async def _authorize_one(
        self, offer: Offer, ask: AuthorizePurchase
    ) -> Authorization | FreeDelivery:
        order = await self._order(offer, ask)
        answer = await self._ask(order)
        if isinstance(answer, Answer):
            return await self._free(offer.listing_id, answer)
        demand = _approved_demand(answer, offer)
        key = payment_key(
            workflow_id=ask.slot.workflow_id,
            first_run_id=ask.slot.first_run_id,
            step_id=ask.slot.step_id,
            purchase=order.digest,
            ordinal=ask.slot.ordinal,
        )
        await self._ledger.reserve(
            key, ask.slot, listing=offer.listing_id, terms=demand.terms, cap=ask.run_cap
        )  # obligation 4
        signed = await self._rail.sign(demand, answer, key=key)
        stored = await self._artifacts.put(
            canonical_json(order.model_dump(mode="json")), JSON_MEDIA_TYPE
        )
        authorization = Authorization(
            key=key,
            listing_id=offer.listing_id,
            amount=demand.terms.amount,
            pay_to=demand.terms.pay_to,
            order=stored,
            sealed_payment=self._sealer.seal(signed, key=key),
            message_digest=signed.message_digest,
            memo=signed.memo,
            first_slot=signed.first_slot,
            last_valid_block_height=signed.last_valid_block_height,
        )
        return await self._ledger.sign(authorization)  # obligation 5

    async def _order(self, offer: Offer, ask: AuthorizePurchase) -> Order:
        arguments = await load_inputs(self._artifacts, ask.inputs)
        problem = schemas.problem_with(arguments, offer.input_schema)  # obligation 2
        if problem is not None:
            raise DataError(f"step {ask.slot.step_id} would send {offer.name} bad input: {problem}")
        return Order(
            method=offer.method,
            url=offer.url,
            arguments=arguments,
            output_schema=offer.output_schema,
            media_type=offer.media_type,
        )

    async def _ask(self, order: Order) -> Challenge | Answer:
        for left in range(_ASKS_BEFORE_FALLBACK - 1, -1, -1):
            try:
                return await self._seller.ask(order)
            except UpstreamUnavailable:
                if left == 0:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    async def _free(self, listing: ListingId, answer: Answer) -> FreeDelivery:
        output = await self._artifacts.put(answer.body, answer.media_type)
        return FreeDelivery(listing_id=listing, output=output)


def _approved_demand(challenge: Challenge, offer: Offer) -> Demand:
    terms = choose_terms([demand.terms for demand in challenge.demands], offer)  # obligation 3
    return next(demand for demand in challenge.demands if demand.terms == terms)


def _summary(refusals: list[EngineError]) -> EngineError:
    words = "; ".join(refusal.message for refusal in refusals)
    if any(isinstance(refusal, UpstreamUnavailable) for refusal in refusals):
        return UpstreamUnavailable(words)
    if all(isinstance(refusal, DataError) for refusal in refusals):
        return DataError(words)
    return OfferRefused(words)
