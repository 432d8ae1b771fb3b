"""What the states of a step mean."""

from domain.execution import ENDED, ENDED_WELL, StepState, StepView, move
from tests.domain.test_state_machines import next_of
from tests.fakes.builders import call, usdc


def test_a_step_that_ended_only_ever_goes_back() -> None:
    for state in ENDED:
        assert next_of(move, state) <= {StepState.UNDOING}


def test_a_step_under_way_has_not_ended() -> None:
    under_way = {StepState.AUTHORIZING, StepState.PAYING, StepState.RUNNING, StepState.UNDOING}

    assert not ENDED & under_way
    assert StepState.PENDING not in ENDED


def test_only_delivered_steps_ended_well() -> None:
    assert {StepState.SUCCEEDED, StepState.REUSED} == ENDED_WELL
    assert ENDED_WELL <= ENDED


def test_a_reused_step_is_never_undone() -> None:
    assert not next_of(move, StepState.REUSED)


def test_a_payment_that_never_landed_may_be_authorized_anew() -> None:
    assert move(StepState.PAYING, StepState.AUTHORIZING) is StepState.AUTHORIZING


def test_a_view_starts_without_payment_output_or_times() -> None:
    step = call()
    view = StepView(
        id=step.id,
        kind=step.kind,
        title=step.title,
        service="weather",
        state=StepState.PENDING,
        depends_on=(),
        estimated_cost=usdc("0.50"),
        cost=usdc("0"),
    )

    assert (view.payment_state, view.output, view.started_at, view.ended_at) == (None,) * 4
