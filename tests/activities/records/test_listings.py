"""The book of listings: idempotent, resumable, and true about what changed."""

from datetime import timedelta

import pytest

from activities.records.ports import Quarantined, Tool
from activities.records.store import SqlRecords
from domain.catalogue import Quality, ServiceListing
from domain.ids import ListingId
from tests.fakes.builders import NOW, listing, terms

FIRST, SECOND = "https://first.example", "https://second.example"


async def imported(
    records: SqlRecords, *listings: ServiceListing, bazaar: str = FIRST, complete: bool = True
) -> int:
    number, _ = await records.listings.begin(bazaar, now=NOW)
    await records.listings.write(bazaar, number=number, cursor="", listings=listings)
    return await records.listings.finish(bazaar, number=number, complete=complete, now=NOW)


async def shown(records: SqlRecords) -> dict[ListingId, ServiceListing]:
    changes = await records.listings.changes(0, limit=1_000)
    return dict(await records.listings.get([change.listing_id for change in changes]))


async def test_what_is_written_is_read_back_whole(records: SqlRecords) -> None:
    one, two = listing("one"), listing("two", description="Größe, 漢字, \U0001f600")

    await imported(records, one, two)

    assert await records.listings.get([one.id, two.id, ListingId("GET nothing")]) == {
        one.id: one,
        two.id: two,
    }
    assert await records.listings.count() == 2
    assert list(await records.listings.producers("report", limit=9)) == sorted([one.id, two.id])
    assert list(await records.listings.producers("nothing", limit=9)) == []


async def test_an_import_told_twice_changes_nothing(records: SqlRecords) -> None:
    await imported(records, listing("one"), listing("two"))
    before = await records.listings.mark(), await records.listings.version()

    number, _ = await records.listings.begin(FIRST, now=NOW)
    written = await records.listings.write(
        FIRST, number=number, cursor="", listings=[listing("one"), listing("two")]
    )

    assert (written.new, written.changed, written.same) == (0, 0, 2)
    assert (await records.listings.mark(), await records.listings.version()) == before


async def test_counters_are_kept_without_counting_as_a_change(records: SqlRecords) -> None:
    await imported(records, listing("one"))
    version = await records.listings.version()
    busy = listing("one", quality=Quality(calls=9_000, successful_calls=8_000))

    await imported(records, busy)

    assert await records.listings.version() == version
    assert (await records.listings.get([busy.id]))[busy.id].quality.calls == 9_000


async def test_a_complete_import_removes_what_it_did_not_see(records: SqlRecords) -> None:
    await imported(records, listing("one"), listing("two"))
    mark = await records.listings.mark()

    gone = await imported(records, listing("one"))

    assert gone == 1
    assert list(await shown(records)) == [listing("one").id]
    (change,) = await records.listings.changes(mark, limit=9)
    assert (change.listing_id, change.gone) == (listing("two").id, True)


async def test_a_partial_import_removes_nothing(records: SqlRecords) -> None:
    await imported(records, listing("one"), listing("two"))

    assert await imported(records, listing("one"), complete=False) == 0
    assert await records.listings.count() == 2


async def test_equal_contents_have_equal_versions_whatever_led_to_them(
    records: SqlRecords,
) -> None:
    empty = await records.listings.version()
    await imported(records, listing("one"))
    only_one = await records.listings.version()
    await imported(records, listing("one"), listing("two"))
    both = await records.listings.version()
    await imported(records, listing("one"))

    assert await records.listings.version() == only_one
    assert len({empty, only_one, both}) == 3


async def test_the_most_trusted_bazaar_describes_what_several_list(records: SqlRecords) -> None:
    cheap = listing("one", accepts=(terms(base_units=1),))
    await imported(records, listing("one"), bazaar=FIRST)
    await imported(records, cheap, listing("two"), bazaar=SECOND)

    assert (await shown(records))[cheap.id] == listing("one")
    await records.listings.trust([SECOND, FIRST])
    assert (await shown(records))[cheap.id] == cheap
    await records.listings.trust([FIRST])
    assert await shown(records) == {cheap.id: listing("one")}
    assert [state.bazaar for state in await records.listings.overview()] == [FIRST]


async def test_a_listing_lost_in_one_bazaar_is_described_by_the_next(records: SqlRecords) -> None:
    cheap = listing("one", accepts=(terms(base_units=1),))
    await imported(records, listing("one"), bazaar=FIRST)
    await imported(records, cheap, bazaar=SECOND)

    await imported(records, bazaar=FIRST)

    assert await shown(records) == {cheap.id: cheap}


