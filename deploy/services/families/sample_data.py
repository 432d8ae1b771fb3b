"""Invented daily figures: the same for everybody, every day, and labelled as invented."""

import hashlib
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deploy.services.vocabulary import Dataset, Point

LAST_DAY: Final = date(2026, 10, 31)
"""Last day of every sample series; "the last 30 days" end here, not today."""

LENGTH_DAYS: Final = 400
"""Days in every sample series: a year and a month of margin."""

NOISE_MEMORY: Final = 0.55
"""How much of yesterday's deviation remains today."""

NOTE: Final = (
    f"Invented sample data ending {LAST_DAY.isoformat()}; it describes no real market, place or "
    "event."
)
"""Said in every answer made from sample data."""

WEEKDAYS: Final = np.array([1.04, 1.06, 1.05, 1.03, 1.01, 0.90, 0.91])
"""Factor by weekday, Monday first: business slows at weekends."""


def dataset(name: str) -> Dataset:
    """Return the label of one sample data set."""
    return Dataset(name=name, note=NOTE)


def generator(name: str) -> np.random.Generator:
    """Return numbers that depend on a name and on nothing else."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))


def days(count: int, *, last: date = LAST_DAY) -> list[date]:
    """Return consecutive days that end at ``last``."""
    return [last - timedelta(days=count - 1 - index) for index in range(count)]


def walk(name: str, *, level: float, growth: float, noise: float) -> NDArray[np.float64]:
    """Return daily figures around ``level`` with a yearly ``growth``, weekdays and shocks."""
    rng = generator(name)
    shocks = rng.normal(0.0, noise, LENGTH_DAYS)
    drift = np.zeros(LENGTH_DAYS)
    for index in range(1, LENGTH_DAYS):
        drift[index] = NOISE_MEMORY * drift[index - 1] + shocks[index]
    trend = (1.0 + growth) ** (np.arange(LENGTH_DAYS) / 365.0)
    week = WEEKDAYS[[day.weekday() for day in days(LENGTH_DAYS)]]
    spikes = np.ones(LENGTH_DAYS)
    spikes[rng.choice(LENGTH_DAYS, size=6, replace=False)] = rng.uniform(1.4, 2.0, 6)
    values: NDArray[np.float64] = level * trend * week * np.exp(drift) * spikes
    return values


def series(values: NDArray[np.float64], count: int, *, digits: int = 0) -> list[Point]:
    """Return the last ``count`` figures, dated."""
    kept = np.round(values[-count:], digits)
    return [Point(date=d, value=float(v)) for d, v in zip(days(count), kept, strict=True)]
