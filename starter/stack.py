"""The local stack from outside: start it, read where it listens, end it.

The supervisor is another program, run from the repository; nothing of it is imported here.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from starter.client import START_HINT
from starter.errors import StackUnreachable, StarterError
from starter.exits import ExitCode

ROOT: Final = Path(__file__).parents[1]
"""The repository, from which the supervisor runs."""

STACK_FILE: Final = "stack.json"
PROGRESS_FILE: Final = Path("run", "progress.jsonl")
LOCK_FILE: Final = "supervisor.lock"
SUPERVISOR_LOG: Final = Path("logs", "supervisor.log")

POLL_SECONDS: Final = 0.05

STOP_SECONDS: Final = 90.0
"""A stack may take this long to end: workers let payments finish for 30 s."""

SUPERVISOR_CANNOT_START: Final = 2
"""Exit code of a supervisor that refused before it started anything."""


class StackNotStarted(StarterError):
    """The stack was refused before anything ran: a busy port, a foreign folder, a bad setting."""

    code = "stack_not_started"
    exit_code = ExitCode.USAGE


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class TemporalAt(_Read):
    """Where Temporal listens."""

    address: str
    namespace: str
    ui_url: str


class SolanaAt(_Read):
    """Where the Solana chain listens."""

    rpc_url: str
    ws_url: str
    network: str


class EvmAt(_Read):
    """Where an EVM chain listens."""

    rpc_url: str
    network: str


class UrlOf(_Read):
    """Where a single service listens."""

    url: str


class NamedUrl(_Read):
    """Where one of several services listens."""

    name: str
    url: str


class PayerAddresses(_Read):
    """The paying wallet's address on each chain."""

    solana: str
    evm: str | None = None


class WalletAddresses(_Read):
    """Addresses only; keys stay in their files."""

    payer: PayerAddresses


class ProcessEntry(_Read):
    """One process of the stack."""

    name: str
    pid: int
    log: Path
    restarts: int = 0
    """How often it was started again since the stack came up."""


class StackInfo(_Read):
    """Content of ``stack.json``."""

    temporal: TemporalAt
    solana: SolanaAt
    evm: EvmAt | None
    facilitator: UrlOf
    bazaars: tuple[str, ...]
    services: tuple[NamedUrl, ...]
    gateway: UrlOf | None
    wallets: WalletAddresses
    processes: tuple[ProcessEntry, ...]
    state_dir: Path
    supervisor_pid: int | None = None
    """None in a file that no supervisor wrote."""


class StackOptions(_Read):
    """How a stack is to be started; a port of None is the default, zero any free one."""

    fresh: bool = False
    or_free_ports: bool = False
    """Take a free port in place of a busy one, instead of refusing to start."""
    temporal_port: int | None = None
    ui_port: int | None = None
    solana_port: int | None = None
    evm_port: int | None = None
    facilitator_port: int | None = None
    services_port: int | None = None

    def arguments(self) -> list[str]:
        """Return the supervisor's options."""
        given = self.model_dump(exclude_none=True)
        options = {f"--{name.replace('_', '-')}": value for name, value in given.items()}
        flags = [option for option, value in options.items() if value is True]
        ports = [f"{o}={value}" for o, value in options.items() if not isinstance(value, bool)]
        return [*flags, *ports]


class StackProgress(_Read):
    """One thing that happened while a stack was starting."""

    supervisor_pid: int
    event: str
    """``starting``, ``healthy``, ``exited``, ``unresponsive``, ``failed``, ``ready``, ..."""
    part: str
    """The part's name, or ``stack``."""
    detail: str = ""
    seconds: float = 0.0


OnProgress = Callable[[StackProgress], None]


def read_stack(state_dir: Path) -> StackInfo:
    """Read where the running stack listens.

    Raises:
        StackUnreachable: No stack runs there, or the file is not one.
    """
    path = state_dir / STACK_FILE
    try:
        info = StackInfo.model_validate_json(path.read_bytes())
    except OSError as err:
        raise StackUnreachable(f"no stack runs in {state_dir}", next_step=START_HINT) from err
    except ValidationError as err:
        raise StackUnreachable(
            f"{path} does not describe a stack ({err.error_count()} problems)",
            next_step=START_HINT,
        ) from err
    if info.supervisor_pid is not None and _supervisor(state_dir) is None:
        raise StackUnreachable(
            f"the stack in {state_dir} was killed; its runs and payments are kept",
            next_step=START_HINT,
        )
    return info


