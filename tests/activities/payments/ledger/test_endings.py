"""How payments end, and by what proof, on SQLite and on PostgreSQL alike."""

import pytest

from activities.payments.ledger.store import SqlLedger
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.errors import IllegalTransition, RecordsDisagree
from domain.payments import PaymentState
from tests.activities.payments.ledger.samples import (
    BODY,
    claim,
    key,
    paid,
    receipt,
    sent,
    states,
    terms,
)

S = PaymentState


async def test_a_delivery_is_not_forgotten_for_a_later_refusal(ledger: SqlLedger) -> None:
    await sent(ledger, claim("a"))
    await ledger.note_answer(key("a"), status=200, body=BODY, hint="found", reason="")

    entry = await ledger.note_answer(
        key("a"), status=500, body=None, evidence=BODY, hint=None, reason="broke"
    )

    assert (entry.http_status, entry.answer, entry.hint) == (200, BODY, "found")
    assert (entry.reason, entry.evidence) == ("", BODY)


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
