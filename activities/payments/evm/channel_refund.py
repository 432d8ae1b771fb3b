"""Asks a seller for what a channel has left, and believes only the chain."""

from activities.payments.evm import channel as channels
from activities.payments.evm.channel import Channel
from activities.payments.evm.channel_reading import ChannelReader
from activities.payments.evm.channel_signing import ChannelSigner
from activities.payments.exchanges import Challenge, Demand, InboundTransfer, SignedPayment
from activities.payments.ports import Seller
from domain.errors import OfferRefused
from domain.payments import Receipt
from domain.purchases import Order


class ChannelRefunds:
    """Refunds of channels that are closed."""

    def __init__(self, reader: ChannelReader, signer: ChannelSigner, seller: Seller) -> None:
        self._reader = reader
        self._signer = signer
        self._seller = seller

    async def refund(self, channel: Channel, receipt: Receipt) -> InboundTransfer | None:
        """Have a closed channel emptied, asking once.

        Returns:
            What came back; ``None`` while the chain does not show it, or shows only a part.
        """
        found = await self._emptied(channel)
        if found is not None:
            return found
        await self._ask(channel, receipt)
        return await self._emptied(channel)

    async def _emptied(self, channel: Channel) -> InboundTransfer | None:
        now = await self._reader.state(channel.id)
        if now.balance > max(now.claimed, channel.conceded):
            return None
        return await self._reader.refund(channel)

    async def _ask(self, channel: Channel, receipt: Receipt) -> None:
        method, _, url = receipt.listing_id.partition(" ")
        order = Order(
            method=method, url=url, arguments={}, output_schema={}, media_type="application/json"
        )
        challenge = await self._seller.ask(order)
        if not isinstance(challenge, Challenge):
            raise OfferRefused(f"the seller no longer offers channel {channel.id}")
        demand = _offered(channel, challenge)
        await self._seller.pay(
            order,
            SignedPayment(
                x402_version=demand.terms.x402_version,
                accepted=demand.raw,
                resource=challenge.resource,
                extensions=challenge.extensions,
                payload=await self._signer.refund(channel),
            ),
        )


def _offered(channel: Channel, challenge: Challenge) -> Demand:
    for demand in challenge.demands:
        terms = demand.terms
        if terms.scheme == "batch-settlement" and terms.pay_to == channel.pay_to:
            channels.check_same_terms(channel, terms)
            return demand
    raise OfferRefused(f"the seller no longer offers channel {channel.id}")
