"""Puts every labelled request to the search and to the planner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from domain.ids import ListingId
from domain.plan import Plan
from tests.activities.discovery.demo import embedder
from tests.evals.asking import Asked
from tests.evals.bazaar import LISTINGS, key_of
from tests.evals.judging import in_short, problem_with
from tests.evals.metrics import RECALL_PLACES, ndcg, recall, without_twins
from tests.evals.product import EmbeddedPlanner, Ours, Refused, finder_of, imported
from tests.evals.retrieving import DenseOnly, Retriever, WordOverlap, ranking_for

TWINS: Final[Mapping[str, str]] = {sold.key: sold.twin_of for sold in LISTINGS if sold.twin_of}


@dataclass(frozen=True)
class Found:
    """What one search found for one request."""

    asked: Asked
    recall: float
    ndcg: float
    first: tuple[str, ...]
    """Listings at the places that recall counts."""


@dataclass(frozen=True)
class Planned:
    """What the planner made of one request."""

    asked: Asked
    problem: str | None
    """What is wrong, against the labels; ``None`` when the answer is right."""


@dataclass(frozen=True)
class Figures:
    """Everything measured."""

    searches: Mapping[str, tuple[Found, ...]]
    plans: tuple[Planned, ...]


async def measure(requests: Sequence[Asked], folder: Path) -> Figures:
    """Measure; ``folder`` is for the index."""
    listings = await imported()
    searched = [asked for asked in requests if asked.shapes]
    with finder_of(listings, folder) as finder:
        retrievers: Mapping[str, Retriever] = {
            "word overlap": WordOverlap(listings),
            "dense only": DenseOnly(embedder(), listings),
            "ours": Ours(finder),
        }
        searches = {name: await _search(one, searched) for name, one in retrievers.items()}
        planner = EmbeddedPlanner(finder)
        plans = [_judged(asked, await planner.plan(asked.text)) for asked in requests]
    return Figures(searches, tuple(plans))


def mean(values: Sequence[float]) -> float | None:
    """The mean; ``None`` of nothing."""
    return fmean(values) if values else None


async def _search(retriever: Retriever, requests: Sequence[Asked]) -> tuple[Found, ...]:
    return tuple([_found(one, await ranking_for(one.text, retriever)) for one in requests])


def _found(asked: Asked, ranking: Sequence[ListingId]) -> Found:
    keys = [key_of()[one] for one in ranking]
    first = without_twins(keys, TWINS)[: RECALL_PLACES * len(asked.goals)]
    return Found(
        asked=asked,
        recall=recall(keys, asked.goals, TWINS),
        ndcg=ndcg(keys, asked.goals, TWINS),
        first=tuple(first),
    )


def _judged(asked: Asked, answer: Plan | Refused) -> Planned:
    if isinstance(answer, Refused):
        problem = f"refused: {answer.reason}" if asked.shapes else None
    elif asked.shapes:
        wrong = problem_with(answer, asked.shapes, key_of())
        problem = f"{wrong}; came: {in_short(answer, key_of())}" if wrong else None
    else:
        problem = f"should be refused ({asked.why_not}); came: {in_short(answer, key_of())}"
    return Planned(asked, problem)
