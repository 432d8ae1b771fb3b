"""What operators watch: how purchases end, who is left alone, and which plans are met again.

Names are stable; ``docs/how-to/watch-metrics.md`` lists them. Nothing is measured outside of
activities, and nothing at all where the worker exports nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from temporalio import activity
from temporalio.runtime import Runtime

from domain.breakers import Breaker, BreakerKind, BreakerState
from domain.observing import Blame
from domain.payments import PaymentState

PURCHASES: Final = "caravan_purchases"
ANSWER_MILLISECONDS: Final = "caravan_answer_milliseconds"
SETTLE_MILLISECONDS: Final = "caravan_settle_milliseconds"
BREAKER_STATE: Final = "caravan_breaker_state"
PLAN_MEMORY: Final = "caravan_plan_memory"

_DEGREES: Final = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}

_Key = tuple[BreakerKind, str]


def count_purchase(state: PaymentState, *, blame: Blame) -> None:
    """Count a purchase that ended, and whose fault it is when nothing was delivered."""
    if activity.in_activity():
        delivered = state is PaymentState.DELIVERED
        activity.metric_meter().create_counter(PURCHASES, "Purchases that ended").add(
            1, {"outcome": state.value, "blame": "nobody" if delivered else blame}
        )


def record_answer(took_ms: int, *, outcome: PaymentState) -> None:
    """Record how long a seller took, from sending the payment to the end of the body."""
    _record(ANSWER_MILLISECONDS, "Sellers' answers to payments", took_ms, outcome)


def record_settling(took_ms: int, *, outcome: PaymentState) -> None:
    """Record how long one attempt at settling took, the chain's proof included."""
    _record(SETTLE_MILLISECONDS, "Settling, with proof from the chain", took_ms, outcome)


def count_plan_memory(*, hit: bool) -> None:
    """Count whether an earlier plan could be offered again."""
    if activity.in_activity():
        activity.metric_meter().create_counter(PLAN_MEMORY, "Looks for an earlier plan").add(
            1, {"result": "hit" if hit else "miss"}
        )


class BreakerGauge:
    """Shows where breakers stand; one that is forgotten is closed."""

    def __init__(self) -> None:
        self._shown: dict[_Key, int] = {}

    def show(self, breakers: Iterable[Breaker], *, now: datetime) -> None:
        """Show them all; what is not among them any more is shown as closed once."""
        if not activity.in_activity():
            return
        found = {(one.kind, one.key): _DEGREES[one.state(now)] for one in breakers}
        for key, degree in (dict.fromkeys(self._shown, 0) | found).items():
            if self._shown.get(key) != degree:
                _show(key, degree)
        self._shown = found


def _show(key: _Key, degree: int) -> None:
    # The process's own meter: an activity's would keep a value for each kind of activity, and
    # what one of them saw open would stay open when another one sees it closed.
    gauge = Runtime.default().metric_meter.create_gauge(
        BREAKER_STATE, "Where breakers stand: 0 closed, 1 half open, 2 open"
    )
    gauge.set(degree, {"kind": key[0].value, "key": key[1]})


def _record(name: str, description: str, took_ms: int, outcome: PaymentState) -> None:
    if activity.in_activity():
        activity.metric_meter().create_histogram(name, description, "ms").record(
            took_ms, {"outcome": outcome.value}
        )
