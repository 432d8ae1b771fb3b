"""One contract for both indexes: the engine in process and Qdrant's client."""

import math
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.index_qdrant import QdrantListingIndex
from activities.discovery.ports import IndexEntry, IndexState, ListingIndex, Lookup, Vector
from activities.discovery.sparse import document_words, query_words
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import Digest, ListingId

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
"""Qdrant's client says so of its local mode, which the contract runs against."""

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


def entry(
    name: str,
    vector: Vector = NORTH,
    digest: str = "d",
    *,
    text: str = "thunder",
    usable: bool = True,
    outputs: Sequence[str] = (),
) -> IndexEntry:
    return IndexEntry(
        listing_id=ListingId(name),
        digest=Digest(digest),
        vector=vector,
        words=document_words(text),
        usable=usable,
        outputs=tuple(outputs),
    )


async def names(index: ListingIndex, *asked: Lookup) -> list[list[str]]:
    return [[hit.listing_id for hit in hits] for hits in await index.search(asked)]


def near(vector: Vector, limit: int = 10, *, usable: bool = True) -> Lookup:
    return Lookup(vector, limit, usable)


def worded(text: str, limit: int = 10, *, usable: bool = True) -> Lookup:
    return Lookup(query_words(text), limit, usable)


async def test_an_empty_index_holds_and_finds_nothing(index: ListingIndex) -> None:
    assert await index.digests() == {}
    assert await index.count() == 0
    assert await index.state() is None
    assert await names(index, near(NORTH), worded("rain")) == [[], []]
    assert await names(index) == []
    assert await index.held([ListingId("a")]) == {}
    assert await index.held([]) == {}


async def test_the_nearest_come_first_with_their_cosine(index: ListingIndex) -> None:
    await index.put([entry("east", EAST), entry("north", NORTH), entry("between", NORTH_EAST)])

    (found,) = await index.search([near(NORTH, limit=2)])

    assert [one.listing_id for one in found] == ["north", "between"]
    assert [one.score for one in found] == pytest.approx([1.0, math.sqrt(0.5)], abs=1e-4)


async def test_rare_words_count_more_than_common_ones(index: ListingIndex) -> None:
    await index.put(
        [
            entry("tides", text="ocean tides by port"),
            *(entry(f"port{n}", text="traffic of a port") for n in range(8)),
        ]
    )

    (found,) = await index.search([worded("tides in port")])

    assert found[0].listing_id == "tides"
    assert found[0].score > found[1].score > 0
    assert len(found) == 9


async def test_all_forms_of_a_word_are_found_and_other_words_are_not(index: ListingIndex) -> None:
    await index.put([entry("a", text="translates documents"), entry("b", text="weather")])

    assert await names(index, worded("translating a document"), worded("zebra")) == [["a"], []]


async def test_the_refused_never_crowd_out_the_usable(index: ListingIndex) -> None:
    await index.put(
        [
            *(entry(f"bad{n}", NORTH, text="rain", usable=False) for n in range(50)),
            entry("good", NORTH_EAST, text="rain and more of it"),
        ]
    )

    assert await names(index, near(NORTH, 3), worded("rain", 3)) == [["good"], ["good"]]
    refused = await names(index, near(NORTH, 3, usable=False), worded("rain", 3, usable=False))
    assert [len(found) for found in refused] == [3, 3]
    assert all(name.startswith("bad") for found in refused for name in found)


async def test_a_listing_that_becomes_usable_changes_sides(index: ListingIndex) -> None:
    await index.put([entry("a", text="rain", usable=False)])
    await index.put([entry("a", text="rain")])

    sides = [near(NORTH), near(NORTH, usable=False), worded("rain"), worded("rain", usable=False)]
    assert await names(index, *sides) == [["a"], [], ["a"], []]


async def test_only_what_gives_an_output_of_that_name_is_found(index: ListingIndex) -> None:
    await index.put(
        [
            entry("chart", EAST, outputs=["svg"]),
            entry("table", NORTH, outputs=["rows", "csv"]),
            entry("refused", NORTH, outputs=["svg"], usable=False),
        ]
    )

    asked = [Lookup(NORTH, 9, output=name) for name in ("svg", "csv", "other")]

    assert await names(index, *asked) == [["chart"], ["table"], []]


async def test_putting_again_replaces(index: ListingIndex) -> None:
    await index.put([entry("a", EAST, "old", text="chess")])
    await index.put([entry("a", NORTH, "new", text="patents")])

    held = (await index.held([ListingId("a")]))[ListingId("a")]
    assert await index.digests() == {"a": "new"}
    assert held.digest == "new"
    assert held.vector == pytest.approx(NORTH)
    assert await names(index, worded("chess"), worded("patents")) == [[], ["a"]]


async def test_what_is_removed_is_gone_and_removing_again_is_harmless(index: ListingIndex) -> None:
    await index.put([entry("a", EAST), entry("b", NORTH)])

    await index.remove([ListingId("a"), ListingId("never there")])
    await index.remove([ListingId("a")])
    await index.remove([])

    assert set(await index.digests()) == {"b"}
    assert await index.count() == 1
    assert await names(index, near(EAST)) == [["b"]]


async def test_what_it_was_told_to_remember_is_neither_counted_nor_found(
    index: ListingIndex,
) -> None:
    await index.put([entry("a", EAST)])

    await index.remember(IndexState(mark=1, rules=Digest("old")))
    await index.remember(IndexState(mark=2**60, rules=Digest("rules")))

    assert await index.state() == IndexState(mark=2**60, rules=Digest("rules"))
    assert await index.count() == 1
    assert set(await index.digests()) == {"a"}
    assert await names(index, near(NORTH), worded("thunder")) == [["a"], ["a"]]


async def test_opening_again_keeps_what_is_there(index: ListingIndex) -> None:
    await index.put([entry("a", EAST)])

    await index.open(SIZE)

    assert set(await index.digests()) == {"a"}


async def test_more_listings_than_one_page_are_all_known(index: ListingIndex) -> None:
    await index.put([entry(f"s{number}", EAST) for number in range(2_300)])

    assert len(await index.digests()) == await index.count() == 2_300
    assert [len(found) for found in await names(index, near(EAST, limit=50))] == [50]


async def test_the_engine_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    first = EdgeListingIndex(tmp_path)
    await first.open(SIZE)
    await first.put([entry("a", EAST, "seen", text="rain", outputs=["mm"])])
    await first.remember(IndexState(mark=7, rules=Digest("r")))
    first.close()

    second = EdgeListingIndex(tmp_path)
    await second.open(SIZE)
    kept = await second.digests()
    found = await names(second, worded("rain"), Lookup(NORTH, 5, output="mm"))
    state = await second.state()
    second.close()

    assert kept == {"a": "seen"}
    assert found == [["a"], ["a"]]
    assert state == IndexState(mark=7, rules=Digest("r"))


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


def _tear(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*.json") if file.write_text("torn")]


async def test_a_torn_folder_is_filled_again(tmp_path: Path) -> None:
    first = EdgeListingIndex(tmp_path)
    await first.open(SIZE)
    await first.put([entry("a", EAST)])
    first.close()
    torn = _tear(tmp_path)

    second = EdgeListingIndex(tmp_path)
    await second.open(SIZE)
    await second.put([entry("b", EAST)])

    assert torn
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
