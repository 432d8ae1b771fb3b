"""Fits what discovery and the planner weigh, on markets that the embedding model was not taught by.

``python -m tests.tuning.weighing similarity|evidence|confidence`` prints constants for
``domain.scoring``, ``activities.planning.evidence`` and ``activities.planning.confidence``, in this
order: each is fitted to what the ones before it choose.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from activities.discovery.hybrid import Sought, matches, whole_of
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.phrasing import asked_for
from activities.planning import confidence, drafter_embedded, evidence
from activities.planning.candidates import Candidates
from activities.planning.confidence import leaves_out, signs_of
from activities.planning.covering import is_evident
from activities.planning.parts import Parts
from activities.planning.relevance import Relevance
from domain.catalogue import Refusal
from domain.chains import USDC_DEVNET
from domain.compiler import compile_plan
from domain.drafting import Shortlist
from domain.errors import PlanRejected, RequestNotServable, RequestRejected
from domain.fitting import given_in
from domain.goals import read_request
from domain.money import Amount
from domain.plan import Plan
from domain.ranking import Policy
from domain.scoring import Match
from tests.activities.discovery.demo import catalogue_over, demo_listings, finder_over
from tests.activities.planning.test_drafter_embedded import SERVABLE, UNSERVABLE
from tests.evals.asking import Asked
from tests.evals.evaluated import Evaluated
from tests.evals.judging import problem_with
from tests.evals.product import BUDGET, finder_of, imported
from tests.evals.retrieving import RANKED
from tests.tuning import CONSOLE
from tests.tuning.lessons import FOLDER, HELD_OUT
from tests.tuning.marketplace import bazaar

UNSERVABLE_WEIGHT: Final = 2.0
"""What a request that nothing serves counts: buying for it is worse than refusing another."""

DEMO_WEIGHT: Final = 3.0
"""What a request of the demo counts: whoever tries Caravan tries these first."""

DEMO_BUDGET: Final = Amount.from_decimal("100", USDC_DEVNET)

FOLDS: Final = 8
REGULARITY: Final = 0.3


class Row(NamedTuple):
    """One example to fit."""

    signs: tuple[float, ...]
    right: bool
    request: str
    weight: float = 1.0


class Asking(NamedTuple):
    """A request with what discovery found for it."""

    market: Evaluated
    asked: Asked
    shortlist: Shortlist


async def shortlists() -> list[Asking]:
    """Search for every request of the markets that were held out."""
    found: list[Asking] = []
    for market in (bazaar(FOLDER / f"{name}.jsonl") for name in HELD_OUT):
        listings = await imported(market)
        with tempfile.TemporaryDirectory() as folder, finder_of(listings, Path(folder)) as finder:
            found += [
                Asking(market, asked, await finder.shortlist(asked.text, BUDGET))
                for asked in market.requests
            ]
    return found


def evidence_rows(asking: Iterable[Asking]) -> Iterator[Row]:
    """Each candidate with each goal; of one that serves the request, its likeliest goal alone."""
    for market, asked, shortlist in asking:
        relevance = Relevance(read_request(asked.text), shortlist)
        candidates = Candidates(relevance, shortlist)
        right = {key for goal in asked.goals for key in goal.grades}
        for listing in candidates.ranked:
            goals = range(len(relevance.reading.goals))
            signs = {goal: candidates.evidence.signs(listing, goal) for goal in goals}
            is_right = market.key_of[listing] in right
            likeliest = max(signs, key=lambda goal: signs[goal].part + signs[goal].known)
            for goal, one in signs.items():
                if not is_right or goal == likeliest:
                    yield Row(one, is_right, asked.id)


def plan_rows(asking: Iterable[Asking]) -> Iterator[Row]:
    """The plan that would be offered for each request if none were doubted."""
    for market, asked, shortlist in asking:
        signs, plan = _undoubted(asked.text, shortlist, BUDGET)
        if signs is not None:
            is_right = plan is not None and bool(asked.shapes)
            if plan is not None and asked.shapes:
                is_right = problem_with(plan, asked.shapes, market.key_of) is None
            yield Row(signs, is_right, asked.id, 1.0 if asked.shapes else UNSERVABLE_WEIGHT)


async def demo_rows() -> list[Row]:
    """The same for the demo's requests; the right plans for all that can be served are found."""
    rows: list[Row] = []
    asked = [(text, True) for text, _ in SERVABLE] + [(text, False) for text in UNSERVABLE]
    with (
        tempfile.TemporaryDirectory() as folder,
        finder_over(demo_listings(), Path(folder)) as finder,
    ):
        for text, is_servable in asked:
            shortlist = await finder.shortlist(text, DEMO_BUDGET)
            signs, plan = _undoubted(text, shortlist, DEMO_BUDGET)
            if signs is not None:
                weight = DEMO_WEIGHT * (1.0 if is_servable else UNSERVABLE_WEIGHT)
                rows.append(Row(signs, is_servable and plan is not None, text, weight))
    return rows


