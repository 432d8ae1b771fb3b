"""Labelled requests: what people ask, and what would be right."""

from typing import Final

from tests.evals.asking import Asked
from tests.evals.requests import (
    chains,
    chatty,
    chores,
    facts,
    lists_and_ifs,
    refusals,
    side_by_side,
)

REQUESTS: Final[tuple[Asked, ...]] = (
    *facts.REQUESTS,
    *chores.REQUESTS,
    *chatty.REQUESTS,
    *side_by_side.REQUESTS,
    *chains.REQUESTS,
    *lists_and_ifs.EACH,
    *lists_and_ifs.IFS,
    *refusals.REQUESTS,
)
"""All of them."""
