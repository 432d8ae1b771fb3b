"""Free money, by ordinary transactions: airdrops of SOL, mints of the local USDC."""

import itertools
import struct
from collections.abc import Sequence
from typing import Final

from solders.compute_budget import set_compute_unit_limit
from solders.instruction import AccountMeta, Instruction
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from deploy.localnet.addresses import (
    ASSOCIATED_TOKEN_PROGRAM,
    FAUCET,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    USDC_DEVNET_MINT,
    associated_token_account,
)
from deploy.localnet.chain import LocalChain
from deploy.localnet.records import Landed
from deploy.localnet.rpc_errors import transaction_error_text

MAX_BASE_UNITS: Final = 2**64 - 1
"""The largest number an instruction's amount can hold."""

_BASE_LIMIT_CU: Final = 200_000
_LIMIT_CHOICES: Final = 100_000
_CREATE_IDEMPOTENT: Final = b"\x01"
_MINT_TO: Final = 7


class FaucetRefused(Exception):
    """The chain did not accept the faucet's transaction; nobody received anything."""


class Faucet:
    """Gives to whoever asks."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._serial = itertools.count()

    def airdrop(self, to: Pubkey, lamports: int) -> Landed:
        """Send lamports."""
        _check_amount(lamports)
        source = FAUCET.pubkey()
        move = transfer(TransferParams(from_pubkey=source, to_pubkey=to, lamports=lamports))
        return self._land([move])

    def mint_usdc(self, to: Pubkey, base_units: int) -> Landed:
        """Mint USDC into a wallet's token account, which is created if it is missing."""
        _check_amount(base_units)
        return self._land([_create_token_account(to), _mint_to(to, base_units)])

    def _land(self, instructions: Sequence[Instruction]) -> Landed:
        # The compute limit numbers the transaction: two equal gifts in one slot would
        # otherwise be one message, which the chain rightly lands once.
        for serial in itertools.islice(self._serial, _LIMIT_CHOICES):
            limit = set_compute_unit_limit(_BASE_LIMIT_CU + serial % _LIMIT_CHOICES)
            blockhash, _ = self._chain.latest_blockhash()
            message = MessageV0.try_compile(FAUCET.pubkey(), [limit, *instructions], [], blockhash)
            outcome = self._chain.submit(VersionedTransaction(message, [FAUCET]))
            if isinstance(outcome, Landed) and outcome.err is None:
                return outcome
            if outcome.err != "AlreadyProcessed":
                raise FaucetRefused(transaction_error_text(outcome.err))
        raise FaucetRefused("every transaction number of this slot is used; wait for the next")


def _check_amount(amount: int) -> None:
    if not 0 <= amount <= MAX_BASE_UNITS:
        raise FaucetRefused(f"{amount} does not fit an unsigned 64-bit integer")


def _create_token_account(owner: Pubkey) -> Instruction:
    accounts = [
        AccountMeta(FAUCET.pubkey(), is_signer=True, is_writable=True),
        AccountMeta(associated_token_account(owner), is_signer=False, is_writable=True),
        AccountMeta(owner, is_signer=False, is_writable=False),
        AccountMeta(USDC_DEVNET_MINT, is_signer=False, is_writable=False),
        AccountMeta(SYSTEM_PROGRAM, is_signer=False, is_writable=False),
        AccountMeta(TOKEN_PROGRAM, is_signer=False, is_writable=False),
    ]
    return Instruction(ASSOCIATED_TOKEN_PROGRAM, _CREATE_IDEMPOTENT, accounts)


def _mint_to(owner: Pubkey, base_units: int) -> Instruction:
    accounts = [
        AccountMeta(USDC_DEVNET_MINT, is_signer=False, is_writable=True),
        AccountMeta(associated_token_account(owner), is_signer=False, is_writable=True),
        AccountMeta(FAUCET.pubkey(), is_signer=True, is_writable=False),
    ]
    return Instruction(TOKEN_PROGRAM, struct.pack("<BQ", _MINT_TO, base_units), accounts)
