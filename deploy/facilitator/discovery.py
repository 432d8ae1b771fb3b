"""The bazaar's two questions: what is there, and what is there like this."""

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
            self.type in (None, item["type"])
            and all(name in item["extensions"] for name in asked)
            and any(
                all(accept.get(key) == value for key, value in named.items())
                for accept in item["accepts"]
            )
        )


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

    def search(
        self, query: str, filters: Filters, *, limit: int, offset: int, now: datetime
    ) -> dict[str, Any]:
        """Return one page of the resources that share words with ``query``, best first."""
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
        cursor = str(end) if end < len(ranked) else None
        return {
            "x402Version": 2,
            "resources": self._published(ranked[offset:end], now),
            "partialResults": False,
            "pagination": {"limit": limit, "cursor": cursor},
        }

    def _published(self, entries: Iterable[Entry], now: datetime) -> list[dict[str, Any]]:
        return [{**entry.item, "quality": self._quality.of(entry, now)} for entry in entries]


def words(text: str) -> frozenset[str]:
    """Return the words of a text, lower case, with a plural's ``s`` removed."""
    found = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(
        word.removesuffix("s") if len(word) > 3 else word  # noqa: PLR2004 - "gas" is no plural
        for word in found
    )


def overlap(asked: frozenset[str], item: dict[str, Any]) -> int:
    """Return how many words an item shares with a query, weighted by field."""
    metadata = item["metadata"]
    fields = {
        "name": metadata.get("name", ""),
        "tags": " ".join(metadata.get("tags", [])),
        "description": metadata.get("description", ""),
        "resource": item["resource"],
    }
    return sum(weight * len(asked & words(fields[name])) for name, weight in WEIGHTS.items())
