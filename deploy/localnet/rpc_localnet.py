"""RPC methods no real node has: time travel, free USDC, faults."""

from typing import Final

from deploy.localnet.faucet import FaucetRefused
from deploy.localnet.faults import FaultInvalid, parse_fault
from deploy.localnet.json_types import Json
from deploy.localnet.rpc_context import Handlers, RpcContext
from deploy.localnet.rpc_errors import INTERNAL_ERROR, RpcError, invalid_params
from deploy.localnet.rpc_params import Params

MAX_ADVANCE_SLOTS: Final = 1_000_000


def _advance_slots(context: RpcContext, params: Params) -> Json:
    count = params.count(0, default=1)
    if count > MAX_ADVANCE_SLOTS:
        raise invalid_params(f"at most {MAX_ADVANCE_SLOTS} slots at a time")
    return context.chain.advance_slots(count)


def _mint_to(context: RpcContext, params: Params) -> Json:
    owner, base_units = params.pubkey(0), params.count(1)
    try:
        return str(context.faucet.mint_usdc(owner, base_units).signature)
    except FaucetRefused as err:
        raise RpcError(INTERNAL_ERROR, f"mint request failed: {err}") from err


def _set_fault(context: RpcContext, params: Params) -> Json:
    try:
        fault = parse_fault(params.config(0))
    except FaultInvalid as err:
        raise invalid_params(str(err)) from err
    context.faults.add(fault)
    return _faults(context, params)


def _clear_faults(context: RpcContext, _: Params) -> Json:
    context.faults.clear()
    return True


def _faults(context: RpcContext, _: Params) -> Json:
    return [fault.to_json() for fault in context.faults.list()]


LOCALNET_METHODS: Final[Handlers] = {
    "localnet_advanceSlots": _advance_slots,
    "localnet_mintTo": _mint_to,
    "localnet_setFault": _set_fault,
    "localnet_clearFaults": _clear_faults,
    "localnet_faults": _faults,
}
