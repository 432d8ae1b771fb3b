"""A seller as others are, with its host's breaker and the time of its answers kept."""

import time
from collections import OrderedDict
from typing import Final

from activities.payments.exchanges import Answer, Challenge, SignedPayment
from activities.payments.ports import Seller
from activities.records.watch import Watch
from domain.breakers import BreakerKind, host_key
from domain.catalogue import RefundOffer
from domain.errors import OfferRefused, PaymentUnconfirmed, UpstreamUnavailable
from domain.ids import Digest
from domain.payments import Receipt
from domain.purchases import Order

_KEPT: Final = 1_000
"""Durations remembered until their payment is settled; a process has far fewer under way."""

_SERVER_ERROR: Final = 500


class WatchedSeller:
    """Implements the port ``Seller`` over another one.

    Only asking is refused while a breaker is open. What is signed must be brought to its end, and
    the ask for the live terms is itself the unpaid look that a half-open breaker allows, to one at
    a time.
    """

    def __init__(self, seller: Seller, watch: Watch) -> None:
        self._seller = seller
        self._watch = watch
        self._took: OrderedDict[Digest, int] = OrderedDict()

    def took_ms(self, order: Digest) -> int | None:
        """How long the answer to a payment took; known once, to whoever asks first."""
        return self._took.pop(order, None)

    async def ask(self, order: Order) -> Challenge | Answer:
        """Make the request without paying.

        Raises:
            UpstreamUnavailable: The host's breaker is open, or it failed again.
        """
        host = host_key(order.url)
        refusal = await self._watch.refusal(BreakerKind.HOST, host)
        if refusal is not None:
            raise UpstreamUnavailable(refusal)
        try:
            answer = await self._seller.ask(order)
        except UpstreamUnavailable as err:
            await self._watch.failed(BreakerKind.HOST, host, err.message)
            raise
        except OfferRefused:
            await self._watch.answered(BreakerKind.HOST, host)  # a refusal is an answer
            raise
        await self._watch.answered(BreakerKind.HOST, host)
        return answer

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        """Make the request with payment."""
        host, began = host_key(order.url), time.monotonic()
        try:
            answer = await self._seller.pay(order, signed)
        except PaymentUnconfirmed as err:
            await self._watch.failed(BreakerKind.HOST, host, err.message)
            raise
        self._keep(order.digest, int((time.monotonic() - began) * 1_000))
        if answer.status < _SERVER_ERROR:
            await self._watch.answered(BreakerKind.HOST, host)
        return answer

    async def reaccess(self, order: Order, challenge: Challenge, proof: str) -> Answer:
        """Make the request again with the proof of a wallet instead of a payment."""
        return await self._seller.reaccess(order, challenge, proof)

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        """Ask for money back."""
        return await self._seller.claim_refund(refund, receipt=receipt, reason=reason)

    def _keep(self, order: Digest, took_ms: int) -> None:
        self._took[order] = took_ms
        while len(self._took) > _KEPT:
            self._took.popitem(last=False)
