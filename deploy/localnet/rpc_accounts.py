"""RPC methods that read accounts and token balances."""

from typing import Final

from solders.account import Account
from solders.pubkey import Pubkey

from deploy.localnet.account_json import AccountEncoder
from deploy.localnet.accounts import AccountView
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.rpc_context import Handlers, RpcContext
from deploy.localnet.rpc_errors import invalid_params
from deploy.localnet.rpc_params import Params, read_bytes, read_pubkey, whole_number
from deploy.localnet.tokens import Mint, read_mint, read_token_account, ui_amount

MAX_MULTIPLE_ACCOUNTS: Final = 100
MAX_FILTERS: Final = 4
LARGEST_ACCOUNTS: Final = 20
"""Source: the limits of Solana's RPC documentation."""


def _account_info(context: RpcContext, params: Params) -> Json:
    key, config = params.pubkey(0), params.config(1)
    context.check_context_slot(config)
    view = context.accounts()
    return context.reply(AccountEncoder(config, view.get).render(view.get(key)))


def _multiple_accounts(context: RpcContext, params: Params) -> Json:
    keys = [read_pubkey(key) for key in params.items(0)]
    config = params.config(1)
    if len(keys) > MAX_MULTIPLE_ACCOUNTS:
        raise invalid_params(f"Too many inputs provided; max {MAX_MULTIPLE_ACCOUNTS}")
    context.check_context_slot(config)
    view = context.accounts()
    encoder = AccountEncoder(config, view.get)
    return context.reply([encoder.render(view.get(key)) for key in keys])


def _balance(context: RpcContext, params: Params) -> Json:
    key = params.pubkey(0)
    context.check_context_slot(params.config(1))
    account = context.accounts().get(key)
    return context.reply(0 if account is None else account.lamports)


def _program_accounts(context: RpcContext, params: Params) -> Json:
    program, config = params.pubkey(0), params.config(1)
    context.check_context_slot(config)
    view = context.accounts()
    found = rendered_program_accounts(view, program, config)
    return context.reply(found) if config.get("withContext") is True else found


def rendered_program_accounts(view: AccountView, program: Pubkey, config: JsonObject) -> list[Json]:
    """Return a program's accounts that pass the configuration's filters."""
    checks = account_filters(config)
    encoder = AccountEncoder(config, view.get)
    return [
        {"pubkey": str(key), "account": encoder.render(account)}
        for key, account in view.owned_by(program)
        if all(check.passes(account) for check in checks)
    ]


class AccountFilter:
    """One condition of ``getProgramAccounts``: a size, or bytes at an offset."""

    def __init__(self, described: Json) -> None:
        if not isinstance(described, dict) or len(described) != 1:
            raise invalid_params("a filter must be {dataSize} or {memcmp}")
        self._size: int | None = None
        self._offset, self._bytes = 0, b""
        memcmp = described.get("memcmp")
        if isinstance(memcmp, dict):
            self._offset = whole_number(memcmp.get("offset"), "memcmp.offset")
            self._bytes = _memcmp_bytes(memcmp)
        elif "dataSize" in described:
            self._size = whole_number(described["dataSize"], "dataSize")
        elif "tokenAccountState" in described:
            self._size = 165
        else:
            raise invalid_params(f"unknown filter {next(iter(described))!r}")

    def passes(self, account: Account) -> bool:
        """Say whether an account meets the condition."""
        if self._size is not None:
            return len(account.data) == self._size
        return account.data[self._offset : self._offset + len(self._bytes)] == self._bytes


def account_filters(config: JsonObject) -> list[AccountFilter]:
    """Read the filters of a configuration."""
    described = config.get("filters")
    if described is None:
        return []
    if not isinstance(described, list):
        raise invalid_params("filters must be an array")
    if len(described) > MAX_FILTERS:
        raise invalid_params(f"Too many filters provided; max {MAX_FILTERS}")
    return [AccountFilter(entry) for entry in described]


def _memcmp_bytes(memcmp: JsonObject) -> bytes:
    value = memcmp.get("bytes")
    if isinstance(value, list):
        octets = [whole_number(entry, "memcmp.bytes") for entry in value]
        if any(octet > 255 for octet in octets):  # noqa: PLR2004 - a byte's range
            raise invalid_params("memcmp.bytes must hold bytes")
        return bytes(octets)
    if not isinstance(value, str):
        raise invalid_params("memcmp.bytes must be a string or an array of bytes")
    return read_bytes(value, memcmp.get("encoding"))


def _token_account_balance(context: RpcContext, params: Params) -> Json:
    key = params.pubkey(0)
    params.config(1)
    view = context.accounts()
    account = view.get(key)
    if account is None:
        raise invalid_params("Invalid param: could not find account")
    token = read_token_account(account)
    if token is None:
        raise invalid_params("Invalid param: not a Token account")
    mint = read_mint(view.get(token.mint))
    return context.reply(ui_amount(token.base_units, 0 if mint is None else mint.decimals))


def _token_accounts_by_owner(context: RpcContext, params: Params) -> Json:
    wallet, wanted, config = params.pubkey(0), params.config(1), params.config(2)
    context.check_context_slot(config)
    view = context.accounts()
    if "mint" in wanted:
        mint = read_pubkey(wanted["mint"])
        if read_mint(view.get(mint)) is None:
            raise invalid_params("Invalid param: could not find mint")
        found = [entry for entry in view.tokens_held_by(wallet) if entry[1].mint == mint]
    elif "programId" in wanted:
        program = read_pubkey(wanted["programId"])
        found = [entry for entry in view.tokens_held_by(wallet) if entry[1].program == program]
    else:
        raise invalid_params("Invalid params: unknown filter, expected `mint` or `programId`")
    encoder = AccountEncoder(config, view.get)
    return context.reply(
        [{"pubkey": str(key), "account": encoder.render(account)} for key, _, account in found]
    )


def _token_supply(context: RpcContext, params: Params) -> Json:
    mint = _mint(context.accounts(), params.pubkey(0))
    return context.reply(ui_amount(mint.supply, mint.decimals))


def _token_largest_accounts(context: RpcContext, params: Params) -> Json:
    key = params.pubkey(0)
    view = context.accounts()
    mint = _mint(view, key)
    richest = sorted(view.tokens_of_mint(key), key=lambda entry: -entry[1].base_units)
    return context.reply(
        [
            {"address": str(address), **ui_amount(token.base_units, mint.decimals)}
            for address, token, _ in richest[:LARGEST_ACCOUNTS]
        ]
    )


def _mint(view: AccountView, key: Pubkey) -> Mint:
    mint = read_mint(view.get(key))
    if mint is None:
        raise invalid_params("Invalid param: not a Token mint")
    return mint


ACCOUNT_METHODS: Final[Handlers] = {
    "getAccountInfo": _account_info,
    "getMultipleAccounts": _multiple_accounts,
    "getBalance": _balance,
    "getProgramAccounts": _program_accounts,
    "getTokenAccountBalance": _token_account_balance,
    "getTokenAccountsByOwner": _token_accounts_by_owner,
    "getTokenSupply": _token_supply,
    "getTokenLargestAccounts": _token_largest_accounts,
}
