"""Offers and random plans to buy them."""

import random
from collections.abc import Sequence

import httpx

from activities.discovery.bazaar_http import HttpBazaar
from domain.catalogue import Offer, Terms
from domain.chains import USDC_DEVNET
from domain.ids import StepId
from domain.offers import listed_offer
from domain.plan import Plan, ServiceCall, Value
from domain.purchases import undo_of
from tests.deploy.services.stack import Stack
from tests.e2e.crashing import evm_offer
from tests.fakes.wares import usdc


async def offers_of(market: Stack) -> list[Offer]:
    """What a stack sells for little money on either chain."""
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(market.facilitator.url, http).read()
    budget = usdc("10.00")
    payable = [one for one in read.listings if all(_known(terms) for terms in one.accepts)]
    cheap = [one for one in payable if one.price is not None and one.price <= usdc("0.30")]
    offers = [listed_offer(one, budget) for one in cheap]
    if market.evm is not None:
        offers += [evm_offer(market)] * 3
    return offers


def _known(terms: Terms) -> bool:
    return terms.network == USDC_DEVNET.network and terms.asset == USDC_DEVNET.address


def random_plan(chance: random.Random, offers: Sequence[Offer]) -> Plan:
    """One to four offers, some of them bought after others."""
    chosen = chance.sample(offers, k=chance.randint(1, 4))
    steps: list[ServiceCall] = []
    for number, offer in enumerate(chosen):
        assert isinstance(offer.example, dict)
        before = [step.id for step in steps]
        after = chance.sample(before, k=chance.randint(0, len(before)))
        steps.append(
            ServiceCall(
                id=StepId(f"step{number}"),
                title=offer.name,
                service=offer.listing_id,
                arguments={name: Value(value=v) for name, v in offer.example.items()},
                after=tuple(sorted(after)),
                undo=undo_of(offer),
            )
        )
    ordered = tuple(sorted(chosen, key=lambda offer: offer.listing_id))
    return Plan(request="monkey", asset=USDC_DEVNET, steps=tuple(steps), offers=ordered)
