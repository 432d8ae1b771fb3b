"""Shortlists made of small listings."""

from domain.catalogue import RankedListing, Score, ScorePart, ServiceListing
from domain.drafting import Shortlist

_PART = ScorePart(value=0.5, why="for a test")


def shortlist(*listings: ServiceListing) -> Shortlist:
    score = Score(semantic=_PART, reputation=_PART, price=_PART, latency=_PART)
    return Shortlist(
        text="the weather in Oslo",
        candidates=tuple(RankedListing(listing=one, score=score) for one in listings),
    )
