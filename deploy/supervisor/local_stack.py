"""The parts of Caravan's local stack, as data."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.evm.anvil import NETWORK
from deploy.supervisor import environment
from deploy.supervisor.keeper import Keeper
from deploy.supervisor.parts import FileReady, HttpReady, Part
from deploy.supervisor.processes import ROOT
from deploy.supervisor.state_dir import StateDir
from deploy.supervisor.wallets import Wallets
from deploy.temporal import server as temporal
from domain.chains import SOLANA_DEVNET

SAMPLE_QUALITY: Final = ROOT / "deploy" / "services" / "sample_quality.json"

WORKER_END_SECONDS: Final = 35.0
"""A stopping worker lets payments finish for 30 s."""

WORKERS: Final[Mapping[str, tuple[tuple[str, ...], frozenset[str]]]] = {
    "worker-engine": (("orchestration", "planning"), environment.ENGINE),
    "worker-discovery": (("discovery",), environment.DISCOVERY),
    "worker-payments": (("payments", "chains"), environment.PAYMENTS),
}
"""Queues of each worker, and the user's settings it may know."""

PORT_OPTIONS: Final = {
    "--temporal-port": ("temporal", 7233),
    "--ui-port": ("temporal", 8233),
    "--solana-port": ("solana", 8899),
    "--facilitator-port": ("facilitator", 4021),
    "--services-port": ("services", 4022),
    "--evm-port": ("evm", 8545),
}
"""Option, part and default of every port."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts listen."""

    ports: Mapping[str, int]
    """By option."""

    def url(self, option: str) -> str:
        """Return the address of one port."""
        return f"http://127.0.0.1:{self.ports[option]}"

    @property
    def temporal(self) -> str:
        """Host and port of Temporal's own protocol."""
        return f"127.0.0.1:{self.ports['--temporal-port']}"


