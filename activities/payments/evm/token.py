"""One token on one EVM network: balances, and transfers as the chain's events show them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import JsonValue
from x402.mechanisms.evm.constants import BALANCE_OF_ABI
from x402.mechanisms.evm.multicall import encode_contract_call

from activities.payments.evm.chain import EvmChain
from activities.payments.evm.node import Log, TxReceipt
from activities.payments.exchanges import InboundTransfer, OutboundTransfer
from domain.errors import UpstreamUnavailable
from domain.money import Amount, Asset
from domain.payments import Receipt

Abi = list[dict[str, Any]]

TRANSFER: Final = keccak(text="Transfer(address,address,uint256)")
"""Event of every transfer. Source: ERC-20."""


@dataclass(frozen=True)
class Transfer:
    """One move of the token."""

    payer: str
    pay_to: str
    base_units: int
    log: Log


class EvmToken:
    """Reads what one token did."""

    def __init__(self, chain: EvmChain, asset: Asset) -> None:
        self.chain = chain
        self.asset = asset

    async def balance(self, payer: str) -> Amount:
        """Spendable balance of a wallet; an unknown wallet has nothing."""
        answer = await self.chain.call(
            self.asset.address, encoded(BALANCE_OF_ABI, "balanceOf", payer)
        )
        return Amount(asset=self.asset, base_units=word(answer))

    def transfers(self, receipt: TxReceipt) -> list[Transfer]:
        """Every move of the token in one transaction, in order."""
        moves = (self._transfer(log) for log in receipt.logs)
        return [move for move in moves if move is not None]

    async def inbound(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund."""
        topics: list[JsonValue] = [
            hexed(TRANSFER),
            topic_of(receipt.pay_to),
            topic_of(receipt.payer),
        ]
        return [
            InboundTransfer(
                transaction=move.log.transaction_hash,
                amount=Amount(asset=self.asset, base_units=move.base_units),
            )
            async for move in self._moves(topics, first=receipt.slot)
            if move.base_units >= receipt.amount.base_units
        ]

    async def outbound(self, payer: str, *, since: datetime) -> list[OutboundTransfer]:
        """Every transfer out of a wallet since a moment."""
        found: list[OutboundTransfer] = []
        times: dict[int, datetime] = {}
        topics: list[JsonValue] = [hexed(TRANSFER), topic_of(payer)]
        async for move in self._moves(topics, first=await self.chain.block_at(since)):
            number = move.log.block_number
            if number not in times:
                times[number] = await self.chain.time_of(number)
            found.append(
                OutboundTransfer(
                    network=self.chain.network,
                    transaction=move.log.transaction_hash,
                    pay_to=move.pay_to,
                    amount=Amount(asset=self.asset, base_units=move.base_units),
                    at=times[number],
                )
            )
        return [each for each in found if each.at is None or each.at >= since]

    async def _moves(self, topics: list[JsonValue], *, first: int) -> AsyncIterator[Transfer]:
        last = await self.chain.settled_height()
        async for log in self.chain.logs(self.asset.address, topics, first=first, last=last):
            move = self._transfer(log)
            if move is not None:
                yield move

    def _transfer(self, log: Log) -> Transfer | None:
        # Only the token's own events: any contract can emit one that looks like it.
        if log.address.lower() != self.asset.address or log.topics[:1] != (TRANSFER,):
            return None
        if len(log.topics) != len(("event", "from", "to")):
            return None
        return Transfer(
            payer=address_in(log.topics[1]),
            pay_to=address_in(log.topics[2]),
            base_units=word(log.data),
            log=log,
        )


def encoded(abi: Abi, function: str, *arguments: object) -> bytes:
    """Encode a call; addresses may be in any case."""
    checksummed = (_address_or(value) for value in arguments)
    return encode_contract_call(abi, function, *checksummed)


def word(content: bytes) -> int:
    """Read one unsigned integer.

    Raises:
        UpstreamUnavailable: There is none, as when no contract is at the address.
    """
    return words(content, 1)[0]


def words(content: bytes, count: int) -> tuple[int, ...]:
    """Read unsigned integers.

    Raises:
        UpstreamUnavailable: There are fewer, as when no contract is at the address.
    """
    try:
        return tuple(decode(["uint256"] * count, content))
    except DecodingError as err:
        raise UpstreamUnavailable("the EVM node answered no number; is the address right?") from err


def hexed(content: bytes) -> str:
    """``0x`` and two digits a byte."""
    return "0x" + content.hex()


def topic_of(address: str) -> str:
    """An address as events index it."""
    return "0x" + address.lower().removeprefix("0x").rjust(64, "0")


def address_in(topic: bytes) -> str:
    """The address that an event indexes, in lower case."""
    return "0x" + topic[-20:].hex()


def _address_or(value: object) -> object:
    if isinstance(value, str) and len(value) == len("0x") + 40:
        return to_checksum_address(value)
    return value
