"""Decisions count once, for the document and the cap that were shown, from whom it takes."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.approval import (
    Approval,
    ApprovalRequest,
    BudgetRaise,
    BudgetRequest,
    Decision,
    Verdict,
    check_decision,
    check_raise,
    verdict_of,
)
from domain.chains import USDC_BASE
from domain.errors import DecisionRefused
from domain.ids import RequestId
from domain.money import Amount
from domain.policy import SpendPolicy
from tests.fakes.builders import NOW, approval_request, call, decision_on, plan, usdc

REQUEST = approval_request()
FOR_TWO = approval_request(approvals_needed=2, policy=SpendPolicy(two_approvals_above="0.70"))
HELD = approval_request(holds=("a payee that was never paid",))


def decision(**changes: Any) -> Decision:
    return decision_on(REQUEST, **changes)


def approved(request: ApprovalRequest, **changes: Any) -> Approval:
    return Approval(
        decision=decision_on(request, **changes), round=request.round, decided_at=request.expires_at
    )


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_decision_that_fits_and_is_in_time_is_accepted(verdict: str) -> None:
    last_moment = REQUEST.expires_at - timedelta(microseconds=1)

    check_decision(decision(verdict=verdict), request=REQUEST, earlier=(), now=last_moment)


@pytest.mark.parametrize(
    "change",
    [
        {"request_id": RequestId("20261121-weather-k4")},
        {"round": 2},
        {"plan_digest": plan(call("other")).digest},
        {"estimated": usdc("0.51")},
        {"cap": usdc("0.81")},
        {"loss_allowance": usdc("0.01")},
        {"wallet": "another"},
        {"policy": SpendPolicy(max_timeout_seconds=299)},
        {"changes": ("weather costs more",)},
        {"new_payees": ("somebody",)},
        {"holds": ("somebody",)},
        {"approvals_needed": 2},
        {"expires_at": REQUEST.expires_at + timedelta(seconds=1)},
    ],
)
def test_a_decision_on_a_document_that_changed_since_is_refused(change: dict[str, Any]) -> None:
    changed = approval_request(**change)

    assert set(change) <= set(ApprovalRequest.model_fields)
    with pytest.raises(DecisionRefused, match=r"look at it again"):
        check_decision(decision(looked=True), request=changed, earlier=(), now=NOW)


def test_the_document_says_nothing_that_its_digest_does_not_bind() -> None:
    assert set(REQUEST.model_dump(mode="json")) == set(ApprovalRequest.model_fields)


@pytest.mark.parametrize("cap", ["0.79", "0.81"])
def test_a_decision_about_another_cap_is_refused(cap: str) -> None:
    with pytest.raises(DecisionRefused, match=f"allows {cap} USDC, the plan asks 0.80 USDC"):
        check_decision(decision(cap=usdc(cap)), request=REQUEST, earlier=(), now=NOW)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_a_decision_at_or_after_the_deadline_is_refused(late: timedelta, verdict: str) -> None:
    at = REQUEST.expires_at + late

    with pytest.raises(DecisionRefused, match="expired at 2026-11-21 13:00:00 UTC"):
        check_decision(decision(verdict=verdict), request=REQUEST, earlier=(), now=at)


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("then", ["approve", "reject"])
def test_an_asking_is_decided_only_once(first: Verdict, then: Verdict) -> None:
    before = approved(REQUEST, verdict=first)

    with pytest.raises(DecisionRefused, match=f"decided before: {first}"):
        check_decision(
            decision(verdict=then, decided_by="grace"), request=REQUEST, earlier=[before], now=NOW
        )


@given(
    rounds=st.lists(st.integers(2, 9), max_size=4), verdict=st.sampled_from(["approve", "reject"])
)
def test_an_approval_counts_for_one_asking_of_a_run(rounds: list[int], verdict: Verdict) -> None:
    spent = [approved(approval_request(round=round_), verdict=verdict) for round_ in rounds]

    assert verdict_of(REQUEST, spent) is None
    assert verdict_of(FOR_TWO, [*spent, approved(FOR_TWO)]) is None
    check_decision(decision(), request=REQUEST, earlier=spent, now=NOW)


def test_nothing_can_be_decided_while_no_plan_waits() -> None:
    with pytest.raises(DecisionRefused, match="no plan waiting"):
        check_decision(decision(), request=None, earlier=(), now=NOW)


@pytest.mark.parametrize("again", ["ada", "Ada", " ada ", "ADA\n"])
def test_a_second_approval_comes_from_a_second_person(again: str) -> None:
    first = approved(FOR_TWO)
    assert verdict_of(FOR_TWO, [first]) is None

    with pytest.raises(DecisionRefused, match=r"second person is needed above 0\.70 USDC"):
        check_decision(
            decision_on(FOR_TWO, decided_by=again), request=FOR_TWO, earlier=[first], now=NOW
        )
    check_decision(
        decision_on(FOR_TWO, decided_by="grace"), request=FOR_TWO, earlier=[first], now=NOW
    )
    assert verdict_of(FOR_TWO, [first, approved(FOR_TWO, decided_by="grace")]) == "approve"


@pytest.mark.parametrize("second", ["ada", "grace"])
def test_the_second_decision_may_still_reject(second: str) -> None:
    first = approved(FOR_TWO)
    no = decision_on(FOR_TWO, decided_by=second, verdict="reject")

    check_decision(no, request=FOR_TWO, earlier=[first], now=NOW)
    both = [first, Approval(decision=no, decided_at=NOW)]
    assert verdict_of(FOR_TWO, both) == "reject"
    with pytest.raises(DecisionRefused, match="decided before: reject"):
        check_decision(
            decision_on(FOR_TWO, decided_by="eve"), request=FOR_TWO, earlier=both, now=NOW
        )


def test_the_second_approval_is_in_time_as_the_first() -> None:
    with pytest.raises(DecisionRefused, match="expired at"):
        check_decision(
            decision_on(FOR_TWO, decided_by="grace"),
            request=FOR_TWO,
            earlier=[approved(FOR_TWO)],
            now=FOR_TWO.expires_at,
        )


def test_what_is_held_is_approved_only_by_whoever_looked() -> None:
    with pytest.raises(DecisionRefused, match="look at this first: a payee that was never paid"):
        check_decision(decision_on(HELD), request=HELD, earlier=(), now=NOW)
    check_decision(decision_on(HELD, looked=True), request=HELD, earlier=(), now=NOW)
    check_decision(decision_on(HELD, verdict="reject"), request=HELD, earlier=(), now=NOW)


@given(
    verdicts=st.lists(
        st.tuples(st.sampled_from(["ada", "Ada", "grace", "eve"]), st.booleans()), max_size=6
    ),
    request=st.sampled_from([REQUEST, FOR_TWO]),
)
def test_an_asking_ends_by_enough_people_or_one_rejection(
    verdicts: list[tuple[str, bool]], request: ApprovalRequest
) -> None:
    taken: list[Approval] = []
    for who, yes in verdicts:
        verdict: Literal["approve", "reject"] = "approve" if yes else "reject"
        one = decision_on(request, decided_by=who, verdict=verdict)
        try:
            check_decision(one, request=request, earlier=taken, now=NOW)
        except DecisionRefused:
            continue
        assert verdict_of(request, taken) is None
        taken.append(Approval(decision=one, decided_at=NOW))

    yes_from = {a.decision.decided_by.casefold() for a in taken if a.decision.verdict == "approve"}
    rejected = any(a.decision.verdict == "reject" for a in taken)
    wanted = "reject" if rejected else "approve"
    enough = len(yes_from) >= request.approvals_needed
    assert verdict_of(request, taken) == (wanted if rejected or enough else None)


@pytest.mark.parametrize(
    "change",
    [
        {"decision_id": "short"},
        {"decision_id": "x" * 65},
        {"decided_by": ""},
        {"decided_by": " \t"},
        {"decided_by": "x" * 121},
        {"note": "x" * 501},
        {"verdict": "maybe"},
    ],
)
def test_a_decision_is_whole_and_of_bounded_size(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decision(**change)


BUDGET = BudgetRequest(
    request_id=RequestId("20261121-weather-k3"),
    round=2,
    budget=usdc("1.00"),
    needed=usdc("1.20"),
    maximum=usdc("5.00"),
    why="the prices rose",
    expires_at=NOW + timedelta(hours=1),
)


def answer(budget: Amount | None, **changes: Any) -> BudgetRaise:
    fields: dict[str, Any] = {"decision_id": "decision-1", "round": 2, "decided_by": "ada"}
    return BudgetRaise(budget=budget, **fields | changes)


@given(units=st.integers(0, 6_000_000))
@example(units=1_199_999)
@example(units=1_200_000)
@example(units=5_000_000)
@example(units=5_000_001)
def test_a_budget_is_raised_to_what_is_needed_and_no_further_than_allowed(units: int) -> None:
    wanted = answer(usdc("0").model_copy(update={"base_units": units}))

    if 1_200_000 <= units <= 5_000_000:
        check_raise(wanted, request=BUDGET, now=NOW)
    else:
        with pytest.raises(DecisionRefused, match=r"is not enough|is above the 5\.00 USDC"):
            check_raise(wanted, request=BUDGET, now=NOW)


def test_a_budget_in_the_same_token_of_another_network_is_refused() -> None:
    elsewhere = answer(Amount.from_decimal("2.00", USDC_BASE))

    with pytest.raises(DecisionRefused, match="the budget is in USDC"):
        check_raise(elsewhere, request=BUDGET, now=NOW)


@pytest.mark.parametrize("budget", [None, usdc("2.00")])
def test_an_answer_to_another_or_no_question_is_refused(budget: Amount | None) -> None:
    for stale in (1, 3):
        with pytest.raises(DecisionRefused, match="does not wait"):
            check_raise(answer(budget, round=stale), request=BUDGET, now=NOW)
    with pytest.raises(DecisionRefused, match="does not wait"):
        check_raise(answer(budget), request=None, now=NOW)


@pytest.mark.parametrize("budget", [None, usdc("2.00")])
def test_an_answer_that_comes_too_late_is_refused(budget: Amount | None) -> None:
    last_moment = BUDGET.expires_at - timedelta(microseconds=1)

    check_raise(answer(budget), request=BUDGET, now=last_moment)
    with pytest.raises(DecisionRefused, match="expired at 2026-11-21 13:00:00 UTC"):
        check_raise(answer(budget), request=BUDGET, now=BUDGET.expires_at)


def test_a_person_may_refuse_to_raise_a_budget() -> None:
    check_raise(answer(None), request=BUDGET, now=NOW)


@given(units=st.integers(0, 10_000_000))
def test_no_answer_raises_a_budget_that_needs_more_than_is_allowed(units: int) -> None:
    beyond = BUDGET.model_copy(update={"needed": usdc("5.01")})

    with pytest.raises(DecisionRefused):
        check_raise(
            answer(usdc("0").model_copy(update={"base_units": units})), request=beyond, now=NOW
        )
