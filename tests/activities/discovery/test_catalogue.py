"""Keeping the catalogue fresh: embed only what is new, keep what is known, forget what is gone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from activities.discovery.catalogue import MAX_AGE_SECONDS, ListingCatalogue, searchable_text
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.ports import Bazaar, Vector
from domain.catalogue import ServiceListing
from domain.errors import Misconfigured, UpstreamUnavailable
from tests.activities.discovery.demo import FakeBazaar
from tests.fakes import builders


class FakeEmbedder:
    """Spreads texts over a few axes by their length; counts what it is asked."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.asked: list[str] = []

    async def dimensions(self) -> int:
        return 8

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        self.asked.extend(texts)
        return [tuple(float(at == len(text) % 8) for at in range(8)) for text in texts]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EdgeListingIndex]:
    found = EdgeListingIndex(tmp_path)
    yield found
    found.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def listings(*names: str) -> list[ServiceListing]:
    return [builders.listing(name) for name in names]


def catalogue(
    *bazaars: Bazaar, index: EdgeListingIndex, clock: Clock, embedder: FakeEmbedder
) -> ListingCatalogue:
    return ListingCatalogue(bazaars=bazaars, embedder=embedder, index=index, clock=clock)


async def test_a_bazaar_is_read_at_first_use_and_again_only_when_old(
    index: EdgeListingIndex, clock: Clock
) -> None:
    bazaar = FakeBazaar(listings("a", "b"))
    found = catalogue(bazaar, index=index, clock=clock, embedder=FakeEmbedder())

    await found.listings()
    clock.now = MAX_AGE_SECONDS - 1
    await found.listings()
    assert bazaar.reads == 1

    clock.now = MAX_AGE_SECONDS
    await found.listings()
    assert bazaar.reads == 2


async def test_only_new_and_changed_texts_are_embedded(
    index: EdgeListingIndex, clock: Clock
) -> None:
    bazaar, embedder = FakeBazaar(listings("a", "b")), FakeEmbedder()
    found = catalogue(bazaar, index=index, clock=clock, embedder=embedder)
    await found.listings()
    embedder.asked.clear()
    changed = builders.listing("b", description="Something else that it does now")
    bazaar.listings = (*listings("a"), changed, *listings("c"))
    clock.now = MAX_AGE_SECONDS

    await found.listings()

    assert sorted(embedder.asked) == sorted(
        [searchable_text(changed), searchable_text(builders.listing("c"))]
    )


async def test_a_restart_embeds_nothing_again_but_another_model_does(
    index: EdgeListingIndex, clock: Clock
) -> None:
    bazaar = FakeBazaar(listings("a", "b"))
    await catalogue(bazaar, index=index, clock=clock, embedder=FakeEmbedder()).listings()
    same, other = FakeEmbedder(), FakeEmbedder("another model")

    await catalogue(bazaar, index=index, clock=clock, embedder=same).listings()
    await catalogue(bazaar, index=index, clock=clock, embedder=other).listings()

    assert same.asked == []
    assert len(other.asked) == 2


async def test_listings_that_vanished_are_found_no_more(
    index: EdgeListingIndex, clock: Clock
) -> None:
    bazaar = FakeBazaar(listings("a", "b"))
    found = catalogue(bazaar, index=index, clock=clock, embedder=FakeEmbedder())
    await found.listings()
    bazaar.listings = tuple(listings("b"))
    clock.now = MAX_AGE_SECONDS

    assert [one.name for one in (await found.listings()).values()] == ["b"]
    vector = tuple(float(at == 0) for at in range(8))
    assert [n.listing_id for n in await found.nearest(vector, limit=9)] == [
        builders.listing("b").id
    ]


async def test_a_service_listed_twice_is_as_the_first_bazaar_describes_it(
    index: EdgeListingIndex, clock: Clock
) -> None:
    trusted = FakeBazaar([builders.listing("a", description="The truth")], "http://one.test")
    other = FakeBazaar([builders.listing("a", description="A lie")], "http://two.test")
    found = catalogue(trusted, other, index=index, clock=clock, embedder=FakeEmbedder())

    assert [one.description for one in (await found.listings()).values()] == ["The truth"]


async def test_a_bazaar_that_fails_later_keeps_its_last_listings(
    index: EdgeListingIndex, clock: Clock
) -> None:
    bazaar = FakeBazaar(listings("a"))
    found = catalogue(bazaar, index=index, clock=clock, embedder=FakeEmbedder())
    await found.listings()
    bazaar.failure = UpstreamUnavailable("down")
    clock.now = MAX_AGE_SECONDS

    assert len(await found.listings()) == 1


async def test_one_bazaar_that_is_down_does_not_hide_the_others(
    index: EdgeListingIndex, clock: Clock
) -> None:
    down = FakeBazaar([], "http://down.test")
    down.failure = UpstreamUnavailable("down")
    up = FakeBazaar(listings("a"))
    found = catalogue(down, up, index=index, clock=clock, embedder=FakeEmbedder())

    assert len(await found.listings()) == 1


async def test_nothing_to_read_at_all_is_an_error_and_is_tried_again(
    index: EdgeListingIndex, clock: Clock
) -> None:
    down = FakeBazaar(listings("a"))
    down.failure = UpstreamUnavailable("down")
    found = catalogue(down, index=index, clock=clock, embedder=FakeEmbedder())

    with pytest.raises(UpstreamUnavailable):
        await found.listings()
    down.failure = None

    assert len(await found.listings()) == 1
    with pytest.raises(Misconfigured, match="CARAVAN_BAZAAR_URLS"):
        await catalogue(index=index, clock=clock, embedder=FakeEmbedder()).listings()
