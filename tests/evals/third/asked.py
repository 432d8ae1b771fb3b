"""Requests put to this bazaar."""

from typing import Final

from tests.evals.asking import Asked

REQUESTS: Final[tuple[Asked, ...]] = ()
