"""Run the local EVM chain: ``python -m deploy.evm --port N --state DIR``."""

import argparse
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

import httpx

from deploy.evm.anvil import command, find_anvil
from deploy.evm.contracts import ChainRefused, LocalEvm
from deploy.evm.genesis import GenesisInvalid, Grant, fund, read_genesis
from deploy.evm.state import ChainState, StateInUse

EXIT_BAD_USAGE: Final = 2
EXIT_CANNOT_START: Final = 1

_HOSTS: Final = ("127.0.0.1", "localhost")
"""Loopback alone: whoever reaches the chain may mint on it, and send as anybody."""

_START_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.05

_LOST_BLOCKS: Final = 5
"""More than a kill can cost, as anvil saves every second. They are made up for at the next start,
so that nobody remembers a block that is yet to come."""

_PR_SET_PDEATHSIG: Final = 1
"""Source: prctl(2)."""

Anvil = subprocess.Popen[bytes]


class CannotStart(Exception):
    """The chain does not get ready; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        grants = () if options.genesis is None else read_genesis(options.genesis)
        with ChainState(options.state) as state:
            _check_free(options.host, options.port)
            return _serve(options, state, grants)
    except GenesisInvalid as err:
        sys.stderr.write(f"{err}\n")
        return EXIT_BAD_USAGE
    except (CannotStart, StateInUse) as err:
        sys.stderr.write(f"{err}\n")
        return EXIT_CANNOT_START


def _serve(options: argparse.Namespace, state: ChainState, grants: tuple[Grant, ...]) -> int:
    program = find_anvil()
    if program is None:
        raise CannotStart("anvil was not found; install it with: make evm")
    continued = state.file.exists()
    run = command(program, host=options.host, port=options.port, state=state.file)
    anvil = subprocess.Popen(  # noqa: S603 - the program that was installed
        run,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - see there
        pass_fds=[state.descriptor],
    )
    state.keep()
    told: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        told.append(number)
        anvil.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    local = LocalEvm(f"http://{options.host}:{options.port}")
    try:
        _wait_for(local, anvil)
        if continued:
            local.ask("anvil_mine", hex(_LOST_BLOCKS))
        local.install()
        fund(local, grants)
    except (CannotStart, ChainRefused, httpx.HTTPError, ValueError) as err:
        anvil.terminate()
        anvil.wait()
        if told:
            return 0
        raise CannotStart(f"anvil does not get ready: {err}") from err
    finally:
        local.close()
    if options.ready_file is not None:
        options.ready_file.write_text(str(os.getpid()))
    code = anvil.wait()
    return 0 if told else code or EXIT_CANNOT_START


def _wait_for(local: LocalEvm, anvil: Anvil) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if anvil.poll() is not None:
            raise CannotStart(f"it ended with {anvil.returncode}")
        try:
            local.ask("eth_chainId")
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise CannotStart("it does not answer") from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _check_free(host: str, port: int) -> None:
    """Refuse a port of somebody else's, whose answers would be taken for anvil's."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as err:
            raise CannotStart(f"port {port} cannot be used: {err}") from err


def _die_with_parent() -> None:
    # One system call between fork and exec, in a process without other threads yet. Anvil is told
    # to end, not killed: so it saves what it has.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.evm", description=__doc__)
    parser.add_argument("--host", default=_HOSTS[0], choices=_HOSTS, help="where to listen")
    parser.add_argument("--port", type=int, default=8545, help="port for JSON-RPC")
    parser.add_argument("--state", type=Path, required=True, help="directory of the chain")
    parser.add_argument("--genesis", type=Path, help="JSON file of wallets to fund, once each")
    parser.add_argument("--ready-file", type=Path, help="written with our pid once it works")
    return parser


if __name__ == "__main__":
    sys.exit(main())
