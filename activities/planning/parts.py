"""Steps in the making: services, what they take from the text and from each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from activities.planning.linking import Link
from domain.ids import ListingId
from domain.values import Fill


class Key(NamedTuple):
    """A step in the making: a service, and which of its calls."""

    listing: ListingId
    variant: int = 0


class Feed(NamedTuple):
    """Where an input's value comes from."""

    key: Key
    link: Link


@dataclass(frozen=True)
class Part:
    """One service with what it takes."""

    key: Key
    fills: Mapping[str, Fill]
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """Inputs that another part's output fills."""

    @property
    def sources(self) -> frozenset[Key]:
        """Parts that it takes from."""
        return frozenset(feed.key for feed in self.feeds.values())

    @property
    def over(self) -> Feed | None:
        """The list that it goes over, if it is bought for each item of one."""
        return next((feed for feed in self.feeds.values() if feed.link.items is not None), None)


Parts = Mapping[Key, Part]
"""Parts in the order they were added: producers before what they feed."""


@dataclass(frozen=True)
class Lack:
    """Why a service cannot be used: an input that nobody gives."""

    listing: ListingId
    name: str = ""
    """Empty when it takes nothing, but nothing asks for it either."""


def waits_for(key: Key, other: Key, parts: Parts) -> bool:
    """Whether ``key`` is, or takes anything from, ``other``."""
    return key == other or any(waits_for(feed, other, parts) for feed in parts[key].sources)


def in_order(parts: Parts) -> Parts:
    """Put producers before what they feed; otherwise keep the order."""
    placed: dict[Key, Part] = {}

    def place(key: Key) -> None:
        for feed in parts[key].feeds.values():
            if feed.key not in placed:
                place(feed.key)
        placed.setdefault(key, parts[key])

    for key in parts:
        place(key)
    return placed
