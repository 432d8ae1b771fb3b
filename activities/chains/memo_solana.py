"""Memos on Solana: signed once per attempt, confirmed, looked up before they are written."""

import asyncio
from typing import Final

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Finalized
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from activities._solana import asked
from activities.chains.ports import MemoWritten
from domain.errors import UpstreamUnavailable, WalletUnfunded

_MEMO_PROGRAM: Final = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
"""Memo program, version 2. Source: Solana Program Library."""

_COMPUTE_UNITS: Final = 100_000
"""A record of 140 bytes needs about 50,000, measured at 350 a byte."""

_COMPUTE_PRICE_MICROLAMPORTS: Final = 1
_FEE_LAMPORTS: Final = 5_001
"""One signature at 5,000, and the priority fee rounded up."""

_PAUSE_SECONDS: Final = 0.4
"""Between looks for the confirmation: one slot."""

_HISTORY: Final = 200
"""Transactions of the wallet searched for an earlier write; it writes one a run."""


class SolanaMemoWriter:
    """Writes memos from the engine's own wallet."""

    def __init__(self, client: AsyncClient, signer: Keypair) -> None:
        self._client = client
        self._signer = signer

    async def find(self, memo: str) -> MemoWritten | None:
        """Search the wallet's recent transactions for exactly this memo."""
        answer = await asked(
            self._client.get_signatures_for_address(
                self._signer.pubkey(), limit=_HISTORY, commitment=Confirmed
            )
        )
        wanted = f"[{len(memo.encode())}] {memo}"
        for row in answer.value:
            if row.err is None and row.memo == wanted:
                return MemoWritten(transaction=str(row.signature), slot=row.slot)
        return None

    async def write(self, memo: str) -> MemoWritten:
        """Write the memo and wait until it is confirmed or can never be."""
        await self._check_funds()
        latest = (await asked(self._client.get_latest_blockhash(Confirmed))).value
        message = MessageV0.try_compile(
            self._signer.pubkey(),
            [
                set_compute_unit_limit(_COMPUTE_UNITS),
                set_compute_unit_price(_COMPUTE_PRICE_MICROLAMPORTS),
                Instruction(_MEMO_PROGRAM, memo.encode(), []),
            ],
            [],
            latest.blockhash,
        )
        transaction = VersionedTransaction(message, [self._signer])
        await asked(self._client.send_raw_transaction(bytes(transaction)))
        return await self._confirmed(transaction.signatures[0], latest.last_valid_block_height)

    async def _check_funds(self) -> None:
        held = (await asked(self._client.get_balance(self._signer.pubkey(), Confirmed))).value
        if held < _FEE_LAMPORTS:
            raise WalletUnfunded(
                f"the engine's wallet {self._signer.pubkey()} holds {held} lamports; a record "
                f"costs {_FEE_LAMPORTS}; send it some SOL"
            )

    async def _confirmed(self, signature: Signature, last_valid: int) -> MemoWritten:
        while True:
            height = (await asked(self._client.get_block_height(Finalized))).value
            status = (await asked(self._client.get_signature_statuses([signature]))).value[0]
            if status is not None and status.err is None:
                return MemoWritten(transaction=str(signature), slot=status.slot)
            if status is not None or height > last_valid:
                why = f"failed: {status.err}" if status is not None else "expired"
                raise UpstreamUnavailable(f"the record's transaction {signature} {why}")
            await asyncio.sleep(_PAUSE_SECONDS)
