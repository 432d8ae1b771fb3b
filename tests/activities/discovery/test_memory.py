"""Listings in memory: never what has changed, counters anew, the whole book before it is asked."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from activities.discovery import memory as module
from activities.discovery.catalogue import LOOK_AGAIN_SECONDS, ListingCatalogue
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.known import known_of
from activities.discovery.meanings import vector_of
from activities.discovery.memory import COUNTERS_SECONDS, ListingMemory
from activities.discovery.ports import Held
from activities.discovery.texts import searchable_text
from domain.catalogue import Quality, ServiceListing
from domain.errors import UpstreamUnavailable
from domain.ids import ListingId, digest_json
from domain.policy import SpendPolicy
from tests.activities.discovery.test_catalogue import POLICY, Clock, FakeEmbedder, ids, listings
from tests.fakes.builders import NOW, listing
from tests.fakes.records import FakeListingBook

OTHER_WORDS = "Something else that it does now."


class WatchedBook(FakeListingBook):
    """Notes what is read, and lets something happen before the answer arrives."""

    def __init__(self, held: Sequence[ServiceListing]) -> None:
        super().__init__(held)
        self.asked: list[ListingId] = []
        self.under_way = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: Exception | None = None

    async def get(self, listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
        if self.failure is not None:
            raise self.failure
        self.asked.extend(listings)
        found = await super().get(listings)
        self.under_way.set()
        await self.may_answer.wait()
        return found

    def imported(self, calls: int) -> None:
        """A bazaar was read again: only counters moved."""
        measured = Quality(calls=calls, source="measured")
        self.hold([one.model_copy(update={"quality": measured}) for one in self.items.values()])
        self.finished_at = NOW + timedelta(seconds=calls)


class WatchedIndex(EdgeListingIndex):
    """Notes which vectors are read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[ListingId] = []

    async def held(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Held]:
        self.asked.extend(listings)
        return await super().held(listings)


