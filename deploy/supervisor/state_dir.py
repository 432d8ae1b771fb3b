"""The folder of one local stack: who holds it, what is in it, and when it may be emptied."""

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import Final

from deploy.supervisor.errors import AlreadyRunning, StateDirUnusable

LOCK_FILE: Final = "supervisor.lock"
"""Holds the supervisor's pid, locked while it runs. Its presence marks a stack's folder."""

KNOWN_ENTRIES: Final = frozenset(
    {
        *("artifacts", "facilitator", "index", "keys", "logs", "run", "services", "solana"),
        *("ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal", "stack.json"),
        *("temporal.sqlite", "temporal.sqlite-shm", "temporal.sqlite-wal", "last-run"),
    }
)
"""What workers and commands may have put into the folder before a stack was first started."""

LOCK_PATIENCE_SECONDS: Final = 1.0
"""Readers test the lock for an instant; only a supervisor holds it for longer."""

PRIVATE_MODE: Final = 0o700
"""Keys and histories are nobody else's business."""


class StateDir:
    """A folder that this process alone may run a stack in."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "StateDir":
        """Create the folder if need be, and lock it for this process.

        Raises:
            StateDirUnusable: It holds things that are no stack's, or cannot be written.
            AlreadyRunning: A supervisor is running in it.
        """
        path = path.absolute()
        try:
            path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_MODE)
            _refuse_foreign(path)
            lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as err:
            raise StateDirUnusable(
                f"the state folder {path} cannot be used: {err.strerror}; choose one with --state"
            ) from err
        _take(lock, path)
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        return cls(path, lock)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def clear(self) -> None:
        """Delete everything but the lock; only ever called while it is held."""
        for entry in self.path.iterdir():
            if entry.name == LOCK_FILE:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def prepare(self) -> None:
        """Make the folders parts expect, and drop what a former supervisor left behind."""
        for name in ("keys", "logs", "run", "solana", "facilitator", "services"):
            (self.path / name).mkdir(exist_ok=True, mode=PRIVATE_MODE)
        self.stack_file.unlink(missing_ok=True)
        for stale in (self.path / "run").iterdir():
            stale.unlink()

    @property
    def stack_file(self) -> Path:
        """Where the running stack is described."""
        return self.path / "stack.json"

    @property
    def progress_file(self) -> Path:
        """What the supervisor has told since it was started."""
        return self.path / "run" / "progress.jsonl"

    def log(self, part: str) -> Path:
        """Where a part's output goes."""
        return self.path / "logs" / f"{part}.log"

    def ready_file(self, part: str) -> Path:
        """Where a worker says that it polls."""
        return self.path / "run" / f"{part}.ready"

    def close(self) -> None:
        """Let another supervisor have the folder."""
        os.close(self._lock)


def _refuse_foreign(path: Path) -> None:
    names = {entry.name for entry in path.iterdir()}
    foreign = sorted(names - KNOWN_ENTRIES)
    if LOCK_FILE in names or not foreign:
        return
    raise StateDirUnusable(
        f"{path} is not a folder of a Caravan stack (it holds {', '.join(foreign[:3])}); "
        "nothing was touched; choose an empty or new folder with --state"
    )


def _take(lock: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            holder = os.pread(lock, 20, 0).decode() or "unknown"
            os.close(lock)
            raise AlreadyRunning(
                f"a stack is already running in {path}, supervised by pid {holder}; "
                "end it with 'caravan down', or choose another folder with --state"
            ) from None
        else:
            return
