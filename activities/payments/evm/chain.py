"""Reading an EVM network through one node or several: state, events, and what is final.

What is there is shown by the first node that is not left alone; what is *not* there must be
confirmed by every one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from pydantic import JsonValue

from activities.payments.evm.node import Block, EvmNode, Log, TxReceipt
from activities.payments.serving import refusals, serving
from domain.errors import UpstreamUnavailable

LOG_SPAN_BLOCKS: Final = 1_000
"""Blocks of events asked for at a time; many public nodes refuse longer spans."""

CONFIRMATIONS: Final = 2
"""Blocks that show a payment, its own included, before it counts as landed."""

Probe = Callable[[EvmNode, Block | None], Awaitable[bool]]
"""Asks one node whether something is used, after a block or after the newest."""


Choice = Callable[[EvmNode, Block], Awaitable[Block]]
"""Picks the block after which a node is asked, given one that is final."""


class Use(Enum):
    """What became of something that counts once and until a time."""

    USED = "used"
    OPEN = "open"
    """Not used, and it still may be."""
    OVER = "over"
    """Proven: not used in time, so it never can be."""


class EvmChain:
    """One network behind its nodes; a transport error means that nothing was learnt."""

    def __init__(
        self,
        nodes: Sequence[EvmNode],
        *,
        network: str,
        confirmations: int = CONFIRMATIONS,
        final_depth: int | None = None,
        log_span_blocks: int = LOG_SPAN_BLOCKS,
    ) -> None:
        """Read ``network`` through ``nodes``.

        Args:
            nodes: The one that is read, and witnesses that must agree that something is absent.
            network: CAIP-2 id.
            confirmations: Blocks that show a payment, its own included, before it landed.
            final_depth: Blocks after which none is undone, for chains without the ``finalized``
                tag; ``None`` uses the tag.
            log_span_blocks: Blocks of events asked for at a time; some nodes allow only ten.
        """
        self._nodes = tuple(nodes)
        self._confirmations = max(confirmations, 1)
        self._final_depth = final_depth
        self._log_span = log_span_blocks
        self.network = network

    @property
    def chain_id(self) -> int:
        """The network's number."""
        return chain_id_of(self.network)

    async def refusal(self) -> str | None:
        """Why no node should be asked now; one that answers is enough to sign by."""
        found = await refusals(self._nodes)
        return None if None in found else found[0]

    async def latest(self) -> Block:
        """The newest block."""
        return await (await self._serving()).latest()

    async def settled_height(self) -> int:
        """The newest block deep enough for what is in it to count."""
        return (await self.latest()).number - self._confirmations + 1

    async def call(self, contract: str, call_data: bytes) -> bytes:
        """Read from a contract as of the newest block."""
        return await (await self._serving()).call(contract, call_data)

    async def receipt(self, transaction: str) -> TxReceipt | None:
        """What became of a transaction; ``None`` when it is not known."""
        return await (await self._serving()).receipt(transaction)

    async def input_of(self, transaction: str) -> bytes:
        """The call data of a transaction that is known to be there."""
        found = await (await self._serving()).transaction(transaction)
        if found is None:
            raise missing(f"{transaction} is on chain")
        return found.input

    async def time_of(self, number: int) -> datetime:
        """When a block was made."""
        block = await (await self._serving()).block(number)
        return datetime.fromtimestamp(block.timestamp, UTC)

    async def logs(
        self, contract: str, topics: list[JsonValue], *, first: int, last: int
    ) -> AsyncIterator[Log]:
        """Events of a contract, oldest first."""
        node = await self._serving()
        for start in range(max(first, 0), last + 1, self._log_span):
            stop = min(start + self._log_span - 1, last)
            for log in await node.logs(contract, topics, first=start, last=stop):
                yield log

    async def use(self, is_used: Probe, *, valid_before: int) -> Use:
        """Tell whether a nonce was used, may be, or never can be.

        A nonce once used stays so. If it is not in the state after a recent block, then neither
        was it after the final one before it; and nodes that keep no old states can be asked.

        Args:
            is_used: Asks one node.
            valid_before: Unix seconds; in a block of that time or later it cannot be used.
        """
        return await self._use(is_used, valid_before, _newest)

    async def use_when_final(self, is_used: Probe, *, valid_before: int) -> Use:
        """Tell the same of something that may come to be unused again.

        Args:
            is_used: Asks one node.
            valid_before: Unix seconds; in a block of that time or later it cannot come to be used.
        """
        return await self._use(is_used, valid_before, _final)

    async def _use(self, is_used: Probe, valid_before: int, after: Choice) -> Use:
        if await is_used(await self._serving(), None):
            return Use.USED
        for node in self._nodes:
            final = await node.final(self._final_depth)
            if final.timestamp < valid_before:
                return Use.OPEN
            # The state after one exact block: whoever answers behind the node's address has it.
            if await is_used(node, await after(node, final)):
                return Use.USED
        return Use.OVER

    async def block_at(self, moment: datetime) -> int:
        """Number of the last block made before ``moment``, or of the first of all."""
        wanted = int(moment.timestamp())
        node = await self._serving()
        low, high = 0, (await node.latest()).number
        while low < high:
            middle = (low + high + 1) // 2
            if (await node.block(middle)).timestamp < wanted:
                low = middle
            else:
                high = middle - 1
        return low

    async def _serving(self) -> EvmNode:
        return await serving(self._nodes)


def chain_id_of(network: str) -> int:
    """The number in an ``eip155`` CAIP-2 id."""
    return int(network.removeprefix("eip155:"))


async def _newest(node: EvmNode, final: Block) -> Block:
    newest = await node.latest()
    if newest.number < final.number:
        raise missing(f"block {final.number} is final")
    return newest


async def _final(node: EvmNode, final: Block) -> Block:
    del node
    return final


def missing(what: str) -> UpstreamUnavailable:
    """The error for what must be there and is not shown: a node that lags behind itself."""
    return UpstreamUnavailable(f"the EVM node says {what}, but cannot show it")
