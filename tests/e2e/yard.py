"""A whole engine for tests: market, Temporal server and worker processes of its own."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eth_utils.crypto import keccak
from solders.keypair import Keypair
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from deploy.evm.anvil import NETWORK
from deploy.evm.contracts import USDC
from deploy.evm.keyfile import load_or_create
from domain.approval import Decision
from domain.ids import RequestId
from domain.names import TaskQueue, run_workflow_id
from domain.plan import Plan
from domain.runs import FulfilRequest, RunReport, RunSnapshot
from domain.settings import Settings
from starter.client import data_converter
from tests.deploy.services.stack import ROOT, Stack
from tests.fakes.wares import usdc
from workflows.fulfil_request import FulfilRequestWorkflow

TEMPORAL = Path(sys.executable).with_name("temporal")
START_SECONDS = 60

APPROVAL_SECONDS = 300
"""Until a run must ask for its approval, whoever dies meanwhile."""

TRANSFERRED = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
"""What the token says of each transfer. Source: ERC-20."""


@dataclass
class Yard:
    """Everything real but the payments worker's immortality."""

    market: Stack
    folder: Path
    wallet: Keypair
    env: WorkflowEnvironment
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    orchestration: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, market: Stack, folder: Path) -> AsyncIterator["Yard"]:
        wallet, engine = market.payer(), Keypair()
        market.node.chain.call("requestAirdrop", str(engine.pubkey()), 10**9)
        (folder / "payer.json").write_text(wallet.to_json())
        (folder / "engine.json").write_text(engine.to_json())
        if market.evm is not None:
            evm_payer = load_or_create(folder / "evm-payer.key").address
            market.evm.chain.fund(evm_payer, base_units=100_000_000, wei=10**18)
            market.evm.chain.approve_permit2(evm_payer)
        env = await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(TEMPORAL),
            data_converter=data_converter(Settings(state_dir=folder)),
            dev_server_log_level="error",
            dev_server_extra_args=[
                *("--output", "none"),  # no banner on our standard output
                *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"),
                *("--search-attribute", "CaravanStatus=Keyword"),
                *("--search-attribute", "CaravanPlanDigest=Keyword"),
                *("--search-attribute", "CaravanCostUsdc=Double"),
            ],
        )
        async with env:
            yard = cls(market, folder, wallet, env)
            try:
                yield yard
            finally:
                for process in yard.workers:
                    process.kill()
                    process.wait()

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if "CARAVAN" not in name},
            "CARAVAN_STATE_DIR": str(self.folder),
            "CARAVAN_SOLANA_RPC_URL": self.market.node.url,
            "CARAVAN_PAYER_KEYFILE": str(self.folder / "payer.json"),
            "CARAVAN_ENGINE_KEYFILE": str(self.folder / "engine.json"),
            "CARAVAN_BAZAAR_URLS": self.market.facilitator.url,
            "CARAVAN_ALLOW_PRIVATE_HOSTS": "true",
            **self._evm_environment(),
            "TEMPORAL_ADDRESS": self.env.client.service_client.config.target_host,
            "HF_HUB_OFFLINE": "1",
        }

    def _evm_environment(self) -> dict[str, str]:
        if self.market.evm is None:
            return {}
        return {
            "CARAVAN_EVM_RPC_URL": self.market.evm.url,
            "CARAVAN_EVM_NETWORK": NETWORK,
            "CARAVAN_EVM_FINAL_DEPTH": "0",
            "CARAVAN_EVM_PAYER_KEYFILE": str(self.folder / "evm-payer.key"),
        }

    def work(
        self, *queues: TaskQueue, dying: tuple[str, str, Path] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a worker process and wait until it polls."""
        ready = self.folder / f"ready-{uuid.uuid4().hex}"
        arguments = [part for queue in queues for part in ("--queue", queue.value)]
        arguments += ["--ready-file", str(ready)]
        module = ["worker"]
        if dying is not None:
            chain, point, marker = dying
            module = ["tests.e2e.dying_worker", chain, point, str(marker), "--"]
        log = (self.folder / f"worker-{'-'.join(queues)}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", *module, *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            stdout=log,
            stderr=log,
        )
        log.close()
        self.workers.append(process)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert process.poll() is None, Path(log.name).read_text()[-2000:]
            assert time.monotonic() < deadline, "the worker does not get ready"
            time.sleep(0.05)
        return process

    def orchestrate(self) -> None:
        """Have a worker for the workflows, if there is none."""
        if self.orchestration is None:
            self.orchestration = self.work(TaskQueue.ORCHESTRATION)

    def kill_orchestration(self) -> None:
        """End that worker at once."""
        assert self.orchestration is not None
        self.orchestration.kill()
        self.orchestration.wait()
        self.orchestration = None

    async def start(self, plan: Plan) -> "WorkflowHandle[FulfilRequestWorkflow, RunReport]":
        """Start a run of a given plan and approve it."""
        request_id = RequestId(f"crash-{uuid.uuid4().hex[:8]}")
        handle = await self.env.client.start_workflow(
            FulfilRequestWorkflow.run,
            FulfilRequest(
                request_id=request_id,
                text="a test",
                budget=usdc("10.00"),
                policy_maximum=usdc("100.00"),
                plan=plan,
            ),
            id=run_workflow_id(request_id),
            task_queue=TaskQueue.ORCHESTRATION,
        )
        snapshot = await awaiting_approval(handle)
        request = snapshot.approval_request
        assert request is not None, snapshot.report.error
        decision = Decision(
            decision_id=uuid.uuid4().hex,
            document_digest=request.digest,
            cap=request.cap,
            verdict="approve",
            decided_by="tester",
        )
        await handle.execute_update(FulfilRequestWorkflow.decide, decision)
        return handle

    def balance(self) -> int:
        return self.market.node.usdc(str(self.wallet.pubkey()))

    def evm_balance(self) -> int:
        assert self.market.evm is not None
        return self.market.evm.chain.balance(self.evm_payer)

    def evm_transfers(self) -> set[str]:
        """Transactions on the EVM chain that took money out of the wallet."""
        assert self.market.evm is not None
        topics = [TRANSFERRED, "0x" + self.evm_payer[2:].rjust(64, "0")]
        asked = {"fromBlock": "0x0", "toBlock": "latest", "address": USDC, "topics": topics}
        return {
            str(log["transactionHash"]) for log in self.market.evm.chain.ask("eth_getLogs", asked)
        }

    @property
    def evm_payer(self) -> str:
        return str(load_or_create(self.folder / "evm-payer.key").address).lower()

    def transfers(self) -> set[str]:
        """Transactions on chain that took money out of the wallet."""
        account = derive_ata(str(self.wallet.pubkey()), USDC_DEVNET_ADDRESS)
        chain = self.market.node.chain
        rows = chain.call("getSignaturesForAddress", account, {"commitment": "confirmed"})
        found = {str(row["signature"]): chain.landed(str(row["signature"])) for row in rows}
        return {
            signature
            for signature, landed in found.items()
            if landed and any(one.source == account for one in landed.transfers)
        }


async def awaiting_approval(
    handle: "WorkflowHandle[FulfilRequestWorkflow, RunReport]",
) -> RunSnapshot:
    async with asyncio.timeout(APPROVAL_SECONDS):
        while True:
            snapshot = await handle.query(FulfilRequestWorkflow.snapshot)
            if snapshot.report.state != "planning":
                return snapshot
            await asyncio.sleep(0.05)
