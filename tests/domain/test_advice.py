"""Every failure a person sees comes with something to do next."""

import pytest

from domain.advice import advice_for
from domain.errors import EngineError, PaymentError
from domain.runs import FINAL_STATES, RunState
from tests.domain.test_errors import family

SEEN = [
    "request_rejected",
    "request_not_servable",
    "plan_rejected",
    "offer_refused",
    "terms_changed",
    "policy_forbids",
    "address_forbidden",
    "wallet_unfunded",
    "budget_exceeded",
    "signature_refused",
    "signature_expired",
    "records_disagree",
    "upstream_unavailable",
    "data_error",
    "misconfigured",
]
"""Codes with which an activity can end a run."""


@pytest.mark.parametrize("code", SEEN)
def test_every_error_that_ends_a_run_has_advice_of_its_own(code: str) -> None:
    assert code in {error.code for error in family(EngineError)}
    assert advice_for(code) != advice_for("never heard of")


@pytest.mark.parametrize("error", family(PaymentError))
def test_every_payment_that_did_not_happen_has_advice_of_its_own(error: type[EngineError]) -> None:
    assert error is PaymentError or advice_for(error.code) != advice_for("never heard of")


@pytest.mark.parametrize("state", [RunState.REJECTED, RunState.EXPIRED, RunState.CANCELLED])
def test_a_run_that_a_person_ended_has_advice_of_its_own(state: RunState) -> None:
    assert state in FINAL_STATES
    assert advice_for(state) != advice_for("never heard of")


@pytest.mark.parametrize("state", [RunState.REJECTED, RunState.EXPIRED])
def test_a_question_in_the_middle_that_ends_a_run_does_not_deny_what_was_paid(
    state: RunState,
) -> None:
    assert "Nothing was paid" not in advice_for(state)


def test_anything_else_leads_to_the_run_itself() -> None:
    assert "Web UI" in advice_for("never heard of")


def test_a_retry_after_a_payment_is_said_to_buy_only_what_is_missing() -> None:
    assert "only what is missing" in advice_for("paid_undelivered")
    assert "`caravan receipts`" in advice_for("paid_undelivered")
