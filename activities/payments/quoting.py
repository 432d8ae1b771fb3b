"""Reading sellers' live terms before approval, paying nothing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import Payee
from activities.payments.payees import change_words, is_changed, is_new, payee_problem
from activities.payments.ports import Challenge
from domain.buying import QuoteCall, plan_of_call
from domain.catalogue import Offer, Terms
from domain.errors import (
    OfferRefused,
    PaymentError,
    PolicyForbids,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import ListingId
from domain.money import Amount, total
from domain.payments import Wallets, cheapest_way, choose_quote, signing_problem
from domain.plan import PaidStep, Plan
from domain.policy import policy_problem
from domain.purchases import Order, PlanQuoted, QuotePlan, Unavailable, offers_to_ask, requote

_AT_ONCE: Final = 16
"""Sellers asked at the same time."""

Answered = Terms | Unavailable | None


class Quoter:
    """Puts live terms into plans, and says what a person should know before approving them."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def quote(self, ask: QuotePlan, *, now: datetime) -> PlanQuoted:
        """Ask every seller that the plan still needs.

        Raises:
            OfferRefused: A step is left without a seller whose live terms can be paid.
            WalletUnfunded: A wallet could not pay its part; said before anyone approves it.
        """
        wallets = await self._wallets(ask.wallet)
        gate = asyncio.Semaphore(_AT_ONCE)
        # Read before anyone is asked: a ledger that does not answer is no fault of a seller's.
        asked = [
            (offer, await self._with.ledger.payees(offer.listing_id))
            for offer in offers_to_ask(ask.plan, ask.done)
        ]
        async with asyncio.TaskGroup() as group:
            tasks = {
                offer.listing_id: group.create_task(self._live(offer, payees, wallets, gate))
                for offer, payees in asked
            }
        live: dict[ListingId, Answered] = {
            listing: task.result() for listing, task in tasks.items()
        }
        quoted = requote(ask.plan, live, now=now, done=ask.done)
        steps = [s for s in quoted.steps if isinstance(s, PaidStep) and s.id not in ask.done]
        return await self._described(quoted, steps, wallets, now=now)

    async def quote_call(self, ask: QuoteCall, *, now: datetime) -> PlanQuoted:
        """Ask one address for its live terms.

        Raises:
            OfferRefused: None of its terms can be paid.
            PolicyForbids: A rule of the installation forbids every one that could.
            WalletUnfunded: The wallet could not pay it.
        """
        request = ask.request
        wallets = await self._wallets(request.wallet)
        free = plan_of_call(request, None, asset=request.maximum.asset)
        (offer,) = free.offers
        order = _order(offer, dict(request.arguments))
        answer = await self._with.seller.ask(order)
        terms: Terms | None = None
        if isinstance(answer, Challenge):
            offered = [demand.terms for demand in answer.demands]
            payees = await self._with.ledger.payees(offer.listing_id)
            allowed, forbidden = self._allowed(offered, offer, payees)
            if forbidden and not any(signing_problem(each) is None for each in allowed):
                raise PolicyForbids(f"{offer.name}: {forbidden[0]}")
            terms = cheapest_way(allowed, name=offer.name, wallets=wallets)
        plan = plan_of_call(request, terms, asset=request.maximum.asset)
        live: dict[ListingId, Answered] = {offer.listing_id: terms}
        quoted = requote(plan, live, now=now)
        steps = [step for step in quoted.steps if isinstance(step, PaidStep)]
        return await self._described(quoted, steps, wallets, now=now)

    async def _wallets(self, own: str | None) -> Wallets:
        found = await self._with.rails.wallets(own)
        if not found and own is None:
            for rail in self._with.rails.all():
                if rail.payer is not None:
                    await rail.balance(rail.payer)  # says what the wallet lacks
        return found

    async def _live(
        self, offer: Offer, payees: Sequence[Payee], wallets: Wallets, gate: asyncio.Semaphore
    ) -> Answered:
        example = offer.example if isinstance(offer.example, dict) else {}
        try:
            async with gate:
                answer = await self._with.seller.ask(_order(offer, example))
            if not isinstance(answer, Challenge):
                return None
            offered = [demand.terms for demand in answer.demands]
            allowed, forbidden = self._allowed(offered, offer, payees)
            try:
                return choose_quote(allowed, offer, wallets)
            except OfferRefused as refusal:
                if not forbidden:
                    raise
                words = "; ".join(dict.fromkeys(forbidden[:4]))
                return Unavailable(reason=f"{words}; otherwise {refusal.message}")
        except (PaymentError, UpstreamUnavailable) as err:
            return Unavailable(reason=err.message)

    def _allowed(
        self, offered: Sequence[Terms], offer: Offer, payees: Sequence[Payee]
    ) -> tuple[list[Terms], list[str]]:
        """Terms that no rule of the installation forbids, and the rules that forbid others."""
        policy = self._with.policy
        allowed: list[Terms] = []
        forbidden: list[str] = []
        for terms in offered:
            problem = None
            if signing_problem(terms) is None:  # what cannot be signed is explained by that
                problem = policy_problem(policy, url=offer.url, terms=terms) or payee_problem(
                    payees, offer=offer, terms=terms, policy=policy
                )
            if problem is None:
                allowed.append(terms)
            else:
                forbidden.append(problem)
        return allowed, forbidden

    async def _described(
        self, plan: Plan, steps: Sequence[PaidStep], wallets: Wallets, *, now: datetime
    ) -> PlanQuoted:
        used = _check_funds(plan, steps, wallets)
        new: list[str] = []
        holds: list[str] = []
        for offer in {o.listing_id: o for step in steps for o in plan.offers_for(step)}.values():
            if offer.terms is not None:
                payees = await self._with.ledger.payees(offer.listing_id)
                self._tell_payee(offer, offer.terms, payees, new, holds)
        paying = [wallets[network] for network in used or wallets]
        return PlanQuoted(
            plan=plan,
            wallet=", ".join(dict.fromkeys(funds.payer for funds in paying)),
            balance=total([funds.balance for funds in paying], plan.asset),
            policy=self._with.policy,
            quoted_at=now,
            new_payees=tuple(new),
            holds=tuple(holds),
        )

    def _tell_payee(
        self,
        offer: Offer,
        terms: Terms,
        payees: Sequence[Payee],
        new: list[str],
        holds: list[str],
    ) -> None:
        policy = self._with.policy
        if is_changed(payees, terms):
            words = change_words(payees, offer=offer, terms=terms)
            (holds if policy.changed_payee == "hold" else new).append(words)
        elif is_new(payees, terms):
            words = f"{offer.name} is paid for the first time, at {terms.pay_to}"
            new.append(words)
            if policy.first_seen_payee == "hold":
                holds.append(words)


def _order(offer: Offer, arguments: dict[str, JsonValue]) -> Order:
    return Order(
        method=offer.method,
        url=offer.url,
        arguments=arguments,
        output_schema=offer.output_schema,
        media_type=offer.media_type,
    )


def _check_funds(plan: Plan, steps: Sequence[PaidStep], wallets: Wallets) -> list[str]:
    """Networks on which the plan is paid.

    Raises:
        WalletUnfunded: A wallet there could not pay its part.
    """
    needed: dict[str, list[Amount]] = {}
    for step in steps:
        terms = plan.offer(step.service).terms
        if terms is not None:
            needed.setdefault(terms.network, []).append(plan.estimated_cost_of(step))
    for network, amounts in needed.items():
        funds = wallets[network]
        cost = total(amounts, funds.balance.asset)
        if funds.balance < cost:
            raise WalletUnfunded(
                f"wallet {funds.payer} holds {funds.balance} on {network}, the plan costs {cost} "
                f"there; send it {cost - funds.balance} more"
            )
    return list(needed)
