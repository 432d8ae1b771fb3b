"""The demo catalogue as a facilitator's bazaar publishes it, and a finder over it."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from activities.discovery.bazaar_items import listing_from
from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.embedder_local import LocalEmbedder
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.knowing import Knowledge
from activities.discovery.ports import BazaarRead, ListingIndex, Prober
from activities.discovery.shortlisting import Finder
from deploy.facilitator.challenge import item_from_challenge
from deploy.services.catalogue import LISTINGS, REFUNDING
from deploy.services.listing import Listing
from deploy.services.refund_doors import declaration
from deploy.services.terms import MAX_TIMEOUT_SECONDS, bazaar
from domain.catalogue import ServiceListing
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.ids import ListingId
from domain.money import Amount
from domain.observing import Observation
from domain.probing import Sighting
from domain.ranking import Policy
from tests.fakes.builders import NOW
from tests.fakes.records import (
    FakeBreakerBoard,
    FakeListingBook,
    FakeObservationBook,
    FakeProbeBook,
)

ORIGIN = "http://127.0.0.1:4021"
LOCAL = Policy(asset=USDC_DEVNET, allow_private_hosts=True)
SAMPLES: Mapping[str, Mapping[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "deploy/services/sample_quality.json").read_text()
)["records"]


def usdc(text: str) -> Amount:
    return Amount.from_decimal(text, USDC_DEVNET)


def item(listing: Listing[Any]) -> dict[str, Any]:
    """What the bazaar publishes of one seller's 402."""
    extensions = bazaar(listing)
    extensions["bazaar"]["info"]["input"]["method"] = "POST"
    if listing.seller in REFUNDING:
        extensions |= declaration(f"{ORIGIN}/refunds")
    terms = {
        "x402Version": 2,
        "resource": {
            "url": ORIGIN + listing.path,
            "description": listing.description,
            "mimeType": listing.media_type,
            "serviceName": listing.name,
            "tags": list(listing.tags),
        },
        "accepts": [accept(listing.base_units)],
        "extensions": extensions,
    }
    found = item_from_challenge(ORIGIN + listing.path, terms, datetime(2026, 11, 21, tzinfo=UTC))
    sample = SAMPLES.get(listing.path, {})
    return {
        **found,
        "quality": {
            "l30DaysTotalCalls": sample.get("l30DaysTotalCalls", 0),
            "l30DaysSuccessfulCalls": sample.get("l30DaysSuccessfulCalls", 0),
            "l30DaysUniquePayers": sample.get("l30DaysUniquePayers", 0),
            "lastCalledAt": "2026-11-20T10:00:00+00:00",
            "latencyMsP50": sample.get("latencyMsP50"),
            "latencyMsP95": sample.get("latencyMsP95"),
            "source": "sample",
        },
    }


def accept(base_units: int) -> dict[str, Any]:
    return {
        "scheme": "exact",
        "network": SOLANA_DEVNET,
        "amount": str(base_units),
        "asset": USDC_DEVNET.address,
        "payTo": "8wQ2v1cXr1dYb8m2m7p1rE6yqkT9h4s3u5v6w7x8y9zA",
        "maxTimeoutSeconds": MAX_TIMEOUT_SECONDS,
        "extra": {"feePayer": "Fee1111111111111111111111111111111111111111"},
    }


@cache
def demo_items() -> tuple[dict[str, Any], ...]:
    return tuple(item(listing) for listing in LISTINGS)


@cache
def demo_listings() -> tuple[ServiceListing, ...]:
    return tuple(listing_from(one, bazaar="http://bazaar.test") for one in demo_items())


@cache
def embedder() -> LocalEmbedder:
    """The real model, loaded once."""
    return LocalEmbedder()


class FakeBazaar:
    """Lists what it is given."""

    def __init__(self, listings: Sequence[ServiceListing], url: str = "http://bazaar.test") -> None:
        self.listings = tuple(listings)
        self.url = url
        self.reads = 0
        self.failure: Exception | None = None

    async def read(self) -> BazaarRead:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return BazaarRead(listings=self.listings)


class FakeProber:
    """Shows each listing as it lists itself, unless told otherwise."""

    def __init__(self, **sightings: Sighting) -> None:
        self.asked: list[ListingId] = []
        self.sightings: dict[str, Sighting] = dict(sightings)
        """By name of the listing."""
        self.seconds = 0.0

    async def look(self, listing: ServiceListing) -> Sighting:
        self.asked.append(listing.id)
        await asyncio.sleep(self.seconds)
        honest = Sighting(kind="asks", answer_ms=120, terms=listing.accepts)
        return self.sightings.get(listing.name, honest)


def knowledge_of(
    *observed: Observation,
    probes: FakeProbeBook | None = None,
    breakers: FakeBreakerBoard | None = None,
) -> Knowledge:
    return Knowledge(
        observations=FakeObservationBook(*observed),
        probes=probes or FakeProbeBook(),
        breakers=breakers or FakeBreakerBoard(),
        now=lambda: NOW,
    )


def catalogue_over(
    listings: Sequence[ServiceListing], index: ListingIndex, *, policy: Policy = LOCAL
) -> ListingCatalogue:
    return ListingCatalogue(
        book=FakeListingBook(listings), embedder=embedder(), index=index, policy=policy
    )


@contextmanager
def finder_over(
    listings: Sequence[ServiceListing],
    folder: Path,
    *,
    policy: Policy | None = None,
    knowledge: Knowledge | None = None,
    prober: Prober | None = None,
) -> Iterator[Finder]:
    index = EdgeListingIndex(folder)
    yield Finder(
        catalogue_over(listings, index, policy=policy or LOCAL),
        policy=policy or LOCAL,
        knowledge=knowledge or knowledge_of(),
        prober=prober,
    )
    index.close()
