"""The book of listings: what each bazaar says, whose words count, and what changed since when.

Every method is one transaction. The version and the marks of changes move together with the rows
they speak of, so a process may die between any two statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.records.aside import keep_out, set_apart
from activities.records.engines import reading, writing
from activities.records.ports import BazaarState, Change, Quarantined, Tool, Written
from activities.records.showing import lock, mark_of, show, version_of
from activities.records.tables import (
    BAZAARS,
    CHANGES,
    LISTED,
    OUTPUTS,
    QUARANTINE,
    SHOWN,
    TOOLS,
)
from activities.records.upserting import upsert
from domain.catalogue import ServiceListing
from domain.ids import Digest, ListingId, digest_json

RESUMED_WITHIN: Final = timedelta(hours=1)
"""An import that was interrupted longer ago begins anew: its pages may have moved."""

_AT_ONCE: Final = 500
"""Values bound in one statement; SQLite takes no more than some thousand."""


class SqlListingBook:
    """Implements the port ``ListingBook``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, bazaar: str, *, now: datetime) -> tuple[int, str]:
        """Begin an import, or go on with one that was interrupted."""
        async with writing(self._engine) as connection:
            await lock(connection)
            row = (
                await connection.execute(select(BAZAARS).where(BAZAARS.c.bazaar == bazaar))
            ).one_or_none()
            if row is not None and row.cursor and now - _aware(row.started_at) < RESUMED_WITHIN:
                return int(row.number), str(row.cursor)
            number = 1 if row is None else int(row.number) + 1
            last = (await connection.execute(select(func.max(BAZAARS.c.rank)))).scalar()
            await upsert(
                connection,
                BAZAARS,
                [
                    {
                        "bazaar": bazaar,
                        "rank": 0 if last is None else int(last) + 1,
                        "number": number,
                        "cursor": "",
                        "started_at": now,
                        "problem": "",
                        "counted": "",
                    }
                ],
                keep=("rank",),
            )
            return number, ""

    async def write(
        self,
        bazaar: str,
        *,
        number: int,
        cursor: str,
        listings: Sequence[ServiceListing],
        quarantined: Sequence[Quarantined] = (),
        tools: Sequence[Tool] = (),
        ends_page: bool = True,
    ) -> Written:
        """Write of a page and the cursor behind it."""
        said = {one.id: (one, content_digest(one)) for one in listings}
        async with writing(self._engine) as connection:
            await lock(connection)
            # Two processes may import one bazaar: what the earlier one sees is seen for both.
            number = max(number, await _number_of(connection, bazaar))
            before = await _written_before(connection, bazaar, said)
            await upsert(
                connection,
                LISTED,
                [
                    {
                        "bazaar": bazaar,
                        "listing_id": listing,
                        "digest": digest,
                        "number": number,
                        "listing": one.model_dump_json(),
                    }
                    for listing, (one, digest) in said.items()
                ],
            )
            changed = {
                i for i, (_, digest) in said.items() if i not in before or before[i][0] != digest
            }
            await show(connection, [i for i in said if i in changed])
            # A part of a page may be written again by whoever goes on; it counts once.
            first = {i for i in said if i not in before or before[i][1] != number}
            counts = Written(
                new=len(first - before.keys()),
                changed=len(first & changed & before.keys()),
                same=len(first - changed),
                quarantined=await keep_out(connection, bazaar, number, quarantined),
                tools=await set_apart(connection, bazaar, number, tools),
                pages=int(ends_page),
            )
            so_far = await _counted(connection, bazaar) + counts
            await connection.execute(
                update(BAZAARS)
                .where(BAZAARS.c.bazaar == bazaar)
                .values(cursor=cursor, counted=so_far.model_dump_json())
            )
        return counts

    async def counted(self, bazaar: str) -> Written:
        """What the import that is under way has written so far."""
        async with reading(self._engine) as connection:
            return await _counted(connection, bazaar)

    async def written(
        self, bazaar: str, *, number: int, listings: Sequence[ListingId]
    ) -> Mapping[ListingId, ServiceListing]:
        """Those of these listings that this import has written."""
        found: dict[ListingId, ServiceListing] = {}
        query = select(LISTED.c.listing).where(LISTED.c.bazaar == bazaar, LISTED.c.number >= number)
        async with reading(self._engine) as connection:
            for some in _portions(listings):
                rows = await connection.execute(query.where(LISTED.c.listing_id.in_(some)))
                listed = (ServiceListing.model_validate_json(content) for (content,) in rows)
                found |= {one.id: one for one in listed}
        return found

    async def finish(
        self, bazaar: str, *, number: int, complete: bool, problem: str = "", now: datetime
    ) -> int:
        """End an import; a complete one removes what it did not see, unless a later one began."""
        gone = 0
        async with writing(self._engine) as connection:
            await lock(connection)
            values: dict[str, Any] = {"problem": problem}
            if complete and number == await _number_of(connection, bazaar):
                gone = await _remove_unseen(connection, bazaar, number)
            if not problem:
                # Only an import that broke off is gone on with.
                values |= {"cursor": "", "finished_at": now}
            await connection.execute(
                update(BAZAARS).where(BAZAARS.c.bazaar == bazaar).values(**values)
            )
        return gone

    async def trust(self, bazaars: Sequence[str]) -> None:
        """Set the order in which bazaars are believed; others are forgotten."""
        async with writing(self._engine) as connection:
            await lock(connection)
            rows = (await connection.execute(select(BAZAARS.c.bazaar, BAZAARS.c.rank))).all()
            known = {str(row.bazaar): int(row.rank) for row in rows}
            for bazaar in known.keys() - set(bazaars):
                await _forget_bazaar(connection, bazaar)
            order = [bazaar for bazaar in bazaars if bazaar in known]
            if [known[bazaar] for bazaar in order] == sorted(known[bazaar] for bazaar in order):
                return
            for rank, bazaar in enumerate(order):
                await connection.execute(
                    update(BAZAARS).where(BAZAARS.c.bazaar == bazaar).values(rank=rank)
                )
            disputed = select(LISTED.c.listing_id).group_by(LISTED.c.listing_id)
            rows = (await connection.execute(disputed.having(func.count() > 1))).all()
            await show(connection, [ListingId(row.listing_id) for row in rows])

    async def version(self) -> Digest:
        """Digest of everything offered now."""
        async with reading(self._engine) as connection:
            return await version_of(connection)

    async def mark(self) -> int:
        """Mark of the latest change."""
        async with reading(self._engine) as connection:
            return await mark_of(connection)

    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        """Changes after a mark, oldest first."""
        query = select(CHANGES).where(CHANGES.c.mark > after).order_by(CHANGES.c.mark).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Change(mark=row.mark, listing_id=ListingId(row.listing_id), gone=row.gone)
            for row in rows
        ]

    async def get(self, listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
        """Return those listings that are known, as the most trusted bazaar describes them."""
        found: dict[ListingId, ServiceListing] = {}
        query = select(LISTED.c.listing).join(
            SHOWN,
            (SHOWN.c.listing_id == LISTED.c.listing_id) & (SHOWN.c.bazaar == LISTED.c.bazaar),
        )
        async with reading(self._engine) as connection:
            for some in _portions(listings):
                rows = await connection.execute(query.where(LISTED.c.listing_id.in_(some)))
                for (content,) in rows:
                    listing = ServiceListing.model_validate_json(content)
                    found[listing.id] = listing
        return found

    async def producers(self, output: str, *, limit: int) -> Sequence[ListingId]:
        """Listings whose output has a property of this name."""
        query = (
            select(OUTPUTS.c.listing_id)
            .where(OUTPUTS.c.name == output)
            .order_by(OUTPUTS.c.listing_id)
            .limit(limit)
        )
        async with reading(self._engine) as connection:
            return [ListingId(row.listing_id) for row in await connection.execute(query)]

    async def count(self) -> int:
        """How many services are listed."""
        async with reading(self._engine) as connection:
            return int(
                (await connection.execute(select(func.count()).select_from(SHOWN))).scalar_one()
            )

    async def overview(self) -> Sequence[BazaarState]:
        """How the reading of each bazaar stands, most trusted first."""
        async with reading(self._engine) as connection:
            rows = (await connection.execute(select(BAZAARS).order_by(BAZAARS.c.rank))).all()
            counts = {
                table.name: await _counts(connection, table)
                for table in (LISTED, QUARANTINE, TOOLS)
            }
        return [
            BazaarState(
                bazaar=row.bazaar,
                listings=counts["listed"].get(row.bazaar, 0),
                quarantined=counts["quarantine"].get(row.bazaar, 0),
                tools=counts["tools"].get(row.bazaar, 0),
                started_at=_moment(row.started_at),
                finished_at=_moment(row.finished_at),
                cursor=row.cursor,
                problem=row.problem,
            )
            for row in rows
        ]

    async def quarantined(self, *, limit: int) -> Sequence[Quarantined]:
        """What is kept out now, latest first."""
        query = select(QUARANTINE).order_by(QUARANTINE.c.since.desc(), QUARANTINE.c.item)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.limit(limit))).all()
        return [
            Quarantined(
                bazaar=row.bazaar, name=row.name, reason=row.reason, since=_aware(row.since)
            )
            for row in rows
        ]

    async def tools(self, *, limit: int) -> Sequence[Tool]:
        """Listed MCP tools."""
        query = select(TOOLS).order_by(TOOLS.c.bazaar, TOOLS.c.server, TOOLS.c.name).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Tool(bazaar=row.bazaar, server=row.server, name=row.name, description=row.description)
            for row in rows
        ]


