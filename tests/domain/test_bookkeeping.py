"""What operators may ask of the ledger, and what they may not say."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from domain.bookkeeping import (
    AuditRecords,
    FindUnsettled,
    InspectPayment,
    JournalLine,
    ListPayments,
    Mismatch,
    PaymentInspected,
    PaymentsFound,
    PaymentView,
    RecordsAudited,
    ResolvePayment,
)
from domain.chains import SOLANA_DEVNET
from domain.ids import StepId
from domain.payments import PaymentState
from tests.fakes.builders import NOW, SELLER, key, listing, usdc

VIEW = PaymentView(
    key=key(),
    workflow_id="run/r",
    step_id=StepId("weather"),
    listing_id=listing().id,
    state=PaymentState.UNKNOWN,
    amount=usdc("0.50"),
    network=SOLANA_DEVNET,
    pay_to=SELLER,
    transaction=None,
    sends=2,
    begun_at=NOW,
    changed_at=NOW,
    parked="the chain shows nothing",
)
LINE = JournalLine(at=NOW, state=PaymentState.SENT, evidence="message 1111 in slot 7")
MISMATCH = Mismatch(
    kind="not_in_ledger", key=None, network=SOLANA_DEVNET, transaction="tx", message="stray"
)
RESOLVE: dict[str, Any] = {
    "key": key(),
    "verdict": "ask_again",
    "operator": "ada",
    "note": "the node was behind",
}


@pytest.mark.parametrize(
    "message",
    [
        PaymentsFound(payments=(VIEW,)),
        PaymentInspected(payment=VIEW, journal=(LINE,)),
        RecordsAudited(payments=2, proven=(key(),), unsettled=(key(1),), mismatches=(MISMATCH,)),
        ResolvePayment(**RESOLVE),
        AuditRecords(workflow_id="run/r", history=(key(),)),
    ],
)
def test_what_is_said_of_payments_survives_json(message: BaseModel) -> None:
    assert type(message).model_validate_json(message.model_dump_json()) == message


def test_an_operator_never_says_what_happened_to_money() -> None:
    for verdict in ("ask_again", "write_off", "accept"):
        assert ResolvePayment.model_validate(RESOLVE | {"verdict": verdict}).verdict == verdict
    for verdict in (*PaymentState, "paid", "unpaid"):
        with pytest.raises(ValidationError):
            ResolvePayment.model_validate(RESOLVE | {"verdict": verdict})


@pytest.mark.parametrize("change", [{"operator": ""}, {"note": ""}, {"note": "x" * 501}])
def test_a_resolution_has_a_name_and_a_reason(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ResolvePayment.model_validate(RESOLVE | change)


@pytest.mark.parametrize("prefix", ["", "abcde", "x" * 65])
def test_a_payment_is_asked_for_by_enough_of_its_key(prefix: str) -> None:
    with pytest.raises(ValidationError):
        InspectPayment(key=prefix)
    assert InspectPayment(key=key()[:6]).key == key()[:6]


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_no_question_asks_for_nothing_or_for_everything(limit: int) -> None:
    with pytest.raises(ValidationError):
        ListPayments(limit=limit)
    with pytest.raises(ValidationError):
        FindUnsettled(idle_seconds=0, limit=limit)


def test_a_payment_cannot_have_been_idle_for_less_than_no_time() -> None:
    assert FindUnsettled(idle_seconds=0).limit == 200
    with pytest.raises(ValidationError):
        FindUnsettled(idle_seconds=-1)
