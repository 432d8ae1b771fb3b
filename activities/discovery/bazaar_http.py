"""Bazaar over HTTP: the paginated list that a facilitator publishes."""

import json
from collections.abc import Sequence
from typing import Any, Final

import httpx

from activities.discovery.bazaar_items import Malformed, listing_from, name_of
from activities.discovery.ports import BazaarRead, Skipped
from domain.catalogue import ServiceListing
from domain.errors import UpstreamUnavailable
from domain.ids import ListingId

RESOURCES_PATH: Final = "/discovery/resources"
"""Where a facilitator lists what it knows. Source: x402 specification, bazaar."""

PAGE_ITEMS: Final = 200
"""Items asked for at once; facilitators cut larger wishes to their own limit."""

MAX_ITEMS: Final = 50_000
"""Where reading stops: twice the largest catalogue known; a bazaar must not fill our memory."""

MAX_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Largest page read."""

MAX_SKIPPED_NAMED: Final = 20
"""Skipped items that are named; all are counted."""

TIMEOUT_SECONDS: Final = 10.0
"""For one page; planning waits for it."""


class HttpBazaar:
    """Reads one facilitator's bazaar."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url.rstrip("/")
        self._client = client

    @property
    def url(self) -> str:
        """Which bazaar this is."""
        return self._url

    async def read(self) -> BazaarRead:
        """Read all pages; a page that brings nothing new is the last one."""
        listings: dict[ListingId, ServiceListing] = {}
        skipped: dict[str, Skipped] = {}
        offset = 0
        while offset < MAX_ITEMS:
            items, total = await self._page(offset)
            known = len(listings) + len(skipped)
            self._sort_in(items, listings, skipped)
            offset += len(items)
            at_end = total is not None and offset >= total
            if not items or at_end or len(listings) + len(skipped) == known:
                break
        return BazaarRead(
            listings=tuple(listings.values()),
            skipped=tuple(skipped.values())[:MAX_SKIPPED_NAMED],
            skipped_count=len(skipped),
        )

    def _sort_in(
        self,
        items: Sequence[Any],
        listings: dict[ListingId, ServiceListing],
        skipped: dict[str, Skipped],
    ) -> None:
        for item in items:
            try:
                listing = listing_from(item, bazaar=self._url)
            except Malformed as err:
                name = name_of(item)
                skipped.setdefault(f"{name}: {err}", Skipped(name=name, reason=str(err)))
            else:
                listings.setdefault(listing.id, listing)

    async def _page(self, offset: int) -> tuple[list[Any], int | None]:
        try:
            body = await self._fetch(offset)
            page = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise UpstreamUnavailable(
                f"the bazaar at {self._url} did not answer ({type(err).__name__}); "
                "check CARAVAN_BAZAAR_URLS and that it is up"
            ) from err
        except (ValueError, RecursionError) as err:
            raise UpstreamUnavailable(
                f"the bazaar at {self._url} answered something that is not JSON"
            ) from err
        fields = page if isinstance(page, dict) else {}
        items = next((fields[n] for n in ("items", "resources") if n in fields), page)
        if not isinstance(items, list):
            raise UpstreamUnavailable(
                f"the bazaar at {self._url} answered without items or resources"
            )
        pagination = fields.get("pagination")
        total = pagination.get("total") if isinstance(pagination, dict) else None
        return items, total if isinstance(total, int) else None

    async def _fetch(self, offset: int) -> bytes:
        asked: dict[str, str | int] = {"type": "http", "limit": PAGE_ITEMS, "offset": offset}
        address = self._url + RESOURCES_PATH
        async with self._client.stream(
            "GET", address, params=asked, timeout=TIMEOUT_SECONDS
        ) as response:
            response.raise_for_status()
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_PAGE_BYTES:
                    raise UpstreamUnavailable(
                        f"the bazaar at {self._url} answered more than {MAX_PAGE_BYTES:,} bytes"
                    )
        return bytes(body)
