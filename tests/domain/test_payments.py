"""Payments: how they may end, and the gate before a signature."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import Terms
from domain.chains import SOLANA_MAINNET, USDC_MAINNET
from domain.errors import OfferRefused
from domain.limits import MAX_MEMO_BYTES, MAX_TIMEOUT_SECONDS
from domain.payments import (
    SETTLED,
    PaymentState,
    choose_quote,
    choose_terms,
    difference,
    move,
    signing_problem,
)
from tests.domain.test_state_machines import next_of
from tests.fakes.builders import offer, terms

S = PaymentState

ENDS = {
    "delivered": frozenset({S.DELIVERED}),
    "refunded": frozenset({S.REFUNDED}),
    "lost": frozenset({S.WRITTEN_OFF, S.PAID_UNDELIVERED}),
    "never paid": frozenset({S.UNPAID}),
}
"""The classes in which payments end; the others are under way."""

UNDER_WAY = frozenset({S.QUOTED, S.RESERVED, S.SIGNED, S.SENT, S.UNKNOWN, S.REFUNDING})

FOREIGN: list[dict[str, Any]] = [
    {"scheme": "upto"},
    {"network": SOLANA_MAINNET},
    {"asset": USDC_MAINNET.address},
    {"pay_to": "Thief11111111111111111111111111111111111111"},
    {"flow": "prepaid"},
]
UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"scheme": "upto"}, "scheme upto"),
    ({"network": SOLANA_MAINNET}, "is not one Caravan spends"),
    ({"asset": "fake"}, "token fake"),
    ({"flow": "prepaid"}, "before the work"),
    ({"max_timeout_seconds": 0}, "a timeout of 0 s"),
    ({"max_timeout_seconds": -1}, "a timeout of -1 s"),
    ({"max_timeout_seconds": MAX_TIMEOUT_SECONDS + 1}, "is not within"),
    ({"fee_payer": None}, "no fee payer"),
    ({"memo": "x" * (MAX_MEMO_BYTES + 1)}, "memo is longer"),
    ({"memo": "ø" * (MAX_MEMO_BYTES // 2 + 1)}, "memo is longer"),
]

live_terms = st.builds(
    terms,
    base_units=st.integers(0, 10**9),
    pay_to=st.sampled_from([terms().pay_to, "Thief11111111111111111111111111111111111111"]),
    scheme=st.sampled_from(["exact", "upto"]),
    network=st.sampled_from([terms().network, SOLANA_MAINNET]),
    flow=st.sampled_from(["authorization", "prepaid"]),
    max_timeout_seconds=st.sampled_from([0, 60, 100_000]),
    fee_payer=st.sampled_from([terms().fee_payer, None]),
    memo=st.sampled_from([None, "order 7", "x" * 1_000]),
)


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


@pytest.mark.parametrize("change", FOREIGN)
def test_terms_differ_by_every_field_that_says_where_money_goes(change: dict[str, Any]) -> None:
    (field,) = change

    problem = difference(terms(**change), terms())

    assert problem is not None
    assert problem.startswith(f"{field} is {change[field]}")


def test_a_lower_price_is_no_difference_and_a_higher_one_is() -> None:
    assert difference(terms(), terms()) is None
    assert difference(terms(base_units=1), terms()) is None
    assert difference(terms(base_units=500_001), terms()) is not None


@pytest.mark.parametrize(("change", "said"), UNSAFE)
def test_unsafe_terms_are_not_signed(change: dict[str, Any], said: str) -> None:
    problem = signing_problem(terms(**change))

    assert problem is not None
    assert said in problem


@pytest.mark.parametrize("memo", [None, "", "x" * MAX_MEMO_BYTES])
@pytest.mark.parametrize("timeout", [1, MAX_TIMEOUT_SECONDS])
def test_terms_at_their_limits_are_signed(memo: str | None, timeout: int) -> None:
    assert signing_problem(terms(memo=memo, max_timeout_seconds=timeout)) is None


@given(offered=st.lists(live_terms, max_size=6))
def test_no_money_goes_elsewhere_or_above_the_approved_price(offered: list[Terms]) -> None:
    approved = terms()
    honest = [live for live in offered if is_as_approved(live, approved)]

    try:
        chosen = choose_terms(offered, offer())
    except OfferRefused:
        assert not honest
    else:
        assert chosen == honest[0]
        assert chosen.base_units <= approved.base_units
        assert chosen.pay_to == approved.pay_to


def is_as_approved(live: Terms, approved: Terms) -> bool:
    """Whether ``live`` may be signed, told by fields instead of by the rules under test."""
    return (
        live.base_units <= approved.base_units
        and (live.pay_to, live.network) == (approved.pay_to, approved.network)
        and (live.scheme, live.flow) == ("exact", "authorization")
        and live.max_timeout_seconds == 60
        and live.fee_payer is not None
        and live.memo in {None, "order 7"}
    )


@given(order=st.permutations([terms(base_units=9_000_000), terms(), terms(pay_to="other")]))
def test_a_dearer_entry_put_first_is_never_taken(order: list[Terms]) -> None:
    dearest_first = [terms(base_units=10**9), *order]

    assert choose_terms(dearest_first, offer()) == terms()


def test_a_refusal_names_each_difference() -> None:
    offered = [terms(base_units=600_000), terms(pay_to="Thief"), terms(fee_payer=None)]

    with pytest.raises(OfferRefused) as refused:
        choose_terms(offered, offer())

    for said in ("the price is 600000", "pay_to is Thief", "no fee payer"):
        assert said in refused.value.message


def test_a_hundred_differences_make_a_short_message() -> None:
    with pytest.raises(OfferRefused) as refused:
        choose_terms([terms(pay_to=f"Thief{n}") for n in range(100)], offer())

    assert "Thief3" in refused.value.message
    assert "Thief4" not in refused.value.message


def test_a_free_service_that_asks_for_money_is_refused() -> None:
    free = offer(terms=None)

    with pytest.raises(OfferRefused, match="approved as free"):
        choose_terms([terms(base_units=0)], free)
    with pytest.raises(OfferRefused, match="listed as free"):
        choose_quote([terms(base_units=0)], free)


def test_a_seller_that_names_no_way_to_pay_is_refused() -> None:
    with pytest.raises(OfferRefused, match="names no way to pay"):
        choose_terms([], offer())
    with pytest.raises(OfferRefused, match="names no way to pay"):
        choose_quote([], offer())


@given(offered=st.lists(live_terms, max_size=6))
def test_a_quote_is_the_cheapest_that_pays_the_listed_seller(offered: list[Terms]) -> None:
    listed = terms()
    signable = [
        live
        for live in offered
        if is_as_approved(live.model_copy(update={"base_units": 0}), listed)
    ]

    try:
        chosen = choose_quote(offered, offer())
    except OfferRefused:
        assert not signable
    else:
        assert chosen.pay_to == listed.pay_to
        assert chosen.base_units == min(live.base_units for live in signable)


def test_a_quote_may_be_dearer_than_listed_but_pays_nobody_else() -> None:
    assert choose_quote([terms(base_units=900_000)], offer()).base_units == 900_000
    with pytest.raises(OfferRefused, match="pay_to is Thief"):
        choose_quote([terms(base_units=1, pay_to="Thief")], offer())
