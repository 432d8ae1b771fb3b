"""Which services may be used at all, and why one ranks above another."""

import ipaddress
import math
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from domain import schemas
from domain.catalogue import (
    Quality,
    RankedListing,
    Score,
    ScorePart,
    ServiceListing,
    Terms,
)
from domain.money import Amount, Asset
from domain.words import vocabulary

COSINE_FLOOR: Final = 0.10
"""Similarity that counts as none. Measured: unrelated requests reach 0.10 with MiniLM."""

COSINE_CEILING: Final = 0.70
"""Similarity that counts as full. Measured: requests worded like the service reach 0.70."""

PRIOR_SUCCESS: Final = 0.5
"""Success expected of a service nobody has told us anything about."""

PRIOR_CALLS: Final = 2.0
"""Weight of that expectation, in calls."""

HEARSAY_CAP_CALLS: Final = 10.0
"""Most that a bazaar's counters may weigh, in calls: sellers can inflate them."""

SAMPLE_CAP_CALLS: Final = 5.0
"""The same for counters that say themselves that they are samples."""

PAYER_WEIGHT: Final = 1.5
"""Calls that one doubling of the unique payers is worth; wash traffic needs many wallets."""

CALL_WEIGHT: Final = 0.25
"""Calls that one doubling of the claimed calls is worth."""

OWN_WEIGHT: Final = 4.0
"""What one call we paid for ourselves outweighs, in calls: we saw how it ended."""

PRICE_SPAN: Final = 10.0
"""Times the cheapest price at which the price part reaches nothing."""

FAST_MS: Final = 200
"""A 95th percentile at or below this is as good as any."""

SLOW_MS: Final = 30_000
"""A 95th percentile at or above this is as bad as any: near the limit of patience for one call."""

UNKNOWN_LATENCY: Final = 0.5
"""Worth of a latency nobody measured: neither praise nor blame."""

SCHEMA_WEIGHT: Final = 0.3
"""What equal names of inputs and outputs add to two services' likeness."""

SAME_JOB: Final = 0.98
"""Likeness from which two services do the same job.

Measured on 56 services with MiniLM: competitors reach 1.01 to 1.19, the nearest others 0.94."""

_PRIVATE_SUFFIXES: Final = (".local", ".localhost", ".internal", ".lan", ".home.arpa")


class Policy(BaseModel):
    """What an installation may pay, and where."""

    model_config = ConfigDict(frozen=True)

    asset: Asset
    """The asset requests are budgeted in; its network is the one payments run on."""
    allow_private_hosts: bool = False


class OwnRecord(BaseModel):
    """How our own paid calls of one service ended."""

    model_config = ConfigDict(frozen=True)

    delivered: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)


def passable(listing: ServiceListing, policy: Policy) -> ServiceListing | str:
    """Return ``listing`` with only the terms we can pay, or the reason it is refused.

    Does not ask the seller: live terms are checked again before anything is approved.
    """
    problem = host_problem(listing.url, policy) or schema_problem(listing)
    if problem:
        return problem
    payable = [terms for terms in listing.accepts if terms_problem(terms, policy) is None]
    if not payable:
        problems = dict.fromkeys(str(terms_problem(terms, policy)) for terms in listing.accepts)
        return "; ".join(problems) or "it names no way to pay"
    return listing.model_copy(update={"accepts": tuple(payable)})


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


def semantic_part(similarity: float | None) -> ScorePart:
    """Turn a cosine into a part of the score."""
    if similarity is None:
        return ScorePart(value=0.0, why="no text was asked for, so nothing was compared")
    value = _unit((similarity - COSINE_FLOOR) / (COSINE_CEILING - COSINE_FLOOR))
    return ScorePart(
        value=value,
        why=f"similarity {similarity:.2f} to what was asked "
        f"({COSINE_FLOOR:.2f} counts as none, {COSINE_CEILING:.2f} as full)",
    )


