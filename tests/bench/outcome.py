"""What a benchmark hands back: tables to read, and verdicts against the promised numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from rich.table import Table

MILLISECONDS: Final = 1_000.0


@dataclass(frozen=True)
class Verdict:
    """One promised number and what was found."""

    what: str
    measured: str
    target: str
    met: bool | None
    """``None`` when it could not be measured, or nothing was promised."""


@dataclass
class Outcome:
    """One topic's findings."""

    tables: list[Table] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


def table(title: str, *columns: str) -> Table:
    """A table whose first column is words and whose others are figures."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place else "left", overflow="fold")
    return made


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50_p95_ms(seconds: Sequence[float]) -> tuple[str, str]:
    """Median and 95th percentile as cells in milliseconds."""
    return milliseconds(median(seconds)), milliseconds(percentile(seconds, 0.95))


def milliseconds(seconds: float) -> str:
    """A duration as a cell."""
    return f"{seconds * MILLISECONDS:.1f}"
