"""Plans that served, by person."""

import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.records.engines import reading, writing
from activities.records.ports import Remembered
from activities.records.tables import PLANS, STATE
from activities.records.upserting import upsert
from domain.ids import Digest
from domain.plan import Plan

KEPT_PLANS: Final = 300
"""Of each person; a plan of months ago was made from another catalogue anyway."""

_COUNTERS: Final = {True: "memory_hits", False: "memory_misses"}


class SqlPlanMemory:
    """Implements the port ``PlanMemory``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def remember(self, plan: Remembered) -> None:
        """Keep a plan; the newest few hundred of each person are kept."""
        row = {
            "id": plan.id,
            "user": plan.user,
            "parameters": plan.parameters,
            "catalogue": plan.catalogue,
            "at": plan.at,
            "vector": array.array("f", plan.vector).tobytes(),
            "text": plan.text,
            "plan": plan.plan.model_dump_json(),
        }
        newest = (
            select(PLANS.c.id)
            .where(PLANS.c.user == plan.user)
            .order_by(PLANS.c.at.desc(), PLANS.c.id)
            .limit(KEPT_PLANS)
        )
        async with writing(self._engine) as connection:
            await upsert(connection, PLANS, [row])
            kept = [one.id for one in await connection.execute(newest)]
            await connection.execute(
                delete(PLANS).where(PLANS.c.user == plan.user, PLANS.c.id.not_in(kept))
            )

    async def like(
        self, *, user: str, parameters: Digest, catalogue: Digest
    ) -> Sequence[Remembered]:
        """Plans of this person for equal parameters and catalogue, newest first."""
        query = (
            select(PLANS)
            .where(
                PLANS.c.user == user,
                PLANS.c.parameters == parameters,
                PLANS.c.catalogue == catalogue,
            )
            .order_by(PLANS.c.at.desc(), PLANS.c.id)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Remembered(
                id=row.id,
                user=row.user,
                text=row.text,
                vector=_floats(row.vector),
                parameters=Digest(row.parameters),
                catalogue=Digest(row.catalogue),
                plan=Plan.model_validate_json(row.plan),
                at=_aware(row.at),
            )
            for row in rows
        ]

    async def count(self, *, hit: bool) -> None:
        """Count one hit or miss."""
        name = _COUNTERS[hit]
        async with writing(self._engine) as connection:
            fresh = [{"name": name, "value": "0"}]
            await upsert(connection, STATE, fresh, keep=("value",))
            query = select(STATE.c.value).where(STATE.c.name == name).with_for_update()
            so_far = int((await connection.execute(query)).scalar_one())
            await upsert(connection, STATE, [{"name": name, "value": str(so_far + 1)}])

    async def counted(self) -> tuple[int, int]:
        """Hits and misses so far."""
        query = select(STATE).where(STATE.c.name.in_(list(_COUNTERS.values())))
        async with reading(self._engine) as connection:
            found = {row.name: int(row.value) for row in await connection.execute(query)}
        return found.get(_COUNTERS[True], 0), found.get(_COUNTERS[False], 0)


def _floats(content: bytes) -> tuple[float, ...]:
    vector = array.array("f")
    vector.frombytes(content)
    return tuple(vector)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
