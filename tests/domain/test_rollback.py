"""What is undone, in which order, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import graph
from domain.catalogue import RefundOffer, Terms, UndoAction
from domain.chains import USDC_DEVNET
from domain.ids import StepId
from domain.money import Amount
from domain.purchases import undo_of
from domain.rollback import (
    RefundOutcome,
    UndoOutcome,
    action_of,
    entry_for,
    entry_without_claim,
    fully_undone,
    undo_order,
)
from tests.domain.test_graph import Graph, acyclic
from tests.fakes.builders import effect, evm_terms, key, offer, receipt, terms, usdc

KINDS = {"refund": "refund_claim", "cancel": "cancel_call"}
CANCEL = RefundOffer(url="https://weather.example/x", window_seconds=600, kind="cancel")
REFUND = RefundOffer(url="https://weather.example/x", window_seconds=600)


@given(edges=acyclic())
def test_no_step_is_undone_before_those_that_used_it(edges: Graph) -> None:
    completed = [effect(step, step_id=step) for step in graph.topological_order(edges)]

    undone = [one.step_id for one in undo_order(completed)]

    assert sorted(undone) == sorted(edges)
    for step in edges:
        assert all(undone.index(step) < undone.index(used) for used in edges[step])


@pytest.mark.parametrize("refund", [None, REFUND, CANCEL])
@pytest.mark.parametrize("paid", [terms(), evm_terms(scheme="upto")])
def test_a_payment_is_undone_as_was_said_before_approval(
    paid: Terms, refund: RefundOffer | None
) -> None:
    made = effect(receipt=receipt(scheme=paid.scheme), refund=refund)

    said = undo_of(offer(terms=paid, refund=refund)).action

    assert action_of(made) == said
    assert said == ("none" if refund is None else KINDS[refund.kind])


@pytest.mark.parametrize("refund", [None, REFUND, CANCEL])
def test_a_channel_is_closed_whatever_else_its_seller_declares(refund: RefundOffer | None) -> None:
    channel = evm_terms(scheme="batch-settlement")
    made = effect(receipt=receipt(scheme="batch-settlement"), refund=refund)

    assert action_of(made) == "channel_refund"
    assert undo_of(offer(terms=channel, refund=refund)).action == "channel_refund"


@pytest.mark.parametrize(
    ("refund", "action"), [(CANCEL, "cancel_call"), (REFUND, "refund_claim"), (None, "none")]
)
def test_what_was_called_off_without_money_is_not_a_refund(
    refund: RefundOffer | None, action: UndoAction
) -> None:
    agreed = RefundOutcome(key=key(), returned=usdc("0.50"), cancelled=True, reason="called off")

    entry = entry_for(effect(refund=refund), agreed)

    assert (entry.action, entry.outcome) == (action, UndoOutcome.CANCELLED)
    assert (entry.returned, entry.transaction) == (usdc("0"), None)
    assert not fully_undone([entry])


def test_what_was_called_off_and_paid_back_is_a_refund() -> None:
    seen = RefundOutcome(key=key(), returned=usdc("0.50"), transaction="inbound", cancelled=True)

    entry = entry_for(effect(refund=CANCEL), seen)

    assert (entry.action, entry.outcome) == ("cancel_call", UndoOutcome.REFUNDED)
    assert fully_undone([entry])


@pytest.mark.parametrize(
    ("delivered", "said"), [(True, "paid offers no refund"), (False, "delivered nothing usable")]
)
def test_money_that_cannot_come_back_is_said_to_be_gone(*, delivered: bool, said: str) -> None:
    entry = entry_without_claim(effect(refund=None, delivered=delivered))

    assert (entry.action, entry.outcome) == ("none", UndoOutcome.NOT_POSSIBLE)
    assert (entry.paid, entry.returned) == (usdc("0.50"), usdc("0"))
    assert entry.transaction is None
    assert said in entry.reason


def test_a_refund_seen_on_chain_is_a_refund() -> None:
    seen = RefundOutcome(key=key(), returned=usdc("0.50"), transaction="inbound")

    entry = entry_for(effect(), seen)

    assert (entry.action, entry.outcome) == ("refund_claim", UndoOutcome.REFUNDED)
    assert (entry.returned, entry.transaction) == (usdc("0.50"), "inbound")
    assert entry.key == key()


@given(units=st.integers(0, 10**9))
def test_no_more_is_returned_than_was_paid(units: int) -> None:
    seen = RefundOutcome(
        key=key(), returned=Amount(asset=USDC_DEVNET, base_units=units), transaction="inbound"
    )

    entry = entry_for(effect(), seen)

    assert entry.returned.base_units == min(units, 500_000)
    assert (entry.paid - entry.returned).base_units == max(0, 500_000 - units)


@pytest.mark.parametrize("claimed", ["0", "0.50"])
def test_a_refund_that_was_only_promised_is_written_off(claimed: str) -> None:
    promised = RefundOutcome(key=key(), returned=usdc(claimed), reason="nothing arrived in 90 s")

    entry = entry_for(effect(), promised)

    assert entry.outcome is UndoOutcome.WRITTEN_OFF
    assert (entry.returned, entry.transaction) == (usdc("0"), None)
    assert entry.reason == "nothing arrived in 90 s"


@given(returned=st.lists(st.integers(0, 600_000), max_size=5))
def test_a_run_is_fully_undone_when_every_payment_came_back_whole(returned: list[int]) -> None:
    entries = [
        entry_for(
            effect(number, step_id=StepId(f"s{number}")),
            RefundOutcome(
                key=key(number),
                returned=Amount(asset=USDC_DEVNET, base_units=units),
                transaction="inbound",
            ),
        )
        for number, units in enumerate(returned)
    ]

    assert fully_undone(entries) == all(units >= 500_000 for units in returned)


def test_one_payment_that_cannot_come_back_leaves_a_run_partly_undone() -> None:
    whole = RefundOutcome(key=key(), returned=usdc("0.50"), transaction="inbound")

    assert fully_undone([entry_for(effect(), whole)])
    assert not fully_undone([entry_for(effect(), whole), entry_without_claim(effect(1))])
