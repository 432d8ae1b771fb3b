"""What planning needs: someone who drafts."""

from typing import Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict

from domain.compiler import Reason, ReasonCode
from domain.drafting import Draft, Drafted, Shortlist, TokenUsage
from domain.errors import PlanRejected, UpstreamUnavailable
from domain.money import Amount


class DraftAsk(BaseModel):
    """One request for a draft."""

    model_config = ConfigDict(frozen=True)

    text: str
    budget: Amount
    shortlist: Shortlist
    previous: Draft | None = None
    """The draft that was refused, in a repair round; ``None`` when it could not be read."""
    reasons: tuple[Reason, ...] = ()
    """Why it was refused."""
    round: int = 0
    """How many drafts were refused before."""

    def refused_again(self, draft: Draft | None, reasons: tuple[Reason, ...]) -> Self:
        """The same request with the latest refusal."""
        return self.model_copy(
            update={"previous": draft, "reasons": reasons, "round": self.round + 1}
        )


class UnreadableDraft(PlanRejected):
    """What the drafter handed over is no draft at all, though it was paid for."""

    def __init__(self, why: str, *, usage: TokenUsage) -> None:
        super().__init__(
            f"the drafter's answer cannot be read: {why}. Ask again, or in simpler words"
        )
        self.reasons = (Reason(code=ReasonCode.UNREADABLE, message=why),)
        self.usage = usage


class DrafterBusy(UpstreamUnavailable):
    """The model provider asks for patience: it limits how often we ask, or is overloaded."""

    first_retry_seconds = 5.0
    longest_retry_seconds = 30.0


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
            UnreadableDraft: There is an answer, but it is no draft; asking again may help.
            UpstreamUnavailable: A model provider did not answer; nothing was drafted.
            Misconfigured: The provider will not take our questions until a setting changes.
        """
        ...
