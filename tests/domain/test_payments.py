"""Payments: how they may end, and what is kept of them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.ids import Digest
from domain.payments import (
    SETTLED,
    Authorization,
    Evidence,
    EvmEvidence,
    PaymentState,
    SvmEvidence,
    move,
)
from tests.domain.test_state_machines import next_of
from tests.fakes.builders import PAYER, SELLER, artifact, key, listing, usdc

S = PaymentState

ENDS = {
    "delivered": frozenset({S.DELIVERED}),
    "refunded": frozenset({S.REFUNDED}),
    "lost": frozenset({S.WRITTEN_OFF, S.PAID_UNDELIVERED}),
    "never paid": frozenset({S.UNPAID}),
}
"""The classes in which payments end; the others are under way."""

UNDER_WAY = frozenset({S.QUOTED, S.RESERVED, S.SIGNED, S.SENT, S.UNKNOWN, S.REFUNDING})


def test_each_state_is_under_way_or_in_exactly_one_class_of_ends() -> None:
    classes = [UNDER_WAY, *ENDS.values()]

    assert sum(len(states) for states in classes) == len(S)
    assert frozenset().union(*classes) == frozenset(S)


def test_what_was_paid_never_becomes_unpaid() -> None:
    for state in SETTLED:
        assert next_of(move, state) <= SETTLED


def test_what_was_never_paid_cannot_be_settled_later() -> None:
    assert not next_of(move, S.UNPAID)
    assert not SETTLED & {S.QUOTED, S.RESERVED, S.SIGNED, S.SENT, S.UNKNOWN, S.UNPAID}


def test_money_can_leave_only_after_it_was_reserved_signed_and_sent() -> None:
    before = {state for state in S if state not in SETTLED and next_of(move, state) & SETTLED}

    assert before == {S.SENT, S.UNKNOWN}
    assert [state for state in S if S.SENT in next_of(move, state)] == [S.SIGNED]
    assert [state for state in S if S.SIGNED in next_of(move, state)] == [S.RESERVED]


def test_a_refund_comes_back_only_after_it_was_asked_for() -> None:
    assert [state for state in S if S.REFUNDED in next_of(move, state)] == [S.REFUNDING]


def test_final_states_have_no_exits() -> None:
    finals = {state for state in S if not next_of(move, state)}

    assert finals == {S.UNPAID, S.REFUNDED, S.WRITTEN_OFF}


def test_signed_bytes_that_were_never_sent_may_end_unpaid() -> None:
    assert next_of(move, S.SIGNED) == {S.SENT, S.UNPAID}


def test_what_is_unknown_stays_so_until_the_chain_ends_it() -> None:
    assert next_of(move, S.UNKNOWN) == {S.DELIVERED, S.UNPAID, S.PAID_UNDELIVERED}


SVM = SvmEvidence(
    payer=PAYER, message_digest=Digest("1" * 64), memo="m", first_slot=1, last_valid_block_height=2
)
EVM = EvmEvidence(
    payer="0xpayer",
    method="eip3009",
    contract="0xtoken",
    nonce="0x" + "0" * 64,
    message_digest=Digest("1" * 64),
    first_block=1,
    valid_before=2,
)


@pytest.mark.parametrize("evidence", [SVM, EVM])
def test_evidence_of_each_chain_survives_json_as_itself(evidence: Evidence) -> None:
    authorization = Authorization(
        key=key(),
        listing_id=listing().id,
        amount=usdc("0.50"),
        pay_to=SELLER,
        order=artifact(),
        sealed_payment="sealed",
        evidence=evidence,
    )

    read = Authorization.model_validate_json(authorization.model_dump_json())

    assert read == authorization
    assert type(read.evidence) is type(evidence)


def test_evidence_of_no_known_chain_is_refused() -> None:
    adapter: TypeAdapter[Evidence] = TypeAdapter(Evidence)

    for kind in ("btc", None):
        with pytest.raises(ValidationError):
            adapter.validate_python(SVM.model_dump() | {"kind": kind})
    with pytest.raises(ValidationError):
        adapter.validate_python(SVM.model_dump() | {"kind": "evm"})
