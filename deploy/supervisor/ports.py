"""Ports: chosen or found, checked before anything starts, and kept while the stack runs."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.supervisor.errors import PortsBusy

LOOPBACK: Final = "127.0.0.1"

_ADVICE: Final = (
    "End what holds them (another stack of yours: caravan down --state ITS_FOLDER), or choose "
    "others with these options; 0 finds a free port."
)

_HOLDER_CHARACTERS: Final = 50
"""How much of the holder's command line is told; its pid tells the rest."""

_LISTEN: Final = "0A"
"""State of a listening socket in ``/proc/net/tcp``."""


@dataclass(frozen=True)
class PortWish:
    """A port that somebody asked for; zero asks for any free one."""

    part: str
    option: str
    number: int


class Ports:
    """The stack's ports, held for as long as this object is open.

    A socket that is bound, shared by ``SO_REUSEADDR`` and never listened on keeps the kernel from
    giving its port to anybody who asks for a free one, yet lets the part itself listen. So two
    stacks that start at once never choose the same port, and a crashed part finds its own again.
    """

    def __init__(self, sockets: Mapping[str, socket.socket]) -> None:
        self._sockets = sockets

    @classmethod
    def reserve(cls, wishes: Iterable[PortWish], *, or_free: bool = False) -> Self:
        """Take all the ports, or none; ``or_free`` takes a free one in place of a busy one.

        Raises:
            PortsBusy: Names every port that is taken, its part, its holder and the option.
        """
        sockets: dict[str, socket.socket] = {}
        busy: list[str] = []
        for wish in wishes:
            try:
                sockets[wish.option] = _bind(wish.number)
            except (OSError, OverflowError) as err:
                if or_free:
                    sockets[wish.option] = _bind(0)
                else:
                    busy.append(_explain(wish, err))
        ports = cls(sockets)
        if busy:
            ports.close()
            raise PortsBusy("\n".join([*busy, _ADVICE]))
        return ports

    def __getitem__(self, option: str) -> int:
        return int(self._sockets[option].getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the ports back."""
        for held in self._sockets.values():
            held.close()


def holder_of(port: int, *, proc: Path = Path("/proc")) -> str | None:
    """Tell which process listens on ``port``, where the system lets us see it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port, proc)}
    if not inodes:
        return None
    for folder in proc.glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) in inodes for fd in (folder / "fd").iterdir()):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                program = b" ".join(words).decode(errors="replace").strip()
                return f"pid {folder.name} ({program[:_HOLDER_CHARACTERS]})"
        except OSError:
            continue  # another user's process, or one that has just ended
    return None


def _listening_inodes(port: int, proc: Path) -> set[str]:
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(columns[9])
    return found


def _bind(port: int) -> socket.socket:
    held = socket.socket(socket.AF_INET)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOOPBACK, port))
    except (OSError, OverflowError):
        held.close()
        raise
    return held


def _explain(wish: PortWish, err: Exception) -> str:
    holder = holder_of(wish.number)
    reason = f"is taken by {holder}" if holder else f"cannot be used ({err})"
    return f"{wish.part}: port {wish.number} {reason}: {wish.option}"
