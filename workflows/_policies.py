"""Timeouts and retries, by kind of effect. No workflow spells out its own.

Whether to retry, and how long to pause, is on the error type; here is how long to go on.
"""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

from domain.limits import ANCHOR_WAIT, UNKNOWN_DEADLINE
from domain.names import TaskQueue

_HEARTBEAT: Final = timedelta(seconds=4)
"""A killed worker is noticed within this time; the retry follows a second later."""

_TOO_LARGE: Final = ["PayloadsTooLarge"]
"""Temporal retries a result that is too large, and with it the effect. Results here are references,
so this can only be a bug; it must not be a bug that pays again."""

SEARCH: Final = ActivityConfig(
    task_queue=TaskQueue.DISCOVERY,
    start_to_close_timeout=timedelta(seconds=90),
    retry_policy=RetryPolicy(maximum_attempts=4),
)
"""Finding services; the first call may have to import a whole bazaar."""

DRAFT: Final = ActivityConfig(
    task_queue=TaskQueue.PLANNING,
    start_to_close_timeout=timedelta(seconds=180),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(maximum_attempts=4),
)
"""Drafting a plan; a language model with two repair rounds takes its time. Models that fail are
never retried from here, only a lost worker is; its heartbeats tell the next what was used."""

REMEMBER: Final = ActivityConfig(
    task_queue=TaskQueue.DISCOVERY,
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_attempts=2),
)
"""Keeping a plan for next time: worth a moment, never worth waiting for."""

CATALOGUE: Final = ActivityConfig(
    task_queue=TaskQueue.DISCOVERY,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_attempts=5),
)
"""Reading how the catalogue stands."""

IMPORT: Final = ActivityConfig(
    task_queue=TaskQueue.DISCOVERY,
    start_to_close_timeout=timedelta(minutes=30),
    schedule_to_close_timeout=timedelta(minutes=40),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_attempts=4),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
"""One bazaar of any size; each attempt goes on where the last one ended."""

INDEX: Final = ActivityConfig(
    task_queue=TaskQueue.DISCOVERY,
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(maximum_attempts=4),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
"""Embedding a whole catalogue for the first time; each attempt goes on where the last one ended."""

QUOTE: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(maximum_attempts=3),
)
"""Reading every seller's live terms, sixteen at a time."""

DATA: Final = ActivityConfig(
    task_queue=TaskQueue.ORCHESTRATION,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_attempts=3),
)
"""Pure work on stored values."""

AUTHORIZE: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=_HEARTBEAT,
    retry_policy=RetryPolicy(maximum_attempts=6, non_retryable_error_types=_TOO_LARGE),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""One live 402 and one signature. Nothing moves, so giving up is cheap."""

SETTLE: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=150),
    schedule_to_close_timeout=UNKNOWN_DEADLINE,
    heartbeat_timeout=_HEARTBEAT,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=0.5), non_retryable_error_types=_TOO_LARGE
    ),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""As often as it takes inside the deadline: each attempt sends the same bytes."""

RECONCILE: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=_HEARTBEAT,
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""No limit: money in doubt is never given up on."""

REFUND: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=_HEARTBEAT,
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""No attempt limit: the activity itself writes off what does not come in time."""

ATTACH: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_attempts=5, non_retryable_error_types=_TOO_LARGE),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""Check one signature and record it; nothing is sent."""

WRITE_OFF: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""One line in the ledger; it must get there."""

LOOK: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(maximum_attempts=5),
)
"""Reading the ledger."""

SWEEP: Final = ActivityConfig(
    task_queue=TaskQueue.PAYMENTS,
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(minutes=4),
    heartbeat_timeout=_HEARTBEAT,
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)
"""One payment that lost its run; the next sweep takes up what this one does not finish."""

ANCHOR_NOW: Final = ActivityConfig(
    task_queue=TaskQueue.CHAINS,
    start_to_close_timeout=ANCHOR_WAIT,
    schedule_to_close_timeout=ANCHOR_WAIT,
    heartbeat_timeout=_HEARTBEAT,
)
"""The record of a run that somebody is waiting for."""

ANCHOR: Final = ActivityConfig(
    task_queue=TaskQueue.CHAINS,
    start_to_close_timeout=timedelta(seconds=150),
    heartbeat_timeout=_HEARTBEAT,
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
)
"""One round of tries for a record that nobody waits for."""


def named(
    config: ActivityConfig, summary: str, *, activity_id: str | None = None
) -> ActivityConfig:
    """Give one use of a policy its line in the Web UI and, where it helps an operator, its id."""
    return ActivityConfig({**config, "summary": summary, "activity_id": activity_id})
