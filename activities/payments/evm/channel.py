"""Payment channels as we know them: what was signed, what was charged, what may still be claimed.

Vouchers are cumulative, so a channel is one line from zero upwards. Each voucher claims the piece
of the line from its ``base`` to its ``total``; the seller can only ever claim up to the highest
total signed. No I/O here.
"""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict
from x402.mechanisms.evm.batch_settlement.constants import (
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
    MAX_WITHDRAW_DELAY,
    MIN_WITHDRAW_DELAY,
    RECEIVE_AUTHORIZATION_TYPES,
    VOUCHER_TYPES,
)
from x402.mechanisms.evm.batch_settlement.encoding import build_erc3009_deposit_nonce
from x402.mechanisms.evm.batch_settlement.types import ChannelConfig
from x402.mechanisms.evm.batch_settlement.utils import (
    compute_channel_id,
    get_batch_settlement_eip712_domain,
)

from activities.payments.evm import signing
from activities.payments.evm.chain import chain_id_of
from activities.payments.evm.paying import token_domain
from domain.catalogue import Terms
from domain.errors import OfferRefused, WalletUnfunded
from domain.ids import Digest, PaymentKey, digest_bytes
from domain.money import Asset

PATIENCE_SECONDS: Final = 150
"""How long a voucher's answer may still be under way; a paid call is given 100 s."""


SEND_SECONDS: Final = 20
"""Least time a deposit must have left to be worth sending; facilitators want 6 s."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Deposit(Frozen):
    """One authorization to move money into a channel."""

    base_units: int
    salt: str
    nonce: str
    """The EIP-3009 nonce that it uses up."""
    first_block: int
    valid_before: int


class Voucher(Frozen):
    """One payment's piece of a channel's line."""

    key: PaymentKey
    digest: Digest
    """Names it in evidence: over what is signed and the payment's key, because two payments may
    sign the same total, one after the other was refused."""
    channel: str
    base: int
    total: int
    funding: Deposit
    """The deposit that covers it."""
    deposits: bool
    """Whether that deposit is sent along with it."""
    prepared_at: int
    charged: int | None = None
    """What the seller charged of it, as we concede; ``None`` while we do not."""
    refused: bool = False
    """The seller answered something else than what was bought."""

    def fits(self, price: int, now: int) -> bool:
        """Whether it can still be sent for a price; a deposit needs time to land."""
        fresh = not self.deposits or now + SEND_SECONDS <= self.funding.valid_before
        return fresh and self.total - self.base == price

    def under_way(self, now: int) -> bool:
        """Whether the seller's answer may still come."""
        return not self.refused and now < self.prepared_at + PATIENCE_SECONDS


class Channel(Frozen):
    """One channel, from its first deposit to its end."""

    id: str
    number: int
    """Counts a wallet's channels to one seller; there is one open at a time."""
    payer: str
    pay_to: str
    receiver_authorizer: str
    withdraw_delay_seconds: int
    salt: str
    first_block: int
    conceded: int = 0
    """How far along the line we agree that the seller charged."""
    signed: int = 0
    """The highest total ever signed: the most that can be claimed, ever."""
    last_deposit: Deposit | None = None
    no_deposit_after: int = 0
    """Unix seconds from which no signed authorization can add to it."""
    closing: bool = False
    """Nothing is signed for it any more, for good."""
    refund: str | None = None
    """Transaction that the seller named for its refund."""


def config_of(channel: Channel, asset: Asset) -> ChannelConfig:
    """A channel's identity as the package writes it."""
    return ChannelConfig(
        payer=signing.address(channel.payer),
        payer_authorizer=signing.address(channel.payer),
        receiver=signing.address(channel.pay_to),
        receiver_authorizer=signing.address(channel.receiver_authorizer),
        token=signing.address(asset.address),
        withdraw_delay=channel.withdraw_delay_seconds,
        salt=channel.salt,
    )


