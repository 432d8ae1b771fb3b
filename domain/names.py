"""Every string two processes share: task queues, workflow ids, messages, search attributes."""

from enum import StrEnum
from typing import Final

from domain.ids import PaymentKey, RequestId


class TaskQueue(StrEnum):
    """What a worker may serve."""

    ORCHESTRATION = "orchestration"
    PLANNING = "planning"
    DISCOVERY = "discovery"
    PAYMENTS = "payments"
    CHAINS = "chains"


SEARCH_STATUS: Final = "CaravanStatus"
"""Keyword: the run's state, as in ``domain.runs``."""

SEARCH_PLAN_DIGEST: Final = "CaravanPlanDigest"
"""Keyword: digest of the plan being approved or executed."""

SEARCH_COST: Final = "CaravanCostUsdc"
"""Double: what the run has paid so far, in whole USDC; for finding runs, never for decisions."""

RUN_ID_PREFIX: Final = "run/"
EVENTS_TOPIC: Final = "progress"
"""Workflow Stream topic on which a run publishes ``ProgressEvent``."""


def run_workflow_id(request: RequestId) -> str:
    """Workflow id of the run that fulfils ``request``."""
    return f"{RUN_ID_PREFIX}{request}"


def anchor_workflow_id(request: RequestId) -> str:
    """Workflow id of the on-chain record of a run."""
    return f"anchor/{request}"


def buy_workflow_id(request: RequestId) -> str:
    """Workflow id of one paid call."""
    return f"buy/{request}"


def refund_workflow_id(key: PaymentKey) -> str:
    """Workflow id of a refund that a person started."""
    return f"refund/{key[:32]}"


RECONCILE_SCHEDULE_ID: Final = "reconcile-payments"
"""Schedule that ends the payments of runs that were terminated."""

REFRESH_SCHEDULE_ID: Final = "refresh-catalogue"
"""Schedule that reads the bazaars again."""

REFRESH_WORKFLOW_ID: Final = "refresh-catalogue"
"""Workflow id of one such reading that a person asked for; there is at most one at a time."""

RECURRING_PREFIX: Final = "recurring/"
"""Begins the ids of schedules that people made."""


def recurring_schedule_id(name: str) -> str:
    """Id of the schedule that a person calls ``name``."""
    return f"{RECURRING_PREFIX}{name}"
