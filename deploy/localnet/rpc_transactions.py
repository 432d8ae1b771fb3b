"""RPC methods that send and simulate transactions, and price them."""

from typing import Final

from solders.message import Message, MessageV0, from_bytes_versioned
from solders.transaction import VersionedTransaction

from deploy.localnet.account_json import AccountEncoder
from deploy.localnet.faucet import FaucetRefused
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.messages import fee_lamports
from deploy.localnet.records import Simulated
from deploy.localnet.rpc_context import Handlers, RpcContext
from deploy.localnet.rpc_errors import (
    INTERNAL_ERROR,
    SIGNATURE_VERIFICATION_FAILURE,
    RpcError,
    invalid_params,
    preflight_failure,
)
from deploy.localnet.rpc_params import Params, read_bytes, read_pubkey, read_transaction


def _latest_blockhash(context: RpcContext, params: Params) -> Json:
    context.check_context_slot(params.config(0))
    blockhash, last_valid = context.chain.latest_blockhash()
    return context.reply({"blockhash": str(blockhash), "lastValidBlockHeight": last_valid})


def _is_blockhash_valid(context: RpcContext, params: Params) -> Json:
    blockhash = params.blockhash(0)
    context.check_context_slot(params.config(1))
    return context.reply(context.chain.is_blockhash_valid(blockhash))


def _fee_for_message(context: RpcContext, params: Params) -> Json:
    message = _read_message(params.text(0))
    context.check_context_slot(params.config(1))
    if not context.chain.is_blockhash_valid(message.recent_blockhash):
        return context.reply(None)
    return context.reply(sum(fee_lamports(message)))


def _send_transaction(context: RpcContext, params: Params) -> Json:
    config = params.config(1)
    transaction = read_transaction(params.text(0), config.get("encoding"))
    context.check_context_slot(config)
    _check_sane(transaction)
    if config.get("skipPreflight") is not True:
        _preflight(context, transaction)
    # Past this point a node promises nothing: a transaction that cannot land is
    # dropped without a word, and the caller holds its signature either way.
    if not context.never_land:
        context.chain.submit(transaction)
    return str(transaction.signatures[0])


def _simulate_transaction(context: RpcContext, params: Params) -> Json:
    config = params.config(1)
    transaction = read_transaction(params.text(0), config.get("encoding"))
    context.check_context_slot(config)
    _check_sane(transaction)
    verify = config.get("sigVerify") is True
    replace = config.get("replaceRecentBlockhash") is True
    if verify and replace:
        raise invalid_params("sigVerify may not be used with replaceRecentBlockhash")
    simulated = context.chain.simulate(
        transaction, check_signatures=verify, check_blockhash=not replace
    )
    _raise_bad_signature(simulated)
    value: JsonObject = {
        "err": simulated.err,
        "logs": list(simulated.logs),
        "accounts": _simulated_accounts(context, config, simulated),
        "unitsConsumed": simulated.units_consumed,
        "returnData": simulated.return_data,
        "innerInstructions": (
            simulated.inner_instructions if config.get("innerInstructions") is True else None
        ),
        "replacementBlockhash": None,
    }
    if replace:
        blockhash, last_valid = context.chain.latest_blockhash()
        value["replacementBlockhash"] = {
            "blockhash": str(blockhash),
            "lastValidBlockHeight": last_valid,
        }
    return context.reply(value)


def _request_airdrop(context: RpcContext, params: Params) -> Json:
    key, lamports = params.pubkey(0), params.count(1)
    try:
        return str(context.faucet.airdrop(key, lamports).signature)
    except FaucetRefused as err:
        raise RpcError(INTERNAL_ERROR, f"airdrop request failed: {err}") from err


def _read_message(text: str) -> Message | MessageV0:
    try:
        return from_bytes_versioned(read_bytes(text, "base64"))
    except ValueError as err:
        raise invalid_params(f"failed to deserialize solana_message: {err}") from err


def _check_sane(transaction: VersionedTransaction) -> None:
    message = transaction.message
    needed = message.header.num_required_signatures
    if len(transaction.signatures) != needed or needed > len(message.account_keys):
        raise invalid_params(
            "invalid transaction: Transaction failed to sanitize accounts offsets correctly"
        )


def _preflight(context: RpcContext, transaction: VersionedTransaction) -> None:
    simulated = context.chain.simulate(transaction)
    _raise_bad_signature(simulated)
    if simulated.err is not None:
        raise preflight_failure(simulated.err, simulated.logs, simulated.units_consumed)


def _raise_bad_signature(simulated: Simulated) -> None:
    if simulated.err == "SignatureFailure":
        raise RpcError(SIGNATURE_VERIFICATION_FAILURE, "Transaction signature verification failure")
    if simulated.err == "SanitizeFailure":
        raise invalid_params(
            "invalid transaction: Transaction failed to sanitize accounts offsets correctly"
        )


def _simulated_accounts(context: RpcContext, config: JsonObject, simulated: Simulated) -> Json:
    wanted = config.get("accounts")
    if wanted is None:
        return None
    addresses = wanted.get("addresses") if isinstance(wanted, dict) else None
    if not isinstance(wanted, dict) or not isinstance(addresses, list):
        raise invalid_params("accounts must be {addresses, encoding}")
    machine = context.chain.machine
    encoder = AccountEncoder({"encoding": "base64", **wanted}, machine.account)
    rendered: list[Json] = []
    for address in addresses:
        key = read_pubkey(address)
        posts = simulated.post_accounts
        rendered.append(encoder.render(posts[key] if key in posts else machine.account(key)))
    return rendered


TRANSACTION_METHODS: Final[Handlers] = {
    "getLatestBlockhash": _latest_blockhash,
    "isBlockhashValid": _is_blockhash_valid,
    "getFeeForMessage": _fee_for_message,
    "sendTransaction": _send_transaction,
    "simulateTransaction": _simulate_transaction,
    "requestAirdrop": _request_airdrop,
}
