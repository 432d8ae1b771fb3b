"""Reading a Solana network: heights, balances, and the transactions of one account."""

import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Commitment, Confirmed, Finalized
from solders.hash import Hash
from solders.message import to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.token import ID as TOKEN_PROGRAM
from solders.transaction import VersionedTransaction
from solders.transaction_status import (
    EncodedConfirmedTransactionWithStatusMeta,
    UiTransactionStatusMeta,
    UiTransactionTokenBalance,
)

from activities._solana import asked
from activities.records.watch import NodeWatch
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, digest_bytes

_T = TypeVar("_T")

_PAGE: Final = 1_000
"""Signatures asked for at a time; the most that nodes allow."""

_TOKEN_ACCOUNT: Final = struct.Struct("<32s32sQI32sBI8sQI32s")
"""Mint, owner, amount, delegate with tag, state, what is native with tag, what the delegate may
still move, who may close it with tag. Source: SPL Token account layout."""

_FROZEN: Final = 2
"""State of an account that its mint has frozen. Source: SPL Token account layout."""


@dataclass(frozen=True)
class Blockhash:
    """A recent blockhash with the window in which it is valid."""

    value: Hash
    last_valid_block_height: int
    slot: int


@dataclass(frozen=True)
class Position:
    """How far a chain has come; slots that held no block make its height the smaller number."""

    slot: int
    height: int


@dataclass(frozen=True)
class TokenAccount:
    """What a token account holds, and who may move it."""

    owner: Pubkey
    base_units: int
    delegate: Pubkey | None
    delegated: int
    frozen: bool

    def spendable_by(self, authority: Pubkey) -> int:
        """Base units that a transfer signed by ``authority`` can move."""
        if self.frozen:
            return 0
        if authority == self.owner:
            return self.base_units
        return min(self.base_units, self.delegated) if authority == self.delegate else 0


@dataclass(frozen=True)
class Seen:
    """One transaction of an account, as the node lists it."""

    signature: Signature
    slot: int
    memo: str
    failed: bool


@dataclass(frozen=True)
class Transaction:
    """One transaction as the node returns it, with every signature on it verified."""

    signature: str
    slot: int
    block_time: datetime | None
    message_digest: Digest
    error: str | None
    deltas: dict[tuple[str, str], int]
    """Change in base units by owner and mint."""
    moved: dict[str, int]
    """Change in base units by token account; an account may have been given to another owner."""


