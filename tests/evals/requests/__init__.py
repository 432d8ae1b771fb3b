"""Labelled requests: what people ask, and what would be right."""

from typing import Final

from tests.evals.asking import Asked
from tests.evals.requests import chatty, chores, facts, lists_and_ifs, refusals, several

REQUESTS: Final[tuple[Asked, ...]] = (
    *facts.REQUESTS,
    *chores.REQUESTS,
    *chatty.REQUESTS,
    *several.REQUESTS,
    *lists_and_ifs.EACH,
    *lists_and_ifs.IFS,
    *refusals.REQUESTS,
)
"""All of them."""
