"""Workers killed and bazaars lost in the middle of an import: read on, once, and counted right."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from activities.discovery.bazaar_http import HttpBazaar
from activities.discovery.importing import Importer
from activities.discovery.quarantine import LISTED_TWICE
from activities.records.ports import BazaarState, Quarantined
from activities.records.store import SqlRecords
from domain.ids import Digest
from domain.names import TaskQueue
from domain.refreshing import BazaarRefreshed, CatalogueRefreshed
from tests.e2e.bazaar_server import KEPT_OUT, NEW, PAGES, BazaarServer, Style, goods
from tests.e2e.library import Library
from tests.ports import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

CUT: Final = 6
"""The page that is asked for when the worker dies: those before it are written."""

ENDING_SECONDS: Final = 240
"""Until a refresh must be over, on a machine that does much else; half a minute of it passes
before the server takes a killed worker for dead."""

STYLES: Final[tuple[Style, ...]] = ("offset", "cursor")


@dataclass(frozen=True)
class Held:
    """What the book holds when a refresh is over."""

    version: Digest
    mark: int
    bazaars: Mapping[str, BazaarState]
    kept_out: tuple[Quarantined, ...]

    @classmethod
    async def of(cls, records: SqlRecords) -> "Held":
        book = records.listings
        return cls(
            version=await book.version(),
            mark=await book.mark(),
            bazaars={state.bazaar: state for state in await book.overview()},
            kept_out=tuple(await book.quarantined(limit=1_000)),
        )


async def refreshed(library: Library) -> tuple[CatalogueRefreshed, Held]:
    """Read everything, with nobody in the way."""
    said = await asyncio.wait_for((await library.refresh()).result(), ENDING_SECONDS)
    async with library.records() as records:
        return said, await Held.of(records)


async def uninterrupted(bazaar: str, folder: Path) -> tuple[BazaarRefreshed, Held]:
    """The same import in one process that lives."""
    records = await SqlRecords.open(f"sqlite+aiosqlite:///{folder / 'whole.sqlite'}")
    async with httpx.AsyncClient(trust_env=False) as http:
        said = await Importer(records.listings, [HttpBazaar(bazaar, http)]).refresh(bazaar)
    held = await Held.of(records)
    await records.close()
    return said, held


@dataclass(frozen=True)
class Killed:
    """What came of an import whose worker was killed, and of the same one again."""

    asked: Counter[int]
    """Pages asked for until the import was over."""
    first: CatalogueRefreshed
    held: Held
    whole: tuple[BazaarRefreshed, Held]
    again: CatalogueRefreshed
    held_again: Held


async def killed(style: Style, folder: Path) -> Killed:
    """Kill the worker that imports when half of the pages are written, and let another go on."""
    with BazaarServer(goods(style), style) as bazaar:
        async with Library.open(folder, bazaar.url) as library:
            await asyncio.to_thread(library.work, TaskQueue.ORCHESTRATION)
            doomed = await asyncio.to_thread(library.work, TaskQueue.DISCOVERY)
            bazaar.hold(CUT)
            refresh = await library.refresh()
            await asyncio.to_thread(bazaar.wait)
            doomed.kill()
            assert await asyncio.to_thread(doomed.wait) == -signal.SIGKILL
            bazaar.release()
            await asyncio.to_thread(library.work, TaskQueue.DISCOVERY)
            first = await asyncio.wait_for(refresh.result(), ENDING_SECONDS)
            asked = bazaar.counts
            async with library.records() as records:
                held = await Held.of(records)
            again, held_again = await refreshed(library)
            whole = await uninterrupted(bazaar.url, folder)
    return Killed(asked, first, held, whole, again, held_again)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deaths(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Style, Killed]:
    """Both at once: each waits half a minute until its worker is taken for dead."""
    made = [killed(style, tmp_path_factory.mktemp(style)) for style in STYLES]
    return dict(zip(STYLES, await asyncio.gather(*made), strict=True))


@pytest.mark.parametrize("style", STYLES)
async def test_pages_that_were_written_are_not_read_again(
    deaths: Mapping[Style, Killed], style: Style
) -> None:
    assert deaths[style].asked == {page: 2 if page == CUT else 1 for page in range(PAGES)}


@pytest.mark.parametrize("style", STYLES)
async def test_the_counts_are_those_of_an_import_that_was_never_interrupted(
    deaths: Mapping[Style, Killed], style: Style
) -> None:
    (said,), (whole, _) = deaths[style].first.bazaars, deaths[style].whole

    assert said == whole
    assert (said.new, said.changed, said.same, said.removed) == (NEW, 0, 0, 0)
    assert (said.quarantined, said.tools, said.pages) == (KEPT_OUT, 1, PAGES)
    assert (said.note, said.problem) == ("", "")


@pytest.mark.parametrize("style", STYLES)
async def test_what_is_held_is_what_an_uninterrupted_import_holds(
    deaths: Mapping[Style, Killed], style: Style
) -> None:
    held, (_, whole) = deaths[style].held, deaths[style].whole
    (state,) = held.bazaars.values()

    assert held.version == whole.version
    assert (state.listings, state.quarantined, state.tools) == (NEW, KEPT_OUT, 1)
    assert (state.cursor, state.problem) == ("", "")
    assert [one.reason for one in held.kept_out].count(LISTED_TWICE) == 1
    assert {one.name for one in held.kept_out} == {one.name for one in whole.kept_out}
    assert deaths[style].first.indexed == NEW


@pytest.mark.parametrize("style", STYLES)
async def test_reading_again_finds_nothing_new(
    deaths: Mapping[Style, Killed], style: Style
) -> None:
    (said,), held = deaths[style].again.bazaars, deaths[style].held_again

    assert (said.new, said.changed, said.same, said.removed) == (0, 0, NEW, 0)
    assert (said.quarantined, said.pages) == (KEPT_OUT, PAGES)
    assert (held.version, held.mark) == (deaths[style].held.version, deaths[style].held.mark)
    assert deaths[style].again.indexed == 0


@dataclass
class Troubled:
    """One refresh of a dead bazaar, of a broken one, and of one that went and came back."""

    dead: str
    broken: BazaarServer
    back: str
    asked_back: Counter[int]
    """Pages that were asked for of the one that came back."""
    library: Library
    first: CatalogueRefreshed
    held: Held

    def said(self, bazaar: str) -> BazaarRefreshed:
        return next(one for one in self.first.bazaars if one.bazaar == bazaar)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def troubled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Troubled]:
    dead = f"http://127.0.0.1:{free_port()}"
    with ExitStack() as servers:
        broken = servers.enter_context(BazaarServer(goods("broken"), "cursor"))
        back = servers.enter_context(BazaarServer(goods("back"), "offset"))
        broken.garbage.add(CUT)
        back.hold(CUT)
        urls = (dead, broken.url, back.url)
        async with Library.open(tmp_path_factory.mktemp("troubled"), *urls) as library:
            await asyncio.to_thread(library.work, TaskQueue.ORCHESTRATION, TaskQueue.DISCOVERY)
            refresh = await library.refresh()
            await asyncio.to_thread(back.wait)
            await asyncio.to_thread(back.vanish)
            await _reported(library, back.url)
            back.listen()
            first = await asyncio.wait_for(refresh.result(), ENDING_SECONDS)
            async with library.records() as records:
                held = await Held.of(records)
            yield Troubled(dead, broken, back.url, back.counts, library, first, held)


async def _reported(library: Library, bazaar: str) -> None:
    """Wait until the book says that a bazaar stopped answering."""
    deadline = time.monotonic() + ENDING_SECONDS
    async with library.records() as records:
        while True:
            states = await records.listings.overview()
            if any(one.problem for one in states if one.bazaar == bazaar):
                return
            assert time.monotonic() < deadline, "nobody noticed that the bazaar is gone"
            await asyncio.sleep(0.02)


async def test_a_bazaar_that_is_down_is_reported_and_stops_none_of_the_others(
    troubled: Troubled,
) -> None:
    assert f"{troubled.dead} did not answer" in troubled.said(troubled.dead).problem
    assert troubled.held.bazaars[troubled.back].listings == NEW
    assert troubled.said(troubled.back).new == NEW


async def test_a_bazaar_that_goes_and_comes_back_is_read_on(troubled: Troubled) -> None:
    said, counts = troubled.said(troubled.back), troubled.asked_back

    assert (said.problem, said.new, said.pages) == ("", NEW, PAGES)
    assert said.quarantined == KEPT_OUT
    # While it is gone nobody reaches it, so nothing of that is counted.
    assert counts == {page: 2 if page == CUT else 1 for page in range(PAGES)}


async def test_a_page_that_cannot_be_read_ends_an_import_and_costs_nothing_that_was_read(
    troubled: Troubled,
) -> None:
    broken = troubled.broken
    state = troubled.held.bazaars[broken.url]

    assert "not JSON" in troubled.said(broken.url).problem
    assert "not JSON" in state.problem
    assert 0 < state.listings < NEW
    broken.garbage.clear()
    again, held = await refreshed(troubled.library)

    (said,) = (one for one in again.bazaars if one.bazaar == broken.url)
    assert (said.new, said.quarantined, said.tools) == (NEW, KEPT_OUT, 1)
    assert (said.pages, said.problem) == (PAGES, "")
    assert held.bazaars[broken.url].listings == NEW
    others = {page: count for page, count in broken.counts.items() if page != CUT}
    assert others == {page: 1 for page in range(PAGES) if page != CUT}
