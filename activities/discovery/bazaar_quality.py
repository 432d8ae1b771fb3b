"""A bazaar's counters about a service: hearsay, kept under whatever name and nesting they come."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from activities.discovery.bazaar_values import Json, mapping, text
from domain.catalogue import Quality

MAX_COUNT: Final = 1_000_000_000
"""A larger counter is a lie, and counts as this much."""

MAX_LATENCY_MS: Final = 3_600_000
"""An hour; no call may take longer."""

_DEPTH: Final = 3
_MAX_COUNTERS: Final = 60
"""Counters looked at; every bazaar seen has fewer than ten."""

_FIRST_YEAR: Final = 2_015
_LAST_YEAR: Final = 2_100
"""Moments beyond are no calls of x402 services, and break arithmetic with time."""

_MILLISECONDS_FROM: Final = 1e11
"""An epoch above counts milliseconds: as seconds it would be in the year 5138."""

_CALLS: Final = ("totalcalls", "calls", "callcount", "requests", "totalrequests", "settlements")
_SUCCESSES: Final = ("successfulcalls", "successcalls", "successes", "successful")
_PAYERS: Final = ("uniquepayers", "payers", "uniquebuyers", "buyers", "uniquecallers")
_P50: Final = ("latencymsp50", "latencyp50ms", "p50latencyms", "p50ms")
_P95: Final = ("latencymsp95", "latencyp95ms", "p95latencyms", "p95ms")
_LAST: Final = ("lastcalledat", "lastusedat", "lastcall", "lastcalled", "lastpaidat")
_WINDOW: Final = re.compile(r"^(?:l|last)?30d(?:ays)?|(?:l|last)?30d(?:ays)?$")


def quality_of(item: Json) -> Quality:
    """Read the counters; those that contradict each other are brought into order."""
    counters = _counters(item)
    if not counters:
        return Quality()
    payers = _count(counters, _PAYERS)
    known = _count(counters, _CALLS)
    calls = (payers or 0) if known is None else known
    successes = _count(counters, _SUCCESSES)
    source = text(counters.get("source"), 20)
    return Quality(
        calls=calls,
        successful_calls=None if successes is None else min(successes, calls),
        unique_payers=min(payers or 0, calls),
        latency_p50_ms=_count(counters, _P50, most=MAX_LATENCY_MS),
        latency_p95_ms=_count(counters, _P95, most=MAX_LATENCY_MS),
        last_called_at=next((_moment(counters[n]) for n in _LAST if n in counters), None),
        source=source if source in {"measured", "sample"} else "measured",
    )


def _counters(item: Json) -> dict[str, object]:
    metadata = mapping(item.get("metadata"))
    found: dict[str, object] = {}
    for holder in (item, metadata, mapping(mapping(item.get("extensions")).get("bazaar"))):
        for name in ("quality", "stats", "metrics", "usage"):
            for key, value in _flat(mapping(holder.get(name)), _DEPTH):
                if len(found) < _MAX_COUNTERS:
                    found.setdefault(key, value)
    return found


def _flat(counters: Json, depth: int) -> Iterator[tuple[str, object]]:
    """Leaves under their own names, without the window of time that some put around them."""
    for name, value in list(counters.items())[:_MAX_COUNTERS]:
        if isinstance(value, dict):
            if depth:
                yield from _flat(value, depth - 1)
        else:
            plain = re.sub(r"[^a-z0-9]", "", name[:60].lower())
            yield _WINDOW.sub("", plain), value


def _count(
    counters: dict[str, object], names: tuple[str, ...], *, most: int = MAX_COUNT
) -> int | None:
    for name in names:
        found = _number(counters.get(name))
        if found is not None and found >= 0:
            return int(min(found, most))
    return None


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"\s*[0-9]{1,30}(?:\.[0-9]{1,9})?\s*", value) else None
    if isinstance(value, int):
        return float(min(max(value, -1), MAX_COUNT))
    return value if isinstance(value, float) and math.isfinite(value) else None


def _moment(value: object) -> datetime | None:
    """A moment as text or as an epoch, with the zone that text may leave out."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip()[:40])
        else:
            epoch = _number(value)
            if epoch is None or isinstance(value, str):
                return None
            epoch = float(value) if isinstance(value, int) else epoch
            seconds = epoch / 1_000 if epoch > _MILLISECONDS_FROM else epoch
            found = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
