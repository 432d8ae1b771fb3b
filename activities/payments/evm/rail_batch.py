"""EVM ``batch-settlement``: one deposit into a channel, then a voucher for every call.

A voucher never reaches the chain by itself and never expires: the seller may claim what was
signed until the channel is empty. So the states of a payment mean, on this rail:

* **landed**: the deposit that covers it is on chain, and the seller charged it: by its answer
  (``heard``), or by claiming it on chain. It names the deposit's transaction, which several
  payments share, and as ``piece`` the channel's total once it counts.
* **pending**: signed, and neither of that. What the seller says to refuse it proves nothing.
* **never lands**: everything it could claim was charged for other payments; or its channel is
  closed for good, and every node shows, in a final block after which no signed deposit can add to
  it, that it holds nothing above what was charged before.

Crashes: the channel's record is written before a voucher leaves, and a payment prepared twice under
one key is the same voucher and the same deposit. When a reply was lost, the same bytes are sent
again, and the seller's corrective 402 says where the channel stands (``heard``). A record that is
older than the seller's is brought up to it, only as far as the seller shows our own signature and
never below what the chain shows as claimed. The same total may be signed for another payment once
the first one's answer is long overdue: the seller can charge only one of them.

One channel per wallet, seller, asset and network, one voucher at a time; a deposit covers some
calls, within a cap on what may lie unspent. A channel whose deposit failed, or that is refunded, is
never used again; the next one has another id, so that old vouchers cannot draw on new money.
Payloads follow the package's types; its client is not used, as it signs at once with salts of
its own and cannot be asked twice for the same payment.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS

from activities.payments.evm import channel as channels
from activities.payments.evm import signing
from activities.payments.evm.chain import EvmChain, Use
from activities.payments.evm.channel import Channel, Voucher
from activities.payments.evm.channel_reading import ChannelReader
from activities.payments.evm.channel_signing import ChannelSigner
from activities.payments.evm.channel_store import Channels
from activities.payments.evm.paying import (
    EvmRail,
    check_terms,
    evm_evidence,
    now_on,
    settled,
)
from activities.payments.ports import (
    Answer,
    Challenge,
    Demand,
    InboundTransfer,
    Landed,
    NeverLands,
    Outcome,
    Pending,
    Seller,
    SignedPayment,
    Signer,
    Unsigned,
)
from domain.errors import (
    IllegalTransition,
    OfferRefused,
    RecordsDisagree,
    SignatureRefused,
    UpstreamUnavailable,
)
from domain.ids import PaymentKey
from domain.limits import MAX_TIMEOUT_SECONDS
from domain.money import Asset
from domain.payments import Evidence, EvmEvidence, Receipt
from domain.purchases import Order

DEPOSIT_CALLS: Final = 10
"""Calls that one deposit covers; what the package's sellers ask for unless told otherwise."""

NEVER: Final = 253_402_300_799
"""A voucher's ``valid_before``: the last second of the year 9999, because it does not expire."""


_DIGITS: Final = 39
"""A channel counts in 128 bits."""


