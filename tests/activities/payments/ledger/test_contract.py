"""What the port promises, on SQLite and on PostgreSQL alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from activities.payments.ledger.store import SqlLedger
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.errors import IllegalTransition, RecordsDisagree
from domain.payments import PaymentState
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.ledger.samples import (
    BODY,
    PRICE,
    WHEN,
    WIDE,
    authorization,
    claim,
    key,
    paid,
    prepared,
    receipt,
    sent,
    slot,
    terms,
)

S = PaymentState


async def states(ledger: SqlLedger, name: str) -> list[PaymentState]:
    return [line.state for line in await ledger.journal(key(name))]


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


async def test_a_delivery_is_not_forgotten_for_a_later_refusal(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))
    await ledger.note_answer(key("a"), status=200, body=BODY, hint="found", reason="")

    entry = await ledger.note_answer(
        key("a"), status=500, body=None, evidence=BODY, hint=None, reason="broke"
    )

    assert (entry.http_status, entry.answer, entry.hint) == (200, BODY, "found")
    assert (entry.reason, entry.evidence) == ("", BODY)


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


async def test_an_ending_stays_and_repeating_it_changes_nothing(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))
    before = await ledger.journal(key("a"))

    again = await ledger.settle(
        key("a"), S.DELIVERED, receipt=receipt(claim("a")), reason="once more"
    )

    assert again.reason == ""
    assert await ledger.journal(key("a")) == before
    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), S.UNPAID, receipt=None, reason="")
    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), S.PAID_UNDELIVERED, receipt=receipt(claim("a")), reason="")


@pytest.mark.parametrize("state", [S.DELIVERED, S.PAID_UNDELIVERED, S.REFUNDED, S.WRITTEN_OFF])
async def test_no_money_is_said_to_have_moved_without_proof(
    ledger: SqlLedger, state: PaymentState
) -> None:
    await sent(ledger, claim("a"))

    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), state, receipt=None, reason="")
    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), S.UNPAID, receipt=receipt(claim("a")), reason="")
    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), S.DELIVERED, receipt=receipt(claim("b")), reason="")
    assert (await ledger.get(key("a"))).state is S.SENT


async def test_unknown_is_a_state_that_the_chain_ends(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))
    await ledger.settle(key("a"), S.UNKNOWN, receipt=None, reason="lost")
    await ledger.settle(key("a"), S.UNKNOWN, receipt=None, reason="lost again")

    await ledger.settle(key("a"), S.PAID_UNDELIVERED, receipt=receipt(claim("a")), reason="x")

    assert await states(ledger, "a") == [
        *(S.RESERVED, S.SIGNED, S.SENT, S.UNKNOWN),
        S.PAID_UNDELIVERED,
    ]


async def test_the_book_is_chained_without_gaps(ledger: SqlLedger) -> None:
    for name in ("a", "b", "c"):
        await paid(ledger, claim(name, run="run/b" if name == "b" else "run/a"))

    lines = await ledger.book()

    assert [line.number for line in lines] == [1, 2, 3]
    book = ReceiptBook(whole=True, exported_at=WHEN, lines=lines)
    assert book_problems(book) == ()
    assert [line.receipt.key for line in await ledger.book("run/b")] == [key("b")]
    assert await ledger.claims_transaction(SOLANA_DEVNET, lines[0].receipt.transaction)
    assert not await ledger.claims_transaction(BASE_SEPOLIA, lines[0].receipt.transaction)


async def test_two_payments_cannot_be_proven_by_one_transaction(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"), receipt(claim("a"), "tx"))
    await sent(ledger, claim("b"))
    before, lines = await ledger.get(key("b")), await ledger.book()

    for _ in range(2):
        with pytest.raises(RecordsDisagree):
            await ledger.settle(key("b"), S.DELIVERED, receipt=receipt(claim("b"), "tx"), reason="")

    after = await ledger.get(key("b"))
    assert "tx" in after.parked
    assert after.model_copy(update={"parked": ""}) == before
    assert await ledger.book() == lines
    assert await states(ledger, "b") == [S.RESERVED, S.SIGNED, S.SENT, S.SENT]


async def test_equal_transactions_are_found_however_they_are_written(ledger: SqlLedger) -> None:
    asked = terms(pay_to="0xab", network=BASE_SEPOLIA)
    one, two = claim("a", asked=asked), claim("b", asked=asked)
    await paid(ledger, one, receipt(one, "0xABC"))
    await sent(ledger, two)

    with pytest.raises(RecordsDisagree):
        await ledger.settle(two.key, S.DELIVERED, receipt=receipt(two, "0xabc"), reason="")
    assert await ledger.claims_transaction(BASE_SEPOLIA, "0xAbC")


async def test_pieces_of_one_transaction_prove_several_payments(ledger: SqlLedger) -> None:
    for name in ("a", "b"):
        await paid(ledger, claim(name), receipt(claim(name), "tx", piece=name))

    assert len(await ledger.book()) == 2


async def test_a_second_transaction_for_one_payment_is_said_aloud(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"), receipt(claim("a"), "one"))

    with pytest.raises(RecordsDisagree):
        await ledger.settle(key("a"), S.DELIVERED, receipt=receipt(claim("a"), "two"), reason="")


async def test_one_transfer_refunds_one_payment(ledger: SqlLedger) -> None:
    for name in ("a", "b"):
        await paid(ledger, claim(name))
        await ledger.begin_refund(key(name))
        assert (await ledger.begin_refund(key(name))).state is S.REFUNDING

    assert await ledger.refunded(key("a"), SOLANA_DEVNET, "back")
    assert await ledger.refunded(key("a"), SOLANA_DEVNET, "back")
    assert not await ledger.refunded(key("a"), SOLANA_DEVNET, "other")
    assert not await ledger.refunded(key("b"), SOLANA_DEVNET, "back")
    assert (await ledger.get(key("b"))).state is S.REFUNDING
    assert await ledger.claims_transaction(SOLANA_DEVNET, "back")
    assert not await ledger.claims_transaction(SOLANA_DEVNET, "other")


async def test_a_refund_is_the_same_however_its_name_is_written(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a", asked=terms(pay_to="0xab", network=BASE_SEPOLIA)))
    await ledger.begin_refund(key("a"))

    assert await ledger.refunded(key("a"), BASE_SEPOLIA, "0xAB")
    assert await ledger.refunded(key("a"), BASE_SEPOLIA, "0xab")


async def test_no_refund_is_counted_that_was_not_claimed(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))

    with pytest.raises(IllegalTransition):
        await ledger.refunded(key("a"), SOLANA_DEVNET, "back")
    assert not await ledger.claims_transaction(SOLANA_DEVNET, "back")


async def test_money_paid_for_nothing_can_be_given_up(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))
    with pytest.raises(IllegalTransition):
        await ledger.write_off(key("a"), "too early")
    await ledger.settle(key("a"), S.PAID_UNDELIVERED, receipt=receipt(claim("a")), reason="refused")

    for _ in range(2):
        assert (await ledger.write_off(key("a"), "gone")).state is S.WRITTEN_OFF
    assert (await states(ledger, "a")).count(S.WRITTEN_OFF) == 1


async def test_parking_moves_nothing_and_an_operators_word_is_kept(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))

    parked = await ledger.park(key("a"), "strange")
    found = await ledger.entries(parked=True, limit=9)
    freed = await ledger.unpark(key("a"), operator="ann", note="looked")

    assert (parked.state, parked.parked, freed.parked) == (S.SENT, "strange", "")
    assert [entry.key for entry, _ in found] == [key("a")]
    assert await ledger.entries(parked=True, limit=9) == ()
    assert "ann: looked" in (await ledger.journal(key("a")))[-1].evidence


async def test_payees_are_remembered_from_the_first_reservation(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)
    await ledger.reserve(claim("b"), WIDE)
    await ledger.reserve(claim("c", asked=terms(pay_to="another")), WIDE)
    await ledger.release(key("a"), "")

    found = await ledger.payees(claim("a").listing_id)

    assert [payee.pay_to for payee in found] == ["seller", "another"]
    assert await ledger.payees(claim("a", url="https://b.example/").listing_id) == ()


async def test_entries_are_listed_by_run_by_need_and_by_age(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))
    await sent(ledger, claim("b", run="run/b"))
    await ledger.reserve(claim("c"), WIDE)
    now = datetime.now(UTC)

    async def names(**asked: object) -> list[str]:
        found = await ledger.entries(**{"limit": 9, **asked})  # type: ignore[arg-type]
        assert all(moved.tzinfo is not None for _, moved in found)
        return [entry.key[0] for entry, _ in found]

    assert await names() == ["c", "b", "a"]
    assert await names(limit=1) == ["c"]
    assert await names(workflow_id="run/b") == ["b"]
    assert await names(unsettled=True) == ["c", "b"]
    assert await names(unsettled=True, idle_since=now) == ["b", "c"]
    assert await names(idle_since=now - timedelta(minutes=1)) == []
    # The same moment on another zone's clock.
    for hours in (-9, 9):
        zone = (now - timedelta(minutes=1)).astimezone(tz=_zone(hours))
        assert await names(idle_since=zone) == []


def _zone(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


async def test_keys_are_found_by_their_beginning(ledger: SqlLedger) -> None:
    for name in ("aa", "ab", "ac", "ad", "b"):
        await ledger.reserve(claim(name), WIDE)

    assert await ledger.find("b0") == (key("b"),)
    assert await ledger.find("a") == (key("aa"), key("ab"), key("ac"))
    assert await ledger.find("%") == ()


async def test_outcomes_count_what_ended_with_money_moved(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))
    await sent(ledger, claim("b"))
    await ledger.settle(key("b"), S.PAID_UNDELIVERED, receipt=receipt(claim("b")), reason="")
    await ledger.reserve(claim("c"), WIDE)
    await ledger.release(key("c"), "")

    assert await ledger.outcomes() == {claim("a").listing_id: (1, 1)}


async def test_each_line_of_the_journal_says_what_was_known(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))

    first, *_, last = await ledger.journal(key("a"))

    assert f"quoted {PRICE} to seller on {SOLANA_DEVNET}" in first.evidence
    assert f"on chain in {receipt(claim('a')).transaction} at 7" in last.evidence
    assert "sealed" not in last.evidence
    assert first.at <= last.at
