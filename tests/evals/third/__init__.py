"""A bazaar written down by somebody who had not seen the planner."""

from typing import Final

from tests.evals.selling import Sold
from tests.evals.third.leisure import LEISURE
from tests.evals.third.living import LIVING
from tests.evals.third.money import MONEY
from tests.evals.third.office import OFFICE
from tests.evals.third.papers import PAPERS
from tests.evals.third.places import PLACES
from tests.evals.third.safety import SAFETY
from tests.evals.third.senses import SENSES
from tests.evals.third.skies import SKIES
from tests.evals.third.vague import VAGUE
from tests.evals.third.webs import WEBS
from tests.evals.third.words import WORDS

LISTINGS: Final[tuple[Sold, ...]] = (
    *SKIES,
    *MONEY,
    *WORDS,
    *WEBS,
    *SAFETY,
    *SENSES,
    *PAPERS,
    *PLACES,
    *OFFICE,
    *LIVING,
    *LEISURE,
    *VAGUE,
)

__all__ = ["LISTINGS"]
