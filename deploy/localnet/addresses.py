"""Addresses and sizes the local chain must know by heart, each with its source."""

import hashlib
from typing import Final

from solders.keypair import Keypair
from solders.pubkey import Pubkey

SYSTEM_PROGRAM: Final = Pubkey.from_string("11111111111111111111111111111111")
TOKEN_PROGRAM: Final = Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
TOKEN_2022_PROGRAM: Final = Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
ASSOCIATED_TOKEN_PROGRAM: Final = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
COMPUTE_BUDGET_PROGRAM: Final = Pubkey.from_string("ComputeBudget111111111111111111111111111111")
MEMO_V1_PROGRAM: Final = Pubkey.from_string("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo")
MEMO_PROGRAM: Final = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
INCINERATOR: Final = Pubkey.from_string("1nc1nerator11111111111111111111111111111111")
"""Source of the programs above: Solana's and the Solana Program Library's published program ids."""

TOKEN_PROGRAMS: Final = (TOKEN_PROGRAM, TOKEN_2022_PROGRAM)
MEMO_PROGRAMS: Final = (MEMO_V1_PROGRAM, MEMO_PROGRAM)

USDC_DEVNET_MINT: Final = Pubkey.from_string("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU")
"""Circle's devnet USDC, so that clients that know devnet need no configuration here."""

USDC_DECIMALS: Final = 6

DEVNET_GENESIS_HASH: Final = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"
"""Answered as ours, so that the CAIP-2 network id and the chain agree."""

FAUCET: Final = Keypair.from_seed(hashlib.sha256(b"caravan localnet faucet").digest())
"""Funds airdrops and may mint the local USDC. Public on purpose: this money is play money."""


def associated_token_account(
    owner: Pubkey, mint: Pubkey = USDC_DEVNET_MINT, program: Pubkey = TOKEN_PROGRAM
) -> Pubkey:
    """Derive where a wallet keeps one token."""
    seeds = [bytes(owner), bytes(program), bytes(mint)]
    return Pubkey.find_program_address(seeds, ASSOCIATED_TOKEN_PROGRAM)[0]
