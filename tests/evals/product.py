"""The product under evaluation, from the raw items of a bazaar to a compiled plan."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from activities.discovery.bazaar_http import HttpBazaar
from activities.discovery.shortlisting import Finder
from activities.planning.drafter_embedded import EmbeddedDrafter
from activities.planning.ports import DraftAsk
from domain.catalogue import ServiceListing
from domain.chains import USDC_DEVNET
from domain.compiler import compile_plan
from domain.errors import PlanRejected, RequestNotServable, RequestRejected
from domain.ids import ListingId
from domain.money import Amount
from domain.plan import Plan
from domain.ranking import Policy
from tests.activities.discovery.demo import finder_over
from tests.evals.evaluated import Evaluated
from tests.evals.retrieving import RANKED

BUDGET: Final = Amount.from_decimal("5.00", USDC_DEVNET)
"""For each request; no right plan costs half of it."""

BAZAAR_URL: Final = "http://bazaar.test"

PAGE_ITEMS: Final = 100
"""Of our bazaar's pages, so that there are several."""


@dataclass(frozen=True)
class Refused:
    """No plan, and what the person is told."""

    reason: str


async def imported(bazaar: Evaluated) -> tuple[ServiceListing, ...]:
    """What the importer makes of the bazaar's pages."""
    answer = partial(_page, bazaar.items())
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        read = await HttpBazaar(BAZAAR_URL, client).read()
    return read.listings


class Ours:
    """The product's own search."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    async def rank(self, text: str) -> Sequence[ListingId]:
        ranked, _ = await self._finder.search(text, RANKED)
        return [one.listing.id for one in ranked]


class EmbeddedPlanner:
    """The product's planning without a language model."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._drafter = EmbeddedDrafter()

    async def plan(self, text: str) -> Plan | Refused:
        """Plan a request; a refusal is an answer, anything else that goes wrong is raised."""
        shortlist = await self._finder.shortlist(text, BUDGET)
        try:
            ask = DraftAsk(text=text, budget=BUDGET, shortlist=shortlist)
            drafted = await self._drafter.draft(ask)
            return compile_plan(
                drafted.draft, request=text, catalogue=shortlist.catalogue(), budget=BUDGET
            )
        except (PlanRejected, RequestNotServable, RequestRejected) as refusal:
            return Refused(str(refusal))


def _page(found: Sequence[Any], asked: httpx.Request) -> httpx.Response:
    start = int(asked.url.params["offset"])
    page = found[start : start + PAGE_ITEMS]
    paging = {"limit": PAGE_ITEMS, "offset": start, "total": len(found)}
    return httpx.Response(200, json={"x402Version": 2, "items": page, "pagination": paging})


@contextmanager
def finder_of(listings: Sequence[ServiceListing], folder: Path) -> Iterator[Finder]:
    """Set the product's discovery up over listings."""
    with finder_over(listings, folder, policy=Policy(asset=USDC_DEVNET)) as finder:
        yield finder
