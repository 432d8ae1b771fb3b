"""The chain's file: one user at a time, and a whole copy whatever moment a process is killed at.

Anvil writes its file in place every second, so a kill may leave half of it. A copy is therefore
made of every whole one, and the next start takes the newer of the two that can be read. Blocks are
final after two others, thus after two seconds: what was final is in the copy at the latest.
"""

import fcntl
import json
import logging
import shutil
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_LOOK_SECONDS: Final = 0.2
"""Between two looks at the file. Several of them fit between two writes of anvil's."""

_PAUSE_SECONDS: Final = 0.05
"""No write of anvil's pauses for so long."""

_TAIL_BYTES: Final = 16
"""Enough to tell the end of a whole file from the end of half of one."""

_FREE_SECONDS: Final = 5.0
"""What a former anvil gets to write its file for the last time."""

log = logging.getLogger(__name__)


class StateInUse(Exception):
    """Another process runs a chain in this directory."""


class ChainState:
    """The directory of one chain, held until anvil itself has ended."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "chain.json"
        self._kept = folder / "chain.kept.json"
        self._lock = (folder / "lock").open("w")
        self._tail: bytes | None = None
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keep-chain", daemon=True)

    @property
    def descriptor(self) -> int:
        """For anvil to inherit: the directory is in use for as long as it lives."""
        return self._lock.fileno()

    def __enter__(self) -> Self:
        """Take the directory, and put a whole file in its place.

        Raises:
            StateInUse: Another process has it, and does not let go.
        """
        deadline = time.monotonic() + _FREE_SECONDS
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self._lock.close()
                    raise StateInUse(f"a chain runs in {self.file.parent} already") from None
                time.sleep(_LOOK_SECONDS)
        self._recover()
        return self

    def keep(self) -> None:
        """Begin to copy whole files; once anvil is started, as forking with threads is unsafe."""
        self._keeper.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self._lock.close()

    def _recover(self) -> None:
        if self.file.exists() and not _whole(self.file):
            if _whole(self._kept):
                shutil.copyfile(self._kept, self.file)
            else:
                self.file.unlink()  # killed within the first second: nothing was final yet
        elif not self.file.exists() and self._kept.exists():
            self._kept.unlink()  # somebody deleted the chain, and meant it

    def _keep(self) -> None:
        seen: tuple[int, int] | None = None
        while not self._stop.wait(_LOOK_SECONDS):
            now = _version(self.file)
            if now is None or now == seen:
                continue
            try:
                if self._copied(now):
                    seen = now
            except OSError as err:  # a full disk, say; the chain goes on, and so does this
                log.warning("chain_not_copied", extra={"reason": str(err)})
                seen = now

    def _copied(self, version: tuple[int, int]) -> bool:
        draft = self._kept.with_suffix(".new")
        shutil.copyfile(self.file, draft)
        time.sleep(_PAUSE_SECONDS)  # whoever was writing goes on, and shows
        if _version(self.file) != version or not self._is_whole(draft):
            return False
        draft.replace(self._kept)
        return True

    def _is_whole(self, draft: Path) -> bool:
        # All whole files end alike; so only the first is read from end to end, as it gets large.
        tail = draft.read_bytes()[-_TAIL_BYTES:]
        if tail != self._tail:
            if not _whole(draft):
                return False
            self._tail = tail
        return True


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return True
