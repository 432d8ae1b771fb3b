"""Who sells what in all the evaluated bazaars, by the keys that labels use."""

from collections.abc import Mapping
from typing import Final

from tests.evals import bazaar, second, third
from tests.evals.selling import Sold

BY_KEY: Final[Mapping[str, Sold]] = {
    sold.key: sold for one in (bazaar, second, third) for sold in one.LISTINGS
}

TWINS: Final[Mapping[str, str]] = {
    sold.key: sold.twin_of for sold in BY_KEY.values() if sold.twin_of
}


def doing(*jobs: str) -> tuple[str, ...]:
    """Keys of the listings that do one of these jobs."""
    found = tuple(sold.key for sold in BY_KEY.values() if sold.job in jobs)
    missing = set(jobs) - {BY_KEY[key].job for key in found}
    if missing:
        raise KeyError(f"nobody does {sorted(missing)}")
    return found