def _undoubted(
    text: str, shortlist: Shortlist, budget: Amount
) -> tuple[tuple[float, ...] | None, Plan | None]:
    """Draft and compile without the last doubt: the signs it goes by, and the plan."""
    seen: list[tuple[float, ...]] = []

    def note(candidates: Candidates, parts: Parts, refused: Sequence[Refusal]) -> None:
        del refused
        hopeless = not parts or leaves_out(candidates, parts)
        if hopeless or not is_evident(candidates, parts):
            raise RequestNotServable("nothing to doubt")
        seen.append(signs_of(candidates, parts))

    drafter_embedded.raise_if_unserved = note
    try:
        draft = drafter_embedded.draft_plan(text, shortlist, budget)
        catalogue = shortlist.catalogue()
        return seen[0], compile_plan(draft, request=text, catalogue=catalogue, budget=budget)
    except (PlanRejected, RequestNotServable, RequestRejected):
        return (seen[0] if seen else None), None


def fit(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Print weights and offset of a logistic curve, and how well it does on unseen requests."""
    signs = np.array([row.signs for row in rows], float)
    right = np.array([row.right for row in rows])
    weight = np.array([row.weight for row in rows])
    mean, spread = signs.mean(0), signs.std(0) + 1e-9
    scaled = (signs - mean) / spread
    guessed = np.zeros(len(rows))
    for taught, kept in GroupKFold(FOLDS).split(scaled, right, [row.request for row in rows]):
        made = _curve().fit(scaled[taught], right[taught], weight[taught])
        guessed[kept] = made.predict_proba(scaled[kept])[:, 1]
    area = roc_auc_score(right, guessed)
    CONSOLE.print(f"{len(rows)} examples, {right.mean():.1%} right; area {area:.3f}")
    curve = _curve().fit(scaled, right, weight)
    raw = curve.coef_[0] / spread
    for name, value in zip(names, raw, strict=True):
        CONSOLE.print(f"    {name}={value:.2f},")
    CONSOLE.print(f"OFFSET: Final = {float((raw * mean).sum() - curve.intercept_[0]):.2f}")
    for least in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        offered = guessed >= least
        CONSOLE.print(
            f"  from {least}: {right[offered].mean():.2f} right of {offered.mean():.2f} offered"
        )


def _curve() -> LogisticRegression:
    return LogisticRegression(C=REGULARITY, max_iter=3000)


async def match_rows() -> list[Row]:
    """Each listing that a search finds for a whole request."""
    rows: list[Row] = []
    for market in (bazaar(FOLDER / f"{name}.jsonl") for name in HELD_OUT):
        listings = await imported(market)
        with tempfile.TemporaryDirectory() as folder:
            index = EdgeListingIndex(Path(folder))
            catalogue = catalogue_over(listings, index, policy=Policy(asset=USDC_DEVNET))
            await catalogue.prepare()
            for asked in market.requests:
                right = {key for goal in asked.goals for key in goal.grades}
                goals = list(dict.fromkeys(map(asked_for, _goals(asked.text))))
                given = given_in(asked.text)
                meant = zip(goals, await catalogue.embed(goals), strict=True)
                sought = [Sought(*one, limit=RANKED, given=given) for one in meant]
                found = whole_of(await matches(catalogue, sought))
                rows += [Row(m, market.key_of[i] in right, asked.id) for i, m in found.items()]
            index.close()
    return rows


def _goals(text: str) -> Sequence[str]:
    return (text, *read_request(text).goals)


async def main(what: str) -> None:
    """Fit one of the three."""
    if what == "similarity":
        fit(await match_rows(), Match._fields)
    elif what == "evidence":
        fit([*evidence_rows(await shortlists())], evidence.Signs._fields)
    else:
        rows = [*plan_rows(await shortlists()), *await demo_rows()]
        fit(rows, confidence.PlanSigns._fields)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
