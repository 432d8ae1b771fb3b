"""Free ports for what a test starts, kept from everybody else until this process ends."""

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"

_held: Final[list[socket.socket]] = []
"""Bound and never listening, as the ports of the local stack are (``deploy.supervisor.ports``)."""


def free_port() -> int:
    """A port on which a server may listen, with ``SO_REUSEADDR``, and that refuses until then.

    A number that is merely looked up may be given to a connection of anybody's before it is used:
    with hundreds of connections open, that happens.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind((LOOPBACK, 0))
    _held.append(kept)
    return int(kept.getsockname()[1])
