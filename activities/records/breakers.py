"""The breakers that all processes share."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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

    async def try_again(self, kind: BreakerKind, key: str, *, now: datetime) -> Breaker | None:
        """Claim the trial of a half-open breaker, atomically."""
        async with writing(self._engine) as connection:
            before = await _locked(connection, kind, key)
            if before is None:
                return None  # closed since it was last seen
            claimed = rules.tried(before, now=now)
            if claimed is None:
                return before
            await _write(connection, claimed)
        return None

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that counts a failure or is not closed."""
        query = select(BREAKERS.c.breaker).order_by(BREAKERS.c.kind, BREAKERS.c.key)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Breaker.model_validate_json(row.breaker) for row in rows]

    async def _change(
        self, kind: BreakerKind, key: str, change: Callable[[Breaker], Breaker]
    ) -> Breaker:
        async with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                # The row must be there to be locked: two first failures count twice.
                fresh = Breaker(kind=kind, key=key).model_dump_json()
                row = {"kind": kind.value, "key": key, "breaker": fresh}
                await upsert(connection, BREAKERS, [row], keep=("breaker",))
            after = change(await _locked(connection, kind, key) or Breaker(kind=kind, key=key))
            await _write(connection, after)
        return after


async def _locked(connection: AsyncConnection, kind: BreakerKind, key: str) -> Breaker | None:
    where = (BREAKERS.c.kind == kind.value) & (BREAKERS.c.key == key)
    query = select(BREAKERS.c.breaker).where(where).with_for_update()
    known = (await connection.execute(query)).scalar()
    return None if known is None else Breaker.model_validate_json(known)


async def _write(connection: AsyncConnection, breaker: Breaker) -> None:
    row = {"kind": breaker.kind.value, "key": breaker.key, "breaker": breaker.model_dump_json()}
    await upsert(connection, BREAKERS, [row])