def content_digest(listing: ServiceListing) -> Digest:
    """Digest of what is offered: counters move all the time, and who lists it is no part of it."""
    return digest_json(listing.model_dump(mode="json", exclude={"quality", "bazaar"}))


async def _number_of(connection: AsyncConnection, bazaar: str) -> int:
    """Number of the import that began last."""
    query = select(BAZAARS.c.number).where(BAZAARS.c.bazaar == bazaar)
    return int((await connection.execute(query)).scalar() or 0)


async def _counted(connection: AsyncConnection, bazaar: str) -> Written:
    query = select(BAZAARS.c.counted).where(BAZAARS.c.bazaar == bazaar)
    counted = (await connection.execute(query)).scalar()
    return Written.model_validate_json(counted) if counted else Written()


async def _written_before(
    connection: AsyncConnection, bazaar: str, listings: Iterable[ListingId]
) -> dict[ListingId, tuple[str, int]]:
    """Digests of what is written, each with the number of the import that saw it last."""
    found: dict[ListingId, tuple[str, int]] = {}
    for some in _portions(list(listings)):
        query = select(LISTED.c.listing_id, LISTED.c.digest, LISTED.c.number).where(
            LISTED.c.bazaar == bazaar, LISTED.c.listing_id.in_(some)
        )
        for row in await connection.execute(query):
            found[ListingId(row.listing_id)] = (row.digest, int(row.number))
    return found


