"""What a test may turn, and what it may count."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from deploy.services.vocabulary import Words

When = Literal["each-quote", "after-first", "on-payment"]


class Knobs(Words):
    """How each seller misbehaves. Posting any of these replaces just those."""

    slow_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    flaky_failures: Annotated[int, Field(ge=0)] = 2
    """Paid requests that fail, each with 500 and unsettled, before one succeeds."""
    refuse_status: Literal[400, 401, 403, 500, 503] = 500
    keep_receipt: bool = True
    """Whether an answer that refuses after settling still carries PAYMENT-RESPONSE."""
    price_step_percent: Annotated[int, Field(ge=1, le=10_000)] = 50
    price_mode: When = "each-quote"
    pay_to_mode: Literal["each-quote", "on-payment"] = "each-quote"
    oversized_mebibytes: Annotated[int, Field(ge=0)] = 64
    """Length of an oversized body; 0 never ends."""
    challenge_factor: Annotated[int, Field(ge=1)] = 2
    down: bool = False
    redirect_mode: Literal["always", "on-payment"] = "on-payment"
    """Which requests ``redirecting`` sends elsewhere."""


@dataclass
class State:
    """Knobs and counters of one process; in memory only."""

    knobs: Knobs = field(default_factory=Knobs)
    quotes: Counter[str] = field(default_factory=Counter[str])
    paid_requests: Counter[str] = field(default_factory=Counter[str])
    settlements: Counter[str] = field(default_factory=Counter[str])
    refund_claims: Counter[str] = field(default_factory=Counter[str])
    settled: set[str] = field(default_factory=set[str])
    """Transactions that were counted."""
    lost: set[str] = field(default_factory=set[str])
    """Transactions whose answer was lost once."""

    def note_settlement(self, kind: str, transaction: str) -> None:
        """Count a settlement; an answer that is given again settles nothing."""
        if transaction not in self.settled:
            self.settled.add(transaction)
            self.settlements[kind] += 1

    def turn(self, changes: dict[str, Any]) -> None:
        """Replace some knobs; ``{"reset": true}`` first puts everything back to the start."""
        rest = {key: value for key, value in changes.items() if key != "reset"}
        known = Knobs() if changes.get("reset") else self.knobs
        self.knobs = Knobs.model_validate({**known.model_dump(), **rest})
        if changes.get("reset"):
            for counter in self._counters().values():
                counter.clear()

    def shown(self) -> dict[str, Any]:
        """Return knobs and counters."""
        counters = self._counters()
        kinds = sorted(set().union(*counters.values()))
        return {
            "knobs": self.knobs.model_dump(),
            "counters": {
                kind: {name: counter[kind] for name, counter in counters.items()} for kind in kinds
            },
        }

    def _counters(self) -> dict[str, Counter[str]]:
        return {
            "quotes": self.quotes,
            "paid_requests": self.paid_requests,
            "settlements": self.settlements,
            "refund_claims": self.refund_claims,
        }
