"""What payments teach: each once, blamed on who is to blame, and never at a payment's cost."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from activities.payments.exchanges import Answer, Challenge, SignedPayment
from activities.payments.learning import Learner, blame_for
from activities.payments.watched_seller import WatchedSeller
from activities.records.store import SqlRecords
from activities.records.watch import LOOKED_SECONDS, NodeWatch, Watch
from domain.breakers import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE,
    Breaker,
    BreakerKind,
    BreakerState,
    node_key,
)
from domain.catalogue import Offer
from domain.errors import OfferRefused, PaymentUnconfirmed, UpstreamUnavailable
from domain.ids import Digest, ListingId, PaymentKey
from domain.observing import Standing
from domain.payments import Authorization, PaymentState, Settlement
from domain.purchases import Order
from tests.activities.payments.desk import Desk
from tests.fakes.builders import FEE_PAYER, key, listing, terms
from tests.fakes.clocks import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOST, FACILITATOR, RPC = BreakerKind.HOST, BreakerKind.FACILITATOR, BreakerKind.RPC


def path(kind: str) -> str:
    return f"/misbehaving/{kind}"


async def standing(desk: Desk, listing_id: ListingId) -> Standing | None:
    now = datetime.now(UTC)
    return (await desk.records.observations.standings([listing_id], now=now)).get(listing_id)


async def test_a_delivery_counts_once_however_often_it_is_settled(desk: Desk) -> None:
    offer = desk.offer(path("refunding"))
    authorization = await desk.authorized(offer)
    for _ in range(2):
        await desk.settle(authorization)

    learnt = await standing(desk, offer.listing_id)

    assert learnt is not None
    assert (learnt.calls, learnt.failed) == (1, 0.0)
    assert learnt.delivered == pytest.approx(1.0, abs=0.01)
    assert learnt.p95_ms is not None
    assert learnt.p95_ms > 0


async def test_money_taken_for_nothing_counts_against_the_seller(desk: Desk) -> None:
    offer = desk.offer(path("refuse-after-payment"))
    settlement = await desk.settle(await desk.authorized(offer))

    learnt = await standing(desk, offer.listing_id)

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert learnt is not None
    assert learnt.delivered == 0
    assert learnt.failed == pytest.approx(1.0, abs=0.01)


async def test_an_answer_outside_its_schema_is_no_delivery(desk: Desk) -> None:
    offer = desk.offer(path("schema-breaking"))
    await desk.settle(await desk.authorized(offer))

    learnt = await standing(desk, offer.listing_id)

    assert learnt is not None
    assert learnt.failed == pytest.approx(1.0, abs=0.01)


async def test_a_host_that_is_down_is_left_alone_until_it_answers(desk: Desk) -> None:
    offer = desk.offer(path("down"))
    desk.knobs(down=True)
    for _ in range(2):
        with pytest.raises(UpstreamUnavailable):
            await desk.authorize(offer)

    (breaker,) = [one for one in await desk.records.breakers.breakers() if one.kind is HOST]
    with pytest.raises(UpstreamUnavailable, match="times in a row and is left alone until"):
        await desk.authorize(offer)

    assert breaker.state(datetime.now(UTC)) is BreakerState.OPEN


@pytest.mark.parametrize(
    ("state", "status", "reason", "blamed"),
    [
        (PaymentState.PAID_UNDELIVERED, 401, "facilitator down", "seller"),
        (PaymentState.UNPAID, 402, "Facilitator settle failed (500): oops", "facilitator"),
        (PaymentState.UNPAID, 500, "unexpected_settle_error", "facilitator"),
        (PaymentState.UNPAID, 402, "fetch failed; not paid: it expired", "facilitator"),
        (PaymentState.UNPAID, 402, "insufficient_funds", "us"),
        (PaymentState.UNPAID, 402, "invalid_exact_svm_payload_memo_mismatch", "us"),
        (PaymentState.UNPAID, 500, "internal error", "seller"),
        (PaymentState.UNPAID, None, "no answer; not paid: it expired", "seller"),
        (PaymentState.UNPAID, None, "never sent; not paid: blockhash too old", "network"),
    ],
)
def test_only_a_seller_s_own_faults_count_against_it(
    state: PaymentState, status: int | None, reason: str, blamed: str
) -> None:
    settlement = Settlement(
        key=key(), listing_id=listing().id, state=state, http_status=status, reason=reason
    )

    assert blame_for(settlement) == blamed


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LOOKED_SECONDS > 0
    monkeypatch.setattr("activities.records.watch.LOOKED_SECONDS", 0.0)


ORDER = Order(
    method="POST",
    url="https://weather.example/run",
    arguments={},
    output_schema={},
    media_type="application/json",
)


class Moody:
    """A seller that fails while it is told to, and counts who asks."""

    def __init__(self) -> None:
        self.fails = True
        self.refuses = False
        self.seconds = 0.0
        self.asked = 0
        self.paid = 0

    async def ask(self, order: Order) -> Challenge | Answer:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.refuses:
            raise OfferRefused("not like this")
        if self.fails:
            raise UpstreamUnavailable("down")
        return Challenge(demands=())

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        self.paid += 1
        if self.fails:
            raise PaymentUnconfirmed("lost")
        return Answer(status=200, media_type="application/json", body=b"{}")


SIGNED = SignedPayment(x402_version=2, accepted={}, resource=None, extensions=None, payload={})


async def test_an_open_breaker_keeps_people_from_asking_and_half_open_asks_once(
    records: SqlRecords,
) -> None:
    clock, moody = Clock(), Moody()
    seller = WatchedSeller(moody, Watch(records.breakers, clock=clock))  # type: ignore[arg-type]
    for _ in range(5):
        with pytest.raises(UpstreamUnavailable):
            await seller.ask(ORDER)
    assert moody.asked == 3

    clock.now += FIRST_PAUSE
    with pytest.raises(UpstreamUnavailable, match="down"):
        await seller.ask(ORDER)  # half open: one unpaid look, which fails
    with pytest.raises(UpstreamUnavailable, match="left alone"):
        await seller.ask(ORDER)
    assert moody.asked == 4

    clock.now += 2 * FIRST_PAUSE
    moody.fails = False
    await seller.ask(ORDER)
    await seller.ask(ORDER)
    assert moody.asked == 6
    assert await records.breakers.breakers() == []


async def test_of_several_workers_one_asks_what_is_half_open(tmp_path: Path) -> None:
    clock, moody = Clock(), Moody()
    async with AsyncExitStack() as closing:
        workers = []
        for _ in range(3):
            books = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'shared.sqlite'}")
            closing.push_async_callback(books.close)
            workers.append(WatchedSeller(moody, Watch(books.breakers, clock=clock)))  # type: ignore[arg-type]
        for worker in workers:
            with pytest.raises(UpstreamUnavailable, match="down"):
                await worker.ask(ORDER)
        clock.now += FIRST_PAUSE
        moody.fails, moody.seconds = False, 0.2

        answers = await asyncio.gather(*(w.ask(ORDER) for w in workers), return_exceptions=True)

        refused = [one for one in answers if isinstance(one, UpstreamUnavailable)]
        assert moody.asked == 3 + 1
        assert len(refused) == 2
        assert all("while one other call tries it again" in one.message for one in refused)
        assert isinstance(await workers[0].ask(ORDER), Challenge)


async def test_a_host_that_refuses_the_request_is_there(records: SqlRecords) -> None:
    clock, moody = Clock(), Moody()
    seller = WatchedSeller(moody, Watch(records.breakers, clock=clock))  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            await seller.ask(ORDER)
    clock.now += FIRST_PAUSE
    moody.refuses = True

    with pytest.raises(OfferRefused):
        await seller.ask(ORDER)

    assert await records.breakers.breakers() == []


async def test_what_is_signed_is_sent_whatever_the_breaker_says(records: SqlRecords) -> None:
    moody = Moody()
    seller = WatchedSeller(moody, Watch(records.breakers))  # type: ignore[arg-type]
    for _ in range(4):
        with pytest.raises(PaymentUnconfirmed):
            await seller.pay(ORDER, SIGNED)

    assert moody.paid == 4
    moody.fails = False
    assert (await seller.pay(ORDER, SIGNED)).status == 200
    assert seller.took_ms(ORDER.digest) is not None
    assert seller.took_ms(ORDER.digest) is None


async def test_a_node_s_failures_are_its_own(records: SqlRecords) -> None:
    watch = Watch(records.breakers)
    node = NodeWatch(watch, network="solana:test", url="https://rpc.example/v2/a-secret")
    key = node_key("solana:test", "https://rpc.example/")

    async def fails() -> int:
        raise UpstreamUnavailable("the Solana RPC failed")

    async def answers() -> int:
        return 7

    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            await node.over(fails())
    refusal = await node.refusal(answers)
    assert refusal is not None
    assert "the node of solana:test at rpc.example failed 3 times" in refusal
    assert await watch.refusal(RPC, key) == refusal
    assert await watch.refusal(HOST, key) is None
    assert await node.over(answers()) == 7
    assert await node.refusal(answers) is None


async def test_a_half_open_node_is_asked_something_small_by_one_at_a_time(
    records: SqlRecords,
) -> None:
    clock = Clock()
    watch = Watch(records.breakers, clock=clock)
    node = NodeWatch(watch, network="solana:test", url="https://rpc.example")
    asked: list[bool] = []

    async def small() -> None:
        async def call() -> None:
            asked.append(well)
            await asyncio.sleep(0.05)
            if not well:
                raise UpstreamUnavailable("the node failed")

        await node.over(call())

    well = False
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            await small()
    asked.clear()
    assert await node.refusal(small) is not None
    assert asked == []

    clock.now += FIRST_PAUSE
    assert None not in await asyncio.gather(*(node.refusal(small) for _ in range(3)))
    assert asked == [False]
    clock.now += 2 * FIRST_PAUSE
    well = True
    found = await asyncio.gather(*(node.refusal(small) for _ in range(3)))
    assert found.count(None) == 1
    assert asked == [False, True]
    assert await node.refusal(small) is None
    assert await records.breakers.breakers() == []


async def test_records_that_are_down_hold_nobody_up(records: SqlRecords) -> None:
    class Broken:
        async def failed(self, *_: object, **__: object) -> Breaker:
            raise UpstreamUnavailable("no database")

        async def succeeded(self, *_: object, **__: object) -> None:
            raise UpstreamUnavailable("no database")

        async def try_again(self, *_: object, **__: object) -> Breaker | None:
            raise UpstreamUnavailable("no database")

        async def breakers(self) -> list[Breaker]:
            raise UpstreamUnavailable("no database")

    watch = Watch(Broken())  # type: ignore[arg-type]

    await watch.failed(HOST, "a", "down")
    await watch.answered(HOST, "a")
    assert await watch.refusal(HOST, "a") is None
    assert await records.breakers.breakers() == []


async def test_nothing_is_signed_while_the_facilitator_s_breaker_is_open(desk: Desk) -> None:
    offer = desk.offer(path("refunding"))
    assert offer.terms is not None
    facilitator = offer.terms.fee_payer
    assert facilitator is not None
    assert facilitator != FEE_PAYER
    now = datetime.now(UTC)
    for _ in range(3):
        await desk.records.breakers.failed(FACILITATOR, facilitator, reason="500", now=now)
    before = desk.balance()

    with pytest.raises(UpstreamUnavailable, match=r"the facilitator .* failed 3 times in a row"):
        await desk.authorize(offer)

    assert await desk.ledger.entries(limit=5) == ()
    assert desk.balance() == before


async def half_opened(desk: Desk, offer: Offer) -> None:
    """Let the facilitator of an offer have failed until its first pause is just over."""
    assert offer.terms is not None
    facilitator = offer.terms.fee_payer
    assert facilitator is not None
    earlier = datetime.now(UTC) - FIRST_PAUSE
    for _ in range(FAILURES_TO_OPEN):
        await desk.records.breakers.failed(FACILITATOR, facilitator, reason="500", now=earlier)


async def test_one_purchase_tries_a_half_open_facilitator_and_closes_it_when_it_is_delivered(
    desk: Desk,
) -> None:
    offer = desk.offer(path("refunding"))
    await half_opened(desk, offer)

    tries = [desk.authorize(offer, ordinal=ordinal) for ordinal in range(3)]
    found = await asyncio.gather(*tries, return_exceptions=True)

    (signed,) = [one for one in found if isinstance(one, Authorization)]
    refused = [one for one in found if isinstance(one, UpstreamUnavailable)]
    assert ["while one other call tries it again" in one.message for one in refused] == [True] * 2
    assert len(await desk.ledger.entries(limit=5)) == 1
    settlement = await desk.settle(signed)
    assert settlement.state is PaymentState.DELIVERED
    assert await desk.records.breakers.breakers() == []
    await desk.authorized(offer, ordinal=3)


async def test_a_facilitator_that_settled_is_well_whatever_the_seller_did(desk: Desk) -> None:
    offer = desk.offer(path("refuse-after-payment"))
    await half_opened(desk, offer)

    settlement = await desk.settle(await desk.authorized(offer))

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert await desk.records.breakers.breakers() == []


async def test_nothing_is_signed_while_the_node_s_breaker_is_open(desk: Desk) -> None:
    offer = desk.offer(path("refunding"))
    assert offer.terms is not None
    later = datetime.now(UTC) + timedelta(seconds=1)
    node = node_key(offer.terms.network, desk.market.node.url)
    for _ in range(3):
        await desk.records.breakers.failed(RPC, node, reason="down", now=later)

    with pytest.raises(UpstreamUnavailable, match="the node of"):
        await desk.authorize(offer)
    assert await desk.ledger.entries(limit=5) == ()


class Entries:
    """A ledger of payments to one host after another."""

    def __init__(self) -> None:
        self.host = "a.example"
        self.sends = 1

    async def get(self, payment: PaymentKey) -> Any:
        claim = SimpleNamespace(
            url=f"https://{self.host}/run", terms=terms(), order_digest="0" * 64, refund=None
        )
        return SimpleNamespace(
            key=payment, listing_id=listing().id, claim=claim, sends=self.sends, answer=None
        )


class Untimed:
    def took_ms(self, order: Digest) -> int | None:
        del order


@pytest.mark.usefixtures("looks_each_time")
async def test_one_seller_cannot_shut_a_facilitator_for_all(records: SqlRecords) -> None:
    ledger, watch = Entries(), Watch(records.breakers)
    learner = Learner(
        ledger,  # type: ignore[arg-type]
        observations=records.observations,
        listings=records.listings,
        watch=watch,
        durations=Untimed(),
    )

    async def accused(by: str, name: int) -> int:
        ledger.host = by
        ending = PaymentState.UNPAID
        reason = "facilitator settle failed"
        await learner.settled(
            Settlement(
                key=key(name), listing_id=listing().id, state=ending, http_status=402, reason=reason
            )
        )
        (breaker,) = await records.breakers.breakers()
        return breaker.failures

    assert [await accused("a.example", name) for name in range(4)] == [1, 1, 1, 1]
    assert await accused("b.example", 5) == 2
    assert await accused("a.example", 6) == 3
    assert await watch.refusal(FACILITATOR, FEE_PAYER) is not None


async def test_what_was_never_sent_teaches_nothing_about_a_seller(records: SqlRecords) -> None:
    ledger = Entries()
    ledger.sends = 0
    learner = Learner(
        ledger,  # type: ignore[arg-type]
        observations=records.observations,
        listings=records.listings,
        watch=Watch(records.breakers),
        durations=Untimed(),
    )

    await learner.settled(
        Settlement(
            key=key(),
            listing_id=listing().id,
            state=PaymentState.UNPAID,
            reason="nothing was ever signed",
        )
    )

    assert await records.observations.standings([listing().id], now=datetime.now(UTC)) == {}


@pytest.mark.usefixtures("looks_each_time")
async def test_each_payment_that_a_host_breaks_off_counts_once_for_its_breaker(
    records: SqlRecords,
) -> None:
    learner = Learner(
        Entries(),  # type: ignore[arg-type]
        observations=records.observations,
        listings=records.listings,
        watch=Watch(records.breakers),
        durations=Untimed(),
    )

    async def told(name: int, **changes: Any) -> int:
        ended = Settlement(
            key=key(name),
            listing_id=listing().id,
            state=PaymentState.UNPAID,
            http_status=500,
            reason="internal error",
        )
        await learner.settled(ended.model_copy(update=changes))
        found = await records.breakers.breakers()
        return sum(one.failures for one in found if one.kind is HOST)

    assert [await told(1) for _ in range(4)] == [1, 1, 1, 1]
    assert await told(2, http_status=402) == 1
    assert await told(3, reason="facilitator is down") == 1
    assert await told(4, state=PaymentState.PAID_UNDELIVERED) == 2
