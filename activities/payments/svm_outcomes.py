"""What became of a signed Solana payment.

The buyer never learns the transaction's id from signing: that is the fee payer's signature. So a
payment is found by the digest of its message, among the transactions of the payer's token account.

Nodes lag, fail and lie. That a payment landed is believed of any one node that shows the very
message, rightly signed, and the money moved by it; that it never lands, of all of them together.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from solana.rpc.commitment import Confirmed, Finalized
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments.exchanges import Landed, NeverLands, Outcome, Pending
from activities.payments.svm_chain import Blockhash, SvmChain, Transaction
from activities.payments.svm_transfer import token_account
from domain.errors import UpstreamUnavailable
from domain.money import Asset
from domain.payments import SvmEvidence

_WITNESS_LAG_BLOCKS: Final = 32
"""How far a witness may be behind: about as many blocks as are not yet final."""


class SvmOutcomes:
    """Asks one network's node, and its witnesses where the node alone is not enough."""

    def __init__(self, chains: Sequence[SvmChain], *, asset: Asset) -> None:
        self._node, *self._witnesses = chains
        self._asset = asset

    async def window(self, blockhash: Blockhash) -> Blockhash:
        """Widen the window of the node's blockhash to what its witnesses leave possible.

        A node that says a payment can land for a shorter time than it can would have it called
        impossible, and made again, while it still lands.

        Raises:
            UpstreamUnavailable: A witness failed.
        """
        if not self._witnesses:
            return blockhash
        others = await asyncio.gather(*(one.blockhash() for one in self._witnesses))
        last = max(one.last_valid_block_height for one in others) + _WITNESS_LAG_BLOCKS
        return replace(
            blockhash,
            slot=min(blockhash.slot, *(one.slot for one in others)),
            last_valid_block_height=max(blockhash.last_valid_block_height, last),
        )

    async def of(self, wanted: SvmEvidence, pay_to: str, *, hint: str | None) -> Outcome:
        """Read what became of a payment.

        Raises:
            UpstreamUnavailable: A node failed, or showed what cannot be; nothing was learnt.
        """
        search = _Search(wanted, pay_to, self._asset, hint)
        first = await _heard(search, self._node)
        if isinstance(first, Landed) or not self._witnesses:
            return _learnt([first])
        others = await asyncio.gather(*(_heard(search, one) for one in self._witnesses))
        return _learnt([first, *others])


async def _heard(search: "_Search", chain: SvmChain) -> Outcome | UpstreamUnavailable:
    try:
        return await search.outcome(chain)
    except UpstreamUnavailable as err:
        return err


def _learnt(heard: Sequence[Outcome | UpstreamUnavailable]) -> Outcome:
    """Put together what nodes said; a failing one leaves only what does not depend on it."""
    for kind in (Landed, Pending):
        for one in heard:
            if isinstance(one, kind):
                return one
    for one in heard:
        if isinstance(one, UpstreamUnavailable):
            raise one
    return next(one for one in heard if isinstance(one, NeverLands))


class _Search:
    """One payment, looked for at one node after the other."""

    def __init__(self, wanted: SvmEvidence, pay_to: str, asset: Asset, hint: str | None) -> None:
        self._wanted = wanted
        self._account = token_account(Pubkey.from_string(wanted.payer), asset)
        self._destination = token_account(Pubkey.from_string(pay_to), asset)
        self._hint = _signature(hint)

    async def outcome(self, chain: SvmChain) -> Outcome:
        """What this node shows."""
        found = await self._hinted(chain)
        if found is not None and found.error is None:
            return _landed(found)
        # The position is read before the search: what landed within the window is then visible.
        reached = await chain.finalized()
        over = reached.height > self._wanted.last_valid_block_height
        # Presence is proof from any node, also one that lags; only absence needs a current one.
        found = await self._search(chain, as_of_slot=None)
        if over and (found is None or found.error is not None):
            found = await self._search(chain, as_of_slot=reached.slot)
        if found is not None and found.error is None:
            return _landed(found)
        if not over:
            # Also when it was seen to fail: on another fork it may still succeed.
            return Pending()
        failed = f"it failed on chain ({found.error})" if found else "it is not on chain"
        return NeverLands(
            reason=f"{failed}, and block {reached.height} is past its last valid block "
            f"{self._wanted.last_valid_block_height}"
        )

    async def _search(self, chain: SvmChain, *, as_of_slot: int | None) -> Transaction | None:
        """Find our message; with ``as_of_slot``, so thoroughly that not finding it is proof."""
        history = chain.history(
            self._account,
            since_slot=self._wanted.first_slot,
            commitment=Confirmed if as_of_slot is None else Finalized,
            as_of_slot=as_of_slot,
        )
        async for seen in history:
            # A node may leave memos out: what has none is no reason to call a payment absent.
            unnamed = not seen.memo and as_of_slot is not None
            if self._wanted.memo not in seen.memo and not unnamed:
                continue
            found = await chain.transaction(seen.signature)
            if found is None:
                raise UpstreamUnavailable(f"the node lists {seen.signature} but cannot show it")
            if self._is_wanted(found):
                return found
        return None

    async def _hinted(self, chain: SvmChain) -> Transaction | None:
        if self._hint is None:
            return None
        try:
            found = await chain.transaction(self._hint)
            return found if found is not None and self._is_wanted(found) else None
        except UpstreamUnavailable:
            # The seller chose what to look at first; it must not be able to stop the search.
            return None

    def _is_wanted(self, found: Transaction) -> bool:
        """Whether a transaction is the wanted one, and not a node's invention."""
        if found.message_digest != self._wanted.message_digest:
            return False
        if found.error is None:
            # By account, as the message names them: a seller can give its account away meanwhile.
            left = -found.moved.get(str(self._account), 0)
            arrived = found.moved.get(str(self._destination), 0)
            if not 0 < left == arrived:
                raise UpstreamUnavailable(f"the node shows {found.signature} moving no money")
        return True


def _signature(text: str | None) -> Signature | None:
    try:
        return None if text is None else Signature.from_string(text)
    except ValueError:
        return None


def _landed(found: Transaction) -> Landed:
    return Landed(transaction=found.signature, slot=found.slot, block_time=found.block_time)