class EvmBatchRail(EvmRail):
    """Pays by vouchers on channels of one asset on one EVM network."""

    def __init__(
        self,
        chain: EvmChain,
        *,
        asset: Asset,
        signer: Signer | None,
        store: Channels,
        seller: Seller,
        max_unspent: int,
        deposit_calls: int = DEPOSIT_CALLS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Pay by vouchers.

        Args:
            chain: The network.
            asset: A token of ``EIP712_DOMAINS``.
            signer: The installation's wallet; a wallet outside cannot use this scheme, which asks
                for two signatures at a time.
            store: Where channels are remembered.
            seller: Who is asked for refunds.
            max_unspent: Base units that may lie unspent in one channel at most, beyond the price
                of the call at hand.
            deposit_calls: Calls that one deposit should cover.
            clock: Unix seconds.
        """
        super().__init__(chain, asset=asset, signer=signer)
        self._reader = ChannelReader(chain, self._token)
        self._channel_signer = ChannelSigner(signer, asset)
        self._store = store
        self._seller = seller
        self._max_unspent = max_unspent
        self._deposit_calls = deposit_calls
        self._clock = clock

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Write the next voucher of a channel, with a deposit where it needs one."""
        check_terms(self._asset, demand, scheme="batch-settlement", payer=payer)
        if payer.lower() != self.payer:
            raise OfferRefused("a payment channel needs the installation's own wallet")
        if demand.terms.transfer_method != "eip3009":
            raise OfferRefused(f"deposits by {demand.terms.transfer_method} are not made")
        voucher = await self._store.voucher_of(key)
        if voucher is not None and (voucher.charged is not None or voucher.refused):
            raise RecordsDisagree(f"payment {key[:12]} was sent already, and answered")
        if voucher is None or not voucher.fits(demand.terms.base_units, int(self._clock())):
            voucher = await self._next(demand, key)
        return self._unsigned(voucher, demand, challenge)

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        """Have the installation's signer sign the voucher, and the deposit where there is one."""
        voucher, channel = await self._known(unsigned.evidence)
        if voucher.digest != channels.voucher_digest(unsigned.message, key):
            raise SignatureRefused("what was to be signed is not what the payment is found by")
        payload = await self._channel_signer.payment(channel, voucher, key=key)
        return signing.assembled(unsigned, payload)

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        """Refuse: a channel takes signatures that no wallet outside gives in one go."""
        del unsigned, signature
        raise SignatureRefused("a payment channel needs the installation's own wallet")

    async def heard(
        self,
        evidence: Evidence,
        *,
        delivered: bool,
        settlement: Mapping[str, JsonValue] | None,
        challenge: Challenge | None,
    ) -> None:
        """Take note of what the seller answered to a voucher.

        Args:
            evidence: Of the payment that it answered.
            delivered: Whether it answered with what was bought.
            settlement: Its ``PAYMENT-RESPONSE``, decoded, if there was one.
            challenge: Its 402, if it was one; a corrective one says where the channel stands.
        """
        wanted = evm_evidence(evidence, "voucher")
        voucher = await self._store.voucher(wanted.message_digest)
        channel, version = await self._store.channel(wanted.nonce)
        if voucher is None or channel is None or voucher.charged is not None:
            return
        others = [each for each in await self._store.unsettled(channel.id) if each != voucher]
        if delivered or (settlement is not None and settlement.get("success") is True):
            channel, kept = _conceded(channel, voucher, settlement)
        else:
            stands = self._corrected(channel, challenge) or 0
            first = [voucher] if stands == voucher.total else []
            channel, kept = channels.attributed(channel, stands, [*first, *others])
            if voucher.digest not in {each.digest for each in kept}:
                kept = (*kept, voucher.model_copy(update={"refused": True}))
        await self._store.save(self._place(channel), channel, version=version, vouchers=kept)

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        """Tell from channel and record what became of a voucher."""
        del pay_to, hint  # a channel's id binds the seller, and its record names the deposit
        wanted = evm_evidence(evidence, "voucher")
        voucher = await self._store.voucher(wanted.message_digest)
        channel, version = await self._store.channel(wanted.nonce)
        if voucher is None or channel is None:
            raise RecordsDisagree(
                f"channel {wanted.nonce} is not in the records; what it still holds can be claimed"
            )
        if voucher.charged is not None:
            return await self._covered(voucher, channel)
        if channel.conceded >= voucher.total:
            return NeverLands(reason="all that it could claim was charged for other payments")
        claimed = (await self._reader.state(channel.id)).claimed
        if claimed > channel.conceded:
            others = [each for each in await self._store.unsettled(channel.id) if each != voucher]
            channel, kept = channels.attributed(channel, claimed, [voucher, *others])
            await self._store.save(self._place(channel), channel, version=version, vouchers=kept)
            for each in kept:
                if each.digest == voucher.digest:
                    return await self._covered(each, channel)
        return await self._never_or_pending(voucher, channel)

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain shows a deposit into a channel that this payment could draw on."""
        found = await settled(self._chain, receipt.transaction)
        total = _units(receipt.piece)
        if found is None or total is None:
            return False
        payer = receipt.payer.lower()
        if not any(move.payer == payer for move in self._token.transfers(found)):
            return False
        for channel_id in await self._channels_of(receipt):
            now = await self._reader.state(channel_id)
            if max(now.balance, now.claimed) >= total:
                return True
        return False

    async def refund_channel(self, receipt: Receipt) -> InboundTransfer | None:
        """Have the seller give back what a channel has left, and close it for good.

        Args:
            receipt: Of any payment by the channel.

        Returns:
            What came back, as the chain shows it; ``None`` while it does not.

        Raises:
            UpstreamUnavailable: A payment is under way, or the seller does not answer.
            OfferRefused: The seller no longer offers the channel.
        """
        for channel_id in await self._channels_of(receipt):
            channel, version = await self._store.channel(channel_id)
            if channel is None:
                continue
            if not channel.closing:
                await self._check_free(channel)
                channel = channel.model_copy(update={"closing": True})
                await self._store.save(self._place(channel), channel, version=version)
            found = await self._reader.refund(channel)
            if found is None:
                await self._ask_refund(channel, receipt)
                found = await self._reader.refund(channel)
            return found
        raise RecordsDisagree(f"no channel in the records was paid for by {receipt.transaction}")

    async def _next(self, demand: Demand, key: PaymentKey) -> Voucher:
        """Take the next piece of the open channel's line, or open a channel."""
        terms, payer = demand.terms, self.payer or ""
        latest = await self._chain.latest()
        place = f"{self._asset.network}/{self._asset.address}/{payer}/{terms.pay_to}"
        channel, version = await self._store.newest(place)
        if channel is None or channel.closing:
            number = 0 if channel is None else channel.number + 1
            channel, version = (
                channels.opened(
                    terms,
                    payer=payer,
                    number=number,
                    asset=self._asset,
                    first_block=latest.number,
                ),
                0,
            )
        channels.check_same_terms(channel, terms)
        waiting = await self._check_free(channel, key)
        now = await self._reader.state(channel.id)
        channel, charged = channels.attributed(channel, now.claimed, waiting)
        conceded = channel.conceded
        need = conceded + terms.base_units - now.balance
        deposit = None
        if need > 0:
            size = await self._deposit_size(demand, need, unspent=max(now.balance - conceded, 0))
            until = now_on(latest) + min(terms.max_timeout_seconds, MAX_TIMEOUT_SECONDS)
            deposit = channels.deposit_for(
                channel, key, base_units=size, since=latest.number, until=until
            )
        funding = deposit or channel.last_deposit
        if funding is None:
            raise RecordsDisagree(f"channel {channel.id} holds money that no record explains")
        total = conceded + terms.base_units
        message = channels.voucher_message(channel.id, total, network=self._asset.network)
        voucher = Voucher(
            key=key,
            digest=channels.voucher_digest(message, key),
            channel=channel.id,
            base=conceded,
            total=total,
            funding=funding,
            deposits=deposit is not None,
            prepared_at=int(self._clock()),
        )
        grown = channel.model_copy(
            update={
                "signed": max(channel.signed, total),
                "last_deposit": funding,
                "no_deposit_after": max(channel.no_deposit_after, funding.valid_before),
            }
        )
        await self._store.save(place, grown, version=version, vouchers=(*charged, voucher))
        return voucher

    async def _check_free(self, channel: Channel, key: PaymentKey | None = None) -> list[Voucher]:
        """Let one voucher at a time be under way, and one deposit.

        Raises:
            UpstreamUnavailable: Another payment's answer may still come, or its deposit may land.
        """
        others = [each for each in await self._store.unsettled(channel.id) if each.key != key]
        for other in others:
            if other.total > channel.conceded and other.under_way(int(self._clock())):
                raise UpstreamUnavailable("another payment is under way in this channel")
            if other.deposits and await self._reader.deposited(channel, other.funding) is Use.OPEN:
                raise UpstreamUnavailable("another payment's deposit may still land")
        return others

    async def _deposit_size(self, demand: Demand, need: int, *, unspent: int) -> int:
        price = demand.terms.base_units
        held = await self._token.balance(self.payer or "")
        extra = demand.raw.get("extra")
        hint = extra.get("minDeposit") if isinstance(extra, dict) else None
        least = int(hint) if isinstance(hint, str) and hint.isascii() and hint.isdigit() else 0
        return channels.deposit_size(
            price=price,
            need=need,
            wish=max(price * self._deposit_calls, least),
            room=self._max_unspent - unspent,
            held=held.base_units,
        )

    def _unsigned(self, voucher: Voucher, demand: Demand, challenge: Challenge) -> Unsigned:
        network = self._asset.network
        return Unsigned(
            demand=demand,
            resource=challenge.resource,
            extensions=challenge.extensions,
            message=channels.voucher_message(voucher.channel, voucher.total, network=network),
            evidence=EvmEvidence(
                payer=self.payer or "",
                method="voucher",
                contract=BATCH_SETTLEMENT_ADDRESS.lower(),
                nonce=voucher.channel,
                piece=str(voucher.total),
                message_digest=voucher.digest,
                first_block=voucher.funding.first_block,
                valid_before=NEVER,
            ),
            sign_within_seconds=demand.terms.max_timeout_seconds,
        )

    async def _known(self, evidence: Evidence) -> tuple[Voucher, Channel]:
        wanted = evm_evidence(evidence, "voucher")
        voucher = await self._store.voucher(wanted.message_digest)
        channel, _ = await self._store.channel(wanted.nonce)
        if voucher is None or channel is None:
            raise IllegalTransition("a voucher is signed only after it was written down")
        if channel.closing:
            raise SignatureRefused("the channel is closed; ask afresh")
        return voucher, channel

    def _corrected(self, channel: Channel, challenge: Challenge | None) -> int | None:
        """Where a corrective 402 says the channel stands, if it shows our signature for it."""
        for demand in () if challenge is None else challenge.demands:
            extra = demand.raw.get("extra")
            if demand.terms.scheme != "batch-settlement" or not isinstance(extra, dict):
                continue
            state, shown = extra.get("channelState"), extra.get("voucherState")
            if not isinstance(state, dict) or not isinstance(shown, dict):
                continue
            stands = _units(state.get("chargedCumulativeAmount"))
            most = _units(shown.get("signedMaxClaimable"))
            if stands is None or most is None or not stands <= most <= 2**128 - 1:
                continue
            message = channels.voucher_message(channel.id, most, network=self._asset.network)
            try:
                signing.signed_by(channel.payer, message, str(shown.get("signature")))
            except SignatureRefused:
                continue
            return stands
        return None

    async def _covered(self, voucher: Voucher, channel: Channel) -> Outcome:
        """A charged voucher has landed as soon as the deposit behind it has."""
        use = await self._reader.deposited(channel, voucher.funding)
        if use is Use.OPEN:
            return Pending()
        if use is Use.OVER:
            # Delivered on a promise that no money stands behind, and none ever will.
            return await self._never_or_pending(voucher, channel)
        log = await self._reader.deposit_log(channel, voucher.funding)
        if log is None:
            return Pending()
        return Landed(
            transaction=log.transaction_hash,
            piece=str(voucher.base + (voucher.charged or 0)),
            slot=log.block_number,
            block_time=await self._chain.time_of(log.block_number),
            moved=voucher.charged,
        )

    async def _never_or_pending(self, voucher: Voucher, channel: Channel) -> Outcome:
        use = await self._reader.holding(channel, above=voucher.base)
        if use is not Use.OVER:
            return Pending()
        current, version = await self._store.channel(channel.id)
        if current is None or current.no_deposit_after > channel.no_deposit_after:
            return Pending()
        if not current.closing:
            # Only a channel that gets no more money cannot be drawn on later.
            closed = current.model_copy(update={"closing": True})
            await self._store.save(self._place(channel), closed, version=version)
        return NeverLands(
            reason=f"channel {channel.id} is closed and holds nothing that it could claim"
        )

    async def _ask_refund(self, channel: Channel, receipt: Receipt) -> None:
        method, _, url = receipt.listing_id.partition(" ")
        order = Order(
            method=method, url=url, arguments={}, output_schema={}, media_type="application/json"
        )
        challenge = await self._seller.ask(order)
        demand = self._offered(channel, challenge)
        await self._seller.pay(
            order,
            SignedPayment(
                x402_version=demand.terms.x402_version,
                accepted=demand.raw,
                resource=challenge.resource if isinstance(challenge, Challenge) else None,
                extensions=challenge.extensions if isinstance(challenge, Challenge) else None,
                payload=await self._channel_signer.refund(channel),
            ),
        )

    def _offered(self, channel: Channel, challenge: Challenge | Answer) -> Demand:
        for demand in challenge.demands if isinstance(challenge, Challenge) else ():
            terms = demand.terms
            if terms.scheme == "batch-settlement" and terms.pay_to == channel.pay_to:
                channels.check_same_terms(channel, terms)
                return demand
        raise OfferRefused(f"the seller no longer offers channel {channel.id}")

    async def _channels_of(self, receipt: Receipt) -> list[str]:
        return await self._reader.channels_of(
            receipt.transaction, payer=receipt.payer, pay_to=receipt.pay_to
        )

    def _place(self, channel: Channel) -> str:
        return f"{self._asset.network}/{self._asset.address}/{channel.payer}/{channel.pay_to}"


def _conceded(
    channel: Channel, voucher: Voucher, settlement: Mapping[str, JsonValue] | None
) -> tuple[Channel, tuple[Voucher, ...]]:
    """Concede what a seller that delivered says it charged, or all when it says nothing sensible.

    Only what no other payment was charged counts: a seller that charges one piece of the line for
    two payments has sold one of them for nothing.
    """
    extra = None if settlement is None else settlement.get("extra")
    said = _units(extra.get("chargedAmount")) if isinstance(extra, dict) else None
    most = voucher.total - voucher.base
    reached = voucher.base + (most if said is None else min(said, most))
    base = max(voucher.base, channel.conceded)
    if reached <= base:
        return channel, (voucher.model_copy(update={"refused": True}),)
    kept = voucher.model_copy(update={"base": base, "charged": reached - base})
    return channel.model_copy(update={"conceded": reached}), (kept,)


def _units(text: JsonValue) -> int | None:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    return int(text)
