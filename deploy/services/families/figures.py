"""Arithmetic over a series that several services share, and numbers as people say them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deploy.services.listing import Unworkable
from deploy.services.vocabulary import Point

ANOMALY_SCORE: Final = 3.5
"""Modified z-score beyond which a value counts as an outlier (Iglewicz and Hoaglin, 1993)."""

MAD_TO_SIGMA: Final = 0.6745
"""Makes the median absolute deviation comparable with a normal standard deviation."""

WEEK_DAYS: Final = 7
"""Days in a week."""

WEEKDAY_NAMES: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
"""Indexed like ``date.weekday()``."""

SCALES: Final = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
"""Scales at which a number is easier to read with a word."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Dated:
    """A series in order of time."""

    days: tuple[date, ...]
    values: Values


@dataclass(frozen=True)
class Line:
    """A straight line through a series, by least squares."""

    slope: float
    """Change per day."""
    intercept: float
    fit: float
    """Share of the variance the line explains, R squared."""


def in_order(points: Sequence[Point], *, at_least: int) -> Dated:
    """Sort a series by date.

    Raises:
        Unworkable: Two values share a date, or there are too few.
    """
    if len(points) < at_least:
        raise Unworkable(f"series has {len(points)} points; at least {at_least} are needed")
    found = sorted(points, key=lambda point: point.date)
    days = tuple(point.date for point in found)
    if len(set(days)) != len(days):
        raise Unworkable("series names a date twice")
    return Dated(days, np.array([point.value for point in found], dtype=np.float64))


def line(series: Dated) -> Line:
    """Fit a straight line over calendar days."""
    x = np.array([(day - series.days[0]).days for day in series.days], dtype=np.float64)
    # In closed form: a general solver iterates, and was once seen not to converge on good data.
    spread = x - x.mean()
    slope = float(spread @ series.values) / float(spread @ spread)
    intercept = float(series.values.mean()) - slope * float(x.mean())
    residual = series.values - (slope * x + intercept)
    variance = float(((series.values - series.values.mean()) ** 2).sum())
    fit = 1.0 - float((residual**2).sum()) / variance if variance > 0 else 1.0
    return Line(slope, intercept, max(0.0, fit))


def moving_average(values: Values, window: int) -> Values:
    """Return trailing averages; the first ``window - 1`` are averages of what there is."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    counts = np.minimum(np.arange(1, len(values) + 1), window)
    ends = np.arange(1, len(values) + 1)
    averages: Values = (sums[ends] - sums[ends - counts]) / counts
    return averages


def outliers(values: Values, *, score: float = ANOMALY_SCORE) -> list[tuple[int, float]]:
    """Return index and score of values far from the median of the days around them.

    Medians throughout: an average would be moved by the very outliers it is to reveal.
    """
    half = len(values) // 2
    slope = float(np.median(values[half:] - values[: len(values) - half])) / half if half else 0.0
    level = values - slope * np.arange(len(values))
    reach = WEEK_DAYS // 2
    around = [float(np.median(level[max(0, i - reach) : i + reach + 1])) for i in range(len(level))]
    residual = level - np.array(around)
    middle = float(np.median(residual))
    spread = float(np.median(np.abs(residual - middle)))
    if spread == 0.0:
        return []
    scores = MAD_TO_SIGMA * (residual - middle) / spread
    return [(int(i), float(scores[i])) for i in np.flatnonzero(np.abs(scores) > score)]


def weekday_means(series: Dated) -> dict[str, float]:
    """Return the average by weekday, for the weekdays there are."""
    numbers = np.array([day.weekday() for day in series.days])
    return {
        name: float(series.values[numbers == index].mean())
        for index, name in enumerate(WEEKDAY_NAMES)
        if (numbers == index).any()
    }


def volatility_percent(values: Values) -> float | None:
    """Return the standard deviation of daily logarithmic changes, where all are positive."""
    if (values <= 0).any():
        return None
    return float(np.std(np.diff(np.log(values)), ddof=1)) * 100


def spoken(value: float) -> str:
    """Write a number the way a report would."""
    for scale, word in SCALES:
        if abs(value) >= scale:
            return f"{value / scale:,.2f} {word}"
    digits = 0 if abs(value) >= 1000 else 2  # noqa: PLR2004 - small numbers keep their cents
    return f"{value:,.{digits}f}"
