"""Which of a network's nodes is asked, while some of them fail."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Node(Protocol):
    """One node, as its breaker knows it."""

    async def refusal(self) -> str | None:
        """Why the node is left alone for now; a half-open one is asked something small first."""
        ...


_N = TypeVar("_N", bound=Node)


async def serving(nodes: Sequence[_N]) -> _N:
    """The first node that is not left alone.

    Where all are, it is the first of them all the same: what is signed must be brought to its end,
    and the question costs nothing.
    """
    for node in nodes:
        if await node.refusal() is None:
            return node
    return nodes[0]


async def refusals(nodes: Sequence[Node]) -> list[str | None]:
    """Why each node is left alone; ``None`` for each that is not."""
    return [await node.refusal() for node in nodes]
