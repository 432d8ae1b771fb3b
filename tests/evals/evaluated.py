"""The evaluated bazaars, each with the requests that are put to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from domain.ids import ListingId
from tests.evals import bazaar, requests, second, third
from tests.evals.asking import Asked
from tests.evals.bazaar.noise import NOT_OFFERS
from tests.evals.second.asked import REQUESTS as SECOND
from tests.evals.selling import Sold, item
from tests.evals.third.asked import REQUESTS as THIRD


@dataclass(frozen=True)
class Evaluated:
    """A bazaar with its labelled requests."""

    name: str
    listings: Sequence[Sold]
    requests: Sequence[Asked]
    not_offers: Sequence[Any] = ()
    """Items of the bazaar that are no offers."""
    read: bool = True
    """Whether what went wrong is printed. Where it is not, nobody can have tuned to it."""

    @cached_property
    def key_of(self) -> Mapping[ListingId, str]:
        """Our name of each listing; an address may be another one's in another bazaar."""
        return {sold.id: sold.key for sold in self.listings}

    def items(self) -> tuple[Any, ...]:
        """What the bazaar answers."""
        return (*(item(sold) for sold in self.listings), *self.not_offers)


OWN: Final = Evaluated("own", bazaar.LISTINGS, requests.REQUESTS, NOT_OFFERS)
"""Written by those who wrote the planner; its misses were read."""

EVALUATED: Final = (
    OWN,
    Evaluated("read", second.LISTINGS, SECOND),
    Evaluated("unread", third.LISTINGS, THIRD, read=False),
)
"""The other two were written by people who had not seen the planner. The misses of the first of
them were read afterwards, to find what to make better; those of the last never."""
