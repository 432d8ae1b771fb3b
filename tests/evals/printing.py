"""Figures as tables, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.bench.outcome import table
from tests.evals.asking import DOES_THE_JOB
from tests.evals.evaluated import EVALUATED
from tests.evals.measuring import Figures, Found, Planned, mean

AIMS: Final = {"recall@5": 0.95, "nDCG@10": 0.90, "right": 0.80, "refusing": 0.95}
"""Least figure of ours that will do, over all requests."""

_ALL: Final = "all"

_PARTS: Final = (*(one.name for one in EVALUATED), _ALL)
"""Bazaars, and all together."""

_KINDS: Final = ("single", "multi", "each", "conditional", "unplannable")


def against_aims(figures: Figures) -> dict[str, float | None]:
    """The four figures that have an aim; ``None`` where no request tells."""
    ours = figures.searches["ours"]
    return {
        "recall@5": mean([one.recall for one in ours]),
        "nDCG@10": mean([one.ndcg for one in ours]),
        "right": _share([one for one in figures.plans if one.asked.shapes]),
        "refusing": _share([one for one in figures.plans if not one.asked.shapes]),
    }


def below_aims(figures: Figures) -> list[str]:
    """Names of the figures that miss their aim."""
    return [
        n for n, found in against_aims(figures).items() if found is not None and found < AIMS[n]
    ]


def print_figures(console: Console, figures: Figures, *, misses: bool) -> None:
    """Print everything, the misses last."""
    console.print(_search_table(figures))
    console.print(_plan_table(figures))
    if misses:
        for line in _missed_searches(figures.searches["ours"]):
            console.print(line)
        for one in figures.plans:
            if one.problem is not None and one.bazaar.read:
                console.print(f"plan    {one.asked.id}: {one.problem}")
    below = below_aims(figures)
    console.print(f"below aim: {', '.join(below)}" if below else "every aim is met")


def as_json(figures: Figures) -> dict[str, Any]:
    """Everything measured, for programs."""
    return {
        "aims": AIMS,
        "measured": against_aims(figures),
        "searches": {
            name: [
                {
                    "id": one.asked.id,
                    "bazaar": one.bazaar.name,
                    "recall": one.recall,
                    "ndcg": one.ndcg,
                    "first": one.first,
                }
                for one in found
            ]
            for name, found in figures.searches.items()
        },
        "plans": [
            {
                "id": one.asked.id,
                "bazaar": one.bazaar.name,
                "kind": one.asked.kind,
                "right": one.problem is None,
                "problem": one.problem,
            }
            for one in figures.plans
        ],
    }


def _search_table(figures: Figures) -> Table:
    columns = [f"{figure} {part}" for figure in ("recall@5", "nDCG@10") for part in _PARTS]
    made = table("Search", "", *columns, "requests")
    for name, found in figures.searches.items():
        cells = [
            _cell(mean([get(one) for one in found if _is_in(part, one)]))
            for get in (_recall, _ndcg)
            for part in _PARTS
        ]
        made.add_row(name, *cells, str(len(found)))
    return made


def _plan_table(figures: Figures) -> Table:
    made = table("Embedded planner", "", *_PARTS, "requests")
    groups = [(kind, [one for one in figures.plans if one.asked.kind == kind]) for kind in _KINDS]
    plannable = [one for one in figures.plans if one.asked.shapes]
    for name, planned in [("plannable, right", plannable), *groups]:
        title = "unplannable, refused" if name == "unplannable" else name
        cells = [_cell(_share([p for p in planned if _is_in(part, p)])) for part in _PARTS]
        made.add_row(title, *cells, str(len(planned)))
    return made


def _missed_searches(found: Sequence[Found]) -> Iterator[str]:
    for one in found:
        if one.bazaar.read and (one.recall < 1 or one.ndcg < AIMS["nDCG@10"]):
            wanted = [
                " | ".join(k for k, grade in goal.grades.items() if grade == DOES_THE_JOB)
                for goal in one.asked.goals
            ]
            yield (
                f"search  {one.asked.id}: recall {one.recall:.2f}, "
                f"nDCG {one.ndcg:.2f}, expected "
                f"{' AND '.join(wanted)}; came: {', '.join(one.first)}"
            )


def _is_in(part: str, one: Found | Planned) -> bool:
    return part in (_ALL, one.bazaar.name)


def _share(planned: Sequence[Planned]) -> float | None:
    return mean([float(one.problem is None) for one in planned])


def _recall(found: Found) -> float:
    return found.recall


def _ndcg(found: Found) -> float:
    return found.ndcg


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
