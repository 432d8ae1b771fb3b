"""The one place where our errors become Temporal's."""

import random
from datetime import timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from domain.errors import EngineError

_JITTER: Final = 0.25
"""Share of a pause by which it is varied."""

_MAX_DOUBLINGS: Final = 10
"""Past this every pause has reached its longest."""


class ErrorBoundary(Interceptor):
    """Worker interceptor: an ``EngineError`` keeps its code and says whether to retry."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap the activity's execution."""
        return _Boundary(super().intercept_activity(next))


class _Boundary(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        try:
            return await super().execute_activity(input)
        except EngineError as err:
            activity.logger.info("activity_refused", extra={"code": err.code})
            raise ApplicationError(
                err.message,
                *err.details,
                type=err.code,
                non_retryable=not err.retryable,
                next_retry_delay=_retry_delay(err) if err.retryable else None,
            ) from err


def _retry_delay(err: EngineError) -> timedelta:
    """Back off by the error's own class; the jitter keeps parallel steps from retrying as one."""
    doublings = min(activity.info().attempt - 1, _MAX_DOUBLINGS)
    pause = min(err.first_retry_seconds * 2**doublings, err.longest_retry_seconds)
    return timedelta(seconds=pause * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
