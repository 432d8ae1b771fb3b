"""Puts every labelled request to the search and to the planner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import fmean

from activities.discovery.embedder_local import SHIPPED_MODEL, LocalEmbedder
from domain.ids import ListingId
from domain.plan import Plan
from tests.activities.discovery.demo import embedder
from tests.evals.asking import Asked
from tests.evals.evaluated import EVALUATED, Evaluated
from tests.evals.judging import in_short, problem_with
from tests.evals.markets import TWINS
from tests.evals.metrics import RECALL_PLACES, ndcg, recall, without_twins
from tests.evals.product import EmbeddedPlanner, Ours, Refused, finder_of, imported
from tests.evals.retrieving import DenseOnly, Retriever, WordOverlap


@dataclass(frozen=True)
class Found:
    """What one search found for one request."""

    bazaar: Evaluated
    asked: Asked
    recall: float
    ndcg: float
    first: tuple[str, ...]
    """Listings at the places that recall counts."""


@dataclass(frozen=True)
class Planned:
    """What the planner made of one request."""

    bazaar: Evaluated
    asked: Asked
    problem: str | None
    """What is wrong, against the labels; ``None`` when the answer is right."""


@dataclass(frozen=True)
class Figures:
    """Everything measured; each search over the same requests in the same order."""

    searches: Mapping[str, tuple[Found, ...]]
    plans: tuple[Planned, ...]


async def measure(folder: Path, only: Collection[str] = ()) -> Figures:
    """Measure, the requests of these ids alone if any are named; ``folder`` is for indexes."""
    found = [await _measure(one, only, folder / one.name) for one in EVALUATED]
    searches = {name: [f.searches[name] for f in found] for name in found[0].searches}
    return Figures(
        searches={name: tuple(chain.from_iterable(each)) for name, each in searches.items()},
        plans=tuple(chain.from_iterable(one.plans for one in found)),
    )


async def _measure(bazaar: Evaluated, only: Collection[str], folder: Path) -> Figures:
    requests = [asked for asked in bazaar.requests if not only or asked.id in only]
    searched = [asked for asked in requests if asked.shapes]
    listings = await imported(bazaar)
    with finder_of(listings, folder) as finder:
        retrievers: Mapping[str, Retriever] = {
            "word overlap": WordOverlap(listings),
            "dense only": DenseOnly(_untaught(), listings),
            "dense, taught": DenseOnly(embedder(), listings),
            "ours": Ours(finder),
        }
        searches = {n: await _search(one, bazaar, searched) for n, one in retrievers.items()}
        planner = EmbeddedPlanner(finder)
        plans = [_judged(bazaar, asked, await planner.plan(asked.text)) for asked in requests]
    return Figures(searches, tuple(plans))


@cache
def _untaught() -> LocalEmbedder:
    """The model as its makers ship it."""
    return LocalEmbedder(SHIPPED_MODEL)


def mean(values: Sequence[float]) -> float | None:
    """The mean; ``None`` of nothing."""
    return fmean(values) if values else None


async def _search(
    retriever: Retriever, bazaar: Evaluated, requests: Sequence[Asked]
) -> tuple[Found, ...]:
    return tuple([_found(bazaar, one, await retriever.rank(one.text)) for one in requests])


def _found(bazaar: Evaluated, asked: Asked, ranking: Sequence[ListingId]) -> Found:
    keys = [bazaar.key_of[one] for one in ranking]
    first = without_twins(keys, TWINS)[: RECALL_PLACES * len(asked.goals)]
    return Found(
        bazaar=bazaar,
        asked=asked,
        recall=recall(keys, asked.goals, TWINS),
        ndcg=ndcg(keys, asked.goals, TWINS),
        first=tuple(first),
    )


def _judged(bazaar: Evaluated, asked: Asked, answer: Plan | Refused) -> Planned:
    if isinstance(answer, Refused):
        problem = f"refused: {answer.reason}" if asked.shapes else None
    elif asked.shapes:
        wrong = problem_with(answer, asked.shapes, bazaar.key_of)
        problem = f"{wrong}; came: {in_short(answer, bazaar.key_of)}" if wrong else None
    else:
        problem = f"should be refused ({asked.why_not}); came: {in_short(answer, bazaar.key_of)}"
    return Planned(bazaar, asked, problem)
