"""The unpaid look at a seller: what it asks, and whether a payment to it could land at all.

Holds no key and knows no wallet: whatever a seller answers, nothing can be paid from here.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from activities.payments.exchanges import Answer, Challenge
from activities.payments.ports import Seller
from domain.addresses import split_arguments
from domain.catalogue import ServiceListing, Terms
from domain.errors import DataError, EngineError, PaymentError, UpstreamUnavailable
from domain.probing import PROBE_SECONDS, Sighting, example_of
from domain.purchases import Order

ACCOUNT_SECONDS: Final = 300.0
"""How long an account that was there is taken to be there; the payment itself asks again."""

MAX_ACCOUNTS: Final = 2_000
"""Payees remembered."""

_MAX_WORDS: Final = 300


class Accounts(Protocol):
    """Reads one network's accounts; needs no key."""

    @property
    def network(self) -> str:
        """Which network it reads."""
        ...

    async def can_be_paid(self, terms: Terms) -> bool:
        """Whether the payee has an account that the asset can be moved into.

        Raises:
            UpstreamUnavailable: The node did not answer; nothing was learnt.
        """
        ...


class UnpaidLook:
    """Asks sellers for their terms with their own examples."""

    def __init__(
        self,
        seller: Seller,
        *,
        accounts: Sequence[Accounts] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look through ``seller``.

        Args:
            seller: Asks without paying; follows no redirect and reads no more than is sensible.
            accounts: Networks whose accounts are looked up; on others that is left to the payment.
            clock: Seconds since any moment.
        """
        self._seller = seller
        self._accounts = {one.network: one for one in accounts}
        self._clock = clock
        self._paid_at: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def look(self, listing: ServiceListing) -> Sighting:
        """Ask one seller; whatever comes of it is a sighting."""
        begun = self._clock()
        try:
            order = _order(listing)
        except DataError as err:
            return Sighting(kind="refuses", words=_words(f"its example cannot be sent: {err}"))
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                answer = await self._seller.ask(order)
        except TimeoutError:
            words = f"it did not say its price within {PROBE_SECONDS:g} s"
            return Sighting(kind="silent", words=words)
        except UpstreamUnavailable as err:
            return Sighting(kind="silent", words=_words(err.message))
        except (PaymentError, DataError) as err:
            taken = self._taken(begun)
            return Sighting(kind="refuses", answer_ms=taken, words=_words(err.message))
        return await self._seen(answer, self._taken(begun), listing)

    async def _seen(
        self, answer: Challenge | Answer, answer_ms: int, listing: ServiceListing
    ) -> Sighting:
        if isinstance(answer, Answer):
            return Sighting(kind="free", answer_ms=answer_ms)
        terms = tuple(demand.terms for demand in answer.demands)
        return Sighting(
            kind="asks",
            answer_ms=answer_ms,
            terms=terms,
            unpayable=tuple(await self._unpayable(self._ways(terms, listing))),
            extensions=answer.extensions,
        )

    async def _unpayable(self, ways: Iterable[Terms]) -> list[str]:
        """Payees without an account; where the node is silent nobody is blamed."""
        found: list[str] = []
        for terms in ways:
            key = (terms.network, terms.asset, terms.pay_to)
            if self._clock() - self._paid_at.get(key, -ACCOUNT_SECONDS) < ACCOUNT_SECONDS:
                continue
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    there = await self._accounts[terms.network].can_be_paid(terms)
            except (TimeoutError, EngineError):
                continue
            if there:
                self._remember(key)
            else:
                found.append(terms.pay_to)
        return found

    def _remember(self, key: tuple[str, str, str]) -> None:
        self._paid_at[key] = self._clock()
        while len(self._paid_at) > MAX_ACCOUNTS:
            self._paid_at.popitem(last=False)

    def _ways(self, live: Sequence[Terms], listing: ServiceListing) -> list[Terms]:
        """Live terms of a kind that is listed, on networks that can be read."""
        listed = {(terms.network, terms.asset) for terms in listing.accepts}
        return [
            terms
            for terms in live
            if terms.network in self._accounts and (terms.network, terms.asset) in listed
        ]

    def _taken(self, begun: float) -> int:
        return max(int((self._clock() - begun) * 1_000), 0)


def _order(listing: ServiceListing) -> Order:
    url, arguments = split_arguments(listing.url, example_of(listing))
    return Order(
        method=listing.method,
        url=url,
        arguments=arguments,
        output_schema=listing.output_schema,
        media_type=listing.media_type,
    )


def _words(text: str) -> str:
    return text[:_MAX_WORDS]
