"""The local stack as real processes, for tests."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from solders.keypair import Keypair
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from deploy.evm.contracts import LocalEvm
from deploy.evm.keyfile import load_or_create
from deploy.facilitator import keyfile
from deploy.services.chain import Chain
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
START_SECONDS = 60
SAMPLES = ROOT / "deploy" / "services" / "sample_quality.json"


class Process:
    """One module run with ``python -m``, on its own port."""

    def __init__(self, module: str, folder: Path, port: int, *arguments: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"{module}-{port}.log"
        command = [sys.executable, "-m", module, "--port", str(port), *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env={**os.environ}
            )

    def wait(self, *, until: str = "status", value: object = "ok") -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                health: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=2).json()
            except (httpx.HTTPError, ValueError):
                health = {}
            if health.get(until) == value:
                return health
            time.sleep(0.1)
        raise AssertionError(f"{self.url} is not ready:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Node:
    """A local chain and what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        state = str(folder / "chain")
        self.process = Process("deploy.localnet", folder, free_port(), "--state", state)
        self.url = self.process.url
        self.chain = Chain(self.url)

    def close(self) -> None:
        self.chain.close()
        self.process.stop()

    def fund(self, address: str, *, base_units: int, lamports: int = 10**9) -> None:
        self.chain.call("requestAirdrop", address, lamports)
        self.chain.call("localnet_mintTo", address, base_units)

    def usdc(self, address: str) -> int:
        account = derive_ata(address, USDC_DEVNET_ADDRESS)
        return int(self.chain.call("getTokenAccountBalance", account)["value"]["amount"])


class EvmChain:
    """A local EVM chain of its own process, and what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        port, ready = free_port(), folder / "evm-ready"
        self.process = Process(
            "deploy.evm",
            folder,
            port,
            *("--state", str(folder / "evm"), "--ready-file", str(ready)),
        )
        self.url = self.process.url
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert time.monotonic() < deadline, self.process.log.read_text()[-2000:]
            time.sleep(0.05)
        self.chain = LocalEvm(self.url)

    def close(self) -> None:
        self.chain.close()
        self.process.stop()


class Stack:
    """Chain, facilitator, honest sellers and the others; with ``evm`` a second chain.

    With ``both``, every seller takes money on the second chain too, and gives it back there.
    """

    def __init__(self, folder: Path, *, evm: bool = False, both: bool = False) -> None:
        self._folder = folder
        self._both = both
        self._exit = ExitStack()
        self.evm = EvmChain(folder) if evm else None
        if self.evm is not None:
            self._exit.callback(self.evm.close)
            gas = load_or_create(folder / "evm-facilitator.key").address
            self.evm.chain.fund(gas, wei=10**18)
        self.node = Node(folder)
        self._exit.callback(self.node.close)
        services, misbehaving = free_port(), free_port()
        fee_payer = keyfile.load_or_create(folder / "facilitator.json")
        self.facilitator = self._start(
            "deploy.facilitator",
            free_port(),
            *("--state", str(folder / "facilitator"), "--rpc-url", self.node.url),
            *("--keyfile", str(folder / "facilitator.json"), "--sample-quality", str(SAMPLES)),
            *("--index", f"http://127.0.0.1:{services}"),
            *("--index", f"http://127.0.0.1:{misbehaving}"),
            *self._evm_options(folder),
        )
        self.services = self.sell(services, *(("--evm",) if evm and not both else ()))
        self.misbehaving = self.sell(misbehaving, "--misbehaving")
        self.node.process.wait()
        self.node.chain.call("requestAirdrop", str(fee_payer.pubkey()), 10**10)

    def ready(self) -> None:
        self.facilitator.wait()
        for seller in (self.services, self.misbehaving):
            seller.wait()
            wallets = httpx.get(f"{seller.url}/wallets").json()
            for wallet in wallets["wallets"]:
                self.node.fund(wallet["pubkey"], base_units=1_000_000)
            for wallet in wallets.get("evmWallets", ()):
                assert self.evm is not None
                self.evm.chain.fund(wallet["address"], base_units=1_000_000, wei=10**18)
        self.facilitator.wait(until="indexing", value=False)

    def _evm_options(self, folder: Path) -> tuple[str, ...]:
        if self.evm is None:
            return ()
        key = str(folder / "evm-facilitator.key")
        return ("--evm-rpc-url", self.evm.url, "--evm-keyfile", key)

    def _both_options(self) -> tuple[str, ...]:
        if not self._both or self.evm is None:
            return ()
        return ("--evm-rpc-url", self.evm.url, "--evm-claim-seconds", "3600")

    def sell(self, port: int, *arguments: str) -> Process:
        return self._start(
            "deploy.services",
            port,
            *("--state", str(self._folder / "services"), "--rpc-url", self.node.url),
            *("--facilitator", self.facilitator.url, "--keys", str(self._folder / "keys")),
            *self._both_options(),
            *arguments,
        )

    def _start(self, module: str, port: int, *arguments: str) -> Process:
        process = Process(module, self._folder, port, *arguments)
        self._exit.callback(process.stop)
        return process

    @property
    def keys(self) -> Path:
        return self._folder / "keys"

    def payer(self, base_units: int = 100_000_000) -> Keypair:
        pair = Keypair()
        self.node.fund(str(pair.pubkey()), base_units=base_units, lamports=10**6)
        return pair

    def close(self) -> None:
        self._exit.close()
