"""The bazaar's questions: what is there, what is there like this, and what does somebody sell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from deploy.facilitator.quality import QualityBook
from deploy.facilitator.store import Entry, Store

MAX_PAGE: Final = 1000
"""Most items one answer may hold; a larger limit is cut to it."""

WEIGHTS: Final = {"name": 3, "tags": 2, "description": 1, "resource": 1}
"""What one shared word is worth, by the field it is found in."""


@dataclass(frozen=True)
class Filters:
    """What a caller narrows the catalogue by; ``None`` matches everything."""

    type: str | None = None
    pay_to: str | None = None
    scheme: str | None = None
    network: str | None = None
    extensions: str | None = None

    def match(self, item: dict[str, Any]) -> bool:
        """Whether one accept satisfies every filter on terms, and the rest hold too."""
        wanted = {"payTo": self.pay_to, "scheme": self.scheme, "network": self.network}
        named = {key: value for key, value in wanted.items() if value is not None}
        asked = [name.strip() for name in (self.extensions or "").split(",") if name.strip()]
        return (
            self.type in (None, item.get("type"))
            and all(name in item.get("extensions", {}) for name in asked)
            and (not named or any(_has(accept, named) for accept in item.get("accepts", ())))
        )


def _has(accept: dict[str, Any], named: dict[str, str]) -> bool:
    # EVM addresses have no case; Solana's have.
    return all(
        _plain(str(accept.get(key))) == _plain(value)
        if key == "payTo"
        else accept.get(key) == value
        for key, value in named.items()
    )


def _plain(address: str) -> str:
    return address.lower() if address.startswith("0x") else address


class Discovery:
    """Answers from the catalogue as it is at the moment of asking."""

    def __init__(self, store: Store, quality: QualityBook) -> None:
        self._store = store
        self._quality = quality

    def page(self, filters: Filters, *, limit: int, offset: int, now: datetime) -> dict[str, Any]:
        """Return one page of the resources that match."""
        limit = min(limit, MAX_PAGE)
        found = [entry for entry in self._store.entries() if filters.match(entry.item)]
        page = self._published(found[offset : offset + limit], now)
        return {
            "x402Version": 2,
            "items": page,
            "pagination": {"limit": limit, "offset": offset, "total": len(found)},
        }

    def following(
        self, filters: Filters, *, limit: int, offset: int, now: datetime
    ) -> dict[str, Any]:
        """Return the same page as newer bazaars do: it ends with where the next one begins."""
        page = self.page(filters, limit=limit, offset=offset, now=now)
        size, total = page["pagination"]["limit"], page["pagination"]["total"]
        return {**page, "pagination": {"limit": size, "cursor": _cursor(offset + size, total)}}

    def merchant(self, pay_to: str, *, limit: int, offset: int, now: datetime) -> dict[str, Any]:
        """Return one page of what is sold to be paid to one address."""
        page = self.page(Filters(pay_to=pay_to), limit=limit, offset=offset, now=now)
        return {
            "payTo": pay_to,
            "resources": page["items"],
            "pagination": page["pagination"],
        }

    def search(
        self,
        query: str,
        filters: Filters,
        *,
        limit: int,
        offset: int,
        now: datetime,
        partial: bool = False,
    ) -> dict[str, Any]:
        """Return one page of the resources that share words with ``query``, best first.

        Args:
            query: What is looked for.
            filters: What is left out whatever its words.
            limit: Most resources on the page.
            offset: How many better ones were on the pages before.
            now: When quality is told for.
            partial: Whether more may be found once every seller is read.
        """
        limit = min(limit, MAX_PAGE)
        asked = words(query)
        scored = [
            (overlap(asked, entry.item), entry)
            for entry in self._store.entries()
            if filters.match(entry.item)
        ]
        ranked = [
            entry
            for score, entry in sorted(scored, key=lambda pair: (-pair[0], pair[1].url))
            if score > 0
        ]
        end = offset + limit
        return {
            "x402Version": 2,
            "resources": self._published(ranked[offset:end], now),
            "partialResults": partial,
            "pagination": {"limit": limit, "cursor": _cursor(end, len(ranked))},
        }

    def _published(self, entries: Iterable[Entry], now: datetime) -> list[dict[str, Any]]:
        return [{**entry.item, "quality": self._quality.of(entry, now)} for entry in entries]


def _cursor(end: int, total: int) -> str | None:
    return str(end) if end < total else None


def words(text: str) -> frozenset[str]:
    """Return the words of a text, lower case, with a plural's ``s`` removed."""
    found = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(
        word.removesuffix("s") if len(word) > 3 else word  # noqa: PLR2004 - "gas" is no plural
        for word in found
    )


def overlap(asked: frozenset[str], item: dict[str, Any]) -> int:
    """Return how many words an item shares with a query, weighted by field."""
    metadata = item.get("metadata", {})
    fields = {
        "name": metadata.get("name", ""),
        "tags": " ".join(metadata.get("tags", [])),
        "description": metadata.get("description", ""),
        "resource": item["resource"],
    }
    return sum(weight * len(asked & words(fields[name])) for name, weight in WEIGHTS.items())
