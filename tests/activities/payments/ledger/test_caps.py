"""No cap is ever passed, whoever reserves at the same time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest

from activities.payments.ledger.ports import Claim
from activities.payments.ledger.store import SqlLedger
from domain.chains import BASE_SEPOLIA
from domain.errors import BudgetExceeded, IllegalTransition
from domain.payments import PaymentState
from domain.policy import Cap, CapScope
from tests.activities.payments.ledger.databases import PostgresServer
from tests.activities.payments.ledger.samples import (
    PRICE,
    WIDE,
    authorization,
    cap,
    claim,
    key,
    paid,
    receipt,
    sent,
    slot,
    terms,
)

S = PaymentState
HOUR = timedelta(hours=1)
RACES = [
    (CapScope.STEP, None),
    (CapScope.RUN, None),
    (CapScope.SERVICE, HOUR),
    (CapScope.HOST, HOUR),
    (CapScope.INSTALLATION, HOUR),
]
OTHER_HOST = "https://b.example/x"
OTHER_PATH = "https://a.example/y"


async def fits(ledger: SqlLedger, wanted: Claim, *caps: Cap) -> bool:
    try:
        await ledger.reserve(wanted, caps)
    except BudgetExceeded:
        return False
    return True


async def race(ledgers: Sequence[SqlLedger], claims: Sequence[Claim], caps: Sequence[Cap]) -> int:
    """How many of ``claims`` are held when all ask at once, through every ledger in turn."""
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(fits(ledgers[turn % len(ledgers)], wanted, *caps))
            for turn, wanted in enumerate(claims)
        ]
    return sum(task.result() for task in asked)


@pytest.mark.parametrize(("scope", "window"), RACES)
async def test_reservations_at_the_same_time_never_pass_a_cap(
    ledger: SqlLedger, other: SqlLedger, scope: CapScope, window: timedelta | None
) -> None:
    since = None if window is None else datetime.now(UTC) - window
    claims = [claim(f"{number}x", step=f"buy#{number}") for number in range(40)]

    held = await race([ledger, other], claims, [cap(scope, 7 * PRICE + 1, since=since)])

    assert held == 7
    assert len(await ledger.entries(unsettled=True, limit=100)) == 7


async def test_a_server_that_shows_old_snapshots_by_default_lets_no_cap_be_passed(
    server: PostgresServer,
) -> None:
    url = await server.new_database()
    plain = url.replace("+asyncpg", "")
    admin = await asyncpg.connect(plain)
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute(
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'"
    )
    await admin.close()
    one, two = await SqlLedger.open(url), await SqlLedger.open(url)

    claims = [claim(f"{number}x") for number in range(20)]
    held = await race([one, two], claims, [cap(CapScope.RUN, 3 * PRICE)])

    await one.close()
    await two.close()
    assert held == 3


async def test_asking_twice_at_the_same_time_holds_once(
    ledger: SqlLedger, other: SqlLedger
) -> None:
    limit = cap(CapScope.RUN, PRICE)

    assert await race([ledger, other], [claim("a")] * 10, [limit]) == 10
    assert len(await ledger.journal(key("a"))) == 1


async def test_a_slot_taken_over_while_it_is_signed_holds_one_payment(
    ledger: SqlLedger, other: SqlLedger
) -> None:
    async def sign(number: int) -> bool:
        try:
            await ledger.sign(authorization(claim(f"{number}a", step=f"{number}")))
        except IllegalTransition:
            return False
        return True

    async def take_over(number: int) -> bool:
        try:
            await other.reserve(claim(f"{number}b", step=f"{number}"), WIDE)
        except IllegalTransition:
            return False
        return True

    for number in range(25):
        await ledger.reserve(claim(f"{number}a", step=f"{number}"), WIDE)
        async with asyncio.TaskGroup() as group:
            signing = group.create_task(sign(number))
            taking = group.create_task(take_over(number))
        found = await ledger.in_slot(slot(f"{number}"))
        assert found is not None
        assert (found.authorization is not None) == signing.result() != taking.result()


@pytest.mark.parametrize(
    ("scope", "counted", "free"),
    [
        (CapScope.PAYMENT, (), ("a", "step", "run", "path", "host")),
        (CapScope.STEP, ("item",), ("step", "run", "path", "host")),
        (CapScope.RUN, ("item", "step"), ("run", "path", "host")),
        (CapScope.SERVICE, ("item", "step", "run"), ("path", "host")),
        (CapScope.HOST, ("item", "step", "run", "path"), ("host",)),
        (CapScope.INSTALLATION, ("item", "step", "run", "path", "host"), ()),
    ],
)
async def test_each_cap_adds_up_what_its_scope_says(
    ledger: SqlLedger, scope: CapScope, counted: tuple[str, ...], free: tuple[str, ...]
) -> None:
    wanted = {
        "a": claim("a2", step="buy#1"),
        "item": claim("item", step="buy#2"),
        "step": claim("step", step="buyer"),
        "run": claim("run", step="buy", run="run/b"),
        "path": claim("path", step="buy", run="run/b", url=OTHER_PATH),
        "host": claim("host", step="buy", run="run/b", url=OTHER_HOST),
    }
    await ledger.reserve(claim("a", step="buy#0"), WIDE)

    for name in counted:
        assert not await fits(ledger, wanted[name], cap(scope, 2 * PRICE - 1)), name
    for name in free:
        assert await fits(ledger, wanted[name], cap(scope, PRICE)), name
        await ledger.release(wanted[name].key, "")
        assert not await fits(ledger, wanted[name], cap(scope, PRICE - 1)), name


async def test_every_cap_counts_and_the_refusal_names_the_one_that_would_be_passed(
    ledger: SqlLedger,
) -> None:
    caps = [cap(CapScope.RUN, 3 * PRICE), cap(CapScope.STEP, PRICE + 1)]
    await ledger.reserve(claim("a", step="buy#0"), caps)

    with pytest.raises(BudgetExceeded, match=r"per step; 0\.000001 USDC is left") as refusal:
        await ledger.reserve(claim("b", step="buy#1"), caps)

    assert "per run" not in refusal.value.message
    assert await ledger.in_slot(slot("buy#1")) is None


async def test_the_reservation_that_is_taken_over_does_not_count_against_the_new_one(
    ledger: SqlLedger,
) -> None:
    limit = cap(CapScope.RUN, PRICE)
    await ledger.reserve(claim("a", step="buy"), [limit])

    assert await fits(ledger, claim("b", step="buy"), limit)
    assert not await fits(ledger, claim("c", step="buy", price=PRICE + 1), limit)
    # What could not be taken over stays held.
    assert (await ledger.get(key("b"))).state is S.RESERVED
    assert not await fits(ledger, claim("d", price=1), limit)


async def test_a_price_that_rose_between_two_attempts_is_held_whole(ledger: SqlLedger) -> None:
    limit = cap(CapScope.RUN, PRICE)
    await ledger.reserve(claim("a", price=1), [limit])

    assert await fits(ledger, claim("a"), limit)
    assert not await fits(ledger, claim("b", price=1), limit)
    assert not await fits(ledger, claim("a", price=PRICE + 1), limit)


async def test_a_deposit_counts_until_the_chain_says_what_moved(ledger: SqlLedger) -> None:
    limit, risky = cap(CapScope.RUN, 5 * PRICE), claim("a", at_risk=5 * PRICE)
    assert not await fits(ledger, claim("a", at_risk=5 * PRICE + 1), limit)
    await sent(ledger, risky)
    assert not await fits(ledger, claim("b", price=1), limit)

    await ledger.settle(key("a"), S.DELIVERED, receipt=receipt(risky), reason="")

    assert await fits(ledger, claim("b", price=4 * PRICE), limit)


async def test_a_receipt_of_less_than_was_held_counts_less(ledger: SqlLedger) -> None:
    limit = cap(CapScope.RUN, PRICE)
    await paid(ledger, claim("a"), receipt(claim("a"), moved=PRICE // 4))

    assert not await fits(ledger, claim("b", price=PRICE * 3 // 4 + 1), limit)
    assert await fits(ledger, claim("b", price=PRICE * 3 // 4), limit)


@pytest.mark.parametrize("ending", [S.UNPAID, S.REFUNDED])
async def test_what_did_not_move_or_came_back_does_not_count(
    ledger: SqlLedger, ending: PaymentState
) -> None:
    limit = cap(CapScope.RUN, PRICE)
    if ending is S.UNPAID:
        await sent(ledger, claim("a"))
        await ledger.settle(key("a"), S.UNPAID, receipt=None, reason="never landed")
    else:
        await paid(ledger, claim("a"))
        await ledger.begin_refund(key("a"))
        assert not await fits(ledger, claim("b"), limit)
        await ledger.refunded(key("a"), terms().network, "back")

    assert await fits(ledger, claim("b"), limit)


async def test_what_is_unknown_lost_or_given_up_counts(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))
    await ledger.settle(key("a"), S.UNKNOWN, receipt=None, reason="")
    await sent(ledger, claim("b"))
    await ledger.settle(key("b"), S.PAID_UNDELIVERED, receipt=receipt(claim("b")), reason="")
    await ledger.write_off(key("b"), "")

    assert not await fits(ledger, claim("c", price=1), cap(CapScope.RUN, 2 * PRICE))
    assert await fits(ledger, claim("c", price=1), cap(CapScope.RUN, 2 * PRICE + 1))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-9))])
async def test_a_window_forgets_what_ended_before_it_began_and_nothing_else(
    ledger: SqlLedger, zone: timezone
) -> None:
    before = datetime.now(zone)
    await paid(ledger, claim("paid"))
    await sent(ledger, claim("open"))
    after = datetime.now(zone)

    def day(limit: int, since: datetime) -> Cap:
        return cap(CapScope.INSTALLATION, limit, since=since)

    assert not await fits(ledger, claim("c", price=1), day(2 * PRICE, before))
    assert not await fits(ledger, claim("c", price=1), day(PRICE, after))
    assert await fits(ledger, claim("c", price=1), day(PRICE + 1, after))


async def test_one_budget_covers_several_networks(ledger: SqlLedger) -> None:
    limit = cap(CapScope.RUN, PRICE)
    await ledger.reserve(claim("a"), [limit])
    elsewhere = claim("b", asked=terms(1, pay_to="0xab", network=BASE_SEPOLIA))

    assert not await fits(ledger, elsewhere, limit)
