"""Probes, observations, breakers and remembered plans, each told twice and by two processes."""

import asyncio
from datetime import timedelta

from activities.records.plans import KEPT_PLANS
from activities.records.ports import Remembered
from activities.records.store import SqlRecords
from domain.breakers import BreakerKind, BreakerState
from domain.ids import ListingId, digest_json
from domain.observing import KEPT, Observation
from domain.probing import Probe
from tests.fakes.builders import NOW, listing, plan, terms

LISTING = listing().id
HOST = BreakerKind.HOST


def observation(number: int = 0, **changes: object) -> Observation:
    fields: dict[str, object] = {
        "id": f"payment-{number}",
        "listing_id": LISTING,
        "host": "weather.example",
        "at": NOW,
        "delivered": True,
        "schema_valid": True,
        "latency_ms": 120,
    }
    return Observation.model_validate(fields | changes)


def remembered(number: int = 0, **changes: object) -> Remembered:
    fields: dict[str, object] = {
        "id": digest_json(["plan", number]),
        "user": "ada",
        "text": f"request {number}",
        "vector": (0.5, -0.25, 1.0),
        "parameters": digest_json("parameters"),
        "catalogue": digest_json("catalogue"),
        "plan": plan(),
        "at": NOW + timedelta(seconds=number),
    }
    return Remembered.model_validate(fields | changes)


async def test_the_newest_probe_counts_in_whatever_order_they_come(records: SqlRecords) -> None:
    old = Probe(listing_id=LISTING, at=NOW, answer_ms=20, terms=(terms(),))
    new = Probe(listing_id=LISTING, at=NOW + timedelta(seconds=5), problem="it is dead")

    await records.probes.note([new, old])
    await records.probes.note([old])

    assert await records.probes.probes([LISTING]) == {LISTING: new}
    assert await records.probes.probes([]) == {}


async def test_a_purchase_told_twice_counts_once(records: SqlRecords, other: SqlRecords) -> None:
    await records.observations.observe(observation())
    await other.observations.observe(observation(latency_ms=9_999))

    standing = (await records.observations.standings([LISTING], now=NOW))[LISTING]

    assert (standing.calls, standing.delivered, standing.p95_ms) == (1, 1.0, 120)


async def test_a_refund_may_still_be_told_later(records: SqlRecords) -> None:
    await records.observations.observe(observation())
    await records.observations.observe(observation(refund="kept", delivered=False))
    await records.observations.observe(observation())

    standing = (await records.observations.standings([LISTING], now=NOW))[LISTING]

    assert (standing.delivered, standing.refunds_kept) == (1.0, 1.0)


async def test_what_is_too_old_to_count_is_dropped(records: SqlRecords) -> None:
    await records.observations.observe(observation(1, at=NOW - KEPT - timedelta(days=1)))
    assert await records.observations.standings([LISTING], now=NOW) == {}
    await records.observations.observe(observation(2))

    standing = (await records.observations.standings([LISTING], now=NOW))[LISTING]

    assert standing.calls == 1


async def test_which_listings_anything_is_known_of_can_be_told(
    records: SqlRecords, other: SqlRecords
) -> None:
    looked_at = ListingId("GET https://b.example/y")
    assert await records.observations.observed() == set()
    assert await records.probes.probed() == set()

    await other.observations.observe(observation(1))
    await other.observations.observe(observation(2))
    await other.probes.note([Probe(listing_id=looked_at, at=NOW)])

    assert await records.observations.observed() == {LISTING}
    assert await records.probes.probed() == {looked_at}


async def test_failures_of_two_processes_count_together(
    records: SqlRecords, other: SqlRecords
) -> None:
    async with asyncio.TaskGroup() as group:
        for books in (records, other, records):
            group.create_task(books.breakers.failed(HOST, "a.example", reason="down", now=NOW))

    (breaker,) = await other.breakers.breakers()
    assert (breaker.failures, breaker.state(NOW)) == (3, BreakerState.OPEN)


async def test_a_success_closes_and_forgets(records: SqlRecords) -> None:
    for _ in range(3):
        await records.breakers.failed(HOST, "a.example", reason="down", now=NOW)
    await records.breakers.failed(BreakerKind.RPC, "a.example", reason="down", now=NOW)

    await records.breakers.succeeded(HOST, "a.example", now=NOW)
    await records.breakers.succeeded(HOST, "never.example", now=NOW)

    assert [one.kind for one in await records.breakers.breakers()] == [BreakerKind.RPC]


async def test_a_plan_is_found_by_its_person_values_and_catalogue_alone(
    records: SqlRecords,
) -> None:
    await records.plans.remember(remembered())

    async def found(**changes: object) -> int:
        asked = {
            "user": "ada",
            "parameters": digest_json("parameters"),
            "catalogue": digest_json("catalogue"),
        }
        return len(await records.plans.like(**asked | changes))  # type: ignore[arg-type]

    assert await found() == 1
    assert await found(user="bob") == 0
    assert await found(parameters=digest_json("others")) == 0
    assert await found(catalogue=digest_json("another")) == 0


async def test_a_plan_comes_back_as_it_was(records: SqlRecords) -> None:
    one = remembered()
    await records.plans.remember(one)
    await records.plans.remember(one)

    found = await records.plans.like(user="ada", parameters=one.parameters, catalogue=one.catalogue)

    assert list(found) == [one]


async def test_each_person_keeps_only_the_newest_plans(records: SqlRecords) -> None:
    await records.plans.remember(remembered(0, user="bob", id=digest_json("bobs")))
    for number in range(KEPT_PLANS + 2):
        await records.plans.remember(remembered(number))

    found = await records.plans.like(
        user="ada", parameters=digest_json("parameters"), catalogue=digest_json("catalogue")
    )

    assert len(found) == KEPT_PLANS
    assert found[0].text == f"request {KEPT_PLANS + 1}"
    assert await records.plans.like(
        user="bob", parameters=digest_json("parameters"), catalogue=digest_json("catalogue")
    )


async def test_hits_and_misses_are_counted_by_everybody(
    records: SqlRecords, other: SqlRecords
) -> None:
    for hit in (True, False, False):
        await records.plans.count(hit=hit)
    await other.plans.count(hit=True)

    assert await records.plans.counted() == (2, 2)
