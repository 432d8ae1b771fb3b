"""Takes the next piece of a channel's line for a payment, and notes what sellers answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from activities.payments.evm import channel as channels
from activities.payments.evm import signing
from activities.payments.evm.chain import EvmChain, Use
from activities.payments.evm.channel import Channel, Deposit, Voucher
from activities.payments.evm.channel_reading import ChannelReader
from activities.payments.evm.channel_store import Channels
from activities.payments.evm.node import Block
from activities.payments.evm.paying import now_on
from activities.payments.evm.token import EvmToken
from activities.payments.exchanges import Challenge, Demand
from domain.errors import RecordsDisagree, SignatureRefused, UpstreamUnavailable
from domain.ids import PaymentKey
from domain.limits import MAX_TIMEOUT_SECONDS

_DIGITS: Final = 39
"""A channel counts in 128 bits."""


@dataclass(frozen=True)
class DepositPolicy:
    """How much may lie in a channel."""

    max_unspent: int
    """Base units that may lie unspent at most, beyond the price of the call at hand."""
    calls: int
    """Calls that one deposit should cover."""


class ChannelBook:
    """The channels of one asset: one open channel to a seller, one voucher under way in it."""

    def __init__(
        self,
        chain: EvmChain,
        token: EvmToken,
        *,
        store: Channels,
        policy: DepositPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._chain = chain
        self._token = token
        self._asset = token.asset
        self._reader = ChannelReader(chain, token)
        self._store = store
        self._policy = policy
        self._clock = clock

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock())

    async def next(self, demand: Demand, *, key: PaymentKey, payer: str) -> Voucher:
        """Take the next piece of the open channel's line, or open a channel.

        Raises:
            UpstreamUnavailable: Another payment is under way in the channel.
            OfferRefused: The channel's terms or its deposit are not allowed.
            WalletUnfunded: The wallet does not hold the least deposit.
            RecordsDisagree: The chain shows money in the channel that no record explains.
        """
        terms = demand.terms
        latest = await self._chain.latest()
        channel, version = await self._open(demand, payer=payer, latest=latest)
        waiting = await self.check_free(channel, but=key)
        now = await self._reader.state(channel.id)
        channel, charged = channels.attributed(channel, now.claimed, waiting)
        total = channel.conceded + terms.base_units
        deposit = None
        if total > now.balance:
            deposit = await self._deposit(channel, demand, key, latest, balance=now.balance)
        funding = deposit or channel.last_deposit
        if funding is None:
            raise RecordsDisagree(f"channel {channel.id} holds money that no record explains")
        message = channels.voucher_message(channel.id, total, network=self._asset.network)
        voucher = Voucher(
            key=key,
            digest=channels.voucher_digest(message, key),
            channel=channel.id,
            base=channel.conceded,
            total=total,
            funding=funding,
            deposits=deposit is not None,
            prepared_at=self.now(),
        )
        grown = channel.model_copy(
            update={
                "signed": max(channel.signed, total),
                "last_deposit": funding,
                "no_deposit_after": max(channel.no_deposit_after, funding.valid_before),
            }
        )
        await self.save(grown, version, *charged, voucher)
        return voucher

    async def check_free(self, channel: Channel, *, but: PaymentKey | None) -> list[Voucher]:
        """Let one voucher at a time be under way, and one deposit.

        Args:
            channel: Which.
            but: The payment that asks.

        Returns:
            Vouchers that may still be charged.

        Raises:
            UpstreamUnavailable: Another payment's answer may still come, or its deposit may land.
        """
        others = [each for each in await self._store.unsettled(channel.id) if each.key != but]
        for other in others:
            if other.total > channel.conceded and other.under_way(self.now()):
                raise UpstreamUnavailable("another payment is under way in this channel")
            if other.deposits and await self._reader.deposited(channel, other.funding) is Use.OPEN:
                raise UpstreamUnavailable("another payment's deposit may still land")
        return others

    async def hear(
        self,
        channel: Channel,
        version: int,
        voucher: Voucher,
        *,
        delivered: bool,
        settlement: Mapping[str, JsonValue] | None,
        challenge: Challenge | None,
    ) -> None:
        """Take note of what the seller answered to a voucher."""
        if delivered or (settlement is not None and settlement.get("success") is True):
            channel, kept = _conceded(channel, voucher, settlement)
        else:
            channel, kept = await self._refused(channel, voucher, challenge)
        await self.save(channel, version, *kept)

    async def claimed(
        self, channel: Channel, version: int, voucher: Voucher, *, reached: int
    ) -> tuple[Channel, Voucher]:
        """Concede what the seller claimed on chain, to this voucher before others."""
        others = [each for each in await self._store.unsettled(channel.id) if each != voucher]
        channel, kept = channels.attributed(channel, reached, [voucher, *others])
        await self.save(channel, version, *kept)
        mine = (each for each in kept if each.digest == voucher.digest)
        return channel, next(mine, voucher)

    async def close(self, channel: Channel, version: int) -> Channel:
        """Sign nothing more for a channel, for good."""
        closed = channel.model_copy(update={"closing": True})
        if not channel.closing:
            await self.save(closed, version)
        return closed

    async def save(self, channel: Channel, version: int, *vouchers: Voucher) -> None:
        """Write a channel and vouchers of it."""
        place = self._place(channel.payer, channel.pay_to)
        await self._store.save(place, channel, version=version, vouchers=vouchers)

    async def _open(self, demand: Demand, *, payer: str, latest: Block) -> tuple[Channel, int]:
        terms = demand.terms
        found, version = await self._store.newest(self._place(payer, terms.pay_to))
        if found is not None and not found.closing:
            channels.check_same_terms(found, terms)
            return found, version
        number = 0 if found is None else found.number + 1
        opened = channels.opened(
            terms, payer=payer, number=number, asset=self._asset, first_block=latest.number
        )
        return opened, 0

    async def _deposit(
        self, channel: Channel, demand: Demand, key: PaymentKey, latest: Block, *, balance: int
    ) -> Deposit:
        terms = demand.terms
        held = await self._token.balance(channel.payer)
        extra = demand.raw.get("extra")
        hint = units(extra.get("minDeposit")) if isinstance(extra, dict) else None
        size = channels.deposit_size(
            price=terms.base_units,
            need=channel.conceded + terms.base_units - balance,
            wish=max(terms.base_units * self._policy.calls, hint or 0),
            room=self._policy.max_unspent - max(balance - channel.conceded, 0),
            held=held.base_units,
        )
        until = now_on(latest) + min(terms.max_timeout_seconds, MAX_TIMEOUT_SECONDS)
        return channels.deposit_for(channel, key, base_units=size, since=latest.number, until=until)

    async def _refused(
        self, channel: Channel, voucher: Voucher, challenge: Challenge | None
    ) -> tuple[Channel, tuple[Voucher, ...]]:
        stands = self._corrected(channel, challenge) or 0
        others = [each for each in await self._store.unsettled(channel.id) if each != voucher]
        # What stands where this voucher ends is this one's; what stands beyond it is not.
        if stands == voucher.total:
            others.insert(0, voucher)
        elif stands < voucher.total:
            others.append(voucher)
        channel, kept = channels.attributed(channel, stands, others)
        if voucher.digest not in {each.digest for each in kept}:
            kept = (*kept, voucher.model_copy(update={"refused": True}))
        return channel, kept

    def _corrected(self, channel: Channel, challenge: Challenge | None) -> int | None:
        """Where a corrective 402 says the channel stands, if it shows our signature for it."""
        for demand in () if challenge is None else challenge.demands:
            extra = demand.raw.get("extra")
            if demand.terms.scheme != "batch-settlement" or not isinstance(extra, dict):
                continue
            state, shown = extra.get("channelState"), extra.get("voucherState")
            if not isinstance(state, dict) or not isinstance(shown, dict):
                continue
            stands = units(state.get("chargedCumulativeAmount"))
            most = units(shown.get("signedMaxClaimable"))
            if stands is None or most is None or not stands <= most <= 2**128 - 1:
                continue
            message = channels.voucher_message(channel.id, most, network=self._asset.network)
            try:
                signing.signed_by(channel.payer, message, str(shown.get("signature")))
            except SignatureRefused:
                continue
            return stands
        return None

    def _place(self, payer: str, pay_to: str) -> str:
        return f"{self._asset.network}/{self._asset.address}/{payer}/{pay_to}"


def _conceded(
    channel: Channel, voucher: Voucher, settlement: Mapping[str, JsonValue] | None
) -> tuple[Channel, tuple[Voucher, ...]]:
    """Concede what a seller that delivered says it charged, or all when it says nothing sensible.

    Only what no other payment was charged counts: a seller that charges one piece of the line for
    two payments has sold one of them for nothing.
    """
    extra = None if settlement is None else settlement.get("extra")
    said = units(extra.get("chargedAmount")) if isinstance(extra, dict) else None
    most = voucher.total - voucher.base
    reached = voucher.base + (most if said is None else min(said, most))
    base = max(voucher.base, channel.conceded)
    if reached <= base:
        return channel, (voucher.model_copy(update={"refused": True}),)
    kept = voucher.model_copy(update={"base": base, "charged": reached - base})
    return channel.model_copy(update={"conceded": reached}), (kept,)


def units(text: JsonValue) -> int | None:
    """Read base units as sellers write them; anything else is nothing."""
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    return int(text)
