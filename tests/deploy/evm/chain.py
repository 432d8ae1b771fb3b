"""A local EVM chain of one's own, run as ``make up`` runs it: a process, its anvil, its state."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from deploy.evm.contracts import LocalEvm
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
START_SECONDS = 30


class EvmNode:
    """One chain with one directory; stopped or killed, it can be started again."""

    def __init__(self, folder: Path, *, genesis: list[dict[str, Any]] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.local = LocalEvm(self.url)
        self.log = folder.with_name(f"{folder.name}.log")
        self._genesis = genesis
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def anvil(self) -> int:
        """The pid of anvil itself."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0])

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start the program, and wait for nothing."""
        options = ["--port", str(self.port), "--state", str(self.folder), *arguments]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "deploy.evm", *options], cwd=ROOT, stderr=log
            )

    def start(self) -> None:
        ready = self.folder.with_name(f"{self.folder.name}.ready")
        ready.unlink(missing_ok=True)
        options = ["--ready-file", str(ready)]
        if self._genesis is not None:
            file = self.folder.with_name(f"{self.folder.name}-genesis.json")
            file.write_text(json.dumps({"accounts": self._genesis}))
            options += ["--genesis", str(file)]
        self._process = self.run(*options)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists() or ready.read_text() != str(self.pid):
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def stop(self) -> int:
        """End it as the supervisor does."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=10)

    def kill(self) -> None:
        """End program and anvil as a power switch does, anvil first: nothing is saved."""
        assert self._process is not None
        os.kill(self.anvil, signal.SIGKILL)
        self._process.kill()
        self._process.wait(timeout=10)

    def wait(self) -> int:
        """Wait until the program ends by itself; return its exit code."""
        assert self._process is not None
        return self._process.wait(timeout=10)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        self.local.close()

    def balance(self, address: str) -> int:
        """USDC, in base units."""
        return self.local.balance(address)

    def fund(self, address: str, base_units: int = 0, *, wei: int = 0) -> None:
        self.local.fund(address, base_units=base_units, wei=wei)

    @property
    def height(self) -> int:
        return int(self.local.ask("eth_blockNumber"), 16)

    @property
    def final_height(self) -> int:
        return int(self.local.ask("eth_getBlockByNumber", "finalized", False)["number"], 16)

    @property
    def time(self) -> int:
        """Unix seconds of the newest block."""
        return int(self.local.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def mine(self, count: int = 1) -> None:
        self.local.ask("anvil_mine", hex(count))

    def advance_seconds(self, count: int) -> None:
        """Let time pass, and a block show it. A restart goes back to the time of day."""
        self.local.ask("evm_increaseTime", count)
        self.mine()

    def automine(self, on: bool) -> None:
        """Let blocks come by themselves, or only by ``mine``."""
        self.local.ask("evm_setAutomine", False)
        self.local.ask("evm_setIntervalMining", int(on))

    def call(self, contract: str, data: bytes) -> bytes:
        """Read from a contract."""
        answer = self.local.ask("eth_call", {"to": contract, "data": "0x" + data.hex()}, "latest")
        return bytes.fromhex(answer[2:])

    def send(self, sender: str, contract: str, data: bytes) -> bool:
        """Send as anybody, without their key; tell whether it went through."""
        self.fund(sender, wei=10**18)
        self.local.ask("anvil_impersonateAccount", sender)
        call = {"from": sender, "to": contract, "data": "0x" + data.hex(), "gas": hex(2_000_000)}
        transaction = self.local.ask("eth_sendTransaction", call)
        self.mine()
        found = self.local.ask("eth_getTransactionReceipt", transaction)
        return bool(found["status"] == "0x1")
