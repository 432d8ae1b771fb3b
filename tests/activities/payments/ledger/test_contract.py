"""How payments are reserved, signed and sent, on SQLite and on PostgreSQL alike."""

from datetime import timedelta

import pytest

from activities.payments.ledger.store import SqlLedger
from domain.chains import SOLANA_DEVNET
from domain.errors import IllegalTransition
from domain.payments import PaymentState
from tests.activities.payments.ledger.samples import (
    PRICE,
    WHEN,
    WIDE,
    authorization,
    claim,
    key,
    paid,
    prepared,
    sent,
    slot,
    states,
    terms,
)

S = PaymentState


async def test_a_reservation_is_found_by_key_and_by_slot(ledger: SqlLedger) -> None:
    reserved = await ledger.reserve(claim("a"), WIDE)

    assert await ledger.get(key("a")) == reserved == await ledger.in_slot(slot("a"))
    assert await ledger.in_slot(slot("b")) is None
    with pytest.raises(IllegalTransition):
        await ledger.get(key("b"))


async def test_repeating_a_reservation_changes_nothing(ledger: SqlLedger) -> None:
    first = await ledger.reserve(claim("a"), WIDE)
    again = claim("a").model_copy(update={"quoted_at": WHEN + timedelta(minutes=1)})

    assert await ledger.reserve(again, WIDE) == first
    assert await states(ledger, "a") == [S.RESERVED]


