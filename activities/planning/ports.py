"""What planning needs: someone who drafts."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from domain.compiler import Reason
from domain.drafting import Draft, Drafted, Shortlist
from domain.money import Amount


class DraftAsk(BaseModel):
    """One request for a draft."""

    model_config = ConfigDict(frozen=True)

    text: str
    budget: Amount
    shortlist: Shortlist
    previous: Draft | None = None
    """The draft that was refused, in a repair round."""
    reasons: tuple[Reason, ...] = ()
    """Why it was refused."""


class PlanDrafter(Protocol):
    """Proposes a plan made of shortlisted services. Nobody trusts it: the compiler decides."""

    @property
    def name(self) -> Literal["embedded", "anthropic"]:
        """Who drafted, for the report."""
        ...

    @property
    def repairs(self) -> int:
        """How many repair rounds make sense; none for a drafter that would repeat itself."""
        ...

    async def draft(self, ask: DraftAsk) -> Drafted:
        """Propose a plan.

        Raises:
            RequestNotServable: The shortlist cannot answer the request; says what is missing.
            UpstreamUnavailable: A model provider did not answer; nothing was drafted.
        """
        ...
