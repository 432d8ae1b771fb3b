"""What exists before the first transaction: the faucet, the USDC mint, funded wallets."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from solders.account import Account
from solders.pubkey import Pubkey

from deploy.localnet.addresses import (
    FAUCET,
    SYSTEM_PROGRAM,
    USDC_DECIMALS,
    USDC_DEVNET_MINT,
    associated_token_account,
)
from deploy.localnet.chain import LocalChain
from deploy.localnet.json_types import Json
from deploy.localnet.tokens import (
    MINT_BYTES,
    TOKEN_ACCOUNT_BYTES,
    mint_account,
    read_mint,
    read_token_account,
    token_account,
)

FAUCET_LAMPORTS: Final = 500_000_000 * 10**9
"""More than any demonstration spends, and below SQLite's largest integer."""

MAX_GRANT: Final = 2**62
"""Base units or lamports one row may grant; keeps every sum below SQLite's largest integer."""


class GenesisInvalid(ValueError):
    """The genesis file does not say who is funded with what."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One wallet's starting money."""

    owner: Pubkey
    lamports: int
    usdc_base_units: int | None
    """None leaves the wallet without a token account; zero gives it an empty one."""


def create_fixtures(chain: LocalChain) -> None:
    """Create the faucet and the mint on a chain that has none."""
    with chain.lock:
        if chain.machine.account(USDC_DEVNET_MINT) is not None:
            return
        mint = mint_account(
            chain.machine.minimum_balance(MINT_BYTES),
            authority=FAUCET.pubkey(),
            supply=0,
            decimals=USDC_DECIMALS,
        )
        faucet = Account(FAUCET_LAMPORTS, b"", SYSTEM_PROGRAM)
        chain.write_accounts({USDC_DEVNET_MINT: mint, FAUCET.pubkey(): faucet})


def fund(chain: LocalChain, grants: Iterable[Grant]) -> list[Pubkey]:
    """Fund each wallet that was never funded before; return those funded now."""
    funded: list[Pubkey] = []
    for grant in grants:
        with chain.lock:
            if not chain.journal.is_funded(grant.owner):
                chain.write_accounts(_granted(chain, grant), funded=[grant.owner])
                funded.append(grant.owner)
    return funded


def read_genesis(path: Path) -> list[Grant]:
    """Read a genesis file.

    Raises:
        GenesisInvalid: The file is missing, is not JSON, or a row makes no sense.
    """
    try:
        document: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise GenesisInvalid(f"cannot read the genesis file {path}: {err}") from err
    rows = document.get("accounts") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise GenesisInvalid(f'{path} must hold {{"accounts": [...]}}')
    return [_grant(row, f"accounts[{index}]") for index, row in enumerate(rows)]


def _granted(chain: LocalChain, grant: Grant) -> dict[Pubkey, Account | None]:
    machine = chain.machine
    written: dict[Pubkey, Account | None] = {}
    wallet = machine.account(grant.owner)
    if wallet is None:
        wallet = Account(0, b"", SYSTEM_PROGRAM)
    if grant.lamports:
        written[grant.owner] = _with_lamports(wallet, wallet.lamports + grant.lamports)
    if grant.usdc_base_units is None:
        return written
    key = associated_token_account(grant.owner)
    existing = read_token_account(machine.account(key))
    held = 0 if existing is None else existing.base_units
    written[key] = token_account(
        machine.minimum_balance(TOKEN_ACCOUNT_BYTES),
        mint=USDC_DEVNET_MINT,
        holder=grant.owner,
        base_units=held + grant.usdc_base_units,
    )
    mint = read_mint(machine.account(USDC_DEVNET_MINT))
    supply = 0 if mint is None else mint.supply
    written[USDC_DEVNET_MINT] = mint_account(
        machine.minimum_balance(MINT_BYTES),
        authority=FAUCET.pubkey(),
        supply=supply + grant.usdc_base_units,
        decimals=USDC_DECIMALS,
    )
    return written


def _with_lamports(account: Account, lamports: int) -> Account:
    return Account(lamports, account.data, account.owner, account.executable, account.rent_epoch)


def _grant(row: Json, where: str) -> Grant:
    if not isinstance(row, dict):
        raise GenesisInvalid(f"{where} must be an object")
    unknown = set(row) - {"pubkey", "lamports", "usdc_base_units"}
    if unknown:
        raise GenesisInvalid(f"{where} has unknown fields: {', '.join(sorted(unknown))}")
    try:
        owner = Pubkey.from_string(str(row.get("pubkey")))
    except ValueError as err:
        raise GenesisInvalid(f"{where}.pubkey is not an address: {err}") from err
    usdc = row.get("usdc_base_units")
    return Grant(
        owner,
        _amount(row.get("lamports", 0), f"{where}.lamports"),
        None if usdc is None else _amount(usdc, f"{where}.usdc_base_units"),
    )


def _amount(value: Json, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_GRANT:
        raise GenesisInvalid(f"{where} must be an integer from 0 to 2**62")
    return value
