"""Telling the breakers what went wrong and what went well, without ever holding anybody up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from activities._metrics import BreakerGauge
from activities.records.ports import BreakerBoard
from domain.breakers import Breaker, BreakerKind, BreakerState, node_key
from domain.errors import EngineError, UpstreamUnavailable

LOOKED_SECONDS: Final = 2.0
"""How old the breakers may be that a decision rests on; other processes change them too."""

_PATIENCE_SECONDS: Final = 2.0
"""How long the records may keep a payment waiting before it goes on without them."""

_T = TypeVar("_T")

_LOG: Final = logging.getLogger(__name__)


class Watch:
    """One process's view of the breakers. The records may be down: then nothing is watched."""

    def __init__(self, board: BreakerBoard, *, clock: Callable[[], datetime] | None = None) -> None:
        self._board = board
        self._now = clock or _utc
        self._open: dict[tuple[BreakerKind, str], Breaker] = {}
        self._looked_at = float("-inf")
        self._gauge = BreakerGauge()

    async def failed(self, kind: BreakerKind, key: str, reason: str) -> None:
        """Count one failure."""

        async def tell() -> None:
            breaker = await self._board.failed(kind, key, reason=reason, now=self._now())
            self._open[kind, key] = breaker
            self._show()

        await _quietly(tell)

    async def answered(self, kind: BreakerKind, key: str) -> None:
        """Close a breaker; asks nobody where none is known to count a failure."""
        await self._look()
        if (kind, key) not in self._open:
            return

        async def tell() -> None:
            await self._board.succeeded(kind, key, now=self._now())
            self._open.pop((kind, key), None)
            self._show()

        await _quietly(tell)

    async def refusal(self, kind: BreakerKind, key: str) -> str | None:
        """Say why nobody should be sent there now.

        Nothing where somebody may be; where the breaker is half open, that is the caller alone, who
        must go there at once and tell what came of it.
        """
        await self._look()
        breaker = self._open.get((kind, key))
        if breaker is not None and breaker.state(self._now()) is BreakerState.HALF_OPEN:
            breaker = await self._kept_out(kind, key)
        if breaker is None or not breaker.keeps_out(self._now()):
            return None
        return refusal_words(breaker, now=self._now())

    async def _kept_out(self, kind: BreakerKind, key: str) -> Breaker | None:
        """Claim the trial of a half-open breaker; where somebody else has it, say so."""
        found: Breaker | None = None

        async def claim() -> None:
            nonlocal found
            found = await self._board.try_again(kind, key, now=self._now())

        await _quietly(claim)
        return found

    async def known(self, kind: BreakerKind, key: str) -> Breaker | None:
        """A breaker that counts a failure."""
        await self._look()
        return self._open.get((kind, key))

    async def all(self) -> tuple[Breaker, ...]:
        """Every breaker that counts a failure, as far as they can be read."""
        await self._look()
        return tuple(self._open.values())

    async def _look(self) -> None:
        if time.monotonic() - self._looked_at < LOOKED_SECONDS:
            return

        async def read() -> None:
            self._open = {(one.kind, one.key): one for one in await self._board.breakers()}
            self._show()

        await _quietly(read)
        self._looked_at = time.monotonic()

    def _show(self) -> None:
        self._gauge.show(self._open.values(), now=self._now())


class NodeWatch:
    """Counts what becomes of the questions to one node."""

    def __init__(self, watch: Watch, *, network: str, url: str) -> None:
        """Watch the node of ``network`` at ``url``, of which only the host is shown to anybody."""
        self._watch = watch
        self._key = node_key(network, url)

    async def refusal(self, ask: Callable[[], Awaitable[object]]) -> str | None:
        """Say why the node is left alone for now.

        Args:
            ask: Puts a small question to the node, through ``over``; asked by one at a time where
                the breaker is half open, so that its answer closes it.
        """
        known = await self._watch.known(BreakerKind.RPC, self._key)
        if known is None or known.open_until is None:
            return None
        refusal = await self._watch.refusal(BreakerKind.RPC, self._key)
        if refusal is not None:
            return refusal
        try:
            await ask()
        except UpstreamUnavailable as err:
            return err.message
        return None

    async def over(self, call: Awaitable[_T]) -> _T:
        """Await a question, and count its failure or its answer.

        Raises:
            UpstreamUnavailable: The node failed; as the call itself says.
        """
        try:
            answer = await call
        except UpstreamUnavailable as err:
            await self._watch.failed(BreakerKind.RPC, self._key, err.message)
            raise
        await self._watch.answered(BreakerKind.RPC, self._key)
        return answer


def refusal_words(breaker: Breaker, *, now: datetime) -> str:
    """Why a breaker lets nobody pass, for a person."""
    until = f"{breaker.open_until:%H:%M:%S} UTC" if breaker.open_until else "later"
    what = f"left alone until {until}"
    if breaker.is_tried(now):
        what = "left alone while one other call tries it again"
    return (
        f"the {_NAMES[breaker.kind]} {breaker.key} failed {breaker.failures} times in a row and "
        f"is {what}; last: {breaker.reason}"
    )


_NAMES: Final = {
    BreakerKind.HOST: "host",
    BreakerKind.FACILITATOR: "facilitator",
    BreakerKind.RPC: "node of",
}


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await work()
    except (EngineError, TimeoutError) as err:
        # Records are not the ledger: a payment never waits for them and never fails with them.
        _LOG.warning("records_unreachable: %s", err)


def _utc() -> datetime:
    return datetime.now(UTC)
