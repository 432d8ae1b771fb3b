"""What we know of sellers is asked for seldom, is never old where it matters, and is never lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from activities.discovery.knowing import BREAKER_SECONDS, FRESH_SECONDS, Knowledge
from domain.breakers import FAILURES_TO_OPEN, FIRST_PAUSE, Breaker, BreakerKind
from domain.catalogue import ServiceListing
from domain.ids import ListingId
from domain.observing import Observation, Standing
from domain.probing import FRESH, FRESH_FAILURE, Probe
from tests.fakes.builders import FEE_PAYER, NOW, listing
from tests.fakes.records import FakeBreakerBoard, FakeObservationBook, FakeProbeBook

ONE, TWO = listing("one"), listing("two")
HOST = "one.example"


class CountedBook(FakeObservationBook):
    """Counts how often it is asked, and for what."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[ListingId, ...]] = []

    async def standings(
        self, listings: Sequence[ListingId], *, now: datetime
    ) -> Mapping[ListingId, Standing]:
        self.asked.append(tuple(listings))
        return await super().standings(listings, now=now)


class CountedBoard(FakeBreakerBoard):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def breakers(self) -> Sequence[Breaker]:
        self.asked += 1
        return await super().breakers()


class Place:
    """One process's knowledge, the records, and the time that both go by."""

    def __init__(self) -> None:
        self.time = timedelta()
        self.book, self.looks, self.board = CountedBook(), FakeProbeBook(), CountedBoard()
        self.known = Knowledge(
            observations=self.book,
            probes=self.looks,
            breakers=self.board,
            clock=self.seconds,
            now=lambda: NOW + self.time,
        )

    async def read(self, *listings: ServiceListing) -> None:
        await self.known.read([one.id for one in listings])

    def seconds(self) -> float:
        return self.time.total_seconds()

    def later(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    async def sold(self, name: str, of: ServiceListing = ONE) -> None:
        """A purchase that another process made."""
        await self.book.observe(
            Observation(
                id=name,
                listing_id=of.id,
                host=HOST,
                at=NOW,
                delivered=True,
                schema_valid=True,
            )
        )

    async def fails(self, kind: BreakerKind, key: str, times: int = FAILURES_TO_OPEN) -> None:
        """Failures that another process saw."""
        for _ in range(times):
            await self.board.failed(kind, key, reason="it was silent", now=NOW + self.time)


def look(at: datetime = NOW, problem: str | None = None, of: ServiceListing = ONE) -> Probe:
    return Probe(listing_id=of.id, at=at, answer_ms=80, problem=problem)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_many_listings_are_one_question_and_each_is_asked_for_once(place: Place) -> None:
    await place.sold("first", ONE)
    await place.sold("second", TWO)
    await place.read(ONE, TWO, ONE)
    await place.read(TWO, ONE)

    assert place.book.asked == [(ONE.id, TWO.id)]


async def test_only_what_is_missing_is_asked_for(place: Place) -> None:
    await place.sold("first", ONE)
    await place.sold("second", TWO)
    await place.read(ONE)
    await place.read(ONE, TWO)

    assert place.book.asked == [(ONE.id,), (TWO.id,)]


async def test_nothing_is_asked_of_listings_without_any_record(place: Place) -> None:
    await place.sold("first", ONE)
    await place.looks.note([look(of=TWO)])
    await place.read(ONE, TWO, listing("three"))

    assert place.book.asked == [(ONE.id, TWO.id)]
    assert place.known.standing(ONE.id).calls == 1
    assert place.known.probe(TWO.id) == look(of=TWO)


async def test_looks_of_other_processes_are_learned_of_within_the_time_said(place: Place) -> None:
    await place.read(ONE)
    await place.looks.note([look()])
    place.later(FRESH_SECONDS + 0.1)
    await place.read(ONE)

    assert place.known.probe(ONE.id) == look()


async def test_records_that_are_lost_are_forgotten(place: Place) -> None:
    await place.sold("first")
    await place.read(ONE)
    place.book.lose()
    place.later(FRESH_SECONDS + 0.1)
    await place.read(ONE)

    assert place.known.standing(ONE.id) == Standing()


async def test_purchases_of_other_processes_are_learned_of_within_the_time_said(
    place: Place,
) -> None:
    await place.read(ONE)
    await place.sold("first")
    place.later(FRESH_SECONDS)
    await place.read(ONE)
    assert place.known.standing(ONE.id).calls == 0

    place.later(0.1)
    await place.read(ONE)

    assert place.known.standing(ONE.id).calls == 1


async def test_a_listing_that_nobody_read_has_no_record(place: Place) -> None:
    await place.sold("first")

    assert place.known.standing(ONE.id) == Standing()
    assert place.known.probe(ONE.id) is None
    assert place.known.fresh_probe(ONE.id) is None


async def test_what_this_process_sees_is_known_at_once_and_kept_for_others(place: Place) -> None:
    await place.read(ONE)
    await place.known.keep([look()], silent={}, well=set())

    assert place.known.probe(ONE.id) == look()
    assert place.looks.kept == {ONE.id: look()}


@pytest.mark.parametrize(
    ("problem", "lasts"), [(None, FRESH), ("it asks for more than it lists", FRESH_FAILURE)]
)
async def test_a_look_is_relied_on_only_while_it_is_fresh(
    place: Place, problem: str | None, lasts: timedelta
) -> None:
    seen = look(problem=problem)
    await place.known.keep([seen], silent={}, well=set())

    place.time = lasts - timedelta(seconds=1)
    assert place.known.fresh_probe(ONE.id) == seen
    place.time = lasts
    assert place.known.fresh_probe(ONE.id) is None
    assert place.known.probe(ONE.id) == seen


async def test_how_fast_a_seller_refused_says_nothing_of_how_fast_it_serves(place: Place) -> None:
    await place.known.keep([look(), look(problem="too dear", of=TWO)], silent={}, well=set())

    assert place.known.evidence(ONE.id).answer_ms == 80
    assert place.known.evidence(TWO.id).answer_ms is None


@pytest.mark.parametrize(
    ("kind", "key"), [(BreakerKind.HOST, HOST), (BreakerKind.FACILITATOR, FEE_PAYER)]
)
async def test_an_open_breaker_keeps_a_listing_out_and_says_whose_it_is(
    place: Place, kind: BreakerKind, key: str
) -> None:
    await place.fails(kind, key)
    await place.read(ONE)

    said = place.known.breaker_problem(ONE)

    assert said is not None
    for part in (kind.value, key, f"{FAILURES_TO_OPEN} times", "30 s", "it was silent"):
        assert part in said


async def test_a_breaker_of_one_host_says_nothing_of_another(place: Place) -> None:
    await place.fails(BreakerKind.HOST, HOST)
    await place.fails(BreakerKind.RPC, "two.example")
    await place.read(ONE, TWO)

    assert place.known.breaker_problem(ONE) is not None
    assert place.known.breaker_problem(TWO) is None


@pytest.mark.parametrize("times", range(FAILURES_TO_OPEN))
async def test_few_failures_keep_nobody_out(place: Place, times: int) -> None:
    await place.fails(BreakerKind.HOST, HOST, times)
    await place.read(ONE)

    assert place.known.breaker_problem(ONE) is None


async def test_when_the_pause_is_over_an_unpaid_look_may_pass(place: Place) -> None:
    await place.fails(BreakerKind.HOST, HOST)
    await place.read(ONE)

    place.time = FIRST_PAUSE - timedelta(milliseconds=1)
    assert "for 1 s more" in (place.known.breaker_problem(ONE) or "")
    place.time = FIRST_PAUSE
    assert place.known.breaker_problem(ONE) is None


async def test_failures_that_others_see_are_learned_of_within_the_time_said(place: Place) -> None:
    await place.read(ONE)
    await place.fails(BreakerKind.HOST, HOST)
    place.later(BREAKER_SECONDS)
    await place.read(ONE)
    assert place.known.breaker_problem(ONE) is None

    place.later(0.1)
    await place.read(ONE)

    assert place.known.breaker_problem(ONE) is not None


async def test_breakers_are_not_read_for_every_search(place: Place) -> None:
    for _ in range(5):
        await place.read(ONE)

    assert place.board.asked == 1


async def test_own_failures_open_a_breaker_for_the_next_search(place: Place) -> None:
    await place.read(ONE)
    for _ in range(FAILURES_TO_OPEN):
        await place.known.keep([], silent={HOST: "refused"}, well=set())
    await place.read(ONE)

    assert "refused" in (place.known.breaker_problem(ONE) or "")
    assert [one.key for one in await place.known.breakers()] == [HOST]


async def test_a_host_that_answers_is_let_back_in(place: Place) -> None:
    await place.fails(BreakerKind.HOST, HOST)
    await place.read(ONE)
    await place.known.keep([look()], silent={}, well={HOST})
    await place.read(ONE)

    assert place.known.breaker_problem(ONE) is None
    assert await place.known.breakers() == []


async def test_an_open_breaker_is_not_forgotten_while_another_is_noted(place: Place) -> None:
    await place.fails(BreakerKind.HOST, HOST)
    await place.read(ONE)

    # A search that runs beside this one finds another host silent.
    await place.known.keep([], silent={"two.example": "refused"}, well=set())

    assert place.known.breaker_problem(ONE) is not None


async def test_what_is_old_is_known_until_it_is_read_anew(place: Place) -> None:
    await place.sold("first")
    await place.known.keep([look()], silent={}, well=set())
    await place.read(ONE)
    place.later(FRESH_SECONDS + 1)

    # A search that runs beside this one reads about another listing.
    await place.read(TWO)

    assert place.known.standing(ONE.id).calls == 1
    assert place.known.probe(ONE.id) == look()


async def test_a_look_at_a_listing_does_not_stand_for_its_record(place: Place) -> None:
    await place.sold("first")
    await place.known.keep([look()], silent={}, well=set())

    await place.read(ONE)

    assert place.known.standing(ONE.id).calls == 1
