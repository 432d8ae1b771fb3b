"""Requests put to this bazaar."""

from typing import Final

from tests.evals.asking import Asked
from tests.evals.second.asked_chains import CHAINS
from tests.evals.second.asked_facts import FACTS
from tests.evals.second.asked_ifs import IFS
from tests.evals.second.asked_lists import LISTS, SIDE_BY_SIDE
from tests.evals.second.asked_refused import REFUSED
from tests.evals.second.asked_works import WORKS

REQUESTS: Final[tuple[Asked, ...]] = (
    *FACTS,
    *WORKS,
    *CHAINS,
    *SIDE_BY_SIDE,
    *LISTS,
    *IFS,
    *REFUSED,
)
