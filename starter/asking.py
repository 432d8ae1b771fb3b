"""One-off questions to a worker, asked as standalone activities: durable, and visible as such."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import ActivityFailureError, Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.exceptions import TimeoutError as TemporalTimeout

from activities.discovery.service import DiscoveryActivities
from activities.payments.service import PaymentActivities
from domain.drafting import SearchServices, ServicesFound
from domain.names import TaskQueue
from domain.payments import Receipt
from domain.purchases import ReceiptsVerified, VerifyReceipts
from starter.client import START_HINT
from starter.errors import CommandFailed, NotNow, StackUnreachable
from starter.translation import temporal_errors

_PICKED_UP_WITHIN: Final = timedelta(seconds=10)
"""A worker that lives takes a task at once; without one the question would wait for ever."""

_SEARCHED_WITHIN: Final = timedelta(seconds=90)
"""The first search may have to import a whole bazaar."""

_VERIFIED_WITHIN: Final = timedelta(seconds=120)
_TWICE: Final = RetryPolicy(maximum_attempts=2)

_Message = TypeVar("_Message")
_Answer = TypeVar("_Answer")


async def search_services(client: Client, ask: SearchServices) -> ServicesFound:
    """What discovery finds, and what it refuses.

    Raises:
        StackUnreachable: No worker serves discovery.
        CommandFailed: The search failed.
    """
    return await ask_worker(
        client,
        DiscoveryActivities.search,
        ask,
        queue=TaskQueue.DISCOVERY,
        what="services",
        within=_SEARCHED_WITHIN,
    )


async def verify_receipts(client: Client, receipts: tuple[Receipt, ...]) -> ReceiptsVerified:
    """Ask the chain again for what receipts say.

    Raises:
        StackUnreachable: No worker serves payments.
        CommandFailed: The chain could not be read.
    """
    return await ask_worker(
        client,
        PaymentActivities.verify,
        VerifyReceipts(receipts=receipts),
        queue=TaskQueue.PAYMENTS,
        what="receipts",
        within=_VERIFIED_WITHIN,
    )


async def ask_worker(
    client: Client,
    activity: Callable[[Any, _Message], Awaitable[_Answer]],
    message: _Message,
    *,
    queue: TaskQueue,
    what: str,
    within: timedelta,
) -> _Answer:
    """Ask the workers of ``queue`` one thing.

    Args:
        client: The connection.
        activity: Method of an activity class.
        message: What it takes.
        queue: Who serves it.
        what: What is asked about; becomes part of the activity's id.
        within: How long one attempt may take.

    Raises:
        StackUnreachable: No worker serves it.
        NotNow: It refused, as what is asked makes no sense at the moment.
        CommandFailed: It failed.
    """
    with temporal_errors(f"the {what}"):
        try:
            return await client.execute_activity_method(
                activity,
                message,
                id=f"{what}/{secrets.token_hex(6)}",
                task_queue=queue,
                schedule_to_start_timeout=_PICKED_UP_WITHIN,
                start_to_close_timeout=within,
                retry_policy=_TWICE,
                summary=f"asked at the command line: {what}",
            )
        except ActivityFailureError as err:
            raise _explained(err, queue) from err


def _explained(err: ActivityFailureError, queue: TaskQueue) -> Exception:
    cause = err.cause
    if isinstance(cause, TemporalTimeout):
        return StackUnreachable(
            f"no worker that serves the queue {queue} answered in time", next_step=START_HINT
        )
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    if isinstance(cause, ApplicationError) and cause.type == "illegal_transition":
        return NotNow(message, next_step="`caravan payments` shows how each payment stands.")
    return CommandFailed(
        f"the worker that serves {queue} failed: {message}",
        next_step="`caravan doctor` says what is misconfigured.",
    )
