"""The layout of mints and token accounts, and how RPC shows their amounts."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from solders.account import Account
from solders.pubkey import Pubkey

from deploy.localnet.addresses import TOKEN_2022_PROGRAM, TOKEN_PROGRAM, TOKEN_PROGRAMS
from deploy.localnet.json_types import Json, JsonObject

MINT_BYTES: Final = 82
TOKEN_ACCOUNT_BYTES: Final = 165
"""Source: SPL Token's ``Mint::LEN`` and ``Account::LEN``."""

_ACCOUNT_KIND_MINT: Final = 1
_ACCOUNT_KIND_TOKEN: Final = 2
"""The byte after the base layout when Token-2022 extensions follow."""

_INITIALIZED: Final = 1
_FROZEN: Final = 2


@dataclass(frozen=True, slots=True)
class Mint:
    """A token's supply and scale."""

    authority: Pubkey | None
    supply: int
    decimals: int


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """How much of one token a wallet holds in one account."""

    mint: Pubkey
    holder: Pubkey
    base_units: int
    frozen: bool
    program: Pubkey


def read_mint(account: Account | None) -> Mint | None:
    """Decode a mint; None if the account is something else."""
    if account is None or account.owner not in TOKEN_PROGRAMS:
        return None
    data = account.data
    if not _has_layout(account, MINT_BYTES, _ACCOUNT_KIND_MINT) or data[45] != _INITIALIZED:
        return None
    has_authority, authority, supply, decimals = struct.unpack_from("<I32sQB", data)
    return Mint(Pubkey(authority) if has_authority else None, supply, decimals)


def read_token_account(account: Account | None) -> TokenAccount | None:
    """Decode a token account; None if the account is something else."""
    if account is None or account.owner not in TOKEN_PROGRAMS:
        return None
    data = account.data
    if not _has_layout(account, TOKEN_ACCOUNT_BYTES, _ACCOUNT_KIND_TOKEN) or not data[108]:
        return None
    mint, holder, amount = struct.unpack_from("<32s32sQ", data)
    return TokenAccount(Pubkey(mint), Pubkey(holder), amount, data[108] == _FROZEN, account.owner)


def mint_account(lamports: int, *, authority: Pubkey, supply: int, decimals: int) -> Account:
    """Build a mint of the classic token program."""
    data = struct.pack("<I32sQBB", 1, bytes(authority), supply, decimals, _INITIALIZED) + bytes(36)
    return Account(lamports, data, TOKEN_PROGRAM)


def token_account(lamports: int, *, mint: Pubkey, holder: Pubkey, base_units: int) -> Account:
    """Build a token account of the classic token program."""
    head = struct.pack("<32s32sQ", bytes(mint), bytes(holder), base_units)
    data = head + bytes(36) + bytes([_INITIALIZED]) + bytes(12 + 8 + 36)
    return Account(lamports, data, TOKEN_PROGRAM)


def ui_amount(base_units: int, decimals: int) -> JsonObject:
    """Render an amount the way every RPC reply does."""
    text = format(Decimal(base_units).scaleb(-decimals), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return {
        "amount": str(base_units),
        "decimals": decimals,
        "uiAmount": float(text),
        "uiAmountString": text,
    }


def token_balances(
    keys: Sequence[Pubkey],
    accounts: Mapping[Pubkey, Account | None],
    decimals_of: Callable[[Pubkey], int],
) -> list[Json]:
    """Render ``preTokenBalances`` or ``postTokenBalances``."""
    balances: list[Json] = []
    for index, key in enumerate(keys):
        token = read_token_account(accounts.get(key))
        if token is not None:
            balances.append(
                {
                    "accountIndex": index,
                    "mint": str(token.mint),
                    "owner": str(token.holder),
                    "programId": str(token.program),
                    "uiTokenAmount": ui_amount(token.base_units, decimals_of(token.mint)),
                }
            )
    return balances


def _has_layout(account: Account, base_bytes: int, kind: int) -> bool:
    data = account.data
    if len(data) == base_bytes:
        return True
    extended = account.owner == TOKEN_2022_PROGRAM and len(data) > TOKEN_ACCOUNT_BYTES
    return extended and data[TOKEN_ACCOUNT_BYTES] == kind
