import pytest

from domain.execution import StepState
from domain.ids import RequestId
from domain.rollback import UndoOutcome
from domain.runs import RunReport, RunSnapshot, RunState
from starter.errors import NotNow
from starter.retrying import (
    first_of,
    refuse_unless_retryable,
    retry_id,
    retry_request,
    reusable_steps,
)
from tests.starter import samples


def names(report: RunReport, *earlier: RunReport) -> list[str]:
    return [reused.step_id for reused in reusable_steps([report, *earlier])]


def test_what_was_delivered_is_reused_and_what_was_refunded_is_not() -> None:
    report = samples.report(
        state=RunState.PARTIALLY_ROLLED_BACK,
        steps=(
            samples.delivered("volume", state=StepState.UNDONE),
            samples.delivered("trend", state=StepState.UNDO_FAILED),
            samples.delivered("charts"),
            samples.view("report", state=StepState.FAILED),
        ),
        rollback=(
            samples.undo("volume", UndoOutcome.REFUNDED, returned="0.10"),
            samples.undo("trend", UndoOutcome.WRITTEN_OFF, returned="0"),
        ),
    )

    assert names(report) == ["trend", "charts"]


def test_a_partial_refund_does_not_make_us_buy_again() -> None:
    report = samples.report(
        rollback=(samples.undo("trend", UndoOutcome.REFUNDED, returned="0.05"),)
    )

    assert "trend" in names(report)


def test_work_on_data_is_done_again_from_what_is_there_then() -> None:
    report = samples.report(steps=(samples.delivered("trend", kind="data_transform"),))

    assert names(report) == []


def test_a_second_retry_remembers_what_the_first_run_paid() -> None:
    first = samples.report(steps=(samples.delivered("volume"), samples.view("trend")))
    second = samples.report(
        steps=(
            samples.delivered("volume", state=StepState.REUSED, cost=samples.usdc("0")),
            samples.delivered("trend"),
        )
    )

    reused = {one.step_id: one.paid.to_decimal() for one in reusable_steps([second, first])}

    assert reused == {"volume": "0.10", "trend": "0.20"}


def test_what_the_newest_run_bought_again_and_got_refunded_is_bought_again() -> None:
    first = samples.report(steps=(samples.delivered("volume"),))
    second = samples.report(
        steps=(samples.delivered("volume", state=StepState.UNDONE),),
        rollback=(samples.undo("volume", UndoOutcome.REFUNDED, returned="0.10"),),
    )

    assert names(second, first) == []


def test_a_retry_is_the_same_plan_under_the_next_id() -> None:
    request = retry_request(
        [RunSnapshot(report=samples.report(state=RunState.FAILED), plan=samples.PLAN)],
        request_id=retry_id(samples.RUN, 2),
        policy_maximum=samples.usdc("100"),
    )

    assert request.request_id == f"{samples.RUN}-r2"
    assert request.plan == samples.PLAN
    assert request.retry_of == samples.RUN
    assert request.budget == samples.usdc("5.00")


def test_a_run_that_never_had_a_plan_is_planned_afresh() -> None:
    request = retry_request(
        [RunSnapshot(report=samples.report(state=RunState.FAILED, steps=()))],
        request_id=retry_id(samples.RUN, 2),
        policy_maximum=samples.usdc("100"),
    )

    assert request.plan is None
    assert request.reuse == ()


def test_the_first_of_a_chain_is_known_from_any_of_it() -> None:
    later = samples.report(request_id=retry_id(samples.RUN, 3), retry_of=retry_id(samples.RUN, 2))
    lookalike = samples.report(request_id=RequestId("20261121-x-r2"))

    assert first_of(later) == samples.RUN
    assert first_of(lookalike) == "20261121-x-r2"


@pytest.mark.parametrize(
    ("state", "closed", "why"),
    [
        (RunState.EXECUTING, False, "still going"),
        (RunState.COMPLETED, True, "nothing to retry"),
        (RunState.EXECUTING, True, "not accounted for"),
        (RunState.ROLLING_BACK, True, "not accounted for"),
    ],
)
def test_what_goes_on_completed_or_was_killed_with_money_under_way_is_not_retried(
    state: RunState, closed: bool, why: str
) -> None:
    with pytest.raises(NotNow, match=why):
        refuse_unless_retryable(samples.report(state=state), closed=closed)


@pytest.mark.parametrize(
    "state", [RunState.FAILED, RunState.ROLLED_BACK, RunState.EXPIRED, RunState.PLANNING]
)
def test_what_ended_without_its_result_may_be_retried(state: RunState) -> None:
    refuse_unless_retryable(samples.report(state=state), closed=True)


def test_a_run_stopped_while_it_waited_for_its_person_may_be_retried_unless_money_is_open() -> None:
    waiting = samples.report(state=RunState.AWAITING_BUDGET)
    in_doubt = waiting.model_copy(update={"reserved": samples.usdc("0.10")})

    refuse_unless_retryable(waiting, closed=True)
    with pytest.raises(NotNow, match="not accounted for"):
        refuse_unless_retryable(in_doubt, closed=True)
