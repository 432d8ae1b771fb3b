"""Decisions count once, for the plan and the cap that were shown, and in time."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.approval import Approval, ApprovalRequest, Decision, check_decision
from domain.errors import DecisionRefused
from domain.ids import RequestId
from tests.fakes.builders import NOW, call, plan, usdc

REQUEST = ApprovalRequest(
    request_id=RequestId("20261121-weather-k3"),
    plan_digest=plan().digest,
    estimated=usdc("0.50"),
    cap=usdc("0.80"),
    expires_at=NOW + timedelta(hours=1),
)


def decision(**changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "decision_id": "decision-1",
        "plan_digest": REQUEST.plan_digest,
        "cap": REQUEST.cap,
        "verdict": "approve",
        "decided_by": "ada",
    }
    return Decision(**fields | changes)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_decision_that_fits_and_is_in_time_is_accepted(verdict: str) -> None:
    last_moment = REQUEST.expires_at - timedelta(microseconds=1)

    check_decision(decision(verdict=verdict), request=REQUEST, earlier=None, now=last_moment)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan_digest": plan(call("other")).digest}, "look at it again"),
        ({"cap": usdc("0.79")}, "allows 0.79 USDC, the plan asks 0.80 USDC"),
        ({"cap": usdc("0.81")}, "allows 0.81 USDC, the plan asks 0.80 USDC"),
    ],
)
def test_a_decision_about_something_else_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(DecisionRefused, match=said):
        check_decision(decision(**change), request=REQUEST, earlier=None, now=NOW)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_a_decision_at_or_after_the_deadline_is_refused(late: timedelta) -> None:
    with pytest.raises(DecisionRefused, match="expired at 2026-11-21 13:00:00 UTC"):
        check_decision(decision(), request=REQUEST, earlier=None, now=REQUEST.expires_at + late)


def test_a_run_is_decided_only_once() -> None:
    rejected = Approval(decision=decision(verdict="reject"), decided_at=NOW)

    with pytest.raises(DecisionRefused, match="decided before: reject"):
        check_decision(decision(), request=REQUEST, earlier=rejected, now=NOW)


def test_nothing_can_be_decided_while_no_plan_waits() -> None:
    with pytest.raises(DecisionRefused, match="no plan waiting"):
        check_decision(decision(), request=None, earlier=None, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"decision_id": "short"},
        {"decision_id": "x" * 65},
        {"decided_by": ""},
        {"decided_by": "x" * 121},
        {"note": "x" * 501},
        {"verdict": "maybe"},
    ],
)
def test_a_decision_is_whole_and_of_bounded_size(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decision(**change)
