"""Transactions as RPC shows them: message, meta, inner instructions."""

import base64
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from solders.account import Account
from solders.instruction import CompiledInstruction
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import TransactionMetadata

from deploy.localnet.addresses import MEMO_PROGRAMS
from deploy.localnet.base58 import b58encode
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.machine import Execution
from deploy.localnet.messages import AccountKeys, is_writable
from deploy.localnet.tokens import read_mint, token_balances


class _Nested(Protocol):
    """What an inner instruction has, and the type stubs of solders leave out."""

    def stack_height(self) -> int: ...


class _ReturnData(Protocol):
    data: bytes
    program_id: Pubkey


class _Returning(Protocol):
    """What a transaction's metadata has, and the type stubs of solders leave out."""

    def return_data(self) -> _ReturnData: ...


def transaction_meta(
    transaction: VersionedTransaction,
    keys: AccountKeys,
    execution: Execution,
    account_of: Callable[[Pubkey], Account | None],
) -> JsonObject:
    """Build the ``meta`` object of a landed transaction."""
    metadata = execution.metadata

    def decimals_of(mint: Pubkey) -> int:
        found = read_mint(account_of(mint))
        return 0 if found is None else found.decimals

    unchanged = _readonly_accounts(transaction.message, keys, account_of)
    before = token_balances(keys.all, {**unchanged, **execution.before}, decimals_of)
    after = token_balances(keys.all, {**unchanged, **execution.after}, decimals_of)
    meta: JsonObject = {
        "err": execution.err,
        "status": {"Ok": None} if execution.err is None else {"Err": execution.err},
        "fee": execution.fee,
        "preBalances": list(execution.balances_before),
        "postBalances": list(execution.balances_after),
        "preTokenBalances": before,
        "postTokenBalances": after,
        "innerInstructions": [] if metadata is None else inner_instructions(metadata),
        "logMessages": list(execution.logs),
        "rewards": [],
        "loadedAddresses": {
            "writable": [str(key) for key in keys.loaded_writable],
            "readonly": [str(key) for key in keys.loaded_readonly],
        },
        "computeUnitsConsumed": 0 if metadata is None else metadata.compute_units_consumed(),
    }
    returned = None if metadata is None else return_data(metadata)
    return meta if returned is None else {**meta, "returnData": returned}


def inner_instructions(metadata: TransactionMetadata) -> list[Json]:
    """Render the instructions that programs called, by the instruction that caused them."""
    rendered: list[Json] = []
    for index, inner in enumerate(metadata.inner_instructions()):
        if inner:
            instructions: list[Json] = [
                _compiled(entry.instruction(), stack_height=cast("_Nested", entry).stack_height())
                for entry in inner
            ]
            rendered.append({"index": index, "instructions": instructions})
    return rendered


def return_data(metadata: TransactionMetadata) -> Json:
    """Render what a transaction returned, or None."""
    returned = cast("_Returning", metadata).return_data()
    data = bytes(returned.data)
    if not data:
        return None
    encoded = base64.b64encode(data).decode()
    return {"programId": str(returned.program_id), "data": [encoded, "base64"]}


def transaction_json(transaction: VersionedTransaction) -> JsonObject:
    """Render a transaction in encoding ``json``."""
    message = transaction.message
    header = message.header
    body: JsonObject = {
        "accountKeys": [str(key) for key in message.account_keys],
        "header": {
            "numRequiredSignatures": header.num_required_signatures,
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
        },
        "recentBlockhash": str(message.recent_blockhash),
        "instructions": [_compiled(entry, stack_height=1) for entry in message.instructions],
    }
    return _with_lookups(transaction, body)


def transaction_json_parsed(transaction: VersionedTransaction, meta: JsonObject) -> JsonObject:
    """Render a transaction in encoding ``jsonParsed``.

    Only memos are parsed; as on a node, an instruction without a parser keeps its raw data.
    """
    message = transaction.message
    keys, rendered_keys = list(message.account_keys), list[Json]()
    for index, key in enumerate(keys):
        rendered_keys.append(
            {
                "pubkey": str(key),
                "writable": is_writable(message, index),
                "signer": message.is_signer(index),
                "source": "transaction",
            }
        )
    for kind in ("writable", "readonly"):
        for loaded in _loaded(meta, kind):
            keys.append(Pubkey.from_string(loaded))
            rendered_keys.append(
                {
                    "pubkey": loaded,
                    "writable": kind == "writable",
                    "signer": False,
                    "source": "lookupTable",
                }
            )
    body: JsonObject = {
        "accountKeys": rendered_keys,
        "recentBlockhash": str(message.recent_blockhash),
        "instructions": [_parsed(entry, keys) for entry in message.instructions],
    }
    return _with_lookups(transaction, body)


def version_of(transaction: VersionedTransaction) -> Json:
    """Return ``"legacy"`` or the version number."""
    return 0 if isinstance(transaction.message, MessageV0) else "legacy"


def _with_lookups(transaction: VersionedTransaction, body: JsonObject) -> JsonObject:
    message = transaction.message
    if isinstance(message, MessageV0):
        body["addressTableLookups"] = [
            {
                "accountKey": str(lookup.account_key),
                "writableIndexes": list(lookup.writable_indexes),
                "readonlyIndexes": list(lookup.readonly_indexes),
            }
            for lookup in message.address_table_lookups
        ]
    signatures: list[Json] = [str(signature) for signature in transaction.signatures]
    return {"signatures": signatures, "message": body}


def _compiled(instruction: CompiledInstruction, *, stack_height: int) -> JsonObject:
    return {
        "programIdIndex": instruction.program_id_index,
        "accounts": list(instruction.accounts),
        "data": b58encode(bytes(instruction.data)),
        "stackHeight": stack_height,
    }


def _parsed(instruction: CompiledInstruction, keys: Sequence[Pubkey]) -> JsonObject:
    program, data = keys[instruction.program_id_index], bytes(instruction.data)
    if program in MEMO_PROGRAMS:
        return {
            "program": "spl-memo",
            "programId": str(program),
            "parsed": data.decode(errors="replace"),
            "stackHeight": 1,
        }
    return {
        "programId": str(program),
        "accounts": [str(keys[index]) for index in instruction.accounts],
        "data": b58encode(data),
        "stackHeight": 1,
    }


def _loaded(meta: JsonObject, kind: str) -> list[str]:
    addresses = meta["loadedAddresses"]
    found = addresses[kind] if isinstance(addresses, dict) else []
    return [str(key) for key in found] if isinstance(found, list) else []


def _readonly_accounts(
    message: Message | MessageV0,
    keys: AccountKeys,
    account_of: Callable[[Pubkey], Account | None],
) -> dict[Pubkey, Account | None]:
    # Programs are left out: copying one costs a millisecond and none is a token account.
    programs = {message.account_keys[entry.program_id_index] for entry in message.instructions}
    skipped = programs | set(keys.writable)
    return {key: account_of(key) for key in keys.all if key not in skipped}
