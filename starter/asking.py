"""One-off questions to a worker, asked as standalone activities: durable, and visible as such."""

import secrets
from datetime import timedelta
from typing import Final

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
from starter.errors import CommandFailed, StackUnreachable
from starter.requests import temporal_errors

_PICKED_UP_WITHIN: Final = timedelta(seconds=10)
"""A worker that lives takes a task at once; without one the question would wait for ever."""

_SEARCHED_WITHIN: Final = timedelta(seconds=90)
"""The first search may have to import a whole bazaar."""

_VERIFIED_WITHIN: Final = timedelta(seconds=120)
_TWICE: Final = RetryPolicy(maximum_attempts=2)


async def search_services(client: Client, ask: SearchServices) -> ServicesFound:
    """What discovery finds, and what it refuses.

    Raises:
        StackUnreachable: No worker serves discovery.
        CommandFailed: The search failed.
    """
    with temporal_errors("the services"):
        try:
            return await client.execute_activity_method(
                DiscoveryActivities.search,
                ask,
                id=_one_off("services"),
                task_queue=TaskQueue.DISCOVERY,
                schedule_to_start_timeout=_PICKED_UP_WITHIN,
                start_to_close_timeout=_SEARCHED_WITHIN,
                retry_policy=_TWICE,
                summary="caravan services",
            )
        except ActivityFailureError as err:
            raise _explained(err, TaskQueue.DISCOVERY) from err


async def verify_receipts(client: Client, receipts: tuple[Receipt, ...]) -> ReceiptsVerified:
    """Ask the chain again for what receipts say.

    Raises:
        StackUnreachable: No worker serves payments.
        CommandFailed: The chain could not be read.
    """
    with temporal_errors("the receipts"):
        try:
            return await client.execute_activity_method(
                PaymentActivities.verify,
                VerifyReceipts(receipts=receipts),
                id=_one_off("receipts"),
                task_queue=TaskQueue.PAYMENTS,
                schedule_to_start_timeout=_PICKED_UP_WITHIN,
                start_to_close_timeout=_VERIFIED_WITHIN,
                retry_policy=_TWICE,
                summary="caravan receipts --verify",
            )
        except ActivityFailureError as err:
            raise _explained(err, TaskQueue.PAYMENTS) from err


def _one_off(what: str) -> str:
    return f"{what}/{secrets.token_hex(6)}"


def _explained(err: ActivityFailureError, queue: TaskQueue) -> Exception:
    cause = err.cause
    if isinstance(cause, TemporalTimeout):
        return StackUnreachable(
            f"no worker that serves the queue {queue} answered in time", next_step=START_HINT
        )
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return CommandFailed(
        f"the worker that serves {queue} failed: {message}",
        next_step="`caravan doctor` says what is misconfigured.",
    )
