"""Unpaid looks at a seller's live terms: what was seen, and whether it is what was listed."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from domain.catalogue import Terms
from domain.ids import ListingId

FRESH: Final = timedelta(minutes=5)
"""How long a good probe counts; live terms are asked again before anything is approved."""

FRESH_FAILURE: Final = timedelta(seconds=60)
"""How long a failed one counts: a seller that comes back is found again soon."""

PROBE_SECONDS: Final = 2.5
"""How long a seller may take to say its price; planning waits for it."""

PRICE_TOLERANCE: Final = 0.10
"""Share by which a live price may pass the listed one; beyond it the listing lies."""


class Probe(BaseModel):
    """One unpaid look at one listing."""

    model_config = ConfigDict(frozen=True)

    listing_id: ListingId
    at: datetime
    answer_ms: int | None = Field(default=None, ge=0)
    """``None`` when nothing answered."""
    terms: tuple[Terms, ...] = ()
    """What the live 402 asks; empty when it asks nothing."""
    problem: str | None = None
    """Why it may not be bought, in words for a person; ``None`` when it may."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be relied on."""
        return now - self.at < (FRESH if self.problem is None else FRESH_FAILURE)
