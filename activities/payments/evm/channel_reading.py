"""What the chain shows of payment channels: what they hold, and which deposits and refunds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from x402.mechanisms.evm.batch_settlement.abi import BATCH_SETTLEMENT_ABI
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.batch_settlement.types import ChannelConfig
from x402.mechanisms.evm.batch_settlement.utils import compute_channel_id
from x402.mechanisms.evm.constants import AUTHORIZATION_STATE_ABI

from activities.payments.evm import signing
from activities.payments.evm.chain import EvmChain, Use, missing
from activities.payments.evm.channel import Channel, Deposit
from activities.payments.evm.node import Block, EvmNode, Log
from activities.payments.evm.rail_exact import AUTHORIZATION_USED
from activities.payments.evm.token import (
    TRANSFER,
    EvmToken,
    encoded,
    hexed,
    topic_of,
    word,
    words,
)
from activities.payments.exchanges import InboundTransfer
from domain.money import Amount

_WORD_BYTES: Final = 32

_CONFIG_WORDS: Final = 7
"""Payer, its authorizer, receiver, its authorizer, token, delay, salt: all of them static."""


@dataclass(frozen=True)
class OnChain:
    """A channel as its contract shows it."""

    balance: int
    """Deposited and not given back, claimed or not."""
    claimed: int


class ChannelReader:
    """Reads channels of one asset."""

    def __init__(self, chain: EvmChain, token: EvmToken) -> None:
        self._chain = chain
        self._token = token

    async def state(self, channel_id: str) -> OnChain:
        """A channel as its contract shows it now."""
        answer = await self._chain.call(BATCH_SETTLEMENT_ADDRESS, _state_call(channel_id))
        return OnChain(*words(answer, 2))

    async def holding(self, channel: Channel, *, above: int) -> Use:
        """Whether a channel holds more than ``above``, may come to, or never will again."""
        call = _state_call(channel.id)

        async def holds_more(node: EvmNode, at: Block | None) -> bool:
            return words(await node.call(BATCH_SETTLEMENT_ADDRESS, call, at=at), 2)[0] > above

        return await self._chain.use_when_final(holds_more, valid_before=channel.no_deposit_after)

    async def deposited(self, channel: Channel, deposit: Deposit) -> Use:
        """Whether a deposit was made, may be, or never can be."""
        nonce = bytes.fromhex(deposit.nonce[2:])
        call = encoded(AUTHORIZATION_STATE_ABI, "authorizationState", channel.payer, nonce)

        async def is_used(node: EvmNode, at: Block | None) -> bool:
            return word(await node.call(self._token.asset.address, call, at=at)) != 0

        return await self._chain.use(is_used, valid_before=deposit.valid_before)

    async def deposit_log(self, channel: Channel, deposit: Deposit) -> Log | None:
        """The event of a deposit that was made; ``None`` while it is not deep enough to count."""
        topics: list[JsonValue] = [
            hexed(AUTHORIZATION_USED),
            topic_of(channel.payer),
            deposit.nonce,
        ]
        last = (await self._chain.latest()).number
        async for log in self._chain.logs(
            self._token.asset.address, topics, first=deposit.first_block, last=last
        ):
            return log if log.block_number <= await self._chain.settled_height() else None
        raise missing(f"deposit {deposit.nonce} was made")

    async def refund(self, channel: Channel) -> InboundTransfer | None:
        """What the contract gave back of a channel, once that is deep enough to count."""
        topics: list[JsonValue] = [
            hexed(TRANSFER),
            topic_of(BATCH_SETTLEMENT_ADDRESS),
            topic_of(channel.payer),
        ]
        last = await self._chain.settled_height()
        async for log in self._chain.logs(
            self._token.asset.address, topics, first=channel.first_block, last=last
        ):
            # Several channels may be refunded to one wallet; the call names which one.
            call_data = await self._chain.input_of(log.transaction_hash)
            if bytes.fromhex(channel.salt[2:]) in call_data:
                amount = Amount(asset=self._token.asset, base_units=word(log.data))
                return InboundTransfer(transaction=log.transaction_hash, amount=amount)
        return None

    async def channels_of(self, transaction: str, *, payer: str, pay_to: str) -> list[str]:
        """Channels from ``payer`` to ``pay_to`` that a transaction is about."""
        call_data = await self._chain.input_of(transaction)
        return list(self._named(call_data, payer=payer, pay_to=pay_to))

    def _named(self, call_data: bytes, *, payer: str, pay_to: str) -> Iterator[str]:
        start = b"".join(bytes.fromhex(topic_of(each)[2:]) for each in (payer, payer, pay_to))
        place = call_data.find(start)
        while place >= 0:
            content = call_data[place : place + _CONFIG_WORDS * _WORD_BYTES]
            if len(content) == _CONFIG_WORDS * _WORD_BYTES:
                *_, authorizer, token, delay, salt = words(content, _CONFIG_WORDS)
                if f"0x{token:040x}" == self._token.asset.address and 0 < authorizer < 2**160:
                    config = ChannelConfig(
                        payer=signing.address(payer),
                        payer_authorizer=signing.address(payer),
                        receiver=signing.address(pay_to),
                        receiver_authorizer=signing.address(f"0x{authorizer:040x}"),
                        token=signing.address(self._token.asset.address),
                        withdraw_delay=delay & (2**40 - 1),
                        salt=f"0x{salt:064x}",
                    )
                    yield compute_channel_id(config, self._chain.network).lower()
            place = call_data.find(start, place + 1)


def _state_call(channel_id: str) -> bytes:
    return encoded(BATCH_SETTLEMENT_ABI, "channels", bytes.fromhex(channel_id[2:]))