class SvmChain:
    """One network behind its JSON-RPC; every transport error means that nothing was learnt."""

    def __init__(self, client: AsyncClient, watch: NodeWatch | None = None) -> None:
        self._client = client
        self._watch = watch

    async def refusal(self) -> str | None:
        """Why this node is left alone for now; a half-open one is asked how far it has come."""
        return None if self._watch is None else await self._watch.refusal(self.finalized)

    async def _asked(self, call: Awaitable[_T]) -> _T:
        return await (asked(call) if self._watch is None else self._watch.over(asked(call)))

    async def blockhash(self) -> Blockhash:
        """The latest blockhash. Confirmed, because a finalized one has lived a third already."""
        answer = await self._asked(self._client.get_latest_blockhash(Confirmed))
        return Blockhash(
            value=answer.value.blockhash,
            last_valid_block_height=answer.value.last_valid_block_height,
            slot=answer.context.slot,
        )

    async def finalized(self) -> Position:
        """The last block that can no longer be undone."""
        answer = (await self._asked(self._client.get_epoch_info(Finalized))).value
        return Position(slot=answer.absolute_slot, height=answer.block_height)

    async def token_account(self, account: Pubkey) -> TokenAccount | None:
        """Read a token account; ``None`` when there is no such account."""
        found = (await self._asked(self._client.get_account_info(account, Confirmed))).value
        if found is None or found.owner != TOKEN_PROGRAM or len(found.data) != _TOKEN_ACCOUNT.size:
            return None
        _, owner, amount, tag, delegate, state, _, _, delegated, _, _ = _TOKEN_ACCOUNT.unpack(
            found.data
        )
        return TokenAccount(
            owner=Pubkey.from_bytes(owner),
            base_units=amount,
            delegate=Pubkey.from_bytes(delegate) if tag else None,
            delegated=delegated,
            frozen=state == _FROZEN,
        )

    async def history(
        self,
        account: Pubkey,
        *,
        since_slot: int,
        commitment: Commitment = Confirmed,
        as_of_slot: int | None = None,
    ) -> AsyncIterator[Seen]:
        """Transactions that touched ``account``, newest first, down to ``since_slot``.

        Args:
            account: A token account.
            since_slot: Older transactions are of no interest.
            commitment: How certain they must be.
            as_of_slot: A node that has not come so far must refuse to answer. Behind one address
                there may be many nodes, and one that lags would make a payment look like none.
        """
        before: Signature | None = None
        while True:
            answer = await self._asked(
                self._client.get_signatures_for_address(
                    account,
                    before=before,
                    limit=_PAGE,
                    commitment=commitment,
                    min_context_slot=as_of_slot,
                )
            )
            for row in answer.value:
                if row.slot < since_slot:
                    return
                failed = row.err is not None
                yield Seen(row.signature, row.slot, row.memo or "", failed)
            if len(answer.value) < _PAGE:
                return
            before = answer.value[-1].signature

    async def transaction(self, signature: Signature) -> Transaction | None:
        """Read one transaction; ``None`` when the node does not know it."""
        return await self._asked(self._transaction(signature))

    async def _transaction(self, signature: Signature) -> Transaction | None:
        answer = await self._client.get_transaction(
            signature, "base64", Confirmed, max_supported_transaction_version=0
        )
        return None if answer.value is None else _transaction(signature, answer.value)


def _transaction(
    signature: Signature, found: EncodedConfirmedTransactionWithStatusMeta
) -> Transaction:
    content, meta = found.transaction.transaction, found.transaction.meta
    if not isinstance(content, VersionedTransaction) or meta is None:
        raise UpstreamUnavailable(f"the Solana RPC returned {signature} without its content")
    if content.signatures[:1] != [signature]:
        raise UpstreamUnavailable(f"the Solana RPC returned another transaction for {signature}")
    if not _authentic(content):
        raise UpstreamUnavailable(f"the Solana RPC shows {signature} without its signatures")
    return Transaction(
        signature=str(signature),
        slot=found.slot,
        block_time=None if found.block_time is None else _time(found.block_time),
        message_digest=digest_bytes(to_bytes_versioned(content.message)),
        error=None if meta.err is None else str(meta.err),
        deltas=_deltas(meta),
        moved=_moved(meta, content.message.account_keys),
    )


def _authentic(content: VersionedTransaction) -> bool:
    # Missing signatures are not looked at by the check of those that are there.
    needed = content.message.header.num_required_signatures
    return len(content.signatures) == needed and all(content.verify_with_results())


def _time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as err:
        raise UpstreamUnavailable(f"the Solana RPC named the time {seconds}") from err


def _deltas(meta: UiTransactionStatusMeta) -> dict[tuple[str, str], int]:
    deltas: Counter[tuple[str, str]] = Counter()
    for balance, base_units in _changes(meta):
        deltas[(str(balance.owner), str(balance.mint))] += base_units
    return dict(deltas)


def _moved(meta: UiTransactionStatusMeta, keys: Sequence[Pubkey]) -> dict[str, int]:
    moved: Counter[str] = Counter()
    for balance, base_units in _changes(meta):
        # Behind the message's own accounts come those out of tables, which no payment of ours has.
        if balance.account_index < len(keys):
            moved[str(keys[balance.account_index])] += base_units
    return dict(moved)


def _changes(meta: UiTransactionStatusMeta) -> Iterator[tuple[UiTransactionTokenBalance, int]]:
    for sign, balances in ((-1, meta.pre_token_balances), (1, meta.post_token_balances)):
        for balance in balances or []:
            yield balance, sign * int(balance.ui_token_amount.amount)
