"""RPC methods that read what landed: statuses, transactions, signatures, blocks."""

import base64
from typing import Final

from solders.message import MessageV0
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from deploy.localnet.base58 import b58encode
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.records import Landed
from deploy.localnet.rpc_context import Handlers, RpcContext
from deploy.localnet.rpc_errors import (
    BLOCK_NOT_AVAILABLE,
    UNSUPPORTED_TRANSACTION_VERSION,
    RpcError,
    invalid_params,
)
from deploy.localnet.rpc_params import Params, read_signature, whole_number
from deploy.localnet.slots import FIRST_SLOT, block_height
from deploy.localnet.transaction_json import (
    transaction_json,
    transaction_json_parsed,
    version_of,
)

MAX_STATUSES: Final = 256
MAX_SIGNATURES: Final = 1_000
MAX_BLOCKS: Final = 500_000
"""Source: the limits of Solana's RPC documentation."""


def _signature_statuses(context: RpcContext, params: Params) -> Json:
    signatures = [read_signature(entry) for entry in params.items(0)]
    params.config(1)
    if len(signatures) > MAX_STATUSES:
        raise invalid_params(f"Too many inputs provided; max {MAX_STATUSES}")
    return context.reply([_status(_visible(context, entry)) for entry in signatures])


def _transaction(context: RpcContext, params: Params) -> Json:
    signature, config = params.signature(0), _encoding_config(params, 1)
    landed = _visible(context, signature)
    if landed is None:
        return None
    return {
        "slot": landed.slot,
        "blockTime": landed.block_time,
        **_rendered(landed, config),
    }


def _signatures_for_address(context: RpcContext, params: Params) -> Json:
    address, config = params.pubkey(0), params.config(1)
    context.check_context_slot(config)
    limit = config.get("limit")
    wanted = MAX_SIGNATURES if limit is None else whole_number(limit, "limit")
    if not 1 <= wanted <= MAX_SIGNATURES:
        raise invalid_params(f"Invalid limit; max {MAX_SIGNATURES}")
    before, until = config.get("before"), config.get("until")
    with context.chain.lock:
        found = context.chain.journal.landed_with(
            address,
            newest_slot=context.seen_slot,
            before=None if before is None else read_signature(before),
            until=None if until is None else read_signature(until),
            limit=wanted,
        )
    return [_listed(landed) for landed in found]


def _block(context: RpcContext, params: Params) -> Json:
    slot, config = params.count(0), _encoding_config(params, 1)
    _check_produced(context, slot)
    chain = context.chain
    with chain.lock:
        landed = chain.journal.landed_at(slot)
        block: JsonObject = {
            "blockhash": str(chain.blockhash_at(slot)),
            "previousBlockhash": str(chain.blockhash_at(slot - 1)),
            "parentSlot": slot - 1,
            "blockHeight": block_height(slot),
            "blockTime": chain.block_time(slot),
        }
    details = config.get("transactionDetails")
    if details in {None, "full"}:
        block["transactions"] = [_rendered(entry, config) for entry in landed]
    elif details == "signatures":
        block["signatures"] = [str(entry.signature) for entry in landed]
    elif details != "none":
        raise invalid_params(f"unsupported transactionDetails {details!r}")
    if config.get("rewards") is not False:
        block["rewards"] = []
    return block


def _blocks(context: RpcContext, params: Params) -> Json:
    first, last = params.count(0), params.optional(1)
    newest = context.chain.slot
    end = newest if not isinstance(last, int) else min(last, newest)
    if end - first > MAX_BLOCKS:
        raise invalid_params(f"Slot range too large; max {MAX_BLOCKS}")
    return list(range(max(first, FIRST_SLOT), end + 1))


def _block_time(context: RpcContext, params: Params) -> Json:
    slot = params.count(0)
    _check_produced(context, slot)
    return context.chain.block_time(slot)


def _transaction_count(context: RpcContext, _: Params) -> Json:
    with context.chain.lock:
        return context.chain.journal.count()[0]


def _visible(context: RpcContext, signature: Signature) -> Landed | None:
    landed = context.chain.landed(signature)
    return None if landed is None or landed.slot > context.seen_slot else landed


def _status(landed: Landed | None) -> Json:
    if landed is None:
        return None
    return {
        "slot": landed.slot,
        "confirmations": None,
        "err": landed.err,
        "status": landed.meta["status"],
        "confirmationStatus": "finalized",
    }


def _listed(landed: Landed) -> JsonObject:
    return {
        "signature": str(landed.signature),
        "slot": landed.slot,
        "err": landed.err,
        "memo": landed.memo,
        "blockTime": landed.block_time,
        "confirmationStatus": "finalized",
    }


def _encoding_config(params: Params, index: int) -> JsonObject:
    # Both methods accept a bare encoding where their configuration goes.
    bare = params.optional(index)
    return {"encoding": bare} if isinstance(bare, str) else params.config(index)


def _rendered(landed: Landed, config: JsonObject) -> JsonObject:
    transaction = VersionedTransaction.from_bytes(landed.wire)
    highest = config.get("maxSupportedTransactionVersion")
    if highest is None and isinstance(transaction.message, MessageV0):
        raise RpcError(
            UNSUPPORTED_TRANSACTION_VERSION,
            "Transaction version (0) is not supported by the requesting client."
            " Please try the request again with the following configuration parameter:"
            ' "maxSupportedTransactionVersion": 0',
        )
    body: JsonObject = {
        "transaction": _encoded(transaction, landed, config.get("encoding")),
        "meta": landed.meta,
    }
    return body if highest is None else {**body, "version": version_of(transaction)}


def _encoded(transaction: VersionedTransaction, landed: Landed, encoding: Json) -> Json:
    if encoding in {None, "json"}:
        return transaction_json(transaction)
    if encoding == "jsonParsed":
        return transaction_json_parsed(transaction, landed.meta)
    if encoding == "base64":
        return [base64.b64encode(landed.wire).decode(), "base64"]
    if encoding == "base58":
        return [b58encode(landed.wire), "base58"]
    raise invalid_params(f"unknown encoding {encoding!r}")


def _check_produced(context: RpcContext, slot: int) -> None:
    if not FIRST_SLOT <= slot <= context.chain.slot:
        raise RpcError(BLOCK_NOT_AVAILABLE, f"Block not available for slot {slot}")


HISTORY_METHODS: Final[Handlers] = {
    "getSignatureStatuses": _signature_statuses,
    "getTransaction": _transaction,
    "getSignaturesForAddress": _signatures_for_address,
    "getBlock": _block,
    "getBlocks": _blocks,
    "getBlockTime": _block_time,
    "getTransactionCount": _transaction_count,
}