class Place:
    """A catalogue over a book and an index that tell what was read."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.book = WatchedBook(listings("a", "b", "c"))
        self.index = WatchedIndex(folder)
        self.catalogue = ListingCatalogue(
            book=self.book,
            embedder=FakeEmbedder(),
            index=self.index,
            policy=POLICY,
            clock=self.clock,
        )

    async def prepared(self, *, after: float = LOOK_AGAIN_SECONDS) -> None:
        """Look again, and note from now on what is read."""
        self.clock.now += after
        await self.catalogue.prepare()
        self.forget_asked()

    async def settled(self) -> None:
        await self.prepared()
        await self.catalogue.indexed()
        self.forget_asked()

    def forget_asked(self) -> None:
        self.book.asked.clear()
        self.index.asked.clear()

    async def calls(self, *names: str) -> list[int]:
        found = await self.catalogue.known(ids(*names))
        return [one.listing.quality.calls for one in found.values()]

    async def texts(self, names: Iterable[str]) -> set[str]:
        found = await self.catalogue.known(ids(*names))
        return {one.listing.description for one in found.values()}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    yield made
    made.book.may_answer.set()
    await made.catalogue.close()
    made.index.close()


async def test_the_whole_book_is_read_before_it_is_asked_for(place: Place) -> None:
    await place.settled()

    assert set(await place.catalogue.known(ids("a", "b", "c"))) == ids("a", "b", "c")
    assert set(await place.catalogue.meanings(ids("a", "b", "c"))) == ids("a", "b", "c")
    assert (place.book.asked, place.index.asked) == ([], [])


async def test_a_book_too_large_to_be_kept_is_read_as_it_is_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 2)
    await place.settled()

    for _ in range(2):
        assert set(await place.catalogue.known(ids("a", "b", "c"))) == ids("a", "b", "c")
    assert len(place.book.asked) > len(ids("a", "b", "c"))


async def test_a_listing_that_changed_is_not_served_from_memory(place: Place) -> None:
    await place.settled()
    place.book.hold([listing("a", description=OTHER_WORDS)])
    place.book.drop(*ids("b"))
    await place.prepared()

    assert await place.texts("a") == {OTHER_WORDS}
    assert set(await place.catalogue.known(ids("a", "b", "c"))) == ids("a", "c")
    assert set(await place.catalogue.meanings(ids("a", "b", "c"))) == ids("a", "c")


async def test_what_another_process_embedded_is_followed_too(place: Place) -> None:
    await place.settled()
    place.book.hold([listing("a", description=OTHER_WORDS)])
    beside = ListingCatalogue(
        book=place.book, embedder=FakeEmbedder(), index=place.index, policy=POLICY
    )
    await beside.sync()
    await place.prepared()

    assert await place.texts("a") == {OTHER_WORDS}


async def test_what_changes_while_it_is_read_is_not_kept(place: Place) -> None:
    place.book.may_answer.clear()
    reading = asyncio.create_task(place.texts("a"))
    await place.book.under_way.wait()
    place.book.may_answer.set()
    place.book.hold([listing("a", description=OTHER_WORDS)])
    place.clock.now += LOOK_AGAIN_SECONDS
    await place.catalogue.prepare()
    await reading

    assert await place.texts("a") == {OTHER_WORDS}


async def test_the_vector_of_an_earlier_text_is_not_kept(place: Place) -> None:
    await place.settled()
    made = FakeEmbedder()
    remembered = ListingMemory(
        place.book,
        place.index,
        judge=lambda one: known_of(one, POLICY, SpendPolicy()),
        digest=lambda one: digest_json([made.name, searchable_text(one)]),
    )
    changed = listing("a", description=OTHER_WORDS)
    place.book.hold([changed])
    await remembered.known([changed.id])

    before = (await remembered.meanings([changed.id]))[changed.id]
    await place.catalogue.sync()
    after = (await remembered.meanings([changed.id]))[changed.id]

    (vector,) = await made.embed([searchable_text(changed)])
    assert vector_of(before) != vector
    assert vector_of(after) == vector


async def test_counters_are_read_anew_behind_once_a_bazaar_was_read(place: Place) -> None:
    await place.settled()
    place.book.imported(calls=9)
    await place.prepared()
    assert await place.calls("a") == [0]

    await place.prepared(after=COUNTERS_SECONDS)
    assert await place.calls("a") == [0]
    await place.catalogue.indexed()

    assert await place.calls("a", "b", "c") == [9, 9, 9]
    assert sorted(place.book.asked) == sorted(ids("a", "b", "c"))


async def test_very_old_counters_are_served_to_nobody(place: Place) -> None:
    await place.settled()
    place.book.imported(calls=9)
    await place.prepared(after=2 * COUNTERS_SECONDS)

    assert await place.calls("a") == [9]


async def test_nothing_is_read_anew_while_no_bazaar_was_read(place: Place) -> None:
    await place.settled()
    await place.prepared(after=3 * COUNTERS_SECONDS)
    await place.catalogue.indexed()

    assert await place.calls("a") == [0]
    assert place.book.asked == []


async def test_closing_ends_what_goes_on_behind(place: Place) -> None:
    await place.settled()
    place.book.imported(calls=9)
    place.book.may_answer.clear()
    place.book.under_way.clear()
    await place.prepared(after=COUNTERS_SECONDS + 1)
    await place.book.under_way.wait()

    await place.catalogue.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_book_that_cannot_be_read_behind_is_read_when_it_is_asked_for(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await place.settled()
    place.book.imported(calls=9)
    place.book.failure = UpstreamUnavailable("down")
    await place.prepared(after=COUNTERS_SECONDS + 1)
    await place.catalogue.indexed()
    place.book.failure = None

    assert "listings_not_read_behind" in caplog.text
    assert await place.calls("a") == [9]


async def test_searches_beside_each_other_see_the_same(place: Place) -> None:
    async def look() -> set[str]:
        await place.catalogue.prepare()
        return await place.texts(["a", "b", "c"])

    for number in range(5):
        words = {f"It does {number} of {name}." for name in "abc"}
        place.book.hold(
            [listing(name, description=f"It does {number} of {name}.") for name in "abc"]
        )
        place.clock.now += LOOK_AGAIN_SECONDS
        seen = await asyncio.gather(*(look() for _ in range(8)))

        assert seen == [words] * len(seen)
