"""Choosing among plans that several drafted: a vote with a threshold, and what holds below it."""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.drafting import TokenUsage
from domain.plan import Plan

THRESHOLD_PERCENT: Final = 66
"""Share of all voters that one plan needs: both of two, two of three, three of four."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Candidate(Frozen):
    """A plan that may be voted for."""

    label: str
    price_base_units: int = Field(ge=0)


class Ballot(Frozen):
    """What one voter said. Labels that no candidate has count as nothing."""

    voter: str
    choice: str
    accepts: tuple[str, ...] = ()
    """Plans that it could live with; its choice is one of them, said or not."""
    reason: str = ""


class Verdict(Frozen):
    """Which plan it is, and why."""

    winner: str | None
    how: Literal["vote", "majority", "none"]
    """``majority``: no plan reached the threshold; this is the cheapest that most accept."""
    reason: str


class Proposal(Frozen):
    """What one voter proposed, or why it proposed nothing."""

    voter: str
    label: str = ""
    """Voters with the same plan share its label."""
    plan: Plan | None = None
    reason: str = ""


class Critique(Frozen):
    """What one voter thinks of another's plan."""

    voter: str
    label: str
    verdict: Literal["accept", "reject"]
    reasons: tuple[str, ...] = ()


class ConsensusRecord(Frozen):
    """All of it, kept for whoever wants to know how a plan came about."""

    asked_because: str
    proposals: tuple[Proposal, ...]
    critiques: tuple[Critique, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    verdict: Verdict
    usage: TokenUsage
    notes: tuple[str, ...] = ()


def decide(candidates: Sequence[Candidate], ballots: Sequence[Ballot], *, voters: int) -> Verdict:
    """Count the votes. Whoever did not vote counts against every plan.

    Args:
        candidates: With distinct labels.
        ballots: At most one of each voter counts: its first.
        voters: How many could vote.
    """
    cast = _first_of_each(ballots)
    labels = [one.label for one in candidates]
    votes = {label: sum(one.choice == label for one in cast) for label in labels}
    for label in labels:
        if voters and votes[label] * 100 >= THRESHOLD_PERCENT * voters:
            reason = f"{votes[label]} of {voters} voted for {label}"
            return Verdict(winner=label, how="vote", reason=reason)
    likings = {label: sum(label in {one.choice, *one.accepts} for one in cast) for label in labels}
    liked = [one for one in candidates if likings[one.label] * 2 > voters]
    missed = f"no plan has {THRESHOLD_PERCENT} % of {voters} votes"
    if not liked:
        return Verdict(winner=None, how="none", reason=f"{missed}, and most accept none")
    best = min(liked, key=lambda one: (one.price_base_units, one.label))
    reason = f"{missed}; {best.label} is the cheapest that most accept"
    return Verdict(winner=best.label, how="majority", reason=reason)


def _first_of_each(ballots: Sequence[Ballot]) -> list[Ballot]:
    first: dict[str, Ballot] = {}
    for ballot in ballots:
        first.setdefault(ballot.voter, ballot)
    return list(first.values())
