"""Reading bazaars into the real book: resumed, repeated, disputed, hostile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.discovery.importing import MAX_STALE_PAGES, Importer
from activities.discovery.quarantine import ANOTHER_PAYEE, LISTED_TWICE
from activities.records.listings import SqlListingBook
from activities.records.store import SqlRecords
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import ListingId, listing_id
from domain.refreshing import ImportProgress
from tests.activities.discovery.demo import accept
from tests.fakes.bazaars import FIRST, SECOND, EndlessBazaar, PagedBazaar, item, tool


def of(name: str) -> ListingId:
    return listing_id(method="POST", url=f"https://{name}.example/run")


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[SqlListingBook]:
    records = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    yield records.listings
    await records.close()


async def test_a_bazaar_is_read_whole_and_sorted(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item("a"), item("b"), tool("search"), 7, {"resource": "https://c/"}])

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    (state,) = await book.overview()
    kept_out = {one.name: one.reason for one in await book.quarantined(limit=10)}
    assert (said.new, said.tools, said.quarantined, said.pages) == (2, 1, 2, 3)
    assert (state.listings, state.tools, state.quarantined, state.problem) == (2, 1, 2, "")
    assert state.finished_at is not None
    assert kept_out == {
        "(not an object)": "it is not an object",
        "https://c/": "it declares no input",
    }
    assert [(one.server, one.name) for one in await book.tools(limit=5)] == [
        ("https://tools.example/mcp", "search")
    ]


async def test_reading_again_changes_nothing(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item(name) for name in "abcde"])
    importer = Importer(book, [bazaar])
    await importer.refresh(bazaar.url)
    version, mark = await book.version(), await book.mark()

    said = await importer.refresh(bazaar.url)

    assert (said.new, said.changed, said.same, said.removed) == (0, 0, 5, 0)
    assert (await book.version(), await book.mark()) == (version, mark)


async def test_what_came_changed_and_went_is_said(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item("a"), item("b"), item("c")])
    importer = Importer(book, [bazaar])
    await importer.refresh(bazaar.url)
    bazaar.items = [item("b", price=2_000), item("c"), item("d")]

    said = await importer.refresh(bazaar.url)

    assert (said.new, said.changed, said.same, said.removed) == (1, 1, 1, 1)
    assert (await book.get([of("a")])) == {}


async def test_an_interrupted_import_goes_on_where_it_was(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item(name) for name in "abcdef"])
    bazaar.fails_at = {"4"}
    importer = Importer(book, [bazaar])
    with pytest.raises(UpstreamUnavailable):
        await importer.refresh(bazaar.url)
    (broken,) = await book.overview()

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    (whole,) = await book.overview()
    assert (broken.listings, broken.cursor) == (4, "4")
    assert "did not answer" in broken.problem
    assert bazaar.asked == ["", "2", "4", "4"]
    assert (said.new, said.removed) == (6, 0)
    assert (whole.listings, whole.cursor, whole.problem) == (6, "", "")


async def test_a_bazaar_that_forgot_its_cursor_is_read_from_its_beginning(
    book: SqlListingBook,
) -> None:
    bazaar = PagedBazaar([item(name) for name in "abcd"])
    bazaar.fails_at = {"2"}
    importer = Importer(book, [bazaar])
    with pytest.raises(UpstreamUnavailable):
        await importer.refresh(bazaar.url)
    bazaar.forgot = {"2"}
    bazaar.asked.clear()

    await importer.refresh(bazaar.url)

    (state,) = await book.overview()
    assert bazaar.asked == ["2", "", "2"]
    assert state.listings == 4


async def test_partial_results_remove_nothing(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item("a"), item("b")])
    importer = Importer(book, [bazaar])
    await importer.refresh(bazaar.url)
    bazaar.items, bazaar.note = [item("b")], "it says itself that its results are partial"

    said = await importer.refresh(bazaar.url)

    assert said.removed == 0
    assert "partial" in said.note
    assert await book.count() == 2


async def test_a_bazaar_that_repeats_itself_for_ever_is_left(book: SqlListingBook) -> None:
    bazaar = EndlessBazaar([item("a"), item("b")])

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    assert len(bazaar.asked) == 1 + MAX_STALE_PAGES
    assert said.note == "its pages repeat"
    assert await book.count() == 2


async def test_another_payee_in_a_less_trusted_bazaar_is_kept_out(book: SqlListingBook) -> None:
    first = PagedBazaar([item("a"), item("b")], FIRST)
    second = PagedBazaar([item("a", pay_to="Thief"), item("b"), item("c")], SECOND)
    importer = Importer(book, [first, second])

    await importer.refresh_all()

    (kept_out,) = await book.quarantined(limit=5)
    shown = (await book.get([of("a")]))[of("a")]
    assert kept_out.bazaar == SECOND
    assert kept_out.reason == f"{ANOTHER_PAYEE}: {FIRST}"
    assert (shown.bazaar, shown.accepts[0].pay_to) == (FIRST, accept(1)["payTo"])
    assert await book.count() == 3


async def test_the_trusted_word_counts_even_when_it_comes_later(book: SqlListingBook) -> None:
    first = PagedBazaar([item("a")], FIRST)
    second = PagedBazaar([item("a", pay_to="Thief")], SECOND)
    importer = Importer(book, [first, second])
    await importer.refresh(SECOND)
    await importer.refresh(FIRST)

    await importer.refresh_all()

    shown = (await book.get([of("a")]))[of("a")]
    (_, doubted) = await book.overview()
    assert shown.accepts[0].pay_to == accept(1)["payTo"]
    assert (doubted.listings, doubted.quarantined) == (0, 1)


async def test_one_bazaar_cannot_name_two_payees(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item("a"), item("b"), item("c"), item("a", pay_to="Thief")])

    said = await Importer(book, [bazaar]).refresh(bazaar.url)

    (kept_out,) = await book.quarantined(limit=5)
    shown = (await book.get([of("a")]))[of("a")]
    assert said.quarantined == 1
    assert kept_out.reason == LISTED_TWICE
    assert shown.accepts[0].pay_to == accept(1)["payTo"]


async def test_a_bad_bazaar_stops_none_of_the_others(book: SqlListingBook) -> None:
    first, second = PagedBazaar([item("a")], FIRST), PagedBazaar([item("b")], SECOND)
    first.fails_at = {""}

    await Importer(book, [first, second]).refresh_all()

    states = {state.bazaar: state for state in await book.overview()}
    assert "did not answer" in states[FIRST].problem
    assert states[SECOND].listings == 1


async def test_when_none_answers_it_is_said(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([])
    bazaar.fails_at = {""}

    with pytest.raises(UpstreamUnavailable):
        await Importer(book, [bazaar]).refresh_all()
    with pytest.raises(Misconfigured):
        await Importer(book, []).refresh_all()
    with pytest.raises(Misconfigured):
        await Importer(book, []).refresh("http://unknown.test")


async def test_a_bazaar_that_is_no_longer_named_is_forgotten(book: SqlListingBook) -> None:
    first, second = PagedBazaar([item("a")], FIRST), PagedBazaar([item("b")], SECOND)
    await Importer(book, [first, second]).refresh_all()

    await Importer(book, [second]).refresh_all()

    assert [state.bazaar for state in await book.overview()] == [SECOND]
    assert await book.get([of("a")]) == {}


async def test_a_bazaar_put_first_is_believed_first(book: SqlListingBook) -> None:
    first = PagedBazaar([item("a", price=1)], FIRST)
    second = PagedBazaar([item("a", price=2)], SECOND)
    await Importer(book, [second]).refresh_all()

    await Importer(book, [first, second]).refresh_all()

    shown = (await book.get([of("a")]))[of("a")]
    assert (shown.bazaar, shown.accepts[0].base_units) == (FIRST, 1)


async def test_everything_on_one_page_is_written_in_portions(book: SqlListingBook) -> None:
    bazaar = PagedBazaar([item(f"n{n}") for n in range(600)], size=10_000)
    heard: list[ImportProgress] = []

    said = await Importer(book, [bazaar]).refresh(bazaar.url, on_progress=heard.append)

    assert (said.new, said.pages) == (600, 1)
    assert heard == [ImportProgress(bazaar=bazaar.url, pages=1, listings=600)]
    assert await book.count() == 600
