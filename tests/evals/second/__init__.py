"""A bazaar written down by somebody who had not seen the planner."""

from typing import Final

from tests.evals.selling import Sold

LISTINGS: Final[tuple[Sold, ...]] = ()
