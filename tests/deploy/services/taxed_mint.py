"""The token with a fee that ``taxed-token`` asks for, made real on a local chain."""

import base64

from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, create_account
from solders.transaction import VersionedTransaction
from x402.mechanisms.svm.constants import TOKEN_2022_PROGRAM_ADDRESS

from deploy.services.misbehaving.offers import TAXED_MINT_KEY
from tests.deploy.services.stack import Node

TOKEN_2022 = Pubkey.from_string(TOKEN_2022_PROGRAM_ADDRESS)
ATA_PROGRAM = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
SYSTEM = Pubkey.from_string("11111111111111111111111111111111")
MINT = TAXED_MINT_KEY.pubkey()
MINT_BYTES = 278  # 82 padded to 165, the account's type, and 4 + 108 of the fee's settings
FEE_BASIS_POINTS = 100


def account_of(owner: Pubkey) -> Pubkey:
    seeds = [bytes(owner), bytes(TOKEN_2022), bytes(MINT)]
    return Pubkey.find_program_address(seeds, ATA_PROGRAM)[0]


def make(node: Node) -> Keypair:
    """Create the mint; return who may mint it."""
    authority = Keypair()
    node.chain.call("requestAirdrop", str(authority.pubkey()), 10**9)
    rent = node.chain.call("getMinimumBalanceForRentExemption", MINT_BYTES)
    owner = bytes(authority.pubkey())
    fee = FEE_BASIS_POINTS.to_bytes(2, "little") + (10**9).to_bytes(8, "little")
    mint = [AccountMeta(MINT, is_signer=False, is_writable=True)]
    made = create_account(
        CreateAccountParams(
            from_pubkey=authority.pubkey(),
            to_pubkey=MINT,
            lamports=rent,
            space=MINT_BYTES,
            owner=TOKEN_2022,
        )
    )
    fees = Instruction(TOKEN_2022, bytes([26, 0, 1]) + owner + bytes([1]) + owner + fee, mint)
    begun = Instruction(TOKEN_2022, bytes([20, 6]) + owner + bytes([0]), mint)
    _send(node, [authority, TAXED_MINT_KEY], [made, fees, begun])
    return authority


def open_account(node: Node, authority: Keypair, owner: Pubkey, *, base_units: int = 0) -> None:
    """Open an account of the token, with money in it."""
    account = account_of(owner)
    opened = Instruction(
        ATA_PROGRAM,
        bytes([1]),
        [
            AccountMeta(authority.pubkey(), is_signer=True, is_writable=True),
            AccountMeta(account, is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=False, is_writable=False),
            AccountMeta(MINT, is_signer=False, is_writable=False),
            AccountMeta(SYSTEM, is_signer=False, is_writable=False),
            AccountMeta(TOKEN_2022, is_signer=False, is_writable=False),
        ],
    )
    minted = Instruction(
        TOKEN_2022,
        bytes([7]) + base_units.to_bytes(8, "little"),
        [
            AccountMeta(MINT, is_signer=False, is_writable=True),
            AccountMeta(account, is_signer=False, is_writable=True),
            AccountMeta(authority.pubkey(), is_signer=True, is_writable=False),
        ],
    )
    _send(node, [authority], [opened, minted])


def held(node: Node, owner: Pubkey) -> int:
    found = node.chain.call("getTokenAccountBalance", str(account_of(owner)))
    return int(found["value"]["amount"])


def _send(node: Node, signers: list[Keypair], instructions: list[Instruction]) -> None:
    latest = node.chain.call("getLatestBlockhash", {"commitment": "finalized"})["value"]
    payer, recent = signers[0].pubkey(), Hash.from_string(latest["blockhash"])
    message = MessageV0.try_compile(payer, instructions, [], recent)
    raw = bytes(VersionedTransaction(message, signers))
    node.chain.call("sendTransaction", base64.b64encode(raw).decode(), {"encoding": "base64"})
