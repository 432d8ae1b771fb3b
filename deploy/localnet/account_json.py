"""Accounts as RPC shows them, in every encoding a node offers but zstd."""

import base64
from collections.abc import Callable
from typing import Final

from solders.account import Account
from solders.pubkey import Pubkey

from deploy.localnet.addresses import TOKEN_PROGRAM
from deploy.localnet.base58 import b58encode
from deploy.localnet.journal import RENT_EXEMPT_EPOCH
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.rpc_errors import INVALID_REQUEST, RpcError, invalid_params
from deploy.localnet.rpc_params import whole_number
from deploy.localnet.tokens import TokenAccount, read_mint, read_token_account, ui_amount

MAX_BASE58_DATA_BYTES: Final = 128
"""Larger data is refused in base58, as on a node: encoding it is quadratic."""

_ENCODINGS: Final = frozenset({"base58", "base64", "binary", "jsonParsed"})


class AccountEncoder:
    """Renders accounts the way one request's configuration asks."""

    def __init__(self, config: JsonObject, mint_of: Callable[[Pubkey], Account | None]) -> None:
        encoding = config.get("encoding")
        self._encoding = "binary" if encoding is None else str(encoding)
        if self._encoding not in _ENCODINGS:
            raise invalid_params(f"Invalid params: unknown encoding {self._encoding!r}")
        self._slice = _read_slice(config.get("dataSlice"))
        self._mint_of = mint_of

    def render(self, account: Account | None) -> Json:
        """Render an account; None stays None."""
        if account is None:
            return None
        return {
            "data": self._data(account),
            "executable": account.executable,
            "lamports": account.lamports,
            "owner": str(account.owner),
            "rentEpoch": RENT_EXEMPT_EPOCH,
            "space": len(account.data),
        }

    def _data(self, account: Account) -> Json:
        if self._encoding == "jsonParsed":
            parsed = _parsed(account, self._mint_of)
            if parsed is not None:
                return parsed
        data = account.data if self._slice is None else account.data[self._slice]
        if self._encoding in {"base64", "jsonParsed"}:
            return [base64.b64encode(data).decode(), "base64"]
        if len(data) > MAX_BASE58_DATA_BYTES:
            raise RpcError(
                INVALID_REQUEST,
                "Encoded binary (base 58) data should be less than 128 bytes,"
                " please use Base64 encoding.",
            )
        text = b58encode(data)
        return text if self._encoding == "binary" else [text, "base58"]


def _read_slice(value: Json) -> slice | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid_params("dataSlice must be an object")
    offset = whole_number(value.get("offset"), "dataSlice.offset")
    return slice(offset, offset + whole_number(value.get("length"), "dataSlice.length"))


def _parsed(account: Account, mint_of: Callable[[Pubkey], Account | None]) -> Json:
    program = "spl-token" if account.owner == TOKEN_PROGRAM else "spl-token-2022"
    mint = read_mint(account)
    token = None if mint is not None else read_token_account(account)
    if mint is not None:
        info: JsonObject = {
            "decimals": mint.decimals,
            "freezeAuthority": None,
            "isInitialized": True,
            "mintAuthority": None if mint.authority is None else str(mint.authority),
            "supply": str(mint.supply),
        }
        parsed: JsonObject = {"type": "mint", "info": info}
    elif token is not None:
        parsed = {"type": "account", "info": _token_info(token, mint_of(token.mint))}
    else:
        return None
    return {"program": program, "parsed": parsed, "space": len(account.data)}


def _token_info(token: TokenAccount, mint_account: Account | None) -> JsonObject:
    mint = read_mint(mint_account)
    return {
        "isNative": False,
        "mint": str(token.mint),
        "owner": str(token.holder),
        "state": "frozen" if token.frozen else "initialized",
        "tokenAmount": ui_amount(token.base_units, 0 if mint is None else mint.decimals),
    }
