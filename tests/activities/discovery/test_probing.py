"""Looking at sellers before they are chosen: the dead, the liars and the slow are left out."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from activities.discovery import probing
from activities.discovery.knowing import Knowledge
from activities.discovery.probing import MAX_PROBED, Scouts, problem_of
from activities.discovery.shortlisting import Finder
from domain.breakers import BreakerKind, BreakerState
from domain.catalogue import ServiceListing
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.probing import FRESH, FRESH_FAILURE, Probe, Sighting
from tests.activities.discovery.demo import (
    FakeProber,
    demo_listings,
    finder_over,
    knowledge_of,
    usdc,
)
from tests.fakes import builders
from tests.fakes.builders import NOW
from tests.fakes.records import FakeBreakerBoard, FakeObservationBook, FakeProbeBook

SILENT = Sighting(kind="silent", words="connection refused")
EXAMPLE = "Analyze the last 30 days of Solana DEX volume and create a trend report"
HOST = "weather.example"
LISTED = f"exact in USDC ({USDC_DEVNET.address}) on {SOLANA_DEVNET}"


class Time:
    """A moment that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW
        self.seconds = 0.0

    def on(self, by: timedelta) -> None:
        self.now += by
        self.seconds += by.total_seconds()


def asks(listing: ServiceListing, **changes: object) -> Sighting:
    live = tuple(terms.model_copy(update=changes) for terms in listing.accepts)
    return Sighting(kind="asks", answer_ms=80, terms=live)


def named(name: str) -> ServiceListing:
    return next(one for one in demo_listings() if one.name == name)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def board() -> FakeBreakerBoard:
    return FakeBreakerBoard()


@pytest.fixture
def knowledge(time: Time, board: FakeBreakerBoard) -> Knowledge:
    return Knowledge(
        observations=FakeObservationBook(),
        probes=FakeProbeBook(),
        breakers=board,
        clock=lambda: time.seconds,
        now=lambda: time.now,
    )


async def state_of(board: FakeBreakerBoard, time: Time, key: str = HOST) -> BreakerState:
    breaker = board.kept.get((BreakerKind.HOST, key))
    return BreakerState.CLOSED if breaker is None else breaker.state(time.now)


def test_an_honest_seller_may_be_chosen() -> None:
    listing = builders.listing()

    assert problem_of(listing, asks(listing)) is None
    assert problem_of(listing, asks(listing, base_units=400_000)) is None
    assert problem_of(listing, asks(listing, base_units=549_999)) is None
    assert problem_of(listing, Sighting(kind="free", answer_ms=5)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_units": 550_001}, "its live price is 0.550001 USDC, its listed one 0.50 USDC"),
        ({"pay_to": "Somebody else"}, "its live 402 pays Somebody else, its listing"),
        (
            {"asset": "SCAM"},
            f"asks for exact in the token SCAM on {SOLANA_DEVNET}, not for what it lists: {LISTED}",
        ),
        ({"scheme": "upto"}, "asks for upto in USDC"),
        ({"flow": "upfront"}, "takes the money before the work"),
        ({"fee_payer": None}, "no fee payer is named"),
    ],
)
def test_a_seller_whose_live_terms_are_others_lies(changes: dict[str, object], said: str) -> None:
    listing = builders.listing()

    problem = problem_of(listing, asks(listing, **changes))

    assert problem is not None
    assert problem[0] == "terms"
    assert said in problem[1]


def test_a_thousand_ways_to_pay_are_named_in_a_few_words() -> None:
    listing = builders.listing()
    many = tuple(builders.terms(asset=f"SCAM{n}" * 30) for n in range(1_000))

    problem = problem_of(listing, Sighting(kind="asks", answer_ms=9, terms=many))

    assert problem is not None
    assert " and 997 more, not for what it lists" in problem[1]
    assert len(problem[1]) < 1_000


