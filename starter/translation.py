"""What Temporal's client says, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DecisionRefused
from starter.client import START_HINT
from starter.errors import CommandFailed, NoSuchRun, NotNow, StackUnreachable

_NO_ANSWER: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.FAILED_PRECONDITION,  # how Temporal says that no worker polls the queue
    }
)


@contextmanager
def temporal_errors(subject: str) -> Iterator[None]:
    """Say in our words what Temporal's client says in its own.

    Args:
        subject: What the call is about, for the message.
    """
    try:
        yield
    except RPCError as err:
        raise _translated(err, subject) from err
    except WorkflowQueryFailedError as err:
        raise CommandFailed(
            f"the worker could not answer about {subject}: {err}",
            next_step="The worker's log says why; `caravan doctor` names it.",
        ) from err


def refusal(err: WorkflowUpdateFailedError) -> DecisionRefused:
    """A run's own words on why an answer does not count."""
    cause = err.cause
    return DecisionRefused(cause.message if isinstance(cause, ApplicationError) else str(cause))


def _translated(err: RPCError, subject: str) -> Exception:
    if err.status is RPCStatusCode.NOT_FOUND and "already completed" in err.message:
        return NotNow(f"{subject} has ended", next_step=f"`caravan show {subject}` says how.")
    if err.status is RPCStatusCode.NOT_FOUND:
        return NoSuchRun(
            f"Temporal knows no run {subject}", next_step="`caravan list` shows the runs."
        )
    if err.status in _NO_ANSWER:
        return StackUnreachable(
            f"no answer about {subject}: Temporal is down, or no worker serves it",
            next_step=f"Runs are durable and go on when it is back. {START_HINT}",
        )
    return CommandFailed(
        f"Temporal refused what was asked about {subject}: {err.message}",
        next_step="`caravan doctor` checks how Temporal is set up.",
    )
