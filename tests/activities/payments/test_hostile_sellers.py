"""Sellers that lie, refuse, change their minds or lose answers: what it costs, what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from domain.catalogue import Offer
from domain.errors import (
    AddressForbidden,
    PaymentError,
    PaymentUnconfirmed,
    TermsChanged,
    UpstreamUnavailable,
)
from domain.payments import PaymentState, Settlement
from domain.purchases import ClaimRefund, ReconcilePayment
from domain.rollback import RefundOutcome
from tests.activities.payments.desk import Desk, slot

PRICE = 10_000


def path(kind: str) -> str:
    return f"/misbehaving/{kind}"


async def bought(desk: Desk, kind: str) -> Settlement:
    return await desk.settle(await desk.authorized(desk.offer(path(kind))))


def expire(desk: Desk) -> None:
    desk.market.node.chain.call("localnet_advanceSlots", 200)


async def test_a_flaky_seller_gets_the_same_bytes_again_and_is_paid_once(desk: Desk) -> None:
    desk.knobs(flaky_failures=2)
    authorization = await desk.authorized(desk.offer(path("flaky")))
    before = desk.balance()

    for _ in range(2):
        with pytest.raises(PaymentUnconfirmed):
            await desk.settle(authorization)
    settlement = await desk.settle(authorization)

    assert settlement.state is PaymentState.DELIVERED
    assert before - desk.balance() == PRICE


@pytest.mark.parametrize("keeps_receipt", [True, False])
@pytest.mark.parametrize("status", [400, 401, 500])
async def test_a_seller_that_takes_the_money_and_refuses_is_named_so(
    desk: Desk, status: int, keeps_receipt: bool
) -> None:
    desk.knobs(refuse_status=status, keep_receipt=keeps_receipt)
    before = desk.balance()

    settlement = await _until_decided(desk, "refuse-after-payment")

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert settlement.receipt is not None
    assert settlement.output is None
    assert before - desk.balance() == PRICE


async def test_a_lost_reply_is_found_on_chain_and_never_paid_again(desk: Desk) -> None:
    before = desk.balance()

    settlement = await _until_decided(desk, "lost-reply")

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert before - desk.balance() == PRICE


async def test_a_seller_that_serves_without_settling_is_not_called_paid(desk: Desk) -> None:
    authorization = await desk.authorized(desk.offer(path("serves-unsettled")))
    before = desk.balance()

    with pytest.raises(PaymentUnconfirmed):
        await desk.settle(authorization)
    expire(desk)
    settlement = await desk.settle(authorization)

    assert settlement.state is PaymentState.UNPAID
    assert settlement.receipt is None
    assert settlement.output is not None  # what it gave away is still delivered
    assert desk.balance() == before


async def test_a_second_challenge_after_payment_is_not_paid(desk: Desk) -> None:
    before = desk.balance()

    settlement = await _until_decided(desk, "double-challenge")

    assert settlement.state in {PaymentState.UNPAID, PaymentState.PAID_UNDELIVERED}
    assert before - desk.balance() <= PRICE


async def test_an_answer_against_its_own_schema_is_not_a_delivery(desk: Desk) -> None:
    settlement = await _until_decided(desk, "schema-breaking")

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert "schema" in settlement.reason


async def test_an_oversized_answer_is_cut_off_and_the_payment_is_known(desk: Desk) -> None:
    desk.knobs(oversized_mebibytes=64)

    settlement = await _until_decided(desk, "oversized")

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert "larger than" in settlement.reason


async def test_a_raised_price_is_not_signed(desk: Desk) -> None:
    desk.knobs(price_mode="each-quote", price_step_percent=50)
    offer = desk.offer(path("price-raising"))

    with pytest.raises(TermsChanged, match="the price is"):
        await _three_times(desk, offer)


async def test_a_changed_payee_is_not_signed(desk: Desk) -> None:
    desk.knobs(pay_to_mode="each-quote")
    offer = desk.offer(path("payto-changing"))

    with pytest.raises(TermsChanged, match="pay_to"):
        await _three_times(desk, offer)


async def test_a_seller_that_is_down_costs_nothing(desk: Desk) -> None:
    desk.knobs(down=True)

    with pytest.raises(UpstreamUnavailable, match="503"):
        await desk.authorized(desk.offer(path("down")))


async def test_bytes_that_were_never_sent_end_unpaid_by_proof(desk: Desk) -> None:
    authorization = await desk.authorized(desk.offer(path("refunding")))
    reconcile = desk.activities.reconcile
    ask = ReconcilePayment(key=authorization.key)

    with pytest.raises(PaymentUnconfirmed):
        await ActivityEnvironment().run(reconcile, ask)
    expire(desk)
    settlement = await ActivityEnvironment().run(reconcile, ask)

    assert settlement.state is PaymentState.UNPAID


async def test_an_ending_is_final(desk: Desk) -> None:
    authorization = await desk.authorized(desk.offer(path("refunding")))
    delivered = await desk.settle(authorization)
    expire(desk)

    again = await desk.settle(authorization)

    assert delivered == again


async def test_a_refund_is_believed_when_it_is_seen_to_arrive(desk: Desk) -> None:
    before = desk.balance()
    settlement = await _until_decided(desk, "refuse-after-payment-refunding")

    outcome = await refund(desk, "refuse-after-payment-refunding", settlement)

    assert outcome.transaction is not None
    assert outcome.returned.base_units == PRICE
    assert desk.balance() == before


async def test_one_inbound_transfer_pays_back_one_payment(desk: Desk) -> None:
    before = desk.balance()
    first = await bought(desk, "refunding")
    second = await desk.settle(await desk.authorized(desk.offer(path("refunding")), ordinal=1))

    one = await refund(desk, "refunding", first)
    other = await refund(desk, "refunding", second)
    again = await refund(desk, "refunding", first)

    assert one.transaction != other.transaction
    assert again == one
    assert desk.balance() == before


async def test_a_promised_refund_that_never_comes_is_written_off(desk: Desk) -> None:
    settlement = await _until_decided(desk, "refund-promised-unpaid")

    outcome = await refund(desk, "refund-promised-unpaid", settlement, patience=timedelta(0))

    assert outcome.transaction is None
    assert outcome.returned.base_units == 0
    entry = await desk.ledger.get(settlement.key)
    assert entry.state is PaymentState.WRITTEN_OFF


async def _three_times(desk: Desk, offer: Offer) -> None:
    for ordinal in range(3):
        await desk.authorized(offer, ordinal=ordinal)


async def refund(
    desk: Desk, kind: str, settlement: Settlement, *, patience: timedelta = timedelta(seconds=30)
) -> RefundOutcome:
    offer = desk.offer(path(kind))
    assert settlement.receipt is not None
    assert offer.refund is not None
    ask = ClaimRefund(
        receipt=settlement.receipt,
        refund=offer.refund,
        reason="test",
        give_up_at=datetime.now(UTC) + patience,
    )
    return await ActivityEnvironment().run(desk.activities.claim_refund, ask)


async def _until_decided(desk: Desk, kind: str) -> Settlement:
    """Settle as the platform would: again after each open question, then past the window."""
    authorization = await desk.authorized(desk.offer(path(kind)))
    for _ in range(3):
        try:
            return await desk.settle(authorization)
        except PaymentUnconfirmed:
            continue
    expire(desk)
    return await desk.settle(authorization)


async def test_an_answer_that_was_lost_is_fetched_by_signing_in(desk: Desk) -> None:
    before = desk.balance()

    settlement = await _until_decided(desk, "lost-reply-sign-in")

    assert settlement.state is PaymentState.DELIVERED
    assert settlement.output is not None
    assert before - desk.balance() == PRICE


async def test_an_answer_that_was_lost_comes_again_for_the_payments_own_name(desk: Desk) -> None:
    before = desk.balance()

    settlement = await _until_decided(desk, "lost-reply-named")

    assert settlement.state is PaymentState.DELIVERED
    assert before - desk.balance() == PRICE


async def test_ninety_times_the_price_listed_first_is_not_paid(desk: Desk) -> None:
    listed = desk.offer(path("dear-first"))
    assert listed.terms is not None
    fair = listed.model_copy(
        update={"terms": listed.terms.model_copy(update={"base_units": PRICE})}
    )
    before = desk.balance()

    settlement = await desk.settle(await desk.authorized(fair))

    assert settlement.state is PaymentState.DELIVERED
    assert before - desk.balance() == PRICE


async def test_another_order_of_the_list_pays_the_approved_wallet(desk: Desk) -> None:
    offer = desk.offer(path("reordering"))
    assert offer.terms is not None

    paid = {(await desk.authorized(offer, ordinal=ordinal)).pay_to for ordinal in range(4)}

    assert paid == {offer.terms.pay_to}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("waits-years", "timeout of 315360000 s"),
        ("taxed-token", "no longer asks what was approved: asset is"),
        ("no-accepts", "names no way to pay"),
    ],
)
async def test_what_is_unsafe_to_sign_is_not_signed(desk: Desk, kind: str, words: str) -> None:
    before = desk.balance()

    with pytest.raises(PaymentError, match=words):
        await desk.authorized(_at(desk, kind))

    assert desk.balance() == before
    assert await desk.ledger.in_slot(slot()) is None


async def test_a_redirect_carries_no_payment_elsewhere(desk: Desk) -> None:
    before = desk.balance()

    with pytest.raises((AddressForbidden, PaymentUnconfirmed)):
        await desk.settle(await desk.authorized(_at(desk, "redirecting")))

    expire(desk)
    assert desk.balance() == before


async def test_a_question_without_end_is_cut_off(desk: Desk) -> None:
    with pytest.raises((TermsChanged, UpstreamUnavailable)):
        await desk.authorized(_at(desk, "endless-challenge"))

    assert await desk.ledger.in_slot(slot()) is None


def _at(desk: Desk, kind: str) -> Offer:
    """An approval of honest terms for a seller that then asks others."""
    honest = desk.offer(path("flaky"))
    url = honest.url.replace("flaky", kind)
    return honest.model_copy(update={"url": url, "name": kind})
