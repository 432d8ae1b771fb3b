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
Taking money out without the seller's help takes a transaction of the wallet's own, which this rail
does not send: the contract's ``initiateWithdraw``, and after the delay ``finalizeWithdraw``.
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
from activities.payments.evm.channel_book import ChannelBook, DepositPolicy, units
from activities.payments.evm.channel_reading import ChannelReader
from activities.payments.evm.channel_refund import ChannelRefunds
from activities.payments.evm.channel_signing import ChannelSigner
from activities.payments.evm.channel_store import Channels
from activities.payments.evm.paying import (
    EvmRail,
    check_terms,
    evm_evidence,
    settled,
)
from activities.payments.exchanges import (
    Challenge,
    Demand,
    InboundTransfer,
    Landed,
    NeverLands,
    Outcome,
    Pending,
    SignedPayment,
    Unsigned,
)
from activities.payments.ports import Seller, Signer
from domain.errors import (
    IllegalTransition,
    OfferRefused,
    RecordsDisagree,
    SignatureRefused,
)
from domain.ids import PaymentKey
from domain.money import Amount, Asset
from domain.payments import Evidence, EvmEvidence, Receipt

DEPOSIT_CALLS: Final = 10
"""Calls that one deposit covers; what the package's sellers ask for unless told otherwise."""

MAX_WITHDRAW_DELAY_SECONDS: Final = 24 * 60 * 60
"""How long an unhelpful seller may keep the unspent rest; the package's sellers ask for 900 s."""

NEVER: Final = 253_402_300_799
"""A voucher's ``valid_before``: the last second of the year 9999, because it does not expire."""


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
        max_withdraw_delay_seconds: int = MAX_WITHDRAW_DELAY_SECONDS,
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
            max_withdraw_delay_seconds: Longest that money may be out of reach when a seller does
                not help.
            clock: Unix seconds.
        """
        super().__init__(chain, asset=asset, signer=signer)
        self._reader = ChannelReader(chain, self._token)
        self._channel_signer = ChannelSigner(signer, asset)
        self._refunds = ChannelRefunds(self._reader, self._channel_signer, seller)
        self._store = store
        policy = DepositPolicy(max_unspent=max_unspent, calls=deposit_calls)
        self._book = ChannelBook(chain, self._token, store=store, policy=policy, clock=clock)
        self._max_withdraw_delay = max_withdraw_delay_seconds

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Write the next voucher of a channel, with a deposit where it needs one."""
        check_terms(self._asset, demand, scheme="batch-settlement", payer=payer)
        if payer.lower() != self.payer:
            raise OfferRefused("a payment channel needs the installation's own wallet")
        if demand.terms.transfer_method != "eip3009":
            raise OfferRefused(f"deposits by {demand.terms.transfer_method} are not made")
        asked = demand.terms.channel
        if asked is not None and asked.withdraw_delay_seconds > self._max_withdraw_delay:
            raise OfferRefused(f"the seller may hold money for {asked.withdraw_delay_seconds} s")
        voucher = await self._store.voucher_of(key)
        if voucher is not None and (voucher.charged is not None or voucher.refused):
            raise RecordsDisagree(f"payment {key[:12]} was sent already, and answered")
        if voucher is None or not voucher.fits(demand.terms.base_units, self._book.now()):
            voucher = await self._book.next(demand, key=key, payer=payer.lower())
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
        await self._book.hear(
            channel,
            version,
            voucher,
            delivered=delivered,
            settlement=settlement,
            challenge=challenge,
        )

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
            channel, voucher = await self._book.claimed(channel, version, voucher, reached=claimed)
            if voucher.charged is not None:
                return await self._covered(voucher, channel)
        return await self._never_or_pending(voucher, channel)

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain shows a deposit into a channel that this payment could draw on."""
        found = await settled(self._chain, receipt.transaction)
        total = units(receipt.piece)
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
                await self._book.check_free(channel, but=None)
            channel = await self._book.close(channel, version)
            return await self._refunds.refund(channel, receipt)
        raise RecordsDisagree(f"no channel in the records was paid for by {receipt.transaction}")

    async def at_risk(self, evidence: Evidence) -> Amount:
        """Most that what was signed can move: with a deposit, all of it."""
        voucher, _ = await self._known(evidence)
        price = voucher.total - voucher.base
        most = max(voucher.funding.base_units, price) if voucher.deposits else price
        return Amount(asset=self._asset, base_units=most)

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
        # Only a channel that gets no more money cannot be drawn on later.
        await self._book.close(current, version)
        return NeverLands(
            reason=f"channel {channel.id} is closed and holds nothing that it could claim"
        )

    async def _channels_of(self, receipt: Receipt) -> list[str]:
        return await self._reader.channels_of(
            receipt.transaction, payer=receipt.payer, pay_to=receipt.pay_to
        )
