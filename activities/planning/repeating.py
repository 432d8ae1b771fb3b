"""The same call for each of several named things: weather in Oslo, Rome and Paris."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Feed, Key, Part, Parts, in_order
from domain import schemas
from domain.limits import MAX_STEPS
from domain.values import Fill, Span

MAX_CALLS: Final = 8
"""Calls of one service for one enumeration; who names more things wants a list service."""

_JOINT: Final = re.compile(
    r"\s*(?:,|;|&|/|\band\b|\bor\b|\bplus\b|\bvs\.?|\bversus\b|,\s*and\b)*\s*(?:\b(?:also|and)\b\s*)?"
    r"(?:(?:into|in|to|for|of|from|at|the)\b\s*)*",
    re.IGNORECASE,
)


def repeated(candidates: Candidates, parts: Parts) -> Parts:
    """Add a call for each further thing that was named beside the first, and what it feeds."""
    found = dict(parts)
    for key in list(parts):
        if key.variant == 0 and len(found) < MAX_STEPS:
            found = _with_siblings(candidates, key, found)
    return in_order(found)


def _with_siblings(candidates: Candidates, key: Key, parts: Mapping[Key, Part]) -> dict[Key, Part]:
    found = dict(parts)
    last = found[key]
    for variant in range(1, MAX_CALLS):
        sibling = Key(key.listing, variant)
        part = _sibling(candidates, last, sibling, found)
        if sibling in found or part is None or len(found) >= MAX_STEPS:
            break
        found[sibling] = part
        _feed_alike(candidates, key, sibling, found)
        last = part
    return found


def _sibling(
    candidates: Candidates, last: Part, key: Key, parts: Mapping[Key, Part]
) -> Part | None:
    """The same call about the next thing, if it stands right beside the last one."""
    given = candidates.fills(key)
    changed = {
        name: given[name]
        for name, fill in last.fills.items()
        if name in given and given[name].value != fill.value
    }
    if len(changed) != 1:
        return None
    name, fill = next(iter(changed.items()))
    taken = [span for part in parts.values() for one in part.fills.values() for span in one.spans]
    bought = [part.fills[name].value for part in parts.values() if _is_same(part, key, name)]
    if (
        fill.value in bought
        or _overlaps(fill, taken)
        or not _adjoins(candidates, last.fills[name], fill)
    ):
        return None
    required = schemas.required_names(candidates.listing(key).input_schema)
    if name not in required and name not in last.fills:
        return None
    return replace(last, key=key, fills={**last.fills, name: fill})


def _is_same(part: Part, key: Key, name: str) -> bool:
    return part.key.listing == key.listing and name in part.fills


def _overlaps(fill: Fill, taken: list[Span]) -> bool:
    return not fill.spans or any(a < d and c < b for a, b in fill.spans for c, d in taken)


def _adjoins(candidates: Candidates, one: Fill, other: Fill) -> bool:
    """Whether nothing but commas and small words stands between two values."""
    if not one.spans or not other.spans:
        return False
    text = candidates.relevance.reading.text
    end, start = one.spans[-1][1], other.spans[0][0]
    return end <= start and _JOINT.fullmatch(text[end:start].replace("'s", "")) is not None


def _feed_alike(candidates: Candidates, first: Key, sibling: Key, parts: dict[Key, Part]) -> None:
    """What takes the first call's output takes the sibling's in a call of its own."""
    for key, part in list(parts.items()):
        takes = [name for name, feed in part.feeds.items() if feed.key == first]
        if key.variant or not takes or len(parts) >= MAX_STEPS:
            continue
        if any(
            feed.key.listing == first.listing and feed.key != first for feed in part.feeds.values()
        ):
            continue
        feeds = {
            name: Feed(sibling, feed.link) if name in takes else feed
            for name, feed in part.feeds.items()
        }
        copy = Key(key.listing, sibling.variant)
        if copy not in parts:
            parts[copy] = replace(part, key=copy, feeds=feeds)
            _feed_alike(candidates, key, copy, parts)
