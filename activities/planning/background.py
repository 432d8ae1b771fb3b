"""Understanding a request by what is for sale: what nobody serves may only have been told."""

from collections.abc import Iterator
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.relevance import Relevance
from domain.drafting import Shortlist
from domain.goals import read_request

LIKELY_TOLD: Final = 0.2
"""Likelihood below which a goal that nothing asks outright is taken for background. Measured on
five markets: of 75 such goals below it 51 were, and many of the rest only gave values."""

LIKELY_ASKED: Final = 0.3
"""Likelihood that another goal has to reach: something must have been asked for."""


def understood(text: str, shortlist: Shortlist) -> Candidates:
    """Read a request, and weigh the candidates against what it asks for."""
    reading = read_request(text)
    candidates = Candidates(Relevance(reading, shortlist), shortlist)
    told = list(_told(candidates))
    if not told:
        return candidates
    return Candidates(Relevance(reading.with_told(told), shortlist), shortlist)


def _told(candidates: Candidates) -> Iterator[int]:
    reading = candidates.relevance.reading
    likely = {
        goal: max((candidates.evidence.likelihood(i, goal) for i in candidates.ranked), default=0.0)
        for goal in range(len(reading.goals))
        if goal not in reading.context
    }
    doubtful = [goal for goal in reading.unasked if likely.get(goal, 1.0) < LIKELY_TOLD]
    asked = max((likely[goal] for goal in likely if goal not in doubtful), default=0.0)
    if asked >= LIKELY_ASKED:
        yield from doubtful
