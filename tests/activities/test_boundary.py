"""Our errors become Temporal's in one place, with their code and their patience."""

import dataclasses
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities._boundary import ErrorBoundary
from domain.drafting import Unplanned
from domain.errors import EngineError, OfferRefused, PaymentUnconfirmed, UpstreamUnavailable


class Raising(ActivityInboundInterceptor):
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> None:  # noqa: A002
        raise self._error


async def raised_by(error: Exception, *, attempt: int = 1) -> ApplicationError:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.default_info(), attempt=attempt)
    boundary = ErrorBoundary().intercept_activity(Raising(error))
    call = ExecuteActivityInput(fn=lambda: None, args=[], executor=None, headers={})
    with pytest.raises(ApplicationError) as raised:
        await environment.run(boundary.execute_activity, call)
    return raised.value


async def test_an_error_keeps_its_code_and_its_words() -> None:
    found = await raised_by(OfferRefused("too dear"))

    assert found.type == "offer_refused"
    assert found.message == "too dear"
    assert found.non_retryable


async def test_what_was_used_in_vain_travels_with_the_error() -> None:
    error = OfferRefused("too dear")
    error.details = (Unplanned(notes=("asked twice",)),)

    assert (await raised_by(error)).details == error.details
    assert (await raised_by(OfferRefused("too dear"))).details == ()


@pytest.mark.parametrize("attempt", [1, 3, 50])
@pytest.mark.parametrize("kind", [PaymentUnconfirmed, UpstreamUnavailable])
async def test_pauses_grow_by_class_and_never_beyond_its_longest(
    kind: type[EngineError], attempt: int
) -> None:
    found = await raised_by(kind("later"), attempt=attempt)

    pause = min(kind.first_retry_seconds * 2 ** (attempt - 1), kind.longest_retry_seconds)
    assert not found.non_retryable
    assert found.next_retry_delay is not None
    low, high = timedelta(seconds=pause * 0.75), timedelta(seconds=pause * 1.25)
    assert low <= found.next_retry_delay <= high


async def test_a_bug_is_not_dressed_up_as_one_of_our_errors() -> None:
    boundary = ErrorBoundary().intercept_activity(Raising(TypeError("bug")))
    call = ExecuteActivityInput(fn=lambda: None, args=[], executor=None, headers={})

    with pytest.raises(TypeError):
        await ActivityEnvironment().run(boundary.execute_activity, call)