def test_one_honest_way_to_pay_is_enough() -> None:
    listing = builders.listing()
    dear = builders.terms(base_units=9_000_000)

    seen = Sighting(kind="asks", answer_ms=9, terms=(dear, *listing.accepts))

    assert problem_of(listing, seen) is None


def test_a_payee_without_an_account_cannot_be_paid() -> None:
    listing = builders.listing()

    problem = problem_of(
        listing, asks(listing).model_copy(update={"unpayable": (builders.SELLER,)})
    )

    assert problem == (
        "terms",
        f"its payee {builders.SELLER} has no account that could be paid",
    )


def test_a_live_402_that_declares_another_input_lies() -> None:
    listing = builders.listing()

    def declared(schema: object) -> Sighting:
        body = {"properties": {"input": {"properties": {"body": schema}}}}
        return asks(listing).model_copy(update={"extensions": {"bazaar": {"schema": body}}})

    same = declared(listing.input_schema)
    another = declared({"properties": {"iban": {"type": "string"}}, "required": ["iban"]})
    typed = declared({"type": "object", "properties": {"place": {"type": "integer"}}})

    assert problem_of(listing, same) is None
    assert problem_of(listing, declared("nonsense")) is None
    assert "requires iban" in str(problem_of(listing, another))
    assert "another input" in str(problem_of(listing, typed))


async def test_what_was_seen_is_kept_and_not_asked_again_while_it_is_fresh(
    knowledge: Knowledge, time: Time
) -> None:
    listing, prober = builders.listing(), FakeProber()
    scouts = Scouts(knowledge, prober)

    assert await scouts.look_at([listing]) == {}
    assert scouts.unseen([listing.id]) == []
    time.on(FRESH)
    assert scouts.unseen([listing.id]) == [listing.id]

    prober.sightings[listing.name] = SILENT
    assert await scouts.look_at([listing]) == {listing.id: ("alive", "connection refused")}
    assert scouts.known_problem(listing.id) == ("alive", "connection refused")
    time.on(FRESH_FAILURE)
    assert scouts.known_problem(listing.id) is None


async def test_a_host_that_stays_silent_is_left_alone_and_one_answer_brings_it_back(
    knowledge: Knowledge, time: Time, board: FakeBreakerBoard
) -> None:
    listing, prober = builders.listing(), FakeProber(weather=SILENT)
    scouts = Scouts(knowledge, prober)
    for _ in range(3):
        await scouts.look_at([listing])
    await knowledge.read([listing.id])

    problem = knowledge.breaker_problem(listing)
    assert await state_of(board, time) is BreakerState.OPEN
    assert problem is not None
    assert "its host weather.example failed 3 times in a row" in problem
    assert "connection refused" in problem

    time.on(timedelta(seconds=31))
    await knowledge.read([listing.id])
    assert await state_of(board, time) is BreakerState.HALF_OPEN
    assert knowledge.breaker_problem(listing) is None

    prober.sightings.clear()
    await scouts.look_at([listing])
    assert await state_of(board, time) is BreakerState.CLOSED


async def test_a_lie_is_no_fault_of_the_hosts_line(
    knowledge: Knowledge, time: Time, board: FakeBreakerBoard
) -> None:
    listing = builders.listing()
    scouts = Scouts(knowledge, FakeProber(weather=asks(listing, base_units=9_000_000)))

    for _ in range(5):
        await scouts.look_at([listing])

    assert await state_of(board, time) is BreakerState.CLOSED


async def test_a_door_that_answers_speaks_for_its_host(
    knowledge: Knowledge, time: Time, board: FakeBreakerBoard
) -> None:
    dead = builders.listing("weather")
    alive = dead.model_copy(update={"id": "GET x", "name": "alive"})
    scouts = Scouts(knowledge, FakeProber(weather=SILENT))

    for _ in range(4):
        await scouts.look_at([dead, alive])

    assert await state_of(board, time) is BreakerState.CLOSED