async def test_the_same_purchase_at_another_price_is_held_anew(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a", price=100), WIDE)

    entry = await ledger.reserve(claim("a", price=200), WIDE)

    assert (await ledger.get(key("a"))).terms.base_units == entry.terms.base_units == 200
    assert await states(ledger, "a") == [S.RESERVED, S.UNPAID, S.RESERVED]


async def test_a_deposit_once_held_is_not_let_go_by_asking_for_the_price(
    ledger: SqlLedger,
) -> None:
    await ledger.reserve(claim("a", at_risk=5 * PRICE), WIDE)

    assert (await ledger.reserve(claim("a"), WIDE)).claim.most == 5 * PRICE


async def test_another_purchase_takes_the_place_of_an_unsigned_one(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a", step="buy"), WIDE)
    await ledger.reserve(claim("b", step="buy"), WIDE)

    found = await ledger.in_slot(slot("buy"))
    assert found is not None
    assert found.key == key("b")
    assert await states(ledger, "a") == [S.RESERVED, S.UNPAID]


async def test_a_released_slot_can_be_reserved_again(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)
    await ledger.release(key("a"), "called off")
    assert (await ledger.release(key("a"), "again")).state is S.UNPAID

    assert (await ledger.reserve(claim("a"), WIDE)).state is S.RESERVED
    assert await states(ledger, "a") == [S.RESERVED, S.UNPAID, S.RESERVED]


async def test_nothing_that_may_be_signed_is_replaced_or_released(ledger: SqlLedger) -> None:
    signed, asked = claim("a", step="one"), claim("b", step="two")
    await ledger.reserve(signed, WIDE)
    await ledger.sign(authorization(signed))
    await ledger.reserve(asked, WIDE)
    await ledger.prepare(prepared(asked))

    for name, step in (("a", "one"), ("b", "two")):
        before = await ledger.get(key(name))
        with pytest.raises(IllegalTransition):
            await ledger.reserve(claim("c", step=step), WIDE)
        with pytest.raises(IllegalTransition):
            await ledger.release(key(name), "no")
        assert await ledger.reserve(claim(name, step=step, price=1), WIDE) == before
        assert await ledger.get(key(name)) == before


async def test_what_waits_for_an_operator_is_neither_replaced_nor_released(
    ledger: SqlLedger,
) -> None:
    await ledger.reserve(claim("a", step="buy"), WIDE)
    await ledger.park(key("a"), "signed before, it seems")

    for other in (claim("b", step="buy"), claim("a", step="buy", price=1)):
        with pytest.raises(IllegalTransition):
            await ledger.reserve(other, WIDE)
    with pytest.raises(IllegalTransition):
        await ledger.release(key("a"), "no")
    assert (await ledger.get(key("a"))).parked == "signed before, it seems"


async def test_the_first_thing_asked_of_a_wallet_stays_on_record(ledger: SqlLedger) -> None:
    asked = claim("a")
    await ledger.reserve(asked, WIDE)

    first = await ledger.prepare(prepared(asked, "first"))

    assert await ledger.prepare(prepared(asked, "second")) == first
    await ledger.sign(authorization(asked))
    assert await ledger.prepare(prepared(asked, "third")) == first


async def test_a_wallet_is_asked_only_for_what_is_reserved(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)
    await ledger.release(key("a"), "")

    with pytest.raises(IllegalTransition):
        await ledger.prepare(prepared(claim("a")))
    with pytest.raises(IllegalTransition):
        await ledger.sign(authorization(claim("a")))


async def test_a_wallet_that_signs_too_late_signs_for_nothing(ledger: SqlLedger) -> None:
    asked = claim("a")
    await ledger.reserve(asked, WIDE)
    await ledger.prepare(prepared(asked))
    await ledger.settle(key("a"), S.UNPAID, receipt=None, reason="nobody signed")

    with pytest.raises(IllegalTransition):
        await ledger.sign(authorization(asked))
    # Its place is used up: a new signature takes a new ordinal.
    assert (await ledger.reserve(asked, WIDE)).state is S.UNPAID
    with pytest.raises(IllegalTransition):
        await ledger.reserve(claim("b", step="a"), WIDE)
    assert (await ledger.reserve(claim("c", step="a", ordinal=1), WIDE)).state is S.RESERVED


async def test_the_first_signature_wins(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)

    first = await ledger.sign(authorization(claim("a"), "first"))

    assert await ledger.sign(authorization(claim("a"), "second")) == first
    assert await states(ledger, "a") == [S.RESERVED, S.SIGNED]


async def test_a_signature_for_more_than_is_held_is_not_taken(ledger: SqlLedger) -> None:
    dear, elsewhere = claim("a", price=PRICE + 1), claim("a", asked=terms(pay_to="thief"))
    await ledger.reserve(claim("a"), WIDE)

    for unheld in (dear, elsewhere):
        with pytest.raises(IllegalTransition):
            await ledger.sign(authorization(unheld))
    assert (await ledger.get(key("a"))).authorization is None


async def test_sends_are_counted_and_need_a_signature(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)
    with pytest.raises(IllegalTransition):
        await ledger.note_send(key("a"))
    await ledger.sign(authorization(claim("a")))

    assert (await ledger.note_send(key("a"))).sends == 1
    again = await ledger.note_send(key("a"))
    assert (again.state, again.sends) == (S.SENT, 2)


async def test_strangers_words_that_a_database_cannot_hold_are_kept_readable(
    ledger: SqlLedger,
) -> None:
    await sent(ledger, claim("a", asked=terms(pay_to="sel\0ler" + "r" * 5000)))

    entry = await ledger.note_answer(
        key("a"), status=500, body=None, hint="tr\0\ud800", reason="no\0pe \ud83d"
    )

    assert await ledger.get(key("a")) == entry
    assert entry.reason == "no\N{REPLACEMENT CHARACTER}pe ?"
    assert "nope" in (await ledger.journal(key("a")))[-1].evidence.replace("\ufffd", "")
    assert not await ledger.claims_transaction(SOLANA_DEVNET, "tr\0\ud800")
    assert await ledger.find("\0") == ()


async def test_a_service_with_an_endless_address_can_be_paid(ledger: SqlLedger) -> None:
    url = "https://a.example/" + "".join(f"{number:x}/" for number in range(3000))

    await paid(ledger, claim("a", url=url))

    assert [payee.pay_to for payee in await ledger.payees(claim("a", url=url).listing_id)] == [
        "seller"
    ]
