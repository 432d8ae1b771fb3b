"""The breakers that all processes share."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.engines import reading, writing
from activities.records.tables import BREAKERS
from activities.records.upserting import upsert
from domain import breakers as rules
from domain.breakers import Breaker, BreakerKind


class SqlBreakerBoard:
    """Implements the port ``BreakerBoard``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def failed(self, kind: BreakerKind, key: str, *, reason: str, now: datetime) -> Breaker:
        """Count one failure, atomically."""
        return await self._change(kind, key, lambda one: rules.failed(one, now=now, reason=reason))

    async def succeeded(self, kind: BreakerKind, key: str, *, now: datetime) -> None:
        """Close a breaker; costs one read where it is closed already."""
        del now  # what counts no failure needs no row
        where = (BREAKERS.c.kind == kind.value) & (BREAKERS.c.key == key)
        async with reading(self._engine) as connection:
            known = (await connection.execute(select(BREAKERS.c.key).where(where))).scalar()
        if known is not None:
            async with writing(self._engine) as connection:
                await connection.execute(delete(BREAKERS).where(where))

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that counts a failure or is not closed."""
        query = select(BREAKERS.c.breaker).order_by(BREAKERS.c.kind, BREAKERS.c.key)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Breaker.model_validate_json(row.breaker) for row in rows]

    async def _change(
        self, kind: BreakerKind, key: str, change: Callable[[Breaker], Breaker]
    ) -> Breaker:
        where = (BREAKERS.c.kind == kind.value) & (BREAKERS.c.key == key)
        async with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                # The row must be there to be locked: two first failures count twice.
                fresh = Breaker(kind=kind, key=key).model_dump_json()
                row = {"kind": kind.value, "key": key, "breaker": fresh}
                await upsert(connection, BREAKERS, [row], keep=("breaker",))
            query = select(BREAKERS.c.breaker).where(where).with_for_update()
            known = (await connection.execute(query)).scalar()
            before = Breaker.model_validate_json(known) if known else Breaker(kind=kind, key=key)
            after = change(before)
            row = {"kind": kind.value, "key": key, "breaker": after.model_dump_json()}
            await upsert(connection, BREAKERS, [row])
        return after
