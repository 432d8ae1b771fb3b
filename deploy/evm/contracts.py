"""Put USDC and doubles of the contracts that x402 calls onto a local chain, and hand out money.

The doubles were written for this project from the x402 package's ABI and typed data. What they
prove is our side of the protocol, not the contracts of a public network.
"""

import json
from pathlib import Path
from typing import Any, Final

import httpx
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
)
from x402.mechanisms.evm.constants import (
    MULTICALL3_ADDRESS,
    PERMIT2_ADDRESS,
    X402_UPTO_PERMIT2_PROXY_ADDRESS,
)

from domain.chains import USDC_BASE_SEPOLIA

USDC: Final = USDC_BASE_SEPOLIA.address

_ARTIFACTS: Final = Path(__file__).parent / "doubles" / "artifacts.json"

_PLACES: Final = {
    "Multicall3": MULTICALL3_ADDRESS,
    "Permit2": PERMIT2_ADDRESS,
    "UptoProxy": X402_UPTO_PERMIT2_PROXY_ADDRESS,
    "Channels": BATCH_SETTLEMENT_ADDRESS,
    "DepositCollector": ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
}

_RICH: Final = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first of anvil's own funded accounts."""

_GAS: Final = 8_000_000
_ALL: Final = 2**256 - 1
_SECONDS: Final = 10.0


class ChainRefused(Exception):
    """The chain answered with an error."""


class LocalEvm:
    """One anvil, asked as its owner may ask it."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - any JSON value
        """Call one RPC method.

        Raises:
            ChainRefused: An error for an answer.
            httpx.HTTPError: No answer.
        """
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._client.post("", json=question).json()
        if "error" in answer:
            raise ChainRefused(f"{method}: {answer['error'].get('message', 'refused')}")
        return answer["result"]

    def install(self) -> None:
        """Put every contract in its place; what a former run stored in them stays."""
        artifacts: dict[str, dict[str, str]] = json.loads(_ARTIFACTS.read_text())
        for name, address in _PLACES.items():
            self.ask("anvil_setCode", address, artifacts[name]["code"])
        # Its constructor fixes values in the code; a call that creates answers with that code.
        creation = {"from": _RICH, "data": artifacts["Usdc"]["creation"], "gas": hex(_GAS)}
        self.ask("anvil_setCode", USDC, self.ask("eth_call", creation, "latest"))

    def balance(self, address: str) -> int:
        """USDC of an address, in base units."""
        call = {"to": USDC, "data": _data("balanceOf(address)", ["address"], [address])}
        return int(self.ask("eth_call", call, "latest"), 16)

    def fund(self, address: str, *, base_units: int = 0, wei: int = 0) -> None:
        """Hand out USDC and gas money."""
        if wei:
            self.ask("anvil_setBalance", address, hex(wei))
        if base_units:
            data = _data("mint(address,uint256)", ["address", "uint256"], [address, base_units])
            call = {"from": _RICH, "to": USDC, "data": data, "gas": hex(_GAS)}
            self._mined(self.ask("eth_sendTransaction", call))

    def approve_permit2(self, owner: str) -> None:
        """Let Permit2 move an address's USDC, as its owner does once on a public network."""
        types, values = ["address", "uint256"], [PERMIT2_ADDRESS, _ALL]
        call = {"from": owner, "to": USDC, "data": _data("approve(address,uint256)", types, values)}
        self.ask("anvil_impersonateAccount", owner)
        self._mined(self.ask("eth_sendTransaction", {**call, "gas": hex(_GAS)}))
        self.ask("anvil_stopImpersonatingAccount", owner)

    def _mined(self, transaction: str) -> dict[str, Any]:
        self.ask("evm_mine")
        found = self.ask("eth_getTransactionReceipt", transaction)
        if found is None or found["status"] != "0x1":
            raise ChainRefused(f"transaction {transaction} failed")
        return dict(found)


def _data(signature: str, types: list[str], values: list[object]) -> str:
    return "0x" + (keccak(text=signature)[:4] + encode(types, values)).hex()
