"""Which services may be used at all, which do the same job, and which comes first."""

import ipaddress
import math
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from domain import schemas
from domain.catalogue import RankedListing, ServiceListing, Terms
from domain.ids import ListingId
from domain.money import Amount, Asset
from domain.words import vocabulary

SCHEMA_WEIGHT: Final = 0.3
"""What equal names of inputs and outputs add to two services' likeness."""

SAME_JOB: Final = 0.98
"""Likeness from which two services do the same job.

Measured on the demo's services with the taught model: competitors reach 1.09 to 1.21, the nearest
others, a weather history and a forecast, 0.94."""

LEAST_COSINE: Final = SAME_JOB - SCHEMA_WEIGHT
"""Likeness of two texts below which no schema makes them the same job."""

_PRIVATE_SUFFIXES: Final = (".local", ".localhost", ".internal", ".lan", ".home.arpa")


class Policy(BaseModel):
    """What an installation may pay, and where."""

    model_config = ConfigDict(frozen=True)

    asset: Asset
    """The asset requests are budgeted in; its network is the one payments run on."""
    allow_private_hosts: bool = False


def payable_terms(listing: ServiceListing, policy: Policy) -> tuple[Terms, ...] | str:
    """Return the terms we can pay, or why we can pay none of them.

    Does not ask the seller: live terms are checked again before anything is approved.
    """
    payable = tuple(t for t in listing.accepts if terms_problem(t, policy) is None)
    problems = dict.fromkeys(str(terms_problem(t, policy)) for t in listing.accepts)
    return payable or "; ".join(problems) or "it names no way to pay"


def price_problem(listing: ServiceListing, budget: Amount) -> str | None:
    """Say why one call of a service that passed the other gates cannot be afforded."""
    price = listing.price
    if price is None or price <= budget:
        return None
    return f"its price of {price} is above the budget of {budget}"


def terms_problem(terms: Terms, policy: Policy) -> str | None:
    """Say why one way to pay cannot be used."""
    if terms.scheme != "exact":
        return f"payment scheme {terms.scheme} is not supported"
    if terms.network != policy.asset.network:
        return f"it is paid on {terms.network}, not on {policy.asset.network}"
    if terms.asset != policy.asset.address:
        return f"it asks for token {terms.asset}, which is not the {policy.asset.symbol} we spend"
    if terms.flow != "authorization":
        return f"payment flow {terms.flow} takes the money before the work"
    return None


def schema_problem(listing: ServiceListing) -> str | None:
    """Say why a service's input cannot be filled by anyone who has only its schema."""
    if not listing.input_schema:
        return "it does not say what it takes"
    if listing.input_schema.get("type", "object") != "object":
        return "its input is not an object of named values"
    properties = listing.input_schema.get("properties", {})
    if not isinstance(properties, dict):
        return "its input schema names no properties"
    required = schemas.required_names(listing.input_schema)
    unknown = [name for name in required if name not in properties]
    return f"it requires {', '.join(unknown)} without describing it" if unknown else None


def host_problem(url: str, policy: Policy) -> str | None:
    """Say why an address must not be called: it could reach into our own network."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "its address cannot be read"
    if parts.scheme not in {"http", "https"} or not host:
        return "its address is not an HTTP URL"
    if "@" in parts.netloc:
        return "its address carries a user name"
    if not policy.allow_private_hosts and _is_private(host):
        return f"{host} is a private or loopback address"
    return None


def _is_private(host: str) -> bool:
    bare = host.rstrip(".").lower()
    try:
        return not ipaddress.ip_address(bare.partition("%")[0]).is_global
    except ValueError:
        # Bare names and purely numeric hosts are resolved by the local network or as addresses.
        return (
            "." not in bare
            or bare.endswith(_PRIVATE_SUFFIXES)
            or bare.rpartition(".")[2].isdigit()
            or bare.rpartition(".")[2].startswith("0x")
        )


def best_first(ranked: Iterable[RankedListing]) -> Sequence[RankedListing]:
    """Order by total score; equals by price, then by id, so that order never depends on input."""
    return sorted(
        ranked, key=lambda one: place_of(one.listing.id, one.score.total, one.listing.price)
    )


def place_of(
    listing: ListingId, total: float, price: Amount | None
) -> tuple[float, int, ListingId]:
    """What ``best_first`` orders by."""
    return -round(total, 9), price.base_units if price else 0, listing


def shared_words(one: ServiceListing, other: ServiceListing) -> int:
    """Count the meaningful words that both services use of themselves."""
    return len(_own_words(one) & _own_words(other))


def _own_words(listing: ServiceListing) -> frozenset[str]:
    return vocabulary(" ".join([listing.name, listing.description, *listing.tags]))


def could_replace(one: ServiceListing, other: ServiceListing) -> bool:
    """Whether two services could stand in for each other, as far as schemas tell.

    They take each other's required inputs, answer in the same media type, and share an output.
    """
    if one.media_type != other.media_type or not _takes(one, other) or not _takes(other, one):
        return False
    left = schemas.properties_of(one.output_schema)
    right = schemas.properties_of(other.output_schema)
    if not left or not right:
        return not left and not right
    return any(
        schemas.mismatch(left[name], right[name]) is None for name in left.keys() & right.keys()
    )


def does_same_job(one: ServiceListing, other: ServiceListing, *, cosine: float) -> bool:
    """Whether two services do the same work, by their schemas and the likeness of their texts.

    Neither is enough alone: a trend and a forecast read alike, and every chart takes a series.
    """
    return cosine >= LEAST_COSINE and cosine >= same_job_cosine(one, other)


def same_job_cosine(one: ServiceListing, other: ServiceListing) -> float:
    """From which likeness of their texts two services of these schemas do the same work."""
    if not could_replace(one, other):
        return math.inf
    takes = _shared(one.input_schema, other.input_schema)
    gives = _shared(one.output_schema, other.output_schema)
    return SAME_JOB - SCHEMA_WEIGHT * (takes + gives) / 2


def _shared(one: schemas.Schema, other: schemas.Schema) -> float:
    """Share of the two schemas' names that both have."""
    left, right = schemas.properties_of(one).keys(), schemas.properties_of(other).keys()
    return len(left & right) / len(left | right) if left | right else 1.0


def _takes(one: ServiceListing, other: ServiceListing) -> bool:
    mine = schemas.properties_of(one.input_schema)
    theirs = schemas.properties_of(other.input_schema)
    return all(
        name in mine and schemas.mismatch(theirs.get(name, {}), mine[name]) is None
        for name in schemas.required_names(other.input_schema)
    )