async def test_those_whose_turn_does_not_come_are_left_out_and_blamed_for_nothing(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, board: FakeBreakerBoard
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_SECONDS", 0.05)
    prober = FakeProber()
    prober.seconds = 3_600.0
    scouts = Scouts(knowledge, prober)

    problems = await scouts.look_at([builders.listing("a"), builders.listing("b")])

    assert {gate for gate, _ in problems.values()} == {"alive"}
    assert all("in time" in words for _, words in problems.values())
    assert scouts.unseen([builders.listing("a").id]) == [builders.listing("a").id]
    assert board.kept == {}


async def test_no_more_than_a_few_of_one_host_are_asked_at_once(knowledge: Knowledge) -> None:
    class Counting(FakeProber):
        now = most = 0

        async def look(self, listing: ServiceListing) -> Sighting:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return await super().look(listing)

    prober = Counting()
    one_host = [
        builders.listing().model_copy(update={"id": f"GET {n}", "name": str(n)})
        for n in range(MAX_PROBED + 9)
    ]

    await Scouts(knowledge, prober).look_at(one_host)

    assert prober.most <= 4
    assert len(prober.asked) == MAX_PROBED


@pytest.fixture
def prober() -> FakeProber:
    return FakeProber()


@pytest.fixture
def finder(tmp_path: Path, prober: FakeProber) -> Iterator[Finder]:
    with finder_over(demo_listings(), tmp_path, prober=prober) as found:
        yield found


async def test_a_dead_a_lying_and_a_slow_service_are_refused_by_name_and_reason(
    tmp_path: Path,
) -> None:
    with finder_over(demo_listings(), tmp_path / "before") as finder:
        before = await finder.shortlist(EXAMPLE, usdc("5.00"))
    dead, liar, slow = [one.listing.name for one in before.candidates][:3]
    prober = FakeProber(
        **{
            dead: SILENT,
            liar: asks(named(liar), base_units=named(liar).accepts[0].base_units * 5),
            slow: Sighting(kind="silent", words="it did not say its price within 2.5 s"),
        }
    )

    with finder_over(demo_listings(), tmp_path / "after", prober=prober) as finder:
        after = await finder.shortlist(EXAMPLE, usdc("5.00"))

    reasons = {one.name: (one.gate, one.reason) for one in after.refused}
    assert {dead, liar, slow}.isdisjoint(one.listing.name for one in after.candidates)
    assert reasons[dead] == ("alive", "connection refused")
    assert reasons[liar][0] == "terms"
    assert "its live price is" in reasons[liar][1]
    assert reasons[slow] == ("alive", "it did not say its price within 2.5 s")


async def test_only_candidates_are_asked_and_only_once(finder: Finder, prober: FakeProber) -> None:
    first = await finder.shortlist(EXAMPLE, usdc("5.00"))
    asked = list(prober.asked)
    await finder.shortlist(EXAMPLE, usdc("5.00"))

    assert {one.listing.id for one in first.candidates} <= set(asked)
    assert len(asked) <= MAX_PROBED
    assert len(asked) == len(set(asked))
    assert prober.asked == asked
    assert all(one.probed_at == NOW for one in first.candidates)


async def test_a_search_looks_too_and_says_when(finder: Finder) -> None:
    ranked, _ = await finder.search("weather in a city", 3)

    assert all(one.probed_at == NOW for one in ranked)


async def test_what_was_seen_lately_counts_without_anybody_to_send(tmp_path: Path) -> None:
    book = FakeProbeBook()
    seen = named("Abacus Trend Analysis")
    await book.note([Probe(listing_id=seen.id, at=NOW, problem="gone")])

    with finder_over(demo_listings(), tmp_path, knowledge=knowledge_of(probes=book)) as finder:
        found = await finder.shortlist(EXAMPLE, usdc("5.00"))

    assert seen.id not in {one.listing.id for one in found.candidates}
    assert ("Abacus Trend Analysis", "gone") in {(one.name, one.reason) for one in found.refused}
