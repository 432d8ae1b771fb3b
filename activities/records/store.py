"""The records over SQLAlchemy: SQLite in one file, or a PostgreSQL that several workers share."""

from contextlib import AsyncExitStack
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.breakers import SqlBreakerBoard
from activities.records.engines import connect
from activities.records.listings import SqlListingBook
from activities.records.migrating import bring_up
from activities.records.observations import SqlObservationBook
from activities.records.plans import SqlPlanMemory
from activities.records.probes import SqlProbeBook


class SqlRecords:
    """One database with every book in it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.listings = SqlListingBook(engine)
        self.probes = SqlProbeBook(engine)
        self.observations = SqlObservationBook(engine)
        self.breakers = SqlBreakerBoard(engine)
        self.plans = SqlPlanMemory(engine)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect, and bring the tables to the shape this code knows.

        Raises:
            Misconfigured: A newer Caravan has upgraded them further.
            UpstreamUnavailable: The database does not answer.
        """
        async with AsyncExitStack() as closing:
            engine = await connect(url)
            closing.push_async_callback(engine.dispose)
            await bring_up(engine)
            closing.pop_all()
        return cls(engine)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