def opened(terms: Terms, *, payer: str, number: int, asset: Asset, first_block: int) -> Channel:
    """Describe the next channel to a seller.

    Raises:
        OfferRefused: The terms do not describe one that its contract accepts.
    """
    if terms.channel is None:
        raise OfferRefused("the terms do not describe a payment channel")
    delay = terms.channel.withdraw_delay_seconds
    if not MIN_WITHDRAW_DELAY <= delay <= MAX_WITHDRAW_DELAY:
        raise OfferRefused(f"a channel with a withdrawal delay of {delay} s is never accepted")
    salt = f"caravan/channel/{asset.network}/{asset.address}/{payer}/{terms.pay_to}/{number}"
    draft = Channel(
        id="",
        number=number,
        payer=payer.lower(),
        pay_to=terms.pay_to,
        receiver_authorizer=terms.channel.receiver_authorizer.lower(),
        withdraw_delay_seconds=delay,
        salt="0x" + digest_bytes(salt.encode()),
        first_block=first_block,
    )
    return draft.model_copy(
        update={"id": compute_channel_id(config_of(draft, asset), asset.network).lower()}
    )


def check_same_terms(channel: Channel, terms: Terms) -> None:
    """Refuse to open a second channel beside one that still holds money.

    Raises:
        OfferRefused: The seller's channel terms are not those of the open channel.
    """
    asked = terms.channel
    if asked is None or (
        asked.receiver_authorizer.lower(),
        asked.withdraw_delay_seconds,
    ) != (channel.receiver_authorizer, channel.withdraw_delay_seconds):
        raise OfferRefused(
            "the seller changed its channel terms while a channel is open; refund that one first"
        )


def attributed(
    channel: Channel, reached: int, unsettled: Sequence[Voucher]
) -> tuple[Channel, tuple[Voucher, ...]]:
    """Concede a channel's line up to ``reached``, and say whose pieces were charged.

    Args:
        channel: As it was.
        reached: How far the seller charged or claimed.
        unsettled: Vouchers that are not conceded, in the order in which they may explain it.

    Returns:
        The channel as it is now, and the vouchers that were charged. No two of them share any of
        the line, so that what they are charged adds up to no more than what was reached.
    """
    at = channel.conceded
    charged: list[Voucher] = []
    waiting = list(unsettled)
    while at < reached:
        found = next((each for each in waiting if each.base == at and each.charged is None), None)
        if found is None:
            break  # signed before the record that is left: nobody is left to charge it to
        waiting.remove(found)
        piece = min(found.total, reached) - at
        charged.append(found.model_copy(update={"charged": piece}))
        at += piece
    return channel.model_copy(update={"conceded": max(channel.conceded, reached)}), tuple(charged)


def deposit_size(*, price: int, need: int, wish: int, room: int, held: int) -> int:
    """How much to move into a channel.

    Args:
        price: What is asked now.
        need: Least that covers it.
        wish: What would be moved if nothing stood against it.
        room: Most that may be added without passing the cap on what lies unspent.
        held: What the wallet holds.

    Raises:
        OfferRefused: The cap forbids even the least.
        WalletUnfunded: The wallet does not hold the least.
    """
    if need > max(room, price):
        raise OfferRefused(f"the channel needs a deposit of {need} base units, {room} are allowed")
    if need > held:
        raise WalletUnfunded(f"the channel needs a deposit of {need} base units, {held} are held")
    return max(need, min(wish, room, held))


def deposit_for(
    channel: Channel, key: PaymentKey, *, base_units: int, since: int, until: int
) -> Deposit:
    """Describe one payment's deposit: its nonce follows from the payment's key."""
    salt = signing.nonce_of(key, "caravan/deposit")
    return Deposit(
        base_units=base_units,
        salt=salt,
        nonce=build_erc3009_deposit_nonce(channel.id, salt),
        first_block=since,
        valid_before=until,
    )


def voucher_message(channel: str, total: int, *, network: str) -> str:
    """Typed data of a voucher."""
    return signing.typed_data(
        VOUCHER_TYPES,
        "Voucher",
        domain=get_batch_settlement_eip712_domain(chain_id_of(network)),
        message={"channelId": channel, "maxClaimableAmount": str(total)},
    )


def deposit_message(channel: Channel, deposit: Deposit, asset: Asset) -> str:
    """Typed data of a deposit."""
    return signing.typed_data(
        RECEIVE_AUTHORIZATION_TYPES,
        "ReceiveWithAuthorization",
        domain=token_domain(asset),
        message={
            "from": signing.address(channel.payer),
            "to": ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
            "value": str(deposit.base_units),
            "validAfter": "0",
            "validBefore": str(deposit.valid_before),
            "nonce": deposit.nonce,
        },
    )


def voucher_digest(message: str, key: PaymentKey) -> Digest:
    """Name one payment's voucher."""
    return digest_bytes(f"{signing.digest_of(message)}{key}".encode())