def start_detached(
    state_dir: Path, options: StackOptions, on_progress: OnProgress = lambda _: None
) -> StackInfo:
    """Start a stack that outlives this process, and return once every part works.

    Raises:
        StackNotStarted: Nothing was started; says why.
        StackUnreachable: A part did not start to work; everything has been ended again.
    """
    with tempfile.TemporaryFile() as errors:
        process = _spawn(state_dir, options, errors, detached=True)
        # It outlives us; should it end first, somebody has to take note of that.
        ended = threading.Thread(target=process.wait, name="supervisor", daemon=True)
        ended.start()
        try:
            return _wait_until_ready(process, state_dir, errors, on_progress)
        except BaseException:  # Ctrl-C above all: nobody would know that half a stack runs
            process.terminate()
            ended.join(STOP_SECONDS)
            raise


def run_in_foreground(
    state_dir: Path,
    options: StackOptions,
    *,
    on_ready: Callable[[StackInfo], None],
    on_progress: OnProgress = lambda _: None,
) -> int:
    """Run a stack until Ctrl-C or a signal; return the supervisor's exit code.

    Raises:
        StackNotStarted: Nothing was started; says why.
        StackUnreachable: A part did not start to work; everything has been ended again.
    """
    # A service manager says stop by SIGTERM; the supervisor must not be left behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryFile() as errors:
        process = _spawn(state_dir, options, errors, detached=False)
        try:
            on_ready(_wait_until_ready(process, state_dir, errors, on_progress))
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()  # the terminal told the supervisor, too
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def stop(state_dir: Path) -> bool:
    """End the stack of a folder and wait until it has ended; tell whether one was running.

    Raises:
        StackUnreachable: It does not end.
    """
    pid = _supervisor(state_dir)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _supervisor(state_dir) == pid:
        if time.monotonic() > deadline:
            raise StackUnreachable(
                f"the stack in {state_dir} does not end; its supervisor is pid {pid}",
                next_step=f"Look at {state_dir / SUPERVISOR_LOG}, then try again",
            )
        time.sleep(POLL_SECONDS)
    return True


def _spawn(
    state_dir: Path, options: StackOptions, errors: IO[bytes], *, detached: bool
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deploy.supervisor", "up", f"--state={state_dir.absolute()}"]
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        [*command, *options.arguments()],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=detached,
    )


def _wait_until_ready(
    process: subprocess.Popen[bytes], state_dir: Path, errors: IO[bytes], on_progress: OnProgress
) -> StackInfo:
    failure = ""
    for notice in _notices(process, state_dir / PROGRESS_FILE):
        on_progress(notice)
        if notice.event == "ready":
            return read_stack(state_dir)
        if notice.event == "failed":
            failure = notice.detail
    errors.seek(0)
    told = errors.read().decode(errors="replace").strip()
    if process.returncode == SUPERVISOR_CANNOT_START:
        raise StackNotStarted(told, next_step="Nothing was started; correct this and try again")
    what, _, log = (failure or told or "the supervisor ended without a word").partition("\n")
    raise StackUnreachable(f"the stack did not start: {what}", next_step=log or START_HINT)


def _notices(process: subprocess.Popen[bytes], path: Path) -> Iterator[StackProgress]:
    """Follow what the supervisor tells, until it has ended and everything was read."""
    seen = 0
    ended = False
    while not ended:
        ended = process.poll() is not None
        lines = _complete_lines(path)
        for line in lines[seen:]:
            notice = StackProgress.model_validate(json.loads(line))
            if notice.supervisor_pid != process.pid:
                break  # a former supervisor's file, about to be replaced
            seen += 1
            yield notice
        if not ended:
            time.sleep(POLL_SECONDS)


def _complete_lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()


def _supervisor(state_dir: Path) -> int | None:
    """Return the pid of the supervisor that holds the folder now, never a stale one."""
    try:
        with (state_dir / LOCK_FILE).open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
            return None
    except OSError:
        return None
