"""The index of vectors is built aside: nobody waits for it, and nothing is lost by its failing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.discovery import index_edge
from activities.discovery.index_building import built_aside
from activities.discovery.index_edge import EdgeListingIndex
from tests.activities.discovery.test_index_contract import EAST, NORTH, SIZE, entry, names, near

WHOLE = 60


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[EdgeListingIndex]:
    found = EdgeListingIndex(tmp_path)
    await found.open(SIZE)
    await found.put([entry("north", NORTH), *(entry(f"s{n}", EAST) for n in range(WHOLE - 1))])
    yield found
    found.close()


def stores(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


async def test_a_built_index_holds_what_it_held_and_takes_more(
    index: EdgeListingIndex, tmp_path: Path
) -> None:
    before = stores(tmp_path)

    building = asyncio.create_task(index.build())
    while not building.done():
        assert await names(index, near(NORTH, 1)) == [["north"]]
        await asyncio.sleep(0.01)
    await building
    await index.put([entry("later", NORTH)])

    assert await index.count() == WHOLE + 1
    assert {"north", "later"} == set((await names(index, near(NORTH, 2)))[0])
    assert stores(tmp_path) == before


async def test_what_is_written_while_it_is_built_is_kept(
    index: EdgeListingIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def slowly(folder: Path) -> Path | None:
        aside = await built_aside(folder)
        await index.put([entry("meanwhile", NORTH)])
        return aside

    monkeypatch.setattr(index_edge, "built_aside", slowly)
    before = stores(tmp_path)

    await index.build()

    assert "meanwhile" in await index.digests()
    assert stores(tmp_path) == before


async def test_an_index_closed_while_it_is_built_stays_closed(
    index: EdgeListingIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def late(folder: Path) -> Path | None:
        aside = await built_aside(folder)
        index.close()
        return aside

    monkeypatch.setattr(index_edge, "built_aside", late)
    before = stores(tmp_path)

    await index.build()

    assert stores(tmp_path) == before


async def test_a_store_that_cannot_be_built_leaves_nothing_behind(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.mkdir()

    assert await built_aside(torn) is None
    assert await built_aside(tmp_path / "absent") is None
    assert stores(tmp_path) == ["torn"]


async def test_a_building_that_is_cancelled_leaves_nothing_behind(
    index: EdgeListingIndex, tmp_path: Path
) -> None:
    before = stores(tmp_path)
    building = asyncio.create_task(index.build())
    await asyncio.sleep(0)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building

    assert await index.count() == WHOLE
    assert stores(tmp_path) == before


async def test_many_new_points_are_worth_building_once(
    index: EdgeListingIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(index_edge, "UNBUILT_POINTS", WHOLE)
    assert await index.is_unbuilt()

    await index.build()
    assert not await index.is_unbuilt()
    index.close()
    again = EdgeListingIndex(tmp_path)
    await again.open(SIZE)
    after_a_restart = await again.is_unbuilt()
    await again.put([entry(f"t{n}", EAST) for n in range(WHOLE)])
    grown = await again.is_unbuilt()
    again.close()

    assert not after_a_restart
    assert grown


async def test_a_process_that_died_between_two_stores_loses_neither(
    index: EdgeListingIndex, tmp_path: Path
) -> None:
    index.close()
    (store,) = stores(tmp_path)
    (tmp_path / store).rename(tmp_path / f"{store}.replaced")
    (tmp_path / f"{store}.built-dead").mkdir()

    again = EdgeListingIndex(tmp_path)
    await again.open(SIZE)
    count = await again.count()
    again.close()

    assert count == WHOLE
    assert stores(tmp_path) == [store]
