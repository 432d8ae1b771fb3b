"""An import that is gone on with: it counts, keeps out and asks as if it had never stopped."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.discovery import importing
from activities.discovery.bazaar_http import HttpBazaar
from activities.discovery.importing import Importer
from activities.discovery.ports import CursorForgotten
from activities.discovery.quarantine import LISTED_TWICE
from activities.records.listings import SqlListingBook
from activities.records.ports import Written
from activities.records.store import SqlRecords
from domain.errors import UpstreamUnavailable
from domain.refreshing import BazaarRefreshed
from tests.activities.discovery.demo import accept
from tests.fakes.bazaars import PagedBazaar, item, tool

PAGES = [item("a"), item("b"), tool("search"), 7, item("c"), item("d"), item("e"), 7]
"""Four pages of two; one item is kept out twice, and counts once."""


class PowerCut(BaseException):
    """The end of a process, at one write of its book."""


class MortalBook(SqlListingBook):
    """Dies before or behind one of its writes, or when the import ends."""

    dies_at: int | str | None = None
    writes = 0

    async def write(self, bazaar: str, **of: Any) -> Written:
        self.writes += 1
        if self.writes == self.dies_at:
            raise PowerCut
        return await super().write(bazaar, **of)

    async def finish(self, bazaar: str, **of: Any) -> int:
        if self.dies_at == "finish":
            self.dies_at = None
            raise PowerCut
        return await super().finish(bazaar, **of)


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[MortalBook]:
    records = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    yield MortalBook(records.listings._engine)
    await records.close()


async def whole(items: Sequence[Any], folder: Path) -> BazaarRefreshed:
    """What an import says that nobody interrupts."""
    records = await SqlRecords.open(f"sqlite+aiosqlite:///{folder / 'whole.sqlite'}")
    bazaar = PagedBazaar(items)
    said = await Importer(records.listings, [bazaar]).refresh(bazaar.url)
    await records.close()
    return said


@pytest.mark.parametrize("dies_at", [2, 3, 4, "finish"])
async def test_it_counts_what_an_uninterrupted_one_counts(
    book: MortalBook, tmp_path: Path, dies_at: int | str
) -> None:
    bazaar = PagedBazaar(PAGES)
    book.dies_at = dies_at
    with pytest.raises(PowerCut):
        await Importer(book, [bazaar]).refresh(bazaar.url)
    book.dies_at = None

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    assert said == await whole(PAGES, tmp_path)
    assert (said.new, said.quarantined, said.tools, said.pages) == (5, 1, 1, 4)
    assert len(bazaar.asked) == (4 if dies_at == "finish" else 5)
    (state,) = await book.overview()
    assert (state.listings, state.quarantined, state.tools) == (5, 1, 1)
    assert (state.cursor, state.problem) == ("", "")


async def test_a_page_that_was_half_written_counts_once(
    book: MortalBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE_ITEMS", 1)
    bazaar = PagedBazaar(PAGES, size=4)
    book.dies_at = 7
    with pytest.raises(PowerCut):
        await Importer(book, [bazaar]).refresh(bazaar.url)
    book.dies_at = None

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    assert bazaar.asked == ["", "4", "4"]
    assert said.model_copy(update={"pages": 4}) == await whole(PAGES, tmp_path)


async def test_the_first_mention_of_a_payee_counts_also_behind_an_interruption(
    book: MortalBook,
) -> None:
    bazaar = PagedBazaar([item("a"), item("b"), item("c"), item("a", pay_to="Thief")])
    book.dies_at = 2
    with pytest.raises(PowerCut):
        await Importer(book, [bazaar]).refresh(bazaar.url)
    book.dies_at = None

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    (kept_out,) = await book.quarantined(limit=5)
    payees = {one.accepts[0].pay_to for one in (await book.get(await _ids(book))).values()}
    assert (said.new, said.changed, said.quarantined) == (3, 0, 1)
    assert kept_out.reason == LISTED_TWICE
    assert payees == {accept(1)["payTo"]}


async def _ids(book: SqlListingBook) -> list[Any]:
    return [change.listing_id for change in await book.changes(0, limit=10)]


async def test_the_note_of_a_bazaar_that_ended_early_is_not_lost_at_the_end(
    book: MortalBook,
) -> None:
    bazaar = PagedBazaar([item("a"), item("b")])
    await Importer(book, [bazaar]).refresh(bazaar.url)
    bazaar.items, bazaar.note = [item("b")], "it says itself that its results are partial"
    book.dies_at = "finish"
    with pytest.raises(PowerCut):
        await Importer(book, [bazaar]).refresh(bazaar.url)

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    assert (said.note, said.removed) == (bazaar.note, 0)
    assert await book.count() == 2


async def test_a_bazaar_that_is_silent_for_two_attempts_is_not_read_anew(book: MortalBook) -> None:
    bazaar = PagedBazaar([item(name) for name in "abcdef"])
    for _ in range(3):
        bazaar.fails_at = {"4"}
        with pytest.raises(UpstreamUnavailable):
            await Importer(book, [bazaar]).refresh(bazaar.url)

    await Importer(book, [bazaar]).refresh(bazaar.url)

    assert bazaar.asked == ["", "2", "4", "4", "4", "4"]


@pytest.mark.parametrize(
    ("answer", "forgotten"),
    [
        (httpx.Response(410), True),
        (httpx.Response(400, json={"error": "bad cursor"}), True),
        (httpx.Response(200, json={"error": "bad cursor"}), True),
        (httpx.Response(500), False),
        (httpx.Response(429), False),
        (httpx.Response(200, text="<html>"), False),
    ],
)
async def test_only_an_answer_about_its_cursor_says_that_it_is_forgotten(
    answer: httpx.Response, forgotten: bool
) -> None:
    async def sleep(_seconds: float) -> None:
        await asyncio.sleep(0)

    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        bazaar = HttpBazaar("http://bazaar.test", client, sleep=sleep)
        for cursor, may_forget in (('{"token":"x"}', True), ('{"offset":9}', False)):
            with pytest.raises(UpstreamUnavailable) as failed:
                await bazaar.page(cursor)
            assert isinstance(failed.value, CursorForgotten) is (forgotten and may_forget)
