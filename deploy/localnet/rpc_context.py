"""What every RPC handler is given, and the shapes most replies share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from deploy.localnet.accounts import AccountView
from deploy.localnet.chain import LocalChain
from deploy.localnet.faucet import Faucet
from deploy.localnet.faults import FaultBoard
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.rpc_errors import MIN_CONTEXT_SLOT_NOT_REACHED, RpcError
from deploy.localnet.rpc_params import Params, whole_number

NODE_VERSION: Final = "3.0.4"
"""The Agave release whose behaviour LiteSVM embeds."""


@dataclass(frozen=True, slots=True)
class RpcContext:
    """The chain as one request sees it."""

    chain: LocalChain
    faucet: Faucet
    faults: FaultBoard
    lag_slots: int = 0
    """How many slots ago this request's reads are answered as of."""
    never_land: bool = False
    """Whether this request's transaction is acknowledged and then lost."""

    @property
    def seen_slot(self) -> int:
        """The newest slot this request may know of."""
        return max(0, self.chain.slot - self.lag_slots)

    def accounts(self) -> AccountView:
        """Return the accounts this request may know of."""
        return self.chain.accounts(lag_slots=self.lag_slots)

    def reply(self, value: Json) -> JsonObject:
        """Wrap a value with the slot it was read at."""
        return {"context": {"apiVersion": NODE_VERSION, "slot": self.seen_slot}, "value": value}

    def check_context_slot(self, config: JsonObject) -> None:
        """Refuse a request that wants to be answered from a later slot."""
        wanted = config.get("minContextSlot")
        if wanted is None:
            return
        if whole_number(wanted, "minContextSlot") > self.seen_slot:
            raise RpcError(
                MIN_CONTEXT_SLOT_NOT_REACHED,
                "Minimum context slot has not been reached",
                {"contextSlot": self.seen_slot},
            )


Handler: TypeAlias = Callable[[RpcContext, Params], Json]
Handlers: TypeAlias = Mapping[str, Handler]
