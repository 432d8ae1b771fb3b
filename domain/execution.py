"""Where each step of a run stands, and its legal moves."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.artifacts import ArtifactRef
from domain.errors import IllegalTransition
from domain.ids import ListingId, StepId
from domain.money import Amount
from domain.payments import PaymentState


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    AUTHORIZING = "authorizing"
    PAYING = "paying"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REUSED = "reused"
    """Delivered by an earlier run and not bought again."""
    SKIPPED = "skipped"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


_S = StepState

_MOVES: Final[dict[StepState, frozenset[StepState]]] = {
    _S.PENDING: frozenset({_S.AUTHORIZING, _S.RUNNING, _S.REUSED, _S.SKIPPED, _S.FAILED}),
    # What only a person can accept leads back to the start, without having cost anything.
    _S.AUTHORIZING: frozenset({_S.PAYING, _S.SUCCEEDED, _S.FAILED, _S.PENDING}),
    # A payment proven never to land leads back to a new authorization.
    _S.PAYING: frozenset({_S.AUTHORIZING, _S.SUCCEEDED, _S.FAILED, _S.PENDING}),
    _S.RUNNING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.PENDING}),
    _S.SUCCEEDED: frozenset({_S.UNDOING}),
    _S.FAILED: frozenset({_S.UNDOING}),
    _S.UNDOING: frozenset({_S.UNDONE, _S.UNDO_FAILED}),
    _S.REUSED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.UNDONE: frozenset(),
    _S.UNDO_FAILED: frozenset(),
}

ENDED_WELL: Final = frozenset({_S.SUCCEEDED, _S.REUSED})
"""States whose output others may use."""

ENDED: Final = frozenset(_S) - {_S.PENDING, _S.AUTHORIZING, _S.PAYING, _S.RUNNING, _S.UNDOING}
"""States in which nothing of the step is under way."""


def move(current: StepState, to: StepState) -> StepState:
    """Return ``to`` when the step may go there.

    Raises:
        IllegalTransition: It may not.
    """
    if to not in _MOVES[current]:
        raise IllegalTransition(f"a step cannot go from {current} to {to}")
    return to


class StepView(BaseModel):
    """What a watcher sees of one step."""

    model_config = ConfigDict(frozen=True)

    id: StepId
    kind: str
    title: str
    service: str | None
    """Name of the service used, or planned while none was."""
    state: StepState
    depends_on: tuple[StepId, ...]
    estimated_cost: Amount
    cost: Amount
    """What the chain shows was paid; refunds are reported with the rollback."""
    payment_state: PaymentState | None = None
    output: ArtifactRef | None = None
    delivered_by: ListingId | None = None
    """Who delivered the output of a single purchase: a fallback may have."""
    http_status: int | None = None
    """Of the seller's latest answer to a payment; ``None`` while there is none."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""
    """Why it failed, was skipped, or what it waits for."""
