"""The JSON document of the catalogue."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from activities.discovery.refreshing import CatalogueSeen
from activities.records.ports import Quarantined, Tool
from domain.ids import Digest
from domain.refreshing import CatalogueRefreshed


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class BazaarEntry(Frozen):
    """One bazaar."""

    url: str
    listings: int
    quarantined: int
    """Items that are kept out."""
    tools: int
    """MCP tools, which are listed and not bought."""
    read_at: datetime | None
    """When it was last read to its end."""
    reading_since: datetime | None
    """When the reading that is under way, or broke off, began."""
    problem: str | None
    """Why the last reading broke off."""


class CatalogueDocument(Frozen):
    """How the catalogue stands."""

    version: Digest
    listings: int
    """Services that can be found; one that several bazaars list counts once."""
    bazaars: tuple[BazaarEntry, ...]
    """The most trusted first."""
    quarantined: tuple[Quarantined, ...] | None = None
    """With ``--quarantine``."""
    tools: tuple[Tool, ...] | None = None
    """With ``--tools``."""
    refreshed: CatalogueRefreshed | None = None
    """With ``--refresh``: what came of it."""

    @classmethod
    def of(
        cls,
        seen: CatalogueSeen,
        *,
        quarantine: bool,
        tools: bool,
        refreshed: CatalogueRefreshed | None,
    ) -> Self:
        """Describe what was seen."""
        return cls(
            version=seen.version,
            listings=seen.listings,
            bazaars=tuple(
                BazaarEntry(
                    url=one.bazaar,
                    listings=one.listings,
                    quarantined=one.quarantined,
                    tools=one.tools,
                    read_at=one.finished_at,
                    reading_since=one.started_at if one.cursor else None,
                    problem=one.problem or None,
                )
                for one in seen.bazaars
            ),
            quarantined=seen.quarantined if quarantine else None,
            tools=seen.tools if tools else None,
            refreshed=refreshed,
        )
