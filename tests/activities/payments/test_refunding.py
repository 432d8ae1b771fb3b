"""Getting money back, by each way there is: seen to arrive, counted once, ended in time."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.payments.exchanges import InboundTransfer
from domain.catalogue import RefundOffer
from domain.chains import USDC_BASE_SEPOLIA
from domain.errors import (
    EngineError,
    OfferRefused,
    RecordsDisagree,
    RefundPending,
    UpstreamUnavailable,
)
from domain.money import Amount
from domain.payments import PaymentState, Settlement
from domain.purchases import ClaimRefund, FindRefundTerms, RefundTerms, WriteOff
from domain.rollback import RefundOutcome
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import evm_terms, offer, usdc
from tests.fakes.rails import FakeChannelRail
from tests.fakes.sellers import answer, challenge

REFUND = RefundOffer(url="https://weather.example/refund", window_seconds=3_600)
CANCEL = REFUND.model_copy(update={"kind": "cancel"})
CAME = InboundTransfer(transaction="back", amount=usdc("0.50"))

PATIENT, LATE = timedelta(minutes=1), timedelta(0)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.payments.refunding._LOOK_PAUSE_SECONDS", 0)


async def claim(
    counter: Counter,
    paid: Settlement,
    refund: RefundOffer | None = REFUND,
    *,
    patience: timedelta = PATIENT,
) -> RefundOutcome:
    assert paid.receipt is not None
    ask = ClaimRefund(
        receipt=paid.receipt,
        refund=refund,
        reason="test",
        give_up_at=datetime.now(UTC) + patience,
    )
    outcome: RefundOutcome = await counter.run(counter.payments.claim_refund, ask)
    return outcome


async def state(counter: Counter, paid: Settlement) -> PaymentState:
    return (await counter.entry(paid.key)).state


async def test_a_refund_is_believed_when_it_arrives(counter: Counter) -> None:
    paid = await counter.bought()
    with pytest.raises(RefundPending):
        await claim(counter, paid)
    counter.rail.inbound = [CAME]

    outcome = await claim(counter, paid)

    assert outcome.transaction == "back"
    assert outcome.returned == usdc("0.50")
    assert await state(counter, paid) is PaymentState.REFUNDED
    assert await claim(counter, paid) == outcome


async def test_money_that_came_is_not_asked_for_again(counter: Counter) -> None:
    paid = await counter.bought()
    counter.rail.inbound = [CAME]

    await claim(counter, paid)

    assert counter.seller.claims == []


async def test_one_transfer_pays_back_one_payment(counter: Counter) -> None:
    one = await counter.bought(transaction="one")
    two = await counter.bought(transaction="two", slot=slot(1))
    counter.rail.inbound = [CAME]

    await claim(counter, one)
    other = await claim(counter, two, patience=LATE)

    assert other.transaction is None
    assert await state(counter, two) is PaymentState.WRITTEN_OFF


async def test_a_larger_transfer_returns_no_more_than_was_paid(counter: Counter) -> None:
    paid = await counter.bought()
    counter.rail.inbound = [CAME.model_copy(update={"amount": usdc("9.00")})]

    assert (await claim(counter, paid)).returned == usdc("0.50")


@pytest.mark.parametrize("says", ["the seller answered 202", UpstreamUnavailable("it is down")])
async def test_what_does_not_come_in_time_is_written_off(
    counter: Counter, says: str | EngineError
) -> None:
    counter.seller.refunds = [says]
    paid = await counter.bought()

    outcome = await claim(counter, paid, patience=LATE)

    assert outcome.transaction is None
    assert outcome.returned == usdc("0")
    assert await state(counter, paid) is PaymentState.WRITTEN_OFF


async def test_a_seller_that_is_down_is_asked_again_while_there_is_time(counter: Counter) -> None:
    counter.seller.refunds = [UpstreamUnavailable("it is down")]
    paid = await counter.bought()

    with pytest.raises(UpstreamUnavailable):
        await claim(counter, paid)

    assert await state(counter, paid) is PaymentState.REFUNDING


async def test_a_refused_refund_is_written_off_with_the_sellers_words(counter: Counter) -> None:
    counter.seller.refunds = [OfferRefused("refused the refund with 403")]
    paid = await counter.bought()

    assert (await claim(counter, paid)).reason == "refused the refund with 403"


async def test_a_call_that_is_called_off_says_so_and_promises_no_money(counter: Counter) -> None:
    paid = await counter.bought()

    outcome = await claim(counter, paid, CANCEL, patience=LATE)

    assert outcome.cancelled
    assert outcome.transaction is None
    assert outcome.returned == usdc("0")
    assert await claim(counter, paid, CANCEL) == outcome


async def test_a_call_that_is_called_off_may_return_money(counter: Counter) -> None:
    paid = await counter.bought()
    with pytest.raises(RefundPending):
        await claim(counter, paid, CANCEL)
    counter.rail.inbound = [CAME]

    outcome = await claim(counter, paid, CANCEL)

    assert outcome.transaction == "back"
    assert not outcome.cancelled


async def test_without_a_promise_nothing_is_asked_and_nothing_changes(counter: Counter) -> None:
    paid = await counter.bought()

    outcome = await claim(counter, paid, None)

    assert "offers no refund" in outcome.reason
    assert await state(counter, paid) is PaymentState.DELIVERED
    assert counter.seller.claims == []


async def test_a_parked_payment_is_not_claimed_back(counter: Counter) -> None:
    paid = await counter.bought()
    await counter.ledger.park(paid.key, "look here")

    with pytest.raises(RecordsDisagree, match="look here"):
        await claim(counter, paid)


async def by_channel(counter: Counter) -> tuple[FakeChannelRail, Settlement]:
    rail = FakeChannelRail(asset=USDC_BASE_SEPOLIA, deposit=2_000_000)
    counter.use(rail, "batch-settlement")
    live = evm_terms(scheme="batch-settlement")
    counter.seller.asked = [challenge(live)]
    authorization = await counter.authorized(offer(terms=live))
    rail.land(authorization.evidence, piece="500000", moved=500_000)
    return rail, await counter.settle(authorization)


async def test_a_channel_gives_back_what_was_not_spent_and_no_more_is_claimed(
    counter: Counter,
) -> None:
    rail, paid = await by_channel(counter)
    with pytest.raises(RefundPending):
        await claim(counter, paid, None)
    rest = Amount(asset=USDC_BASE_SEPOLIA, base_units=1_500_000)
    rail.left_over = InboundTransfer(transaction="0xrest", amount=rest)

    outcome = await claim(counter, paid, None)

    assert outcome.returned.base_units == 0
    assert "gave back 1.50 USDC that was not spent, by 0xrest" in outcome.reason
    assert await state(counter, paid) is PaymentState.DELIVERED


@pytest.mark.parametrize(
    "refusal", [OfferRefused("the channel is gone"), UpstreamUnavailable("it is down")]
)
async def test_a_channel_that_nobody_closes_ends_in_words(
    counter: Counter, refusal: EngineError
) -> None:
    rail, paid = await by_channel(counter)
    rail.refuses = [refusal]

    outcome = await claim(counter, paid, None, patience=LATE)

    assert outcome.reason == refusal.message
    assert outcome.transaction is None


async def test_how_a_payment_can_be_undone_is_what_its_seller_promised(counter: Counter) -> None:
    paid = await counter.bought(offer(refund=REFUND))

    found: RefundTerms = await counter.run(
        counter.payments.refund_terms, FindRefundTerms(key=paid.key)
    )

    assert paid.receipt is not None
    assert found == RefundTerms(receipt=paid.receipt, refund=REFUND)


async def test_what_was_never_paid_cannot_be_claimed_back(counter: Counter) -> None:
    authorization = await counter.authorized()

    with pytest.raises(OfferRefused, match="no money is known to have left"):
        await counter.run(counter.payments.refund_terms, FindRefundTerms(key=authorization.key))


async def test_a_loss_can_be_accepted_once_and_keeps_its_evidence(counter: Counter) -> None:
    counter.seller.paid = [answer(500, b"sorry")]
    paid = await counter.bought()
    ask = WriteOff(key=paid.key, reason="within the loss allowance")

    first: Settlement = await counter.run(counter.payments.write_off, ask)

    assert first.state is PaymentState.WRITTEN_OFF
    assert first.receipt == paid.receipt
    assert await counter.run(counter.payments.write_off, ask) == first
    assert (await counter.entry(paid.key)).evidence is not None
