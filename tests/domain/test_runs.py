"""What the states of a run mean and what starts one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import IllegalTransition
from domain.ids import RequestId
from domain.limits import MAX_PARALLEL_STEPS
from domain.runs import (
    FINAL_STATES,
    FulfilRequest,
    RunReport,
    RunSnapshot,
    RunState,
    move,
    transactions_saved,
)
from tests.domain.test_state_machines import next_of, reachable
from tests.fakes.builders import NOW, approval_request, receipt, usdc

S = RunState

LOOPS: list[tuple[RunState, ...]] = [
    (S.AWAITING_BUDGET, S.EXECUTING),
    (S.AWAITING_BUDGET, S.AWAITING_APPROVAL, S.APPROVED, S.EXECUTING),
    (S.AWAITING_BUDGET, S.PLANNING, S.AWAITING_APPROVAL, S.APPROVED, S.EXECUTING),
    (S.AWAITING_APPROVAL, S.APPROVED, S.EXECUTING),
    (S.APPROVED, S.EXECUTING),
    (S.AWAITING_SIGNATURE, S.EXECUTING),
]
"""Ways in which a run asks a person in the middle and goes on."""


def fulfil(**changes: object) -> FulfilRequest:
    fields: dict[str, object] = {
        "request_id": RequestId("20261121-weather-abc"),
        "text": "the weather in Oslo",
        "budget": usdc("1.00"),
        "policy_maximum": usdc("100.00"),
    }
    return FulfilRequest.model_validate(fields | changes)


def test_final_states_are_those_without_exits() -> None:
    assert {state for state in RunState if not next_of(move, state)} == FINAL_STATES


def test_a_run_begins_to_execute_only_when_approved_or_given_a_budget() -> None:
    before = {state for state in S if S.EXECUTING in next_of(move, state)}

    assert before == {S.APPROVED, S.AWAITING_BUDGET, S.AWAITING_SIGNATURE}
    assert S.EXECUTING not in reachable(
        move, S.PLANNING, without=frozenset({S.APPROVED, S.AWAITING_BUDGET})
    )
    assert {state for state in S if S.APPROVED in next_of(move, state)} == {
        S.PLANNING,
        S.AWAITING_APPROVAL,
        S.EXECUTING,
    }


@pytest.mark.parametrize("question", [S.AWAITING_BUDGET, S.AWAITING_APPROVAL, S.AWAITING_SIGNATURE])
def test_a_run_may_ask_again_and_go_on(question: RunState) -> None:
    assert question in next_of(move, S.EXECUTING)
    assert S.EXECUTING in reachable(move, question, without=FINAL_STATES)
    assert S.COMPLETED in reachable(move, question)


@given(st.lists(st.sampled_from(LOOPS), max_size=8))
def test_a_run_that_asked_often_still_ends_in_any_way(loops: list[tuple[RunState, ...]]) -> None:
    state = S.EXECUTING
    for loop in loops:
        for to in loop:
            state = move(state, to)

    assert state is S.EXECUTING
    assert reachable(move, state) >= FINAL_STATES


@pytest.mark.parametrize("question", [S.AWAITING_BUDGET, S.AWAITING_APPROVAL])
def test_a_question_in_the_middle_may_end_with_everything_undone(question: RunState) -> None:
    assert S.ROLLING_BACK in next_of(move, question)


def test_a_run_that_waits_for_a_signature_is_never_left_with_it_open() -> None:
    assert next_of(move, S.AWAITING_SIGNATURE) == {S.EXECUTING}


def test_only_an_executing_run_completes() -> None:
    assert {state for state in S if S.COMPLETED in next_of(move, state)} == {S.EXECUTING}


def test_a_rollback_goes_through_to_its_own_ends() -> None:
    assert reachable(move, S.ROLLING_BACK) == {
        S.ROLLING_BACK,
        S.ROLLED_BACK,
        S.PARTIALLY_ROLLED_BACK,
    }


def test_a_rollback_cannot_end_as_completed() -> None:
    with pytest.raises(IllegalTransition, match="from rolling_back to completed"):
        move(RunState.ROLLING_BACK, RunState.COMPLETED)


def test_a_request_waits_an_hour_for_its_decision_unless_told() -> None:
    assert fulfil().approval_seconds == 3_600


@pytest.mark.parametrize(
    "changes",
    [{"approval_seconds": 0}, {"max_parallel": 0}, {"max_parallel": MAX_PARALLEL_STEPS + 1}],
)
def test_a_request_out_of_its_limits_does_not_start(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fulfil(**changes)


def test_a_snapshot_survives_json() -> None:
    report = RunReport(
        request_id=RequestId("r"),
        state=RunState.PLANNING,
        text="the weather",
        budget=usdc("1.00"),
        estimated_cost=usdc("0"),
        cap=usdc("1.00"),
        spent=usdc("0"),
        reserved=usdc("0"),
        started_at=NOW,
    )
    snapshot = RunSnapshot(report=report, approval_request=approval_request())

    assert RunSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot


def test_payments_that_share_a_deposit_save_transactions() -> None:
    shared = [receipt(n, transaction="deposit", piece=str(n)) for n in (1, 2)]
    made = RunReport(
        request_id=RequestId("r"),
        state=RunState.COMPLETED,
        text="t",
        budget=usdc("1.00"),
        estimated_cost=usdc("1.00"),
        cap=usdc("1.00"),
        spent=usdc("1.00"),
        reserved=usdc("0.00"),
        receipts=(*shared, receipt(3, transaction="its own")),
        started_at=NOW,
    )

    assert transactions_saved(made) == 1
