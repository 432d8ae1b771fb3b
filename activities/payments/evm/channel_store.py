"""Where payment channels are remembered between payments and processes."""

from typing import Protocol

from activities.payments.evm.channel import Channel, Voucher
from domain.ids import Digest, PaymentKey


class Channels(Protocol):
    """Remembers channels and vouchers; what is written is durable when the call returns."""

    async def newest(self, place: str) -> tuple[Channel | None, int]:
        """The newest channel of a wallet to a seller, and its version; else ``None`` and 0."""
        ...

    async def channel(self, channel_id: str) -> tuple[Channel | None, int]:
        """A channel by its id, and its version; else ``None`` and 0."""
        ...

    async def voucher(self, digest: Digest) -> Voucher | None:
        """A voucher by what names it in evidence."""
        ...

    async def voucher_of(self, key: PaymentKey) -> Voucher | None:
        """The voucher of one payment."""
        ...

    async def unsettled(self, channel_id: str) -> list[Voucher]:
        """Vouchers of a channel that we do not concede, oldest first."""
        ...

    async def save(
        self, place: str, channel: Channel, *, version: int, vouchers: tuple[Voucher, ...] = ()
    ) -> None:
        """Write a channel and vouchers of it together.

        Args:
            place: Wallet and seller.
            channel: What it is now.
            version: What was read before; 0 for a channel that is new.
            vouchers: New or changed ones; one payment has one.

        Raises:
            UpstreamUnavailable: Another payment changed the channel in between.
        """
        ...