async def _remove_unseen(connection: AsyncConnection, bazaar: str, number: int) -> int:
    stale = (LISTED.c.bazaar == bazaar) & (LISTED.c.number != number)
    rows = (await connection.execute(select(LISTED.c.listing_id).where(stale))).all()
    gone = [ListingId(row.listing_id) for row in rows]
    await connection.execute(delete(LISTED).where(stale))
    for table in (QUARANTINE, TOOLS):
        await connection.execute(
            delete(table).where(table.c.bazaar == bazaar, table.c.number != number)
        )
    await show(connection, gone)
    return len(gone)


async def _forget_bazaar(connection: AsyncConnection, bazaar: str) -> None:
    query = select(LISTED.c.listing_id).where(LISTED.c.bazaar == bazaar)
    listings = [ListingId(row.listing_id) for row in await connection.execute(query)]
    for table in (LISTED, QUARANTINE, TOOLS, BAZAARS):
        await connection.execute(delete(table).where(table.c.bazaar == bazaar))
    await show(connection, listings)


async def _counts(connection: AsyncConnection, table: Any) -> dict[str, int]:  # noqa: ANN401 - a table with a bazaar
    query = select(table.c.bazaar, func.count()).group_by(table.c.bazaar)
    return {str(row[0]): int(row[1]) for row in await connection.execute(query)}


def _portions(listings: Sequence[ListingId]) -> Iterable[Sequence[ListingId]]:
    for start in range(0, len(listings), _AT_ONCE):
        yield listings[start : start + _AT_ONCE]


def _aware(moment: datetime) -> datetime:
    """A stored moment; SQLite forgets that all of ours are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else _aware(moment)