def reputation_part(quality: Quality, own: OwnRecord) -> ScorePart:
    """Estimate how likely a call is to succeed, distrusting what sellers can inflate."""
    claimed = max(quality.calls, quality.successful_calls, 0)
    rate = _unit(max(quality.successful_calls, 0) / claimed) if claimed else PRIOR_SUCCESS
    weight = hearsay_calls(quality) if claimed else 0.0
    observed = own.delivered + own.failed
    good = PRIOR_SUCCESS * PRIOR_CALLS + rate * weight + own.delivered * OWN_WEIGHT
    value = _unit(good / (PRIOR_CALLS + weight + observed * OWN_WEIGHT))
    return ScorePart(value=value, why=_reputation_words(quality, own, weight))


def hearsay_calls(quality: Quality) -> float:
    """Weigh a bazaar's counters, in calls: payers more than calls, and never past the cap."""
    payers = math.log2(1 + max(quality.unique_payers, 0)) * PAYER_WEIGHT
    calls = math.log2(1 + max(quality.calls, 0)) * CALL_WEIGHT
    cap = SAMPLE_CAP_CALLS if quality.source == "sample" else HEARSAY_CAP_CALLS
    return min(cap, payers + calls)


def _reputation_words(quality: Quality, own: OwnRecord, weight: float) -> str:
    words: list[str] = []
    if own.delivered or own.failed:
        words.append(f"{own.delivered} of our own {own.delivered + own.failed} calls delivered")
    if weight:
        kind = "sample figures" if quality.source == "sample" else "the bazaar"
        words.append(
            f"{kind} count {quality.successful_calls:,} of {quality.calls:,} calls good from "
            f"{quality.unique_payers:,} payers, taken as {weight:.1f} calls"
        )
    return "; ".join(words) or f"no record yet, so {PRIOR_SUCCESS:.0%} is assumed"


def price_part(price: Amount, same_job: Iterable[Amount]) -> ScorePart:
    """Compare a price with the cheapest for the same job, on a logarithmic scale."""
    prices = [price, *same_job]
    cheapest = min(prices, key=lambda amount: amount.base_units)
    ratio = max(price.base_units, 1) / max(cheapest.base_units, 1)
    value = _unit(1 - math.log(ratio) / math.log(PRICE_SPAN))
    if len(prices) == 1:
        return ScorePart(value=value, why=f"{price}, the only one found for this job")
    why = f"{price}, {ratio:.2f} times the cheapest of {len(prices)} for this job ({cheapest})"
    return ScorePart(value=value, why=why)


def latency_part(quality: Quality) -> ScorePart:
    """Judge the slow calls, on a logarithmic scale."""
    p95_ms = quality.latency_p95_ms
    if p95_ms is None or p95_ms < 0:
        return ScorePart(value=UNKNOWN_LATENCY, why="no latency is known")
    clamped = min(max(p95_ms, FAST_MS), SLOW_MS)
    value = _unit(1 - math.log(clamped / FAST_MS) / math.log(SLOW_MS / FAST_MS))
    return ScorePart(value=value, why=f"95 of 100 calls end within {p95_ms:,} ms")


def score(
    listing: ServiceListing,
    *,
    similarity: float | None,
    own: OwnRecord,
    same_job: Iterable[Amount],
    asset: Asset,
) -> Score:
    """Score one service; ``same_job`` holds the prices of its competitors."""
    return Score(
        semantic=semantic_part(similarity),
        reputation=reputation_part(listing.quality, own),
        price=price_part(listing.price or Amount.zero(asset), same_job),
        latency=latency_part(listing.quality),
    )


def best_first(ranked: Iterable[RankedListing]) -> Sequence[RankedListing]:
    """Order by total score; equals by price, then by id, so that order never depends on input."""
    return sorted(
        ranked,
        key=lambda one: (
            -round(one.score.total, 9),
            one.listing.price.base_units if one.listing.price else 0,
            one.listing.id,
        ),
    )


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
    if cosine + SCHEMA_WEIGHT < SAME_JOB:
        return False
    takes = _shared(one.input_schema, other.input_schema)
    gives = _shared(one.output_schema, other.output_schema)
    alike = cosine + SCHEMA_WEIGHT * (takes + gives) / 2 >= SAME_JOB
    return alike and could_replace(one, other)  # last, for schemas are long to compare


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


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
