"""Bazaars in memory: what they list, page by page, and how they fail."""

from collections.abc import Sequence
from typing import Any

from activities.discovery.ports import BazaarPage, CursorForgotten
from domain.errors import UpstreamUnavailable
from tests.activities.discovery.demo import accept

FIRST, SECOND = "http://first.test", "http://second.test"


def item(name: str, *, price: int = 1_000, pay_to: str | None = None) -> dict[str, Any]:
    way = accept(price) | ({"payTo": pay_to} if pay_to else {})
    return {
        "resource": f"https://{name}.example/run",
        "type": "http",
        "accepts": [way],
        "extensions": {"bazaar": {"info": {"input": {"method": "POST", "body": {}}}}},
    }


def tool(name: str) -> dict[str, Any]:
    asked = {"type": "mcp", "toolName": name, "description": "Does it."}
    return {
        "resource": {"url": "https://tools.example/mcp"},
        "extensions": {"bazaar": {"info": {"input": asked}}},
    }


class PagedBazaar:
    """Publishes items in pages of two; cursors are indices."""

    def __init__(
        self, items: Sequence[Any], url: str = "http://bazaar.test", size: int = 2
    ) -> None:
        self.items = list(items)
        self.url = url
        self.size = size
        self.note = ""
        self.is_down = False
        self.fails_at: set[str] = set()
        """Cursors at which it does not answer, once each."""
        self.forgot: set[str] = set()
        """Cursors that it does not know any more, once each."""
        self.asked: list[str] = []

    async def page(self, cursor: str) -> BazaarPage:
        self.asked.append(cursor)
        if cursor in self.forgot:
            self.forgot.discard(cursor)
            raise CursorForgotten(f"the bazaar at {self.url} has no page {cursor}")
        if self.is_down or cursor in self.fails_at:
            self.fails_at.discard(cursor)
            raise UpstreamUnavailable(f"the bazaar at {self.url} did not answer")
        start = int(cursor or 0)
        end = start + self.size
        more = end < len(self.items)
        return BazaarPage(
            items=tuple(self.items[start:end]), cursor=str(end) if more else "", note=self.note
        )


class EndlessBazaar(PagedBazaar):
    """Publishes the same items again and again, under ever new cursors."""

    async def page(self, cursor: str) -> BazaarPage:
        self.asked.append(cursor)
        return BazaarPage(items=tuple(self.items), cursor=str(int(cursor or 0) + 1))
