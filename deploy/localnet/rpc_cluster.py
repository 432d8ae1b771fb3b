"""RPC methods about the cluster: slots, epochs, versions, rent."""

from typing import Final

from deploy.localnet.addresses import DEVNET_GENESIS_HASH, FAUCET
from deploy.localnet.genesis import FAUCET_LAMPORTS
from deploy.localnet.json_types import Json
from deploy.localnet.rpc_context import NODE_VERSION, Handlers, RpcContext
from deploy.localnet.rpc_errors import invalid_params
from deploy.localnet.rpc_params import Params, read_pubkey
from deploy.localnet.slots import SLOTS_PER_EPOCH, block_height

MAX_ACCOUNT_BYTES: Final = 10 * 1024 * 1024
"""Source: Solana's ``MAX_PERMITTED_DATA_LENGTH``."""


def _slot(context: RpcContext, params: Params) -> Json:
    context.check_context_slot(params.config(0))
    return context.chain.slot


def _block_height(context: RpcContext, params: Params) -> Json:
    context.check_context_slot(params.config(0))
    return context.chain.block_height


def _epoch_info(context: RpcContext, params: Params) -> Json:
    context.check_context_slot(params.config(0))
    with context.chain.lock:
        slot, count = context.chain.slot, context.chain.journal.count()[0]
    return {
        "absoluteSlot": slot,
        "blockHeight": block_height(slot),
        "epoch": slot // SLOTS_PER_EPOCH,
        "slotIndex": slot % SLOTS_PER_EPOCH,
        "slotsInEpoch": SLOTS_PER_EPOCH,
        "transactionCount": count,
    }


def _minimum_balance(context: RpcContext, params: Params) -> Json:
    size = params.count(0)
    params.config(1)
    if size > MAX_ACCOUNT_BYTES:
        raise invalid_params(f"accounts hold at most {MAX_ACCOUNT_BYTES} bytes")
    with context.chain.lock:
        return context.chain.machine.minimum_balance(size)


def _health(_: RpcContext, __: Params) -> Json:
    return "ok"


def _version(_: RpcContext, __: Params) -> Json:
    return {"solana-core": NODE_VERSION, "feature-set": 0}


def _genesis_hash(_: RpcContext, __: Params) -> Json:
    return DEVNET_GENESIS_HASH


def _identity(_: RpcContext, __: Params) -> Json:
    return {"identity": str(FAUCET.pubkey())}


def _first_available_block(_: RpcContext, __: Params) -> Json:
    return 0


def _priority_fees(context: RpcContext, params: Params) -> Json:
    for key in params.items(0) if params.optional(0) is not None else []:
        read_pubkey(key)
    # Nothing competes for space here, so the going rate is nothing.
    slot = context.chain.slot
    return [{"slot": slot, "prioritizationFee": 0}]


def _supply(context: RpcContext, params: Params) -> Json:
    params.config(0)
    return context.reply(
        {
            "total": FAUCET_LAMPORTS,
            "circulating": FAUCET_LAMPORTS,
            "nonCirculating": 0,
            "nonCirculatingAccounts": [],
        }
    )


CLUSTER_METHODS: Final[Handlers] = {
    "getSlot": _slot,
    "getBlockHeight": _block_height,
    "getEpochInfo": _epoch_info,
    "getMinimumBalanceForRentExemption": _minimum_balance,
    "getHealth": _health,
    "getVersion": _version,
    "getGenesisHash": _genesis_hash,
    "getIdentity": _identity,
    "getFirstAvailableBlock": _first_available_block,
    "getRecentPrioritizationFees": _priority_fees,
    "getSupply": _supply,
}
