"""The latest unpaid look at each listing."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.engines import reading, writing
from activities.records.tables import PROBES
from activities.records.upserting import upsert
from domain.ids import ListingId
from domain.probing import Probe


class SqlProbeBook:
    """Implements the port ``ProbeBook``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def probed(self) -> AbstractSet[ListingId]:
        """Every listing that was ever looked at."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(PROBES.c.listing_id))
            return {ListingId(row.listing_id) for row in rows}

    async def probes(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Probe]:
        """Return the latest probe of each listing that has one."""
        query = select(PROBES.c.probe).where(PROBES.c.listing_id.in_(listings))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        found = (Probe.model_validate_json(row.probe) for row in rows)
        return {probe.listing_id: probe for probe in found}

    async def note(self, probes: Sequence[Probe]) -> None:
        """Keep probes; an older one never replaces a newer one."""
        if not probes:
            return
        async with writing(self._engine) as connection:
            query = select(PROBES.c.listing_id, PROBES.c.at).where(
                PROBES.c.listing_id.in_([probe.listing_id for probe in probes])
            )
            known = {row.listing_id: _aware(row.at) for row in await connection.execute(query)}
            newest = {probe.listing_id: probe for probe in sorted(probes, key=lambda one: one.at)}
            await upsert(
                connection,
                PROBES,
                [
                    {"listing_id": listing, "at": probe.at, "probe": probe.model_dump_json()}
                    for listing, probe in newest.items()
                    if listing not in known or known[listing] <= probe.at
                ],
            )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
