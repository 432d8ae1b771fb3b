"""Reading sellers' live terms before approval, paying nothing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from activities.payments.exchanges import Challenge, WalletsNow
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import Payee
from activities.payments.ordering import order_of
from activities.payments.payees import change_words, is_changed, is_new, payee_problem
from domain.buying import QuoteCall, plan_of_call
from domain.catalogue import Offer, Terms
from domain.errors import (
    DataError,
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


class _Unreached(Unavailable):
    """A seller that might be paid if a network's node answered."""


class Quoter:
    """Puts live terms into plans, and says what a person should know before approving them."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def quote(self, ask: QuotePlan, *, now: datetime) -> PlanQuoted:
        """Ask every seller that the plan still needs.

        Raises:
            OfferRefused: A step is left without a seller whose live terms can be paid.
            UpstreamUnavailable: So it is, and a node that does not answer is why.
            WalletUnfunded: A wallet could not pay its part; said before anyone approves it.
        """
        reach = await self._wallets(ask.wallet)
        gate = asyncio.Semaphore(_AT_ONCE)
        # Read before anyone is asked: a ledger that does not answer is no fault of a seller's.
        asked = [
            (offer, await self._with.ledger.payees(offer.listing_id))
            for offer in offers_to_ask(ask.plan, ask.done)
        ]
        async with asyncio.TaskGroup() as group:
            tasks = {
                offer.listing_id: group.create_task(self._live(offer, payees, reach, gate))
                for offer, payees in asked
            }
        live: dict[ListingId, Answered] = {
            listing: task.result() for listing, task in tasks.items()
        }
        try:
            quoted = requote(ask.plan, live, now=now, done=ask.done)
        except OfferRefused as refusal:
            if any(isinstance(answer, _Unreached) for answer in live.values()):
                raise UpstreamUnavailable(refusal.message) from refusal
            raise
        steps = [s for s in quoted.steps if isinstance(s, PaidStep) and s.id not in ask.done]
        return await self._described(quoted, steps, reach.wallets, now=now)

    async def quote_call(self, ask: QuoteCall, *, now: datetime) -> PlanQuoted:
        """Ask one address for its live terms.

        Raises:
            OfferRefused: None of its terms can be paid.
            PolicyForbids: A rule of the installation forbids every one that could.
            UpstreamUnavailable: A node does not answer by which one could be paid.
            WalletUnfunded: The wallet could not pay it.
        """
        request = ask.request
        reach = await self._wallets(request.wallet)
        free = plan_of_call(request, None, asset=request.maximum.asset)
        (offer,) = free.offers
        order = order_of(offer, request.arguments)
        answer = await self._with.seller.ask(order)
        terms: Terms | None = None
        if isinstance(answer, Challenge):
            terms = await self._cheapest(answer, offer, order, reach)
        plan = plan_of_call(request, terms, asset=request.maximum.asset)
        live: dict[ListingId, Answered] = {offer.listing_id: terms}
        quoted = requote(plan, live, now=now)
        steps = [step for step in quoted.steps if isinstance(step, PaidStep)]
        return await self._described(quoted, steps, reach.wallets, now=now)

    async def _wallets(self, own: str | None) -> WalletsNow:
        found = await self._with.rails.wallets_now(own)
        if not found.wallets and not found.silent and own is None:
            for rail in self._with.rails.all():
                if rail.payer is not None:
                    await rail.balance(rail.payer)  # says what the wallet lacks
        return found

    async def _cheapest(
        self, challenge: Challenge, offer: Offer, order: Order, reach: WalletsNow
    ) -> Terms:
        offered = [demand.terms for demand in challenge.demands]
        payees = await self._with.ledger.payees(offer.listing_id)
        allowed, forbidden = self._allowed(offered, offer, order, payees)
        if forbidden and not any(signing_problem(each) is None for each in allowed):
            raise PolicyForbids(f"{offer.name}: {forbidden[0]}")
        try:
            return cheapest_way(allowed, name=offer.name, wallets=reach.wallets)
        except OfferRefused as refusal:
            silent = _silent(allowed, reach)
            if silent:
                raise UpstreamUnavailable(f"{offer.name}: {silent[0]}") from refusal
            raise

    async def _live(
        self, offer: Offer, payees: Sequence[Payee], reach: WalletsNow, gate: asyncio.Semaphore
    ) -> Answered:
        example = offer.example if isinstance(offer.example, dict) else {}
        try:
            order = order_of(offer, example)
            async with gate:
                answer = await self._with.seller.ask(order)
        except (PaymentError, UpstreamUnavailable, DataError) as err:
            return Unavailable(reason=err.message)
        if not isinstance(answer, Challenge):
            return None
        offered = [demand.terms for demand in answer.demands]
        allowed, forbidden = self._allowed(offered, offer, order, payees)
        reached = [terms for terms in allowed if terms.network not in reach.silent]
        try:
            return choose_quote(reached, offer, reach.wallets)
        except OfferRefused as refusal:
            silent = _silent(allowed, reach)
            words = "; ".join(dict.fromkeys([*silent, *forbidden][:4]))
            if silent and not reached:
                return _Unreached(reason=words)
            reason = f"{words}; otherwise {refusal.message}" if words else refusal.message
            return _Unreached(reason=reason) if silent else Unavailable(reason=reason)

    def _allowed(
        self, offered: Sequence[Terms], offer: Offer, order: Order, payees: Sequence[Payee]
    ) -> tuple[list[Terms], list[str]]:
        """Terms that no rule of the installation forbids, and the rules that forbid others."""
        policy = self._with.policy
        allowed: list[Terms] = []
        forbidden: list[str] = []
        for terms in offered:
            problem = None
            if signing_problem(terms) is None:  # what cannot be signed is explained by that
                problem = policy_problem(policy, url=order.url, terms=terms) or payee_problem(
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


def _silent(allowed: Sequence[Terms], reach: WalletsNow) -> list[str]:
    """Why nothing can be paid now where terms could be signed for."""
    networks = [terms.network for terms in allowed if signing_problem(terms) is None]
    return [reach.silent[network] for network in networks if network in reach.silent]


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
