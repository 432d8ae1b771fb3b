"""An invented bazaar of some two hundred sellers, labelled by the job that each does."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from domain.ids import ListingId
from tests.evals.bazaar import (
    chains,
    firms,
    language,
    living,
    machines,
    money,
    noise,
    numbers,
    papers,
    pictures,
    press,
    recordings,
    sky,
    travel,
)
from tests.evals.selling import Sold, item

_STREETS: Final = (
    sky,
    money,
    chains,
    press,
    language,
    pictures,
    recordings,
    travel,
    papers,
    firms,
    living,
    machines,
    numbers,
    noise,
)

LISTINGS: Final[tuple[Sold, ...]] = tuple(sold for one in _STREETS for sold in one.LISTINGS)
"""Everything that is for sale."""

BY_KEY: Final[Mapping[str, Sold]] = {sold.key: sold for sold in LISTINGS}


def items() -> tuple[Any, ...]:
    """What the bazaar answers, with the items that are no offers among them."""
    return (*(item(sold) for sold in LISTINGS), *noise.NOT_OFFERS)


@cache
def key_of() -> Mapping[ListingId, str]:
    """Our name of each listing."""
    return {sold.id: sold.key for sold in LISTINGS}


def doing(*jobs: str) -> tuple[str, ...]:
    """Keys of the listings that do one of these jobs."""
    found = tuple(sold.key for sold in LISTINGS if sold.job in jobs)
    missing = set(jobs) - {BY_KEY[key].job for key in found}
    if missing:
        raise KeyError(f"nobody does {sorted(missing)}")
    return found
