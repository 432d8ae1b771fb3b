"""What planning needs: someone who drafts, and language models to ask."""

from typing import ClassVar, Literal, NamedTuple, Protocol, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.artifacts import ArtifactRef
from domain.drafting import Draft, Drafted, Shortlist, TokenUsage
from domain.errors import PlanRejected, UpstreamUnavailable
from domain.money import Amount
from domain.reasons import Reason, ReasonCode

ModelVendor = Literal["anthropic", "openai"]
"""Whose protocol a language model speaks."""


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

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the drafter's answer cannot be read: {why}. Ask again, or in simpler words"
        )
        self.reasons = (Reason(code=ReasonCode.UNREADABLE, message=why),)


class ProviderDeclined(PlanRejected):
    """A provider's own policy forbids its model to answer this."""


class NoAgreement(PlanRejected):
    """Several drafted, none of their plans has enough of them behind it, and no other is left."""

    def __init__(self, reason: str, *, record: ArtifactRef) -> None:
        super().__init__(
            f"the drafters agree on no plan ({reason}), and the embedded planner has none; "
            "ask in simpler words, or raise CARAVAN_CONSENSUS_FROM"
        )
        self.record = record


class PlanningLimitReached(PlanRejected):
    """Planning has used up the time, the tokens or the money it may use."""


class DrafterBusy(UpstreamUnavailable):
    """The model provider asks for patience: it limits how often we ask, or is overloaded."""

    first_retry_seconds: ClassVar[float] = 5.0
    longest_retry_seconds: ClassVar[float] = 30.0

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        """What it asked for; ``None`` when it named no time."""


class DrafterSlow(UpstreamUnavailable):
    """No whole answer came in the time that one answer may take. Asking again costs it again."""


class Tool(NamedTuple):
    """One form in which a model may answer; its docstring and fields describe it."""

    name: str
    form: type[BaseModel]


class Question(NamedTuple):
    """What a model is asked. Rules and tools are the same for every request, and may be cached."""

    rules: str
    tools: tuple[Tool, ...]
    text: str


class ToolCall(NamedTuple):
    """A model's answer: which form, and what is in it. Data from a stranger until it was read."""

    tool: str
    given: JsonValue


class Meter(Protocol):
    """Counts what asking costs while it happens, and says when it was enough."""

    def seconds_left(self) -> float:
        """How long the next answer may take.

        Raises:
            PlanningLimitReached: Nothing more may be asked.
        """
        ...

    def arriving(self, answer: object, usage: TokenUsage) -> None:
        """Say what an answer has used that has not come to its end; known even if we never do."""
        ...

    def count(self, usage: TokenUsage, *, answer: object = None) -> None:
        """Add what was used, in place of what was said of ``answer``; also when it broke off."""
        ...

    def received(self, characters: int) -> None:
        """Say that an answer goes on arriving."""
        ...

    def note(self, text: str) -> None:
        """Keep what the person who asked should know."""
        ...


class LanguageModel(Protocol):
    """A model that answers in one of given forms."""

    @property
    def name(self) -> ModelVendor:
        """Whose protocol it speaks."""
        ...

    @property
    def label(self) -> str:
        """The model by its own name, for people."""
        ...

    async def ask(self, question: Question, *, meter: Meter) -> ToolCall:
        """Ask once.

        Raises:
            UnreadableAnswer: There is an answer, but in none of the forms; says why.
            ProviderDeclined: The provider's policy forbids an answer.
            DrafterBusy: It asks for patience.
            DrafterSlow: The answer took too long.
            UpstreamUnavailable: It did not answer.
            Misconfigured: It will not take our questions until a setting changes.
            PlanRejected: It will not read so much.
            PlanningLimitReached: The meter allows no more questions.
        """
        ...


class UnreadableAnswer(ValueError):
    """A model's answer in none of the forms it was given; the message is meant for the model."""


class PlanDrafter(Protocol):
    """Proposes a plan made of shortlisted services. Nobody trusts it: the compiler decides."""

    @property
    def name(self) -> Literal["embedded", "anthropic", "openai"]:
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
            PlanRejected: The provider declines, or planning may use no more.
        """
        ...
