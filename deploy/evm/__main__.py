"""Run the local EVM chain: ``python -m deploy.evm --port N --state DIR``."""

import argparse
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from deploy.evm.anvil import command, find_anvil
from deploy.evm.contracts import LocalEvm

EXIT_CANNOT_START: Final = 1

_START_SECONDS: Final = 20.0
_GAS_WEI: Final = 10**18
"""What it takes to be set up; a buyer keeps next to nothing of it, as it never pays gas."""
_PAUSE_SECONDS: Final = 0.05
_PR_SET_PDEATHSIG: Final = 1
"""Source: prctl(2)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    anvil = find_anvil()
    if anvil is None:
        sys.stderr.write("anvil was not found; install it with: make evm\n")
        return EXIT_CANNOT_START
    options.state.mkdir(parents=True, exist_ok=True)
    run = command(anvil, host=options.host, port=options.port, state=options.state / "chain.json")
    chain = subprocess.Popen(run, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509 - see there
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: chain.terminate())
    try:
        _prepare(f"http://{options.host}:{options.port}", chain, options)
    except (TimeoutError, httpx.HTTPError) as err:
        chain.terminate()
        sys.stderr.write(f"anvil does not get ready: {err}\n")
        return EXIT_CANNOT_START
    chain.wait()
    return 0


def _prepare(url: str, chain: subprocess.Popen[bytes], options: argparse.Namespace) -> None:
    local = LocalEvm(url)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            local.ask("eth_chainId")
            break
        except httpx.TransportError:
            if chain.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"port {options.port} cannot be used") from None
            time.sleep(_PAUSE_SECONDS)
    local.install()
    if options.genesis is not None:
        _fund(local, options.genesis)
    local.close()
    if options.ready_file is not None:
        options.ready_file.write_text(str(os.getpid()))


def _fund(local: LocalEvm, genesis: Path) -> None:
    for grant in json.loads(genesis.read_text())["accounts"]:
        # Once: whoever has spent everything is not given more by a restart.
        if local.ask("eth_getTransactionCount", grant["address"], "latest") == "0x0" and (
            int(local.ask("eth_getBalance", grant["address"], "latest"), 16) == 0
        ):
            units, wei = grant.get("usdc_base_units", 0), grant.get("wei", 1)
            local.fund(grant["address"], base_units=units, wei=_GAS_WEI)
            if units:
                local.approve_permit2(grant["address"])
            local.fund(grant["address"], wei=max(wei, 1))


def _die_with_parent() -> None:
    # One system call between fork and exec, in a process without other threads.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.evm", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=8545, help="port for JSON-RPC")
    parser.add_argument("--state", type=Path, required=True, help="directory of the chain")
    parser.add_argument("--genesis", type=Path, help="JSON file of wallets to fund, once each")
    parser.add_argument("--ready-file", type=Path, help="written with our pid once it works")
    return parser


if __name__ == "__main__":
    sys.exit(main())
