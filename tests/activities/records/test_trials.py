"""A half-open breaker lets one pass at a time, of all that share the records."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from activities.discovery.knowing import Knowledge
from activities.discovery.shortlisting import Finder
from activities.records.store import SqlRecords
from domain.breakers import FAILURES_TO_OPEN, FIRST_PAUSE, TRIALS, BreakerKind, BreakerState
from domain.catalogue import ServiceListing
from domain.ids import ListingId
from domain.probing import Sighting
from tests.activities.discovery.demo import FakeProber, finder_over
from tests.fakes.builders import NOW, listing

HOST = BreakerKind.HOST
KEY = "weather.example"
LOOK_SECONDS = 0.2
"""Long enough for every search to want to look before the first has."""


class Time:
    """A moment that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW


def knowledge(books: SqlRecords, time: Time) -> Knowledge:
    return Knowledge(
        observations=books.observations,
        probes=books.probes,
        breakers=books.breakers,
        now=lambda: time.now,
    )


async def opened(books: SqlRecords, *, at: datetime = NOW) -> None:
    for _ in range(FAILURES_TO_OPEN):
        await books.breakers.failed(HOST, KEY, reason="down", now=at)


async def race(finders: Sequence[Finder]) -> tuple[list[ListingId], list[str]]:
    """Let all search at once: what some found, and which gates kept it from the others."""
    found = await asyncio.gather(*(finder.search("weather", 5) for finder in finders))
    ranked = [one.listing.id for shown, _ in found for one in shown]
    return ranked, [one.gate for _, refused in found for one in refused]


async def test_of_those_who_try_at_once_one_passes(records: SqlRecords, other: SqlRecords) -> None:
    await opened(records)
    now = NOW + FIRST_PAUSE

    passed = await asyncio.gather(
        *(books.breakers.try_again(HOST, KEY, now=now) for books in (records, other) * 5)
    )

    kept_out = [one for one in passed if one is not None]
    assert len(kept_out) == 9
    assert all(one.is_tried(now) for one in kept_out)


async def test_a_trial_ends_by_itself_by_a_failure_and_by_an_answer(
    records: SqlRecords, other: SqlRecords
) -> None:
    await opened(records)
    now = NOW + FIRST_PAUSE
    assert await records.breakers.try_again(HOST, KEY, now=now) is None
    assert await other.breakers.try_again(HOST, KEY, now=now) is not None

    now += TRIALS[HOST]
    assert await other.breakers.try_again(HOST, KEY, now=now) is None
    again = await other.breakers.failed(HOST, KEY, reason="still down", now=now)
    assert (again.state(now), again.is_tried(now)) == (BreakerState.OPEN, False)

    now += 2 * FIRST_PAUSE
    assert await records.breakers.try_again(HOST, KEY, now=now) is None
    await records.breakers.succeeded(HOST, KEY, now=now)
    assert await other.breakers.try_again(HOST, KEY, now=now) is None


async def test_of_two_searches_one_looks_at_a_half_open_host(
    records: SqlRecords, other: SqlRecords, tmp_path: Path
) -> None:
    await opened(records)
    time, prober = Time(), FakeProber()
    prober.seconds = LOOK_SECONDS
    with ExitStack() as closing:
        finders = [
            closing.enter_context(
                finder_over(
                    [listing()], tmp_path / name, knowledge=knowledge(books, time), prober=prober
                )
            )
            for name, books in (("one", records), ("two", other))
        ]
        assert await race(finders) == ([], ["breaker", "breaker"])
        time.now += FIRST_PAUSE

        ranked, gates = await race(finders)

    assert prober.asked == [listing().id]
    assert (ranked, gates) == ([listing().id], ["breaker"])
    assert await other.breakers.breakers() == []


async def test_a_search_that_dies_over_its_look_keeps_others_out_for_a_while_only(
    records: SqlRecords, other: SqlRecords, tmp_path: Path
) -> None:
    await opened(records)
    time, stuck, well = Time(), FakeProber(), FakeProber()
    time.now += FIRST_PAUSE
    stuck.seconds = 3_600.0
    one, two = knowledge(records, time), knowledge(other, time)
    with ExitStack() as closing:
        dying = closing.enter_context(
            finder_over([listing()], tmp_path / "one", knowledge=one, prober=stuck)
        )
        living = closing.enter_context(
            finder_over([listing()], tmp_path / "two", knowledge=two, prober=well)
        )
        task = asyncio.create_task(dying.search("weather", 5))
        while not stuck.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await race([living]) == ([], ["breaker"])
        assert well.asked == []
        time.now += TRIALS[HOST]
        assert await race([living]) == ([listing().id], [])
        assert well.asked == [listing().id]


async def test_the_first_of_a_half_open_host_answers_for_the_others(
    records: SqlRecords, tmp_path: Path
) -> None:
    await opened(records)
    time = Time()
    doors = [door(name) for name in ("tides", "storms", "waves")]
    silent = Sighting(kind="silent", words="connection refused")
    prober = FakeProber(**{one.name: silent for one in doors})
    with finder_over(doors, tmp_path, knowledge=knowledge(records, time), prober=prober) as finder:
        time.now += FIRST_PAUSE
        ranked, gates = await race([finder])
        assert (ranked, len(prober.asked)) == ([], 1)
        assert sorted(gates) == ["alive", "breaker", "breaker"]

        prober.sightings.clear()
        prober.asked.clear()
        time.now += 4 * FIRST_PAUSE
        ranked, gates = await race([finder])
        assert sorted(ranked) == sorted(prober.asked) == sorted(one.id for one in doors)
        assert gates == []


def door(name: str) -> ServiceListing:
    """One of several services of the same host."""
    url = f"https://{KEY}/{name}"
    return listing(
        name, id=f"POST {url}", url=url, description=f"What the weather does to {name} out at sea"
    )
