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


class BreakerState(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """The pause is over: one unpaid question may find out whether it answers again."""


class Breaker(BaseModel):
    """The failures of one host, facilitator or node."""

    model_config = ConfigDict(frozen=True)

    kind: BreakerKind
    key: str
    """The host with its port, the facilitator's name or fee payer, or the node's host."""
    failures: int = Field(default=0, ge=0)
    """In a row."""
    opened: int = Field(default=0, ge=0)
    """How often in a row it opened; sets the pause."""
    open_until: datetime | None = None
    """``None`` while it is closed."""
    reason: str = ""
    """The last failure."""
    changed_at: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        """Where it stands at this moment."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN


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


def failed(breaker: Breaker, *, now: datetime, reason: str) -> Breaker:
    """Count one failure; the third in a row, or any while half open, opens it."""
    failures = breaker.failures + 1
    changes: dict[str, object] = {
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


def succeeded(breaker: Breaker, *, now: datetime) -> Breaker:
    """Close it: whoever answers is well."""
    return Breaker(kind=breaker.kind, key=breaker.key, changed_at=now)
