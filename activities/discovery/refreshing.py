"""Activities of the catalogue: read bazaars again, make them searchable, say how they stand."""

from collections.abc import Callable
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, Field
from temporalio import activity

from activities._heartbeat import heartbeating
from activities.records.ports import BazaarState, ListingBook, Quarantined, Tool
from domain.ids import Digest
from domain.refreshing import (
    BazaarRefreshed,
    BazaarsNamed,
    CatalogueIndexed,
    ImportProgress,
    IndexProgress,
    RefreshBazaar,
)

MAX_SHOWN: Final = 1_000
"""Most quarantined items or tools in one answer, which goes through Temporal's history."""


class BazaarImporter(Protocol):
    """Reads bazaars into the book."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The bazaars, most trusted first."""
        ...

    async def refresh(
        self, url: str, *, on_progress: Callable[[ImportProgress], None] | None = None
    ) -> BazaarRefreshed:
        """Read one bazaar, from where an earlier reading was interrupted."""
        ...


class SearchIndex(Protocol):
    """Makes what the book holds searchable."""

    async def sync(self, *, on_progress: Callable[[int], None] | None = None) -> int:
        """Bring the index up to the book, and return how many listings were stored."""
        ...


class LookAtCatalogue(BaseModel):
    """Ask how the catalogue stands, with some of what is kept out and of the tools."""

    model_config = ConfigDict(frozen=True)

    quarantined: int = Field(default=0, ge=0, le=MAX_SHOWN)
    tools: int = Field(default=0, ge=0, le=MAX_SHOWN)


class CatalogueSeen(BaseModel):
    """How the catalogue stands."""

    model_config = ConfigDict(frozen=True)

    version: Digest
    listings: int
    bazaars: tuple[BazaarState, ...]
    quarantined: tuple[Quarantined, ...] = ()
    tools: tuple[Tool, ...] = ()


class CatalogueActivities:
    """Keeps the book of listings and the index up to date."""

    def __init__(self, importer: BazaarImporter, book: ListingBook, index: SearchIndex) -> None:
        self._importer = importer
        self._book = book
        self._index = index

    @activity.defn
    async def name_bazaars(self) -> BazaarsNamed:
        """Say which bazaars there are; those that are no longer configured are forgotten."""
        await self._book.trust(self._importer.urls)
        return BazaarsNamed(urls=self._importer.urls)

    @activity.defn
    async def refresh_bazaar(self, ask: RefreshBazaar) -> BazaarRefreshed:
        """Read one bazaar; where an attempt dies, the next goes on."""
        async with heartbeating() as beat:
            refreshed = await self._importer.refresh(ask.bazaar, on_progress=beat.say)
        activity.logger.info("bazaar_refreshed", extra=refreshed.model_dump())
        return refreshed

    @activity.defn
    async def index_catalogue(self) -> CatalogueIndexed:
        """Make searchable what is new or changed."""
        async with heartbeating() as beat:
            indexed = await self._index.sync(
                on_progress=lambda stored: beat.say(IndexProgress(indexed=stored))
            )
        activity.logger.info("catalogue_indexed", extra={"indexed": indexed})
        return CatalogueIndexed(indexed=indexed)

    @activity.defn
    async def look_at_catalogue(self, ask: LookAtCatalogue) -> CatalogueSeen:
        """Say how every bazaar stands."""
        book = self._book
        return CatalogueSeen(
            version=await book.version(),
            listings=await book.count(),
            bazaars=tuple(await book.overview()),
            quarantined=tuple(await book.quarantined(limit=ask.quarantined))
            if ask.quarantined
            else (),
            tools=tuple(await book.tools(limit=ask.tools)) if ask.tools else (),
        )
