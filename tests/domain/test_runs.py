"""What the states of a run mean and what starts one."""

import pytest
from pydantic import ValidationError

from domain.errors import IllegalTransition
from domain.ids import RequestId
from domain.limits import MAX_PARALLEL_STEPS
from domain.runs import FINAL_STATES, FulfilRequest, RunReport, RunSnapshot, RunState, move
from tests.domain.test_state_machines import next_of
from tests.fakes.builders import NOW, usdc


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


def test_nothing_is_executed_without_approval() -> None:
    before = {state for state in RunState if RunState.EXECUTING in next_of(move, state)}

    assert before == {RunState.APPROVED}
    assert {state for state in RunState if RunState.APPROVED in next_of(move, state)} == {
        RunState.AWAITING_APPROVAL
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
    snapshot = RunSnapshot(report=report)

    assert RunSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
