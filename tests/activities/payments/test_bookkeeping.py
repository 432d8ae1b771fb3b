"""What operators see and say: lists, journals, audits, verdicts, the book of receipts."""

from typing import Any, Literal

import pytest

from activities.payments.exchanges import OutboundTransfer
from domain.bookkeeping import (
    AuditRecords,
    ExportReceipts,
    FindUnsettled,
    InspectPayment,
    ListPayments,
    Mismatch,
    PaymentInspected,
    PaymentsFound,
    PaymentView,
    RecordsAudited,
    ResolvePayment,
    UnsettledFound,
)
from domain.chains import SOLANA_DEVNET
from domain.errors import DecisionRefused, RequestRejected, UpstreamUnavailable
from domain.ids import PaymentKey
from domain.payments import PaymentState
from domain.purchases import ReceiptsVerified, VerifyReceipts
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import NOW, key, terms, usdc
from tests.fakes.sellers import answer

RUN = "run/r"


async def audit(counter: Counter, **how: Any) -> RecordsAudited:
    found: RecordsAudited = await counter.run(counter.books.audit, AuditRecords(**how))
    return found


async def kinds(counter: Counter, **how: Any) -> list[str]:
    return [each.kind for each in (await audit(counter, **how)).mismatches]


async def resolve(
    counter: Counter, of: PaymentKey, verdict: Literal["ask_again", "write_off", "accept"]
) -> PaymentView:
    word = ResolvePayment(key=of, verdict=verdict, operator="ada", note="I looked")
    view: PaymentView = await counter.run(counter.books.resolve, word)
    return view


async def journal(counter: Counter, of: PaymentKey) -> str:
    found: PaymentInspected = await counter.run(counter.books.inspect, InspectPayment(key=of[:12]))
    return "\n".join(line.evidence for line in found.journal)


async def test_payments_are_listed_newest_first(counter: Counter) -> None:
    first = await counter.bought(transaction="one")
    second = await counter.authorized(slot=slot(1))

    found: PaymentsFound = await counter.run(counter.books.list_payments, ListPayments())
    open_ones: PaymentsFound = await counter.run(
        counter.books.list_payments, ListPayments(unsettled=True)
    )

    assert [view.key for view in found.payments] == [second.key, first.key]
    assert [view.key for view in open_ones.payments] == [second.key]
    assert found.payments[1].transaction == "one"
    assert found.payments[1].amount == usdc("0.50")


async def test_a_payment_is_found_by_the_beginning_of_its_key(counter: Counter) -> None:
    bought = await counter.bought()

    found: PaymentInspected = await counter.run(
        counter.books.inspect, InspectPayment(key=bought.key[:8])
    )

    assert found.payment.state is PaymentState.DELIVERED
    assert [line.state for line in found.journal][:2] == ["reserved", "signed"]
    assert "on chain in tx" in found.journal[-1].evidence
    with pytest.raises(RequestRejected, match="no payment"):
        await counter.run(counter.books.inspect, InspectPayment(key="zzzzzz"))


async def test_parked_payments_are_not_looked_for_again(counter: Counter) -> None:
    idle = await counter.authorized()
    parked = await counter.authorized(slot=slot(1))
    await counter.ledger.park(parked.key, "look here")
    await counter.bought(slot=slot(2))

    found: UnsettledFound = await counter.run(
        counter.books.find_unsettled, FindUnsettled(idle_seconds=0)
    )
    later: UnsettledFound = await counter.run(
        counter.books.find_unsettled, FindUnsettled(idle_seconds=3_600)
    )

    assert found.keys == (idle.key,)
    assert later.keys == ()


async def test_a_parked_payment_that_is_asked_about_again_ends_by_the_chain(
    counter: Counter,
) -> None:
    authorization = await counter.authorized()
    await counter.ledger.park(authorization.key, "look here")
    counter.rail.rule_out(authorization.evidence)

    view = await resolve(counter, authorization.key, "ask_again")

    assert view.state is PaymentState.UNPAID
    assert view.parked == ""
    assert "ada: ask again: I looked" in await journal(counter, authorization.key)


async def test_asking_again_may_leave_the_question_open(counter: Counter) -> None:
    authorization = await counter.authorized()

    view = await resolve(counter, authorization.key, "ask_again")

    assert view.state is PaymentState.SIGNED
    assert view.parked == ""


async def test_only_what_is_known_to_be_lost_can_be_written_off(counter: Counter) -> None:
    counter.seller.paid = [answer(500, b"sorry")]
    lost = await counter.bought()
    unknown = await counter.authorized(slot=slot(1))

    view = await resolve(counter, lost.key, "write_off")
    with pytest.raises(DecisionRefused, match="only money that the chain shows"):
        await resolve(counter, unknown.key, "write_off")

    assert view.state is PaymentState.WRITTEN_OFF
    assert "ada: write off: I looked" in await journal(counter, lost.key)
    assert await resolve(counter, lost.key, "write_off") == view