async def test_two_imports_at_once_lose_nothing_that_either_saw(records: SqlRecords) -> None:
    book, one, two = records.listings, listing("one"), listing("two")
    await imported(records, one, two, listing("gone"))
    earlier, _ = await book.begin(FIRST, now=NOW)
    later, _ = await book.begin(FIRST, now=NOW)

    await book.write(FIRST, number=later, cursor="", listings=[one])
    await book.write(FIRST, number=earlier, cursor="", listings=[one, two])
    removed_by_earlier = await book.finish(FIRST, number=earlier, complete=True, now=NOW)
    await book.write(FIRST, number=later, cursor="", listings=[two])
    removed_by_later = await book.finish(FIRST, number=later, complete=True, now=NOW)

    assert (removed_by_earlier, removed_by_later) == (0, 1)
    assert (await shown(records)).keys() == {one.id, two.id}


async def test_an_interrupted_import_goes_on_where_it_stopped(records: SqlRecords) -> None:
    number, cursor = await records.listings.begin(FIRST, now=NOW)
    await records.listings.write(FIRST, number=number, cursor="200", listings=[listing("one")])

    again = await records.listings.begin(FIRST, now=NOW + timedelta(minutes=5))
    late = await records.listings.begin(FIRST, now=NOW + timedelta(hours=2))

    assert cursor == ""
    assert again == (number, "200")
    assert late == (number + 1, "")


async def test_an_import_that_broke_off_says_why_and_can_go_on(records: SqlRecords) -> None:
    number, _ = await records.listings.begin(FIRST, now=NOW)
    await records.listings.write(FIRST, number=number, cursor="200", listings=[listing("one")])
    await records.listings.finish(
        FIRST, number=number, complete=False, problem="no answer", now=NOW
    )

    (state,) = await records.listings.overview()
    assert (state.problem, state.cursor, state.finished_at) == ("no answer", "200", None)
    assert await records.listings.begin(FIRST, now=NOW) == (number, "200")


async def test_what_is_kept_out_keeps_its_first_day_until_it_is_gone(records: SqlRecords) -> None:
    bad = Quarantined(bazaar=FIRST, name="x", reason="it names no address", since=NOW)
    tool = Tool(bazaar=FIRST, server="https://mcp.example", name="search", description="Finds")
    for day in range(2):
        number, _ = await records.listings.begin(FIRST, now=NOW)
        seen = bad.model_copy(update={"since": NOW + timedelta(days=day)})
        await records.listings.write(
            FIRST, number=number, cursor="", listings=[], quarantined=[seen, seen], tools=[tool]
        )
        await records.listings.finish(FIRST, number=number, complete=True, now=NOW)

    assert list(await records.listings.quarantined(limit=9)) == [bad]
    assert list(await records.listings.tools(limit=9)) == [tool]
    await imported(records)
    assert list(await records.listings.quarantined(limit=9)) == []
    assert list(await records.listings.tools(limit=9)) == []


async def test_changes_come_in_order_and_once_for_each_listing(records: SqlRecords) -> None:
    for description in ("a", "b", "c"):
        await imported(records, listing("one", description=description), listing("two"))

    changes = await records.listings.changes(0, limit=10)

    assert [change.listing_id for change in changes] == [listing("two").id, listing("one").id]
    assert changes[-1].mark == await records.listings.mark()
    assert len(await records.listings.changes(0, limit=1)) == 1
    assert list(await records.listings.changes(changes[-1].mark, limit=9)) == []


@pytest.mark.parametrize("count", [1_201])
async def test_more_listings_than_one_statement_takes(records: SqlRecords, count: int) -> None:
    many = [listing(f"n{number}") for number in range(count)]

    await imported(records, *many)

    assert len(await shown(records)) == min(count, 1_000)
    assert len(await records.listings.get([one.id for one in many])) == count
    assert await imported(records) == count
    assert await records.listings.count() == 0


async def test_a_write_that_fails_leaves_nothing_behind(
    records: SqlRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = await records.listings.begin(FIRST, now=NOW)
    version = await records.listings.version()

    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("activities.records.listings.set_apart", dies)
    with pytest.raises(RuntimeError, match="killed"):
        await records.listings.write(FIRST, number=number, cursor="9", listings=[listing("one")])

    assert await records.listings.version() == version
    assert await records.listings.count() == 0
    assert (await records.listings.overview())[0].cursor == ""
