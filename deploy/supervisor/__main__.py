"""Run the local stack in the foreground: ``python -m deploy.supervisor up --state DIR``."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.evm.anvil import find_anvil
from deploy.supervisor import environment
from deploy.supervisor.errors import CannotStart, PartFailed
from deploy.supervisor.local_stack import PORT_OPTIONS, WORKERS, Addresses, LocalStack
from deploy.supervisor.notices import log
from deploy.supervisor.ports import Ports, PortWish
from deploy.supervisor.running import run_until_stopped
from deploy.supervisor.state_dir import StateDir
from deploy.supervisor.wallets import write_evm_genesis, write_genesis
from deploy.temporal.server import TemporalMissing, find_binary
from domain.errors import Misconfigured
from domain.settings import Settings

EXIT_PART_FAILED: Final = 1
EXIT_CANNOT_START: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        return _up(options, os.environ)
    except (CannotStart, TemporalMissing, Misconfigured) as err:
        sys.stderr.write(f"{err}\n")
        return EXIT_CANNOT_START
    except PartFailed as err:
        sys.stderr.write(f"{err}\n")
        return EXIT_PART_FAILED


def _up(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    Settings.from_environ(environ)  # a mistyped setting is told now, not in a worker's log
    binary = find_binary()
    state = StateDir.open(options.state)
    wishes = [
        PortWish(part, option, getattr(options, _attribute(option)))
        for option, (part, _) in PORT_OPTIONS.items()
    ]
    try:
        with Ports.reserve(wishes, or_free=options.or_free_ports) as ports:
            if options.fresh:
                state.clear()
            state.prepare()
            _log_to(state.log("supervisor"))
            addresses = Addresses({option: ports[option] for option in PORT_OPTIONS})
            has_evm = find_anvil() is not None
            stack = LocalStack(state, addresses, environ, binary, has_evm=has_evm)
            asyncio.run(_supervise(stack, without=options.without))
    finally:
        state.close()
    return 0


async def _supervise(stack: LocalStack, *, without: Sequence[str]) -> None:
    for name in environment.overruled(stack.environ, stack.settings()):
        log.warning("%s is set, but a local stack uses its own", name)
    await asyncio.to_thread(write_genesis, stack.wallets, stack.genesis)
    if stack.has_evm:
        await asyncio.to_thread(write_evm_genesis, stack.wallets, stack.evm_genesis)
    await run_until_stopped(
        [part for part in stack.parts() if part.name not in without],
        stack.state,
        lambda keepers: stack.publish(keepers, supervisor_pid=os.getpid()),
    )


def _log_to(path: Path) -> None:
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)


def _attribute(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.supervisor", description=__doc__)
    up = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "up", help="start every part and keep it running until told to stop"
    )
    up.add_argument("--state", type=Path, default=Path(".caravan"), help="folder of the stack")
    up.add_argument("--fresh", action="store_true", help="forget all former runs and wallets")
    for option, (part, default) in PORT_OPTIONS.items():
        up.add_argument(
            option, type=int, default=default, help=f"for {part}; 0 finds a free one (%(default)s)"
        )
    up.add_argument(
        "--or-free-ports", action="store_true", help="take a free port in place of a busy one"
    )
    up.add_argument(
        "--without",
        action="append",
        default=[],
        choices=list(WORKERS),
        help="leave this worker to you, to run it in a debugger",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
