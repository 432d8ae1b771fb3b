"""What goes into planning and what a drafter hands back."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.artifacts import ArtifactRef
from domain.breakers import Breaker
from domain.catalogue import RankedListing, Refusal, ServiceListing
from domain.errors import RequestRejected
from domain.ids import ListingId
from domain.intent import Intent, Understanding
from domain.limits import MAX_REQUEST_CHARACTERS
from domain.money import Amount
from domain.plan import Plan, Step

Catalogue = Mapping[ListingId, ServiceListing]
"""The only services that a plan may use, by their ids."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class PhraseMatch(Frozen):
    """One phrase of a request and how near to it each candidate is."""

    goal: int
    """Which of the request's goals the phrase belongs to, counted from 0."""
    text: str
    similarities: dict[ListingId, float]
    """Cosine by listing. A candidate that is not named was not among the nearest."""


class Shortlist(Frozen):
    """The candidates a plan may use: what discovery found for a request, best first."""

    text: str
    candidates: tuple[RankedListing, ...]
    refused: tuple[Refusal, ...] = ()
    phrases: tuple[PhraseMatch, ...] = ()
    """What was searched for; all that a process without an embedding model knows of meaning."""
    jobs: tuple[tuple[ListingId, ...], ...] = ()
    """Candidates that do the same job, so that one may stand in for another."""

    def catalogue(self) -> Catalogue:
        """The candidates by id."""
        return {ranked.listing.id: ranked.listing for ranked in self.candidates}


class Draft(Frozen):
    """A drafter's proposal. Not trusted: the compiler decides whether it is a plan."""

    steps: tuple[Step, ...]


class TokenUsage(Frozen):
    """What a language model was asked to read and write, and its price."""

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_input_tokens: int = Field(default=0, ge=0)
    cost_micro_usd: int = Field(default=0, ge=0)
    """1e-6 US dollars, from the drafter's own price table."""

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            cost_micro_usd=self.cost_micro_usd + other.cost_micro_usd,
        )


DrafterName = Literal["embedded", "anthropic", "openai", "consensus", "remembered"]
"""Who made a plan. ``consensus``: several, by vote; ``remembered``: an earlier run's, again."""


class Drafted(Frozen):
    """A draft, and what its drafter takes the request for."""

    draft: Draft
    drafter: DrafterName
    understood: Understanding | None = None


class Unplanned(Frozen):
    """What was used for a plan that did not come about; travels with the error."""

    usage: TokenUsage = TokenUsage()
    notes: tuple[str, ...] = ()
    record: ArtifactRef | None = None
    seconds: float = Field(default=0.0, ge=0)


class FindCandidates(Frozen):
    """Ask discovery for the services that could take part in a plan."""

    text: str
    budget: Amount
    user: str = ""
    """Whose earlier plans may be offered again; nobody's without it."""


class CandidatesFound(Frozen):
    """Where the shortlist is; it is too large for a history."""

    shortlist: ArtifactRef
    candidates: int
    refused: int
    remembered: ArtifactRef | None = None
    """A plan that served this person's like request before, where there is one."""


class RememberPlan(Frozen):
    """Keep a plan that served, for the same person's like requests."""

    user: str = Field(min_length=1)
    text: str
    plan: Plan


class SearchServices(Frozen):
    """Ask discovery what it would find for ``text``; everything, best first, when empty."""

    text: str = ""
    limit: int = Field(default=20, ge=1, le=200)


class ServicesFound(Frozen):
    """What discovery found and what it refused, with reasons."""

    ranked: tuple[RankedListing, ...]
    refused: tuple[Refusal, ...]
    breakers: tuple[Breaker, ...] = ()
    """Hosts, facilitators and nodes that are left alone for now, or tried again."""


class PlanningLimits(Frozen):
    """What the thinking about one plan may cost, and when it is worth more."""

    max_cost_micro_usd: int = Field(default=100_000, ge=0)
    """For one plan; the overhead that a run promises to stay below."""
    max_consensus_cost_micro_usd: int = Field(default=500_000, ge=0)
    """For one plan that several draft and vote on."""
    consensus_from_base_units: int | None = Field(default=None, ge=0)
    """Price of a plan, in the budget's asset, above which several draft; never without it."""


class DraftPlan(Frozen):
    """Ask planning for a plan made of shortlisted services."""

    text: str
    budget: Amount
    shortlist: ArtifactRef
    remembered: ArtifactRef | None = None
    """A plan that served a like request; used again if it still compiles."""


class PlanDrafted(Frozen):
    """A compiled plan and what making it cost.

    When no plan fits the budget, this is the cheapest one found: compare its
    ``estimated_cost`` with the budget before offering it.
    """

    plan: Plan
    drafter: DrafterName
    usage: TokenUsage = TokenUsage()
    notes: tuple[str, ...] = ()
    """What a person should know of how it was made: who could not draft, and why."""
    record: ArtifactRef | None = None
    """Proposals, critiques and votes, where several drafted."""
    intent: Intent | None = None
    seconds: float = Field(default=0.0, ge=0)
    """How long the drafting took."""


def check_request(text: str, *, budget: Amount, policy_maximum: Amount) -> str:
    """Return the request's text, trimmed at both ends, when it can be taken.

    Inner line breaks stay: the text may carry material, such as a table, that needs them.

    Raises:
        RequestRejected: Empty, longer than 8,000 characters, without letters, not all text, or with
            a budget of nothing or above what the policy allows.
    """
    trimmed = text.strip()
    if not trimmed:
        raise RequestRejected("the request is empty; say in plain words what you want")
    if len(text) > MAX_REQUEST_CHARACTERS:
        raise RequestRejected(
            f"the request has {len(text):,} characters, more than {MAX_REQUEST_CHARACTERS:,}; "
            "shorten it, and give long material to a service as its input"
        )
    if not any(character.isalpha() for character in trimmed):
        raise RequestRejected("the request has no words; say in plain words what you want")
    if any("\ud800" <= character <= "\udfff" for character in trimmed):
        raise RequestRejected("part of the request cannot be read; write it again as UTF-8 text")
    if budget.base_units == 0:
        raise RequestRejected("the budget is 0; give what the request may cost, such as 5.00")
    if budget > policy_maximum:
        raise RequestRejected(
            f"the budget of {budget} is above the policy's {policy_maximum} for one request; "
            "lower it, or raise CARAVAN_MAX_BUDGET"
        )
    return trimmed
