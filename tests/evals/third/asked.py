"""Requests put to this bazaar."""

from typing import Final

from tests.evals.asking import Asked
from tests.evals.third.asked_alone import ALONE
from tests.evals.third.asked_chains import CHAINS
from tests.evals.third.asked_each import EACH
from tests.evals.third.asked_if import IFS
from tests.evals.third.asked_not import NOT
from tests.evals.third.asked_one import ONE

REQUESTS: Final[tuple[Asked, ...]] = (*ONE, *ALONE, *CHAINS, *EACH, *IFS, *NOT)
