"""A large bazaar for measuring: the demo catalogue, its rivals, and services about other things."""

import random
from collections.abc import Iterator
from typing import Final

from activities.discovery.texts import searchable_text
from domain.catalogue import Quality, ServiceListing, Terms
from domain.ids import listing_id
from tests.activities.discovery.demo import demo_listings

SEED: Final = 20_261_121

SELLERS_PER_DESCRIPTION: Final = 5
"""Sellers that list the same words, beyond the first thousand listings."""

DISTINCT: Final = 1_000
"""Listings that all read differently."""

SUBJECTS: Final = (
    *("air quality", "ocean tides", "river levels", "snow depth", "pollen counts", "earthquakes"),
    *("flight delays", "train departures", "container freight rates", "port congestion"),
    *("parking occupancy", "road traffic", "bicycle hire", "fuel prices", "electricity prices"),
    *("natural gas storage", "solar output", "carbon permits", "wheat futures", "coffee prices"),
    *("football results", "tennis rankings", "marathon times", "chess ratings", "box office sales"),
    *("concert tickets", "podcast charts", "book reviews", "film ratings", "museum visits"),
    *("house prices", "rents", "building permits", "hotel occupancy", "restaurant reviews"),
    *("job adverts", "wages", "unemployment claims", "company filings", "patent grants"),
    *("court rulings", "tender notices", "trademarks", "domain registrations", "app downloads"),
    *("package downloads", "open issues of software projects", "vulnerability advisories"),
    *("satellite passes", "space weather", "exoplanets", "bird sightings", "fish catches"),
    *("blood donations", "hospital waiting times", "drug recalls", "food recalls", "recipes"),
    *("lending rates", "stablecoin supply", "validator uptime", "bridge transfers", "airdrops"),
)
REGIONS: Final = (
    *("Norway", "Portugal", "Japan", "Brazil", "Kenya", "Canada", "India", "Chile", "Poland"),
    *("Australia", "Vietnam", "Egypt", "Mexico", "South Korea", "Ireland", "Turkey", "Peru"),
)
FORMS: Final = (
    ("/weather/history", "Daily {subject} in {region} as a time series."),
    ("/currency/rates", "A table of the latest {subject} in {region}."),
    ("/news/headlines", "Headlines about {subject} in {region}, as a table and as text."),
    ("/weather/forecast", "Forecast of {subject} in {region}, up to 14 days ahead."),
    ("/places/geocode", "Looks up {subject} by city in {region}."),
    ("/text/extract", "Extracts mentions of {subject} in {region} from a text."),
)
"""Demo service whose schemas fit, and what such a service says of itself."""

RIVAL_WORDS: Final = (
    *("Answers within a second.", "Batch friendly.", "With a guarantee.", "For small budgets."),
    *("Audited every month.", "Runs at the edge.", "No sign-up.", "For teams.", "Fast and plain."),
)
RIVAL_SHARE: Final = 1 / 6
"""Of the generated listings: sells the same as a demo service, in its words and a few more."""


def bazaar_of(size: int) -> tuple[ServiceListing, ...]:
    """The demo catalogue and as many invented listings as ``size`` leaves room for."""
    demo = demo_listings()
    dice = random.Random(SEED)  # noqa: S311 - the same bazaar each time
    invented = _invented(dice)
    return (*demo, *(next(invented) for _ in range(size - len(demo))))


def _invented(dice: random.Random) -> Iterator[ServiceListing]:
    number = 0
    said: set[str] = set()
    while True:
        base, description = _description(dice)
        sellers = 1 if number < DISTINCT else SELLERS_PER_DESCRIPTION
        for _ in range(sellers):
            listing = _sold(base, description, number, dice)
            if sellers == 1 and searchable_text(listing) in said:
                break
            said.add(searchable_text(listing))
            number += 1
            yield listing


def _description(dice: random.Random) -> tuple[ServiceListing, str]:
    demo = {listing.url.partition("4021")[2]: listing for listing in demo_listings()}
    if dice.random() < RIVAL_SHARE:
        rival = dice.choice(sorted(demo.values(), key=lambda listing: listing.id))
        return rival, f"{rival.description} {dice.choice(RIVAL_WORDS)}"
    path, says = dice.choice(FORMS)
    subject, region = dice.choice(SUBJECTS), dice.choice(REGIONS)
    listing = demo[path].model_copy(update={"tags": (subject, region.lower())})
    return listing, says.format(subject=subject, region=region)


def _sold(
    base: ServiceListing, description: str, number: int, dice: random.Random
) -> ServiceListing:
    url = f"https://seller-{number}.example/{number % 7}"
    calls = dice.randrange(5, 5_000)
    return base.model_copy(
        update={
            "id": listing_id(method=base.method, url=url),
            "url": url,
            "name": f"Seller {number}",
            "description": description,
            "accepts": tuple(_repriced(terms, dice) for terms in base.accepts),
            "refund": None,
            "quality": Quality(
                calls=calls,
                successful_calls=int(calls * dice.uniform(0.8, 1.0)),
                unique_payers=dice.randrange(1, 200),
                latency_p50_ms=dice.randrange(50, 3_000),
                latency_p95_ms=dice.randrange(3_000, 9_000),
                source="sample",
            ),
        }
    )


def _repriced(terms: Terms, dice: random.Random) -> Terms:
    dearer = int(terms.base_units * dice.uniform(0.8, 4.0)) + 1
    return terms.model_copy(update={"base_units": dearer})
