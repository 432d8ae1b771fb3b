"""How purchases ended, one row each; what is too old to count is dropped as new ones come."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.engines import reading, writing
from activities.records.tables import OBSERVATIONS
from activities.records.upserting import upsert
from domain.ids import ListingId
from domain.observing import KEPT, Observation, Standing, standing_of

MAX_COUNTED: Final = 500
"""Newest observations of one listing that are summed up; more would say nothing new."""


class SqlObservationBook:
    """Implements the port ``ObservationBook``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def observe(self, observation: Observation) -> None:
        """Keep one; told again under its id, only ``refund`` may still change."""
        one = observation
        async with writing(self._engine) as connection:
            query = select(OBSERVATIONS.c.observation).where(OBSERVATIONS.c.id == one.id)
            known = (await connection.execute(query)).scalar()
            if known is not None:
                earlier = Observation.model_validate_json(known)
                if one.refund in {"none", earlier.refund}:
                    return
                one = earlier.model_copy(update={"refund": one.refund})
            row = {
                "id": one.id,
                "listing_id": one.listing_id,
                "at": one.at,
                "observation": one.model_dump_json(),
            }
            await upsert(connection, OBSERVATIONS, [row])
            await connection.execute(
                delete(OBSERVATIONS).where(
                    OBSERVATIONS.c.listing_id == one.listing_id, OBSERVATIONS.c.at < one.at - KEPT
                )
            )

    async def observed(self) -> AbstractSet[ListingId]:
        """Every listing that anything is known of."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(OBSERVATIONS.c.listing_id).distinct())
            return {ListingId(row.listing_id) for row in rows}

    async def standings(
        self, listings: Sequence[ListingId], *, now: datetime
    ) -> Mapping[ListingId, Standing]:
        """Summarise what is known of listings; those never observed are left out."""
        query = (
            select(OBSERVATIONS.c.observation)
            .where(OBSERVATIONS.c.listing_id.in_(listings), OBSERVATIONS.c.at >= now - KEPT)
            .order_by(OBSERVATIONS.c.at.desc())
        )
        seen: dict[ListingId, list[Observation]] = {}
        async with reading(self._engine) as connection:
            for (content,) in await connection.execute(query):
                one = Observation.model_validate_json(content)
                kept = seen.setdefault(one.listing_id, [])
                if len(kept) < MAX_COUNTED:
                    kept.append(one)
        return {listing: standing_of(kept, now=now) for listing, kept in seen.items()}
