"""Shortlists made of small listings."""

from activities.planning.candidates import Candidates
from activities.planning.relevance import Relevance
from domain.catalogue import RankedListing, Score, ScorePart, ServiceListing
from domain.drafting import Shortlist
from domain.goals import read_request

_PART = ScorePart(value=0.5, why="for a test")


def shortlist(*listings: ServiceListing) -> Shortlist:
    score = Score(semantic=_PART, reputation=_PART, price=_PART, latency=_PART)
    return Shortlist(
        text="the weather in Oslo",
        candidates=tuple(RankedListing(listing=one, score=score) for one in listings),
    )


def candidates(text: str, *listings: ServiceListing) -> Candidates:
    """What one request knows of these services when nothing was searched for."""
    found = shortlist(*listings)
    return Candidates(Relevance(read_request(text), found), found)
