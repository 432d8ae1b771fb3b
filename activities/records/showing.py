"""Whose words count for a listing, and what of that changed: version, marks and outputs."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.records.tables import BAZAARS, CHANGES, LISTED, OUTPUTS, SHOWN, STATE
from activities.records.upserting import upsert
from domain.catalogue import ServiceListing
from domain.ids import Digest, ListingId
from domain.schemas import properties_of

_VERSION: Final = "version"
_MARK: Final = "mark"
_MODULUS: Final = 2**256
"""Digests add up to the version: so it is kept without reading all, in whatever order they come."""

_AT_ONCE: Final = 500
_NAME_CHARACTERS: Final = 120


async def lock(connection: AsyncConnection) -> None:
    """Let one writer of the book in at a time; on SQLite the transaction does already."""
    if connection.dialect.name == "postgresql":
        rows = [{"name": _VERSION, "value": "0"}, {"name": _MARK, "value": "0"}]
        await upsert(connection, STATE, rows, keep=("value",))
        query = select(STATE.c.value).where(STATE.c.name == _VERSION).with_for_update()
        await connection.execute(query)


async def version_of(connection: AsyncConnection) -> Digest:
    """Digest of everything that is shown."""
    return Digest(f"{await _number(connection, _VERSION):064x}")


async def mark_of(connection: AsyncConnection) -> int:
    """Mark of the latest change."""
    return await _number(connection, _MARK)


async def show(connection: AsyncConnection, listings: Sequence[ListingId]) -> None:
    """Decide anew whose words count for some listings, and note what changed by it."""
    for start in range(0, len(listings), _AT_ONCE):
        await _show(connection, listings[start : start + _AT_ONCE])


async def _show(connection: AsyncConnection, listings: Sequence[ListingId]) -> None:
    chosen = await _chosen(connection, listings)
    query = select(SHOWN).where(SHOWN.c.listing_id.in_(listings))
    before = {ListingId(row.listing_id): row for row in await connection.execute(query)}
    version, mark = await _number(connection, _VERSION), await mark_of(connection)
    changes: list[dict[str, Any]] = []
    for listing in listings:
        was, now = before.get(listing), chosen.get(listing)
        if was is not None and now is not None and was.digest == now.digest:
            continue
        if was is None and now is None:
            continue
        version += (int(now.digest, 16) if now else 0) - (int(was.digest, 16) if was else 0)
        mark += 1
        changes.append({"mark": mark, "listing_id": listing, "gone": now is None})
    await upsert(
        connection,
        SHOWN,
        [
            {"listing_id": listing, "bazaar": row.bazaar, "digest": row.digest}
            for listing, row in chosen.items()
        ],
    )
    lost = [listing for listing in listings if listing not in chosen]
    await connection.execute(delete(SHOWN).where(SHOWN.c.listing_id.in_(lost)))
    await _note(connection, changes, version=version % _MODULUS, mark=mark)
    await _outputs(connection, [ListingId(one["listing_id"]) for one in changes], chosen)


async def _chosen(
    connection: AsyncConnection, listings: Sequence[ListingId]
) -> dict[ListingId, Any]:
    query = (
        select(LISTED, BAZAARS.c.rank)
        .join(BAZAARS, BAZAARS.c.bazaar == LISTED.c.bazaar)
        .where(LISTED.c.listing_id.in_(listings))
        .order_by(BAZAARS.c.rank.desc())
    )
    # The most trusted comes last and stays.
    return {ListingId(row.listing_id): row for row in await connection.execute(query)}


async def _note(
    connection: AsyncConnection, changes: Sequence[dict[str, Any]], *, version: int, mark: int
) -> None:
    if not changes:
        return
    names = [one["listing_id"] for one in changes]
    await connection.execute(delete(CHANGES).where(CHANGES.c.listing_id.in_(names)))
    await upsert(connection, CHANGES, changes)
    await upsert(
        connection,
        STATE,
        [{"name": _VERSION, "value": str(version)}, {"name": _MARK, "value": str(mark)}],
    )


async def _outputs(
    connection: AsyncConnection, changed: Sequence[ListingId], chosen: dict[ListingId, Any]
) -> None:
    await connection.execute(delete(OUTPUTS).where(OUTPUTS.c.listing_id.in_(changed)))
    rows = [
        {"name": name, "listing_id": listing}
        for listing in changed
        if listing in chosen
        for name in properties_of(
            ServiceListing.model_validate_json(chosen[listing].listing).output_schema
        )
        if len(name) <= _NAME_CHARACTERS
    ]
    await upsert(connection, OUTPUTS, rows)


async def _number(connection: AsyncConnection, name: str) -> int:
    found = (await connection.execute(select(STATE.c.value).where(STATE.c.name == name))).scalar()
    return int(found or 0)
