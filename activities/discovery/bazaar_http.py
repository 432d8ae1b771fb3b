"""Bazaar over HTTP: the list that a facilitator publishes, page by page."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from pydantic import ValidationError

from activities.discovery.bazaar_items import sort_items
from activities.discovery.bazaar_paging import Place, turn
from activities.discovery.ports import BazaarPage, BazaarRead, CursorForgotten, Skipped
from domain.catalogue import ServiceListing
from domain.errors import UpstreamUnavailable
from domain.ids import ListingId

RESOURCES_PATH: Final = "/discovery/resources"
"""Where a facilitator lists what it knows. Source: x402 specification, bazaar."""

PAGE_ITEMS: Final = 200
"""Items asked for at once; facilitators cut larger wishes to their own limit."""

MAX_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Largest page read."""

MAX_SKIPPED_NAMED: Final = 20
"""Skipped items that are named; all are counted."""

PAGE_SECONDS: Final = 20.0
"""For a whole page, however slowly it drips; planning may wait for it."""

MAX_PAUSES: Final = 3
"""How often a bazaar may ask us to wait for one page."""

MAX_PAUSE_SECONDS: Final = 10.0
"""Longest pause that is waited for; for a longer one the import ends, and goes on later."""

_TOO_MANY_REQUESTS: Final = 429
_UNKNOWN_CURSOR: Final = frozenset({400, 404, 410, 422})
"""How servers answer a cursor that they do not know, or know no more."""

_MAX_DIGITS: Final = 30


class HttpBazaar:
    """Reads one facilitator's bazaar."""

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._client = client
        self._sleep = sleep

    @property
    def url(self) -> str:
        """Which bazaar this is."""
        return self._url

    async def page(self, cursor: str) -> BazaarPage:
        """Read one page, wherever the one before it ended."""
        place = self._place(cursor)
        body = await self._body(place)
        found = await asyncio.to_thread(self._parsed, body)
        turned = turn(place, found)
        if turned is None:
            said = f"the bazaar at {self._url} answered without items or resources"
            # An error that is sent as a success is how some say that they do not know a cursor.
            raise CursorForgotten(said) if place.token else UpstreamUnavailable(said)
        return BazaarPage(
            items=tuple(turned.items),
            cursor="" if turned.ends else turned.place.model_dump_json(exclude_defaults=True),
            note=turned.place.note,
        )

    async def read(self) -> BazaarRead:
        """Read all pages of a bazaar that fits into memory."""
        listings: dict[ListingId, ServiceListing] = {}
        skipped: dict[str, Skipped] = {}
        cursor = ""
        while True:
            page = await self.page(cursor)
            found = sort_items(page.items, bazaar=self._url)
            for listing in found.listings:
                listings.setdefault(listing.id, listing)
            for one in found.skipped:
                skipped.setdefault(f"{one.name}: {one.reason}", one)
            cursor = page.cursor
            if not cursor:
                break
        return BazaarRead(
            listings=tuple(listings.values()),
            skipped=tuple(skipped.values())[:MAX_SKIPPED_NAMED],
            skipped_count=len(skipped),
        )

    def _place(self, cursor: str) -> Place:
        try:
            return Place.model_validate_json(cursor) if cursor else Place()
        except ValidationError as err:
            raise CursorForgotten(f"the place in the bazaar at {self._url} is lost") from err

    async def _body(self, place: Place) -> bytes:
        """Fetch one page, waiting where the bazaar asks us to."""
        for _ in range(MAX_PAUSES):
            try:
                return await self._fetch(place)
            except httpx.HTTPStatusError as err:
                pause = _pause(err.response)
                if place.token and err.response.status_code in _UNKNOWN_CURSOR:
                    raise CursorForgotten(self._silent(err).message) from err
                if pause is None:
                    raise self._silent(err) from err
                if pause > MAX_PAUSE_SECONDS:
                    raise UpstreamUnavailable(
                        f"the bazaar at {self._url} asks us to come back in {pause:.0f} s"
                    ) from err
                await self._sleep(pause)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as err:
                raise self._silent(err) from err
        raise UpstreamUnavailable(f"the bazaar at {self._url} keeps asking us to wait")

    def _silent(self, err: Exception) -> UpstreamUnavailable:
        said = type(err).__name__
        if isinstance(err, httpx.HTTPStatusError):
            said = f"HTTP {err.response.status_code}"
        elif isinstance(err, TimeoutError | httpx.TimeoutException):
            said = f"not whole within {PAGE_SECONDS:.0f} s"
        return UpstreamUnavailable(
            f"the bazaar at {self._url} did not answer ({said}); "
            "check CARAVAN_BAZAAR_URLS and that it is up"
        )

    async def _fetch(self, place: Place) -> bytes:
        asked: dict[str, str | int] = {"limit": PAGE_ITEMS}
        asked |= {"cursor": place.token} if place.token else {"offset": place.offset}
        address = self._url + RESOURCES_PATH
        body = bytearray()
        async with (
            asyncio.timeout(PAGE_SECONDS),
            self._client.stream("GET", address, params=asked, timeout=PAGE_SECONDS) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_PAGE_BYTES:
                    raise UpstreamUnavailable(
                        f"the bazaar at {self._url} answered more than {MAX_PAGE_BYTES:,} bytes"
                    )
        return bytes(body)

    def _parsed(self, body: bytes) -> Any:  # noqa: ANN401 - JSON of a stranger
        try:
            return json.loads(body)
        except RecursionError as err:
            raise self._no_json() from err
        except ValueError:
            pass  # one item's odd number or broken text must not hide all others
        try:
            return json.loads(body.decode(errors="replace"), parse_int=_integer)
        except (ValueError, RecursionError) as err:
            raise self._no_json() from err

    def _no_json(self) -> UpstreamUnavailable:
        return UpstreamUnavailable(f"the bazaar at {self._url} answered something that is not JSON")


def _integer(written: str) -> int | str:
    return int(written) if len(written) <= _MAX_DIGITS else written[:_MAX_DIGITS]


def _pause(response: httpx.Response) -> float | None:
    """Seconds that a bazaar asks us to wait; ``None`` where it refuses for another reason."""
    if response.status_code != _TOO_MANY_REQUESTS:
        return None
    stated = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", stated):
        return float(stated)
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return 1.0
    wait = until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
    return max(wait.total_seconds(), 0.0)
