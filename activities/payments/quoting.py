"""Reading sellers' live terms before approval, paying nothing."""

import asyncio
from datetime import datetime
from typing import Final

from activities.payments.ports import Challenge, PaymentRail, Seller
from domain.catalogue import Offer, Terms
from domain.errors import OfferRefused, UpstreamUnavailable, WalletUnfunded
from domain.ids import ListingId
from domain.payments import choose_quote
from domain.plan import Plan
from domain.purchases import Order, PlanQuoted, Unavailable, requote

_AT_ONCE: Final = 16
"""Sellers asked at the same time."""


async def quote_plan(plan: Plan, *, seller: Seller, rail: PaymentRail, now: datetime) -> PlanQuoted:
    """Ask every seller of ``plan`` for its live terms.

    Raises:
        OfferRefused: A step is left without a seller whose live terms can be paid.
        WalletUnfunded: The wallet could not pay the plan; said before anyone approves it.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = {
            offer.listing_id: group.create_task(_ask(offer, seller, gate)) for offer in plan.offers
        }
    live: dict[ListingId, Terms | Unavailable | None] = {
        listing: task.result() for listing, task in tasks.items()
    }
    quoted = requote(plan, live, now=now)
    balance = await rail.balance()
    if balance < quoted.estimated_cost:
        raise WalletUnfunded(
            f"wallet {rail.payer} holds {balance}, the plan costs {quoted.estimated_cost}; "
            f"send it {quoted.estimated_cost - balance} more"
        )
    return PlanQuoted(plan=quoted, wallet=rail.payer, balance=balance)


async def _ask(offer: Offer, seller: Seller, gate: asyncio.Semaphore) -> Terms | Unavailable | None:
    example = offer.example if isinstance(offer.example, dict) else {}
    order = Order(
        method=offer.method,
        url=offer.url,
        arguments=example,
        output_schema=offer.output_schema,
        media_type=offer.media_type,
    )
    try:
        async with gate:
            answer = await seller.ask(order)
        if isinstance(answer, Challenge):
            return choose_quote([demand.terms for demand in answer.demands], offer)
    except (OfferRefused, UpstreamUnavailable) as err:
        return Unavailable(reason=err.message)
    return None
