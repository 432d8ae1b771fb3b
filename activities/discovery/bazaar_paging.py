"""Turning pages: by offset and total, by cursor, or until nothing comes; none goes on for ever."""

import json
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from activities.discovery.bazaar_values import Json, first, mapping
from domain.ids import Digest, digest_bytes

MAX_ITEMS: Final = 250_000
"""Where reading stops: ten times the largest catalogue known."""

MAX_PAGES: Final = 5_000
"""Where reading stops: a bazaar that never ends must not keep us for ever."""

_MAX_TOKEN_CHARACTERS: Final = 2_000
_MOST: Final = 1_000_000_000

_ITEMS: Final = ("items", "resources", "data")


class Place(BaseModel):
    """Where in a bazaar an import stands; all that survives between its pages."""

    model_config = ConfigDict(frozen=True)

    pages: int = 0
    """Read so far."""
    offset: int = 0
    """Items read so far."""
    token: str = ""
    """The bazaar's own cursor; the offset counts where it has none."""
    total: int = 0
    """The most that the bazaar said it has."""
    last: str = ""
    """Digest of the page before: a bazaar that repeats itself is at its end."""
    note: str = ""
    """Why what was read is not all there is."""


class Turned(NamedTuple):
    """A page, and where the next one is."""

    items: list[Any]
    place: Place
    ends: bool


def turn(place: Place, page: object) -> Turned | None:
    """Read what a page says of itself; ``None`` where it holds no list."""
    fields = mapping(page)
    items = page if isinstance(page, list) else _items(fields)
    if items is None:
        return None
    digest = _digest(items)
    if digest == place.last:
        items = []
    after = _after(place, fields, len(items), digest)
    ends = not items or _is_last(place, after, fields)
    if ends and not after.note and after.offset < after.total:
        words = f"it says that it has {after.total:,} items and shows {after.offset:,}"
        after = after.model_copy(update={"note": words})
    if not ends and (after.pages >= MAX_PAGES or after.offset >= MAX_ITEMS):
        words = f"it does not end; the first {after.offset:,} items were read"
        return Turned(items, after.model_copy(update={"note": words}), ends=True)
    return Turned(items, after, ends)


def _items(fields: Json) -> list[Any] | None:
    stated = [fields[name] for name in _ITEMS if name in fields]
    found = next((one for one in stated if isinstance(one, list)), None)
    # Some servers write an empty list as null.
    return [] if found is None and stated and all(one is None for one in stated) else found


def _digest(items: list[Any]) -> Digest:
    """Of both ends, for the middle cannot be the same by chance."""
    ends = [len(items), *items[:1], *items[-1:]]
    return digest_bytes(json.dumps(ends, sort_keys=True).encode())


def _after(place: Place, fields: Json, count: int, digest: Digest) -> Place:
    pagination, total = mapping(fields.get("pagination")), _total(fields)
    note = place.note
    if fields.get("partialResults") is True or pagination.get("partialResults") is True:
        note = "it says itself that its results are partial"
    elif 0 < total < place.total:
        note = "it had fewer items at the end of reading than at the beginning"
    return Place(
        pages=place.pages + 1,
        offset=place.offset + count,
        token=_token(fields),
        total=max(total, place.total),
        last=digest,
        note=note,
    )


def _is_last(place: Place, after: Place, fields: Json) -> bool:
    """Whether a page with items is the last one."""
    if after.token:
        return after.token == place.token  # a cursor that stays where it is leads nowhere
    return bool(place.token) or 0 < _total(fields) <= after.offset


def _token(fields: Json) -> str:
    names = ("nextCursor", "next_cursor", "cursor")
    found = first(mapping(fields.get("pagination")), *names) or first(fields, *names)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found) if len(str(found)) <= _MAX_TOKEN_CHARACTERS else ""


def _total(fields: Json) -> int:
    pagination = mapping(fields.get("pagination"))
    found = first(pagination, "total", "totalCount") or first(fields, "total", "totalCount")
    return min(found, _MOST) if isinstance(found, int) and not isinstance(found, bool) else 0
