"""Circuit breakers: who has failed so often that nobody is sent there until it answers again."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from domain.policy import host_of

FAILURES_TO_OPEN: Final = 3
"""Failures in a row; a single one may be anybody's bad moment."""

FIRST_PAUSE: Final = timedelta(seconds=30)
"""How long a breaker stays open at first; doubles with each failed probe."""

LONGEST_PAUSE: Final = timedelta(minutes=30)
"""A host that is back must not wait for ever to be noticed."""

_MAX_REASON_CHARACTERS: Final = 300


class BreakerKind(StrEnum):
    """Whose failures are counted together. None counts against another."""

    HOST = "host"
    FACILITATOR = "facilitator"
    RPC = "rpc"


TRIALS: Final = {
    BreakerKind.HOST: timedelta(seconds=20),
    BreakerKind.FACILITATOR: timedelta(minutes=3),
    BreakerKind.RPC: timedelta(seconds=20),
}
"""How long whoever tries a half-open breaker keeps everybody else out, unless it knows sooner. It
may die over it, so a trial ends by itself: an unpaid question is given up after 15 s, and a
purchase, which is all that shows how a facilitator does, is answered within 100 s and looked for
on chain another minute."""


class BreakerState(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """The pause is over: one after another may find out whether it answers again."""


class Breaker(BaseModel):
    """The failures of one host, facilitator or node."""

    model_config = ConfigDict(frozen=True)

    kind: BreakerKind
    key: str
    """The host with its port, the facilitator's address, or the node's network and host."""
    failures: int = Field(default=0, ge=0)
    """In a row."""
    opened: int = Field(default=0, ge=0)
    """How often in a row it opened; sets the pause."""
    open_until: datetime | None = None
    """``None`` while it is closed."""
    tried_until: datetime | None = None
    """While somebody finds out whether it answers again, and nobody else may."""
    reason: str = ""
    """The last failure."""
    changed_at: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        """Where it stands at this moment."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def is_tried(self, now: datetime) -> bool:
        """Whether somebody is finding out at this moment."""
        return self.tried_until is not None and now < self.tried_until

    def keeps_out(self, now: datetime) -> bool:
        """Whether nobody new may be sent there: it is open, or another one is trying it."""
        return self.state(now) is BreakerState.OPEN or self.is_tried(now)


@lru_cache(maxsize=4_096)
def host_key(url: str) -> str:
    """Under what a host's failures are counted: its name, with its port where that is not usual.

    One machine may serve many sellers at many ports; one that is dead says nothing of the others.
    """
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = host_of(url)
    return host if port in {None, usual} else f"{host}:{port}"


def node_key(network: str, url: str) -> str:
    """Under what a node's failures are counted; the rest of its address often holds a key."""
    return f"{network} at {host_key(url)}"


def failed(breaker: Breaker, *, now: datetime, reason: str) -> Breaker:
    """Count one failure; the third in a row, or any while half open, opens it."""
    failures = breaker.failures + 1
    changes: dict[str, object] = {
        "tried_until": None,
        "failures": failures,
        "reason": reason[:_MAX_REASON_CHARACTERS],
        "changed_at": now,
    }
    state = breaker.state(now)
    if state is BreakerState.HALF_OPEN or (
        state is BreakerState.CLOSED and failures >= FAILURES_TO_OPEN
    ):
        # Failures of calls that were under way when it opened do not prolong the pause.
        pause = min(FIRST_PAUSE * 2**breaker.opened, LONGEST_PAUSE)
        changes |= {"opened": min(breaker.opened + 1, 16), "open_until": now + pause}
    return breaker.model_copy(update=changes)


def tried(breaker: Breaker, *, now: datetime) -> Breaker | None:
    """Claim the trial of a half-open breaker; ``None`` where the caller must stay out.

    A closed one is returned as it is: everybody may pass.
    """
    if breaker.keeps_out(now):
        return None
    if breaker.state(now) is BreakerState.CLOSED:
        return breaker
    return breaker.model_copy(update={"tried_until": now + TRIALS[breaker.kind]})


def succeeded(breaker: Breaker, *, now: datetime) -> Breaker:
    """Close it: whoever answers is well."""
    return Breaker(kind=breaker.kind, key=breaker.key, changed_at=now)