async def test_nobody_can_say_that_money_was_paid_or_not(counter: Counter) -> None:
    authorization = await counter.authorized()
    await counter.ledger.park(authorization.key, "look here")

    view = await resolve(counter, authorization.key, "accept")

    assert view.state is PaymentState.SIGNED
    assert view.parked == ""
    assert "ada: accept: I looked" in await journal(counter, authorization.key)


async def test_records_that_agree_are_all_proven(counter: Counter) -> None:
    bought = await counter.bought()
    pending = await counter.authorized(slot=slot(1))
    counter.rail.left = [_left("tx")]

    found = await audit(counter, workflow_id=RUN, history=(bought.key,))

    assert found.proven == (bought.key,)
    assert found.unsettled == (pending.key,)
    assert found.mismatches == ()
    assert found.payments == 2


async def test_a_receipt_that_the_chain_does_not_show_is_found_and_parked(
    counter: Counter,
) -> None:
    bought = await counter.bought()
    counter.rail.proven.clear()

    found = await audit(counter)

    assert [each.kind for each in found.mismatches] == ["not_on_chain"]
    assert (await counter.entry(bought.key)).parked.startswith("audit: the chain does not show")


async def test_a_transfer_that_no_payment_explains_is_found(counter: Counter) -> None:
    await counter.bought()
    counter.rail.left = [_left("tx"), _left("stolen")]

    (mismatch,) = (await audit(counter)).mismatches

    assert mismatch == Mismatch(
        kind="not_in_ledger",
        key=None,
        network=SOLANA_DEVNET,
        transaction="stolen",
        message=f"0.50 USDC left for {terms().pay_to}, and no payment explains it",
    )


async def test_a_payment_under_way_explains_a_transfer_to_its_seller(counter: Counter) -> None:
    await counter.bought()
    await counter.authorized(slot=slot(1))
    counter.rail.left = [_left("tx"), _left("just landed")]

    assert await kinds(counter) == []


async def test_history_and_ledger_are_compared_both_ways(counter: Counter) -> None:
    bought = await counter.bought()
    unpaid = await counter.authorized(slot=slot(1))
    counter.rail.rule_out(unpaid.evidence)
    await counter.reconcile(unpaid.key)
    history = (unpaid.key, key("unheard of"))

    found = await audit(counter, workflow_id=RUN, history=history)

    assert {(each.kind, each.key) for each in found.mismatches} == {
        ("ended_otherwise", unpaid.key),
        ("not_in_ledger", key("unheard of")),
        ("not_in_history", bought.key),
    }
    assert (await counter.entry(bought.key)).parked
    assert (await counter.entry(unpaid.key)).parked


async def test_a_book_that_was_tampered_with_is_found(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = await counter.bought()
    (line,) = await counter.ledger.book()
    forged = line.model_copy(
        update={"receipt": line.receipt.model_copy(update={"amount": usdc("0.01")})}
    )

    async def book(_workflow_id: str | None = None) -> tuple[Any, ...]:
        return (forged,)

    monkeypatch.setattr(counter.ledger, "book", book)
    found = await audit(counter)

    assert {(each.kind, each.key) for each in found.mismatches} == {
        ("book_broken", None),
        ("book_broken", bought.key),
    }


async def test_an_audit_without_a_node_says_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.bought()

    async def fails(_receipt: object) -> bool:
        raise UpstreamUnavailable("no node")

    monkeypatch.setattr(counter.rail, "proves", fails)

    with pytest.raises(UpstreamUnavailable):
        await audit(counter)


async def test_the_book_is_exported_whole_or_by_run(counter: Counter) -> None:
    await counter.bought(transaction="one")
    await counter.bought(transaction="two", slot=slot(run="run/other"))

    whole: ReceiptBook = await counter.run(counter.books.export, ExportReceipts())
    part: ReceiptBook = await counter.run(
        counter.books.export, ExportReceipts(workflow_id="run/other")
    )

    assert whole.whole
    assert book_problems(whole) == ()
    assert [line.receipt.transaction for line in part.lines] == ["two"]
    assert book_problems(part) == ()


async def test_receipts_are_verified_one_by_one(counter: Counter) -> None:
    good = await counter.bought(transaction="one")
    bad = await counter.bought(transaction="two", slot=slot(1))
    counter.rail.proven.discard("two")
    assert good.receipt is not None
    assert bad.receipt is not None
    foreign = good.receipt.model_copy(update={"network": "eip155:1"})
    ask = VerifyReceipts(receipts=(good.receipt, bad.receipt, foreign))

    found: ReceiptsVerified = await counter.run(counter.payments.verify, ask)

    assert found.proven == (good.key,)


def _left(transaction: str) -> OutboundTransfer:
    return OutboundTransfer(
        network=SOLANA_DEVNET,
        transaction=transaction,
        pay_to=terms().pay_to,
        amount=usdc("0.50"),
        at=NOW,
    )