@dataclass(frozen=True)
class LocalStack:
    """One stack: its folder, its ports, and the user's environment."""

    state: StateDir
    at: Addresses
    environ: Mapping[str, str]
    temporal_binary: Path
    has_evm: bool = False
    """Whether there is an EVM chain as well."""

    @property
    def wallets(self) -> Wallets:
        """The stack's key files."""
        return Wallets(self.state / "keys")

    @property
    def genesis(self) -> Path:
        """Who is funded with what."""
        return self.state / "solana" / "genesis.json"

    @property
    def evm_genesis(self) -> Path:
        """Who is funded with what on the EVM chain."""
        return self.state / "evm" / "genesis.json"

    def parts(self) -> list[Part]:
        """Describe every process. The chain's own parts wait for nobody: they ask again."""
        return [
            self._temporal(),
            self._solana(),
            *([self._evm()] if self.has_evm else []),
            self._facilitator(),
            self._services(),
            *(self._worker(name) for name in WORKERS),
        ]

    def settings(self) -> dict[str, str]:
        """Return the settings that make a worker this stack's; no key is among them."""
        evm = {
            "CARAVAN_EVM_RPC_URL": self.at.url("--evm-port"),
            "CARAVAN_EVM_NETWORK": NETWORK,
            "CARAVAN_EVM_FINAL_DEPTH": "0",  # one node, one chain: nothing is ever undone
        }
        return {
            **(evm if self.has_evm else {}),
            "CARAVAN_STATE_DIR": str(self.state.path),
            "CARAVAN_SOLANA_RPC_URL": self.at.url("--solana-port"),
            "CARAVAN_SOLANA_NETWORK": SOLANA_DEVNET,
            "CARAVAN_BAZAAR_URLS": self.at.url("--facilitator-port"),
            "CARAVAN_ALLOW_PRIVATE_HOSTS": "true",
            "CARAVAN_TEMPORAL_UI_URL": self.at.url("--ui-port"),
            "TEMPORAL_ADDRESS": self.at.temporal,
            "TEMPORAL_NAMESPACE": temporal.NAMESPACE,
            # A user's own Temporal profile may ask for TLS, or carry a key this stack must not see.
            "TEMPORAL_CONFIG_FILE": str(self.state / "run" / "no-temporal-profile.toml"),
        }

    def publish(self, keepers: Sequence[Keeper], *, supervisor_pid: int) -> None:
        """Write ``stack.json``: whole, or not at all."""
        draft = self.state / "run" / "stack.json.new"
        draft.write_text(json.dumps(self._description(keepers, supervisor_pid), indent=2) + "\n")
        draft.replace(self.state.stack_file)

    def _description(self, keepers: Sequence[Keeper], supervisor_pid: int) -> dict[str, object]:
        solana = self.at.url("--solana-port")
        processes = [
            {"name": k.part.name, "pid": k.pid, "log": str(k.log), "restarts": k.restarts}
            for k in keepers
        ]
        return {
            "temporal": {
                "address": self.at.temporal,
                "namespace": temporal.NAMESPACE,
                "ui_url": self.at.url("--ui-port"),
            },
            "solana": {
                "rpc_url": solana,
                "ws_url": solana.replace("http", "ws", 1),
                "network": SOLANA_DEVNET,
            },
            "evm": self._evm_description(),
            "facilitator": {"url": self.at.url("--facilitator-port")},
            "bazaars": [self.at.url("--facilitator-port")],
            "services": [{"name": "demo", "url": self.at.url("--services-port")}],
            "gateway": None,
            "wallets": {"payer": self._payers()},
            "processes": processes,
            "state_dir": str(self.state.path),
            "supervisor_pid": supervisor_pid,
        }

    def _evm_description(self) -> dict[str, str] | None:
        if not self.has_evm:
            return None
        return {"rpc_url": self.at.url("--evm-port"), "network": NETWORK}

    def _payers(self) -> dict[str, str | None]:
        wallets = self.wallets
        evm = wallets.evm_address(wallets.evm_payer) if self.has_evm else None
        return {"solana": wallets.address(wallets.payer), "evm": evm}

    def _evm(self) -> Part:
        ready_file = self.state.ready_file("evm")
        return Part(
            name="evm",
            command=(
                *(sys.executable, "-m", "deploy.evm", "--host", "127.0.0.1"),
                *("--port", str(self.at.ports["--evm-port"]), "--state", str(self.state / "evm")),
                *("--genesis", str(self.evm_genesis), "--ready-file", str(ready_file)),
            ),
            ready=FileReady(ready_file),
            environment=environment.base(self.environ),
        )

    def _temporal(self) -> Part:
        ui_port = self.at.ports["--ui-port"]
        return Part(
            name="temporal",
            command=temporal.command(
                self.temporal_binary,
                database=self.state / "temporal.sqlite",
                port=self.at.ports["--temporal-port"],
                ui_port=ui_port,
            ),
            ready=HttpReady(ui_port, temporal.readiness_path(), temporal.is_ready),
            environment=environment.base(self.environ),
        )

    def _solana(self) -> Part:
        arguments = ("--state", str(self.state / "solana"), "--genesis", str(self.genesis))
        return self._web("solana", "deploy.localnet", arguments)

    def _facilitator(self) -> Part:
        arguments: tuple[str, ...] = (
            *("--state", str(self.state / "facilitator")),
            *("--rpc-url", self.at.url("--solana-port")),
            *("--keyfile", str(self.wallets.facilitator)),
            *("--index", self.at.url("--services-port")),
            *("--sample-quality", str(SAMPLE_QUALITY)),
        )
        if self.has_evm:
            arguments += ("--evm-rpc-url", self.at.url("--evm-port"))
            arguments += ("--evm-keyfile", str(self.wallets.evm_facilitator))
        return self._web("facilitator", "deploy.facilitator", arguments)

    def _services(self) -> Part:
        arguments = (
            *("--state", str(self.state / "services"), "--keys", str(self.state / "keys")),
            *("--rpc-url", self.at.url("--solana-port")),
            *("--facilitator", self.at.url("--facilitator-port")),
            *(("--evm-rpc-url", self.at.url("--evm-port")) if self.has_evm else ()),
        )
        return self._web("services", "deploy.services", arguments)

    def _web(self, name: str, module: str, arguments: tuple[str, ...]) -> Part:
        port = self.at.ports[f"--{name}-port"]
        address = ("--host", "127.0.0.1", "--port", str(port))
        return Part(
            name=name,
            command=(sys.executable, "-m", module, *address, *arguments),
            ready=HttpReady(port, accepts=_is_up),
            alive=HttpReady(port),
            environment=environment.base(self.environ),
        )

    def _worker(self, name: str) -> Part:
        queues, knows = WORKERS[name]
        ready_file = self.state.ready_file(name)
        options = [word for queue in queues for word in ("--queue", queue)]
        settings = self.settings() | (self._keys() if "payments" in queues else {})
        settings |= environment.metrics_of(self.environ, place=list(WORKERS).index(name))
        return Part(
            name=name,
            command=(
                *(sys.executable, "-m", "worker", *options),
                *("--ready-file", str(ready_file)),
            ),
            ready=FileReady(ready_file),
            environment=environment.worker(self.environ, settings, knows=knows),
            after=("temporal",),
            end_seconds=WORKER_END_SECONDS,
        )

    def _keys(self) -> dict[str, str]:
        evm = {"CARAVAN_EVM_PAYER_KEYFILE": str(self.wallets.evm_payer)}
        return {
            **(evm if self.has_evm else {}),
            "CARAVAN_PAYER_KEYFILE": str(self.wallets.payer),
            "CARAVAN_ENGINE_KEYFILE": str(self.wallets.engine),
            "CARAVAN_SEALING_KEYFILE": str(self.wallets.sealing),
        }


def _is_up(answer: object) -> bool:
    # The bazaar counts only once it has read its sellers: a plan made sooner would miss services.
    return (
        isinstance(answer, dict)
        and answer.get("status") == "ok"
        and not answer.get("indexing", False)
    )
