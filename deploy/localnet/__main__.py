"""Run the local chain: ``python -m deploy.localnet --port N --state DIR``."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn

from deploy.localnet.chain import LocalChain
from deploy.localnet.genesis import GenesisInvalid, create_fixtures, fund, read_genesis
from deploy.localnet.journal import ChainInUse
from deploy.localnet.rpc import Rpc
from deploy.localnet.server import bind_loopback, uvicorn_config

EXIT_BAD_USAGE = 2
EXIT_CANNOT_START = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        grants = [] if options.genesis is None else read_genesis(options.genesis)
        listener = bind_loopback(options.host, options.port)
    except (GenesisInvalid, ValueError) as err:
        sys.stderr.write(f"{err}\n")
        return EXIT_BAD_USAGE
    except OSError as err:
        sys.stderr.write(f"port {options.port} cannot be used: {err}\n")
        return EXIT_CANNOT_START
    with listener:
        try:
            chain = LocalChain(state_dir=options.state, manual_slots=options.manual_slots)
        except ChainInUse as err:
            sys.stderr.write(f"{err}\n")
            return EXIT_CANNOT_START
        create_fixtures(chain)
        fund(chain, grants)
        server = uvicorn.Server(uvicorn_config(Rpc(chain)))
        _stop_on_signals(server)
        server.run(sockets=[listener])
        chain.close()
    return 0


def run() -> NoReturn:
    """Run and leave at once: nothing is left to tear down, and state is on disk."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _stop_on_signals(server: uvicorn.Server) -> None:
    # The server handles signals while it runs, then raises them again for whoever was
    # there before; a signal means a clean end here, so that second one only repeats itself.
    def stop(_: int, __: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.localnet", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=8899, help="port for HTTP and websocket")
    parser.add_argument("--state", type=Path, required=True, help="directory of the journal")
    parser.add_argument("--genesis", type=Path, help="JSON file of wallets to fund")
    parser.add_argument(
        "--manual-slots", action="store_true", help="slots pass only by localnet_advanceSlots"
    )
    return parser


if __name__ == "__main__":
    run()
