"""An EVM chain of its own: anvil, with doubles of the contracts that the x402 package calls.

The doubles in ``deploy/evm/doubles`` are written from the package's ABI and typed data, and stand
where it expects them; what they prove is our side of the protocol. ``artifacts.json`` holds their
code by solc 0.8.37 (200 optimizer runs, via IR, no metadata hash) with OpenZeppelin 5.7.0.
"""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import httpx
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
)
from x402.mechanisms.evm.constants import (
    BALANCE_OF_ABI,
    MULTICALL3_ADDRESS,
    PERMIT2_ADDRESS,
    X402_UPTO_PERMIT2_PROXY_ADDRESS,
)

from activities.payments.evm.token import encoded
from domain.chains import USDC_BASE_SEPOLIA
from tests.ports import free_port

CHAIN_ID = 84532

INSTALLED = ".venv/evm/node_modules/@foundry-rs"
"""Where the optional EVM part of the installation puts anvil."""

_PLACES = {
    "Multicall3": MULTICALL3_ADDRESS,
    "Permit2": PERMIT2_ADDRESS,
    "UptoProxy": X402_UPTO_PERMIT2_PROXY_ADDRESS,
    "Channels": BATCH_SETTLEMENT_ADDRESS,
    "DepositCollector": ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
}

_MINT_ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "mint",
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
    }
]

_RICH = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first of anvil's own funded accounts."""


def find_anvil() -> Path | None:
    """Anvil of this installation, or on the path."""
    here = Path(__file__).parents[4] / INSTALLED
    found = next(here.glob("anvil-*/bin/anvil"), None) if here.is_dir() else None
    onpath = shutil.which("anvil")
    return found or (Path(onpath) if onpath else None)


class EvmNode:
    """One chain; it ends with its context."""

    def __init__(self, anvil: Path) -> None:
        self._anvil = anvil
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        options = ["--host", "127.0.0.1", "--port", str(self._port), "--chain-id", str(CHAIN_ID)]
        self._process = subprocess.Popen(
            [self._anvil, *options, "--slots-in-an-epoch", "1", "--silent"],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(500):
            try:
                self.ask("eth_chainId")
                break
            except httpx.TransportError:
                time.sleep(0.02)
        self._install()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        self._process.wait()

    def ask(self, method: str, *params: Any) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = httpx.post(self.url, json=question, timeout=20).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def receipt(self, transaction: str) -> dict[str, Any]:
        for _ in range(500):
            found = self.ask("eth_getTransactionReceipt", transaction)
            if found is not None:
                return dict(found)
            time.sleep(0.01)
        raise TimeoutError(transaction)

    def send(self, sender: str, to: str, call_data: bytes, *, gas: int = 1_000_000) -> str:
        """Send as anybody, without their key; also what will fail."""
        self.ask("anvil_setBalance", sender, hex(10**18))
        self.ask("anvil_impersonateAccount", sender)
        call = {"from": sender, "to": to, "data": "0x" + call_data.hex(), "gas": hex(gas)}
        transaction = str(self.ask("eth_sendTransaction", call))
        self.receipt(transaction)
        return transaction

    def transfer(self, sender: str, to: str, base_units: int) -> str:
        """Move the token as its owner does."""
        call = encoded(_TRANSFER_ABI, "transfer", to, base_units)
        return self.send(sender, USDC_BASE_SEPOLIA.address, call)

    def balance(self, address: str) -> int:
        call = {
            "to": USDC_BASE_SEPOLIA.address,
            "data": "0x" + encoded(BALANCE_OF_ABI, "balanceOf", address).hex(),
        }
        return int(self.ask("eth_call", call, "latest"), 16)

    def fund(self, address: str, base_units: int = 0, *, wei: int = 0) -> None:
        if wei:
            self.ask("anvil_setBalance", address, hex(wei))
        if base_units:
            call = encoded(_MINT_ABI, "mint", address, base_units)
            self.send(_RICH, USDC_BASE_SEPOLIA.address, call)

    def mine(self, count: int = 1) -> None:
        self.ask("anvil_mine", hex(count))

    def advance_seconds(self, count: int) -> None:
        """Let time pass, and a block show it."""
        self.ask("evm_increaseTime", count)
        self.mine()

    def _install(self) -> None:
        content = (Path(__file__).parents[4] / "deploy/evm/doubles/artifacts.json").read_text()
        artifacts: dict[str, dict[str, str]] = json.loads(content)
        # Deployed first, for what its constructor fixes; then moved to where it is looked for.
        deploy = {"from": _RICH, "data": artifacts["Usdc"]["creation"], "gas": hex(8_000_000)}
        made = self.receipt(self.ask("eth_sendTransaction", deploy))
        code = self.ask("eth_getCode", made["contractAddress"], "latest")
        self.ask("anvil_setCode", USDC_BASE_SEPOLIA.address, code)
        for name, address in _PLACES.items():
            self.ask("anvil_setCode", address, artifacts[name]["code"])


_TRANSFER_ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
    }
]
