"""An invented bazaar of some two hundred sellers, labelled by the job that each does."""

from typing import Final

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
from tests.evals.selling import Sold

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
