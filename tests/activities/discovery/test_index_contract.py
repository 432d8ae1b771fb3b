"""One contract for both indexes: the engine in process and Qdrant's client."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.index_qdrant import QdrantListingIndex
from activities.discovery.ports import IndexEntry, ListingIndex, Vector
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import Digest, ListingId

SIZE = 4
NORTH: Vector = (0.0, 1.0, 0.0, 0.0)
EAST: Vector = (1.0, 0.0, 0.0, 0.0)
NORTH_EAST: Vector = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)


@pytest.fixture(params=["edge", "qdrant"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ListingIndex]:
    if request.param == "edge":
        edge = EdgeListingIndex(tmp_path)
        await edge.open(SIZE)
        yield edge
        edge.close()
        return
    client = AsyncQdrantClient(":memory:")
    found = QdrantListingIndex(client)
    await found.open(SIZE)
    yield found
    await client.close()


def entry(name: str, vector: Vector, digest: str = "d") -> IndexEntry:
    return IndexEntry(listing_id=ListingId(name), digest=Digest(digest), vector=vector)


async def names(index: ListingIndex, vector: Vector, limit: int = 10) -> list[str]:
    return [one.listing_id for one in await index.nearest(vector, limit=limit)]


async def test_an_empty_index_holds_and_finds_nothing(index: ListingIndex) -> None:
    assert await index.digests() == {}
    assert await names(index, NORTH) == []
    assert await index.vectors([ListingId("a")]) == {}
    assert await index.vectors([]) == {}


async def test_the_nearest_come_first_with_their_cosine(index: ListingIndex) -> None:
    await index.put([entry("east", EAST), entry("north", NORTH), entry("between", NORTH_EAST)])

    found = await index.nearest(NORTH, limit=2)

    assert [one.listing_id for one in found] == ["north", "between"]
    assert [one.similarity for one in found] == pytest.approx([1.0, math.sqrt(0.5)], abs=1e-4)


async def test_putting_again_replaces(index: ListingIndex) -> None:
    await index.put([entry("a", EAST, "old")])
    await index.put([entry("a", NORTH, "new")])

    assert await index.digests() == {"a": "new"}
    assert (await index.vectors([ListingId("a")]))[ListingId("a")] == pytest.approx(NORTH)


async def test_what_is_removed_is_gone_and_removing_again_is_harmless(index: ListingIndex) -> None:
    await index.put([entry("a", EAST), entry("b", NORTH)])

    await index.remove([ListingId("a"), ListingId("never there")])
    await index.remove([ListingId("a")])
    await index.remove([])

    assert set(await index.digests()) == {"b"}
    assert await names(index, EAST) == ["b"]


async def test_opening_again_keeps_what_is_there(index: ListingIndex) -> None:
    await index.put([entry("a", EAST)])

    await index.open(SIZE)

    assert set(await index.digests()) == {"a"}


async def test_more_listings_than_one_page_are_all_known(index: ListingIndex) -> None:
    await index.put([entry(f"s{number}", EAST) for number in range(2_300)])

    assert len(await index.digests()) == 2_300
    assert len(await names(index, EAST, limit=50)) == 50


async def test_the_engine_keeps_vectors_over_a_restart(tmp_path: Path) -> None:
    first = EdgeListingIndex(tmp_path)
    await first.open(SIZE)
    await first.put([entry("a", EAST, "seen")])
    first.close()

    second = EdgeListingIndex(tmp_path)
    await second.open(SIZE)
    kept = await second.digests()
    second.close()

    assert kept == {"a": "seen"}


async def test_two_processes_of_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = EdgeListingIndex(tmp_path), EdgeListingIndex(tmp_path)
    await one.open(SIZE)
    await one.put([entry("a", EAST)])

    await other.open(SIZE)
    await other.put([entry("b", EAST)])

    assert set(await one.digests()) == {"a"}
    assert set(await other.digests()) == {"b"}
    one.close()
    other.close()


async def test_a_torn_folder_is_filled_again(tmp_path: Path) -> None:
    first = EdgeListingIndex(tmp_path)
    await first.open(SIZE)
    await first.put([entry("a", EAST)])
    first.close()
    for file in (tmp_path / f"{SIZE}d-0").rglob("*.json"):
        file.write_text("torn")

    second = EdgeListingIndex(tmp_path)
    await second.open(SIZE)
    await second.put([entry("b", EAST)])

    assert set(await second.digests()) == {"b"}
    second.close()


async def test_an_index_that_was_not_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="before it was opened"):
        await EdgeListingIndex(tmp_path).digests()


async def test_a_server_that_is_down_is_unavailable_and_names_its_setting() -> None:
    client = AsyncQdrantClient(
        url="http://127.0.0.1:9", timeout=1, check_compatibility=False, prefer_grpc=False
    )

    with pytest.raises(UpstreamUnavailable, match="CARAVAN_QDRANT_URL"):
        await QdrantListingIndex(client).open(SIZE)
    await client.close()
