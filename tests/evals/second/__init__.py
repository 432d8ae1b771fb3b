"""A bazaar written down by somebody who had not seen the planner."""

from typing import Final

from tests.evals.second.goods import CARGO, CARS, PROPERTY
from tests.evals.second.learning import CHEMISTRY, LESSONS, SCIENCE, SKY
from tests.evals.second.leisure import GAMES, MUSIC, ROOTS, SPORT
from tests.evals.second.living import FARM, FOOD, HEALTH
from tests.evals.second.machines import CODE, SECURITY
from tests.evals.second.money import COIN, ENERGY, MARKETS
from tests.evals.second.offices import LAW, STATE
from tests.evals.second.papers import DOCUMENTS, HIRING
from tests.evals.second.places import MAPS, TRAVEL, WEATHER
from tests.evals.second.reach import SENDING, SOCIAL, STORING, WEB
from tests.evals.second.senses import AUDIO, VISION
from tests.evals.second.stalls import STALLS
from tests.evals.second.words import WORDS
from tests.evals.selling import Sold

__all__ = ["LISTINGS"]

LISTINGS: Final[tuple[Sold, ...]] = (
    *LAW,
    *STATE,
    *HEALTH,
    *FOOD,
    *FARM,
    *PROPERTY,
    *CARS,
    *CARGO,
    *SECURITY,
    *CODE,
    *SCIENCE,
    *CHEMISTRY,
    *SKY,
    *LESSONS,
    *GAMES,
    *SPORT,
    *MUSIC,
    *ROOTS,
    *MAPS,
    *WEATHER,
    *TRAVEL,
    *COIN,
    *MARKETS,
    *ENERGY,
    *WORDS,
    *DOCUMENTS,
    *HIRING,
    *VISION,
    *AUDIO,
    *WEB,
    *SOCIAL,
    *SENDING,
    *STORING,
    *STALLS,
)
