"""The one place where our errors become Temporal's."""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from domain.errors import EngineError


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
                err.message, type=err.code, non_retryable=not err.retryable
            ) from err
