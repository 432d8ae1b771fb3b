"""Unpaid looks at a seller's live terms: what was seen, and whether it is what was listed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from domain import schemas
from domain.catalogue import ServiceListing, Terms
from domain.chains import known_asset
from domain.errors import UnknownAsset
from domain.ids import ListingId
from domain.payments import signing_problem

FRESH: Final = timedelta(minutes=5)
"""How long a good probe counts; live terms are asked again before anything is approved."""

FRESH_FAILURE: Final = timedelta(seconds=60)
"""How long a failed one counts: a seller that comes back is found again soon."""

PROBE_SECONDS: Final = 2.5
"""How long a seller may take to say its price; planning waits for it."""

PRICE_TOLERANCE: Final = 0.10
"""Share by which a live price may pass the listed one; beyond it the listing lies."""

_MAX_WAYS: Final = 3
"""Ways to pay that a refusal names; a hostile 402 may list a thousand."""

_SAMPLE_TEXTS: Final[dict[str, JsonValue]] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
}


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Probe(Frozen):
    """One unpaid look at one listing."""

    listing_id: ListingId
    at: datetime
    answer_ms: int | None = Field(default=None, ge=0)
    """``None`` when nothing answered."""
    terms: tuple[Terms, ...] = ()
    """What the live 402 asks; empty when it asks nothing."""
    problem: str | None = None
    """Why it may not be bought, in words for a person; ``None`` when it may."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be relied on."""
        return now - self.at < (FRESH if self.problem is None else FRESH_FAILURE)


class Sighting(Frozen):
    """What a seller showed when it was asked without payment."""

    kind: Literal["asks", "free", "refuses", "silent"]
    """It asked for money, delivered without, refused the request, or gave no usable answer."""
    answer_ms: int | None = Field(default=None, ge=0)
    """``None`` when nothing answered."""
    terms: tuple[Terms, ...] = ()
    """All ways to pay that it names."""
    unpayable: tuple[str, ...] = ()
    """Payees among them whose account does not exist, so that a payment could never land."""
    extensions: JsonValue = None
    """What the 402 declares beside its terms."""
    words: str = ""
    """What went wrong, for a person; empty when nothing did."""


def example_of(listing: ServiceListing) -> dict[str, JsonValue]:
    """Arguments to ask a price with: the seller's own example, else what its schema allows.

    Nothing is bought with them, so they need only look right.
    """
    stated = listing.input_example
    given = dict(stated) if isinstance(stated, dict) else {}
    properties = schemas.properties_of(listing.input_schema)
    for name in schemas.required_names(listing.input_schema):
        if name not in given:
            given[name] = _sample(properties.get(name, {}))
    return given


def _sample(schema: schemas.Schema) -> JsonValue:
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        found = schema.get(key)
        if isinstance(found, list) and found:
            return found[0]
    least = schema.get("minimum", 1)
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    samples: dict[str, JsonValue] = {
        "integer": least if isinstance(least, int) else 1,
        "number": least if isinstance(least, int | float) else 1,
        "boolean": False,
        "array": [],
        "object": {},
    }
    if isinstance(kind, str) and kind in samples:
        return samples[kind]
    return _SAMPLE_TEXTS.get(str(schema.get("format", "")), "example")


def terms_lie(listing: ServiceListing, sighting: Sighting) -> str | None:
    """Say how live terms differ from what is listed so that the service must not be chosen.

    Args:
        listing: With only the terms that this installation can pay.
        sighting: Of the kind ``asks``.
    """
    listed = {(terms.network, terms.asset, terms.scheme): terms for terms in listing.accepts}
    if not listed:
        return "it is listed as free and asks for money"
    problems: dict[str, None] = {}
    for live in sighting.terms:
        known = listed.get((live.network, live.asset, live.scheme))
        if known is None:
            continue
        problem = _live_problem(live, known, sighting)
        if problem is None:
            return None
        problems[problem] = None
    if problems:
        return "; ".join(problems)
    if not sighting.terms:
        return "its live 402 names no way to pay that makes sense"
    asked, named = _ways(sighting.terms), _ways(listing.accepts)
    return f"its live 402 asks for {asked}, not for what it lists: {named}"


def _ways(offered: Sequence[Terms]) -> str:
    """Ways to pay in words that tell each from the others: scheme, token and network."""
    ways = dict.fromkeys(
        f"{one.scheme[:20]} in {_token(one)} on {one.network[:60]}" for one in offered
    )
    more = len(ways) - _MAX_WAYS
    return ", ".join(list(ways)[:_MAX_WAYS]) + (f" and {more} more" if more > 0 else "")


def _token(terms: Terms) -> str:
    # A stranger's token may call itself USDC too, so only our own table gives names.
    try:
        symbol = known_asset(network=terms.network, address=terms.asset).symbol
    except UnknownAsset:
        return f"the token {terms.asset[:64]}"
    return f"{symbol} ({terms.asset})"


def _live_problem(live: Terms, listed: Terms, sighting: Sighting) -> str | None:
    if live.pay_to != listed.pay_to:
        return f"its live 402 pays {live.pay_to}, its listing {listed.pay_to}"
    if live.base_units > listed.base_units * (1 + PRICE_TOLERANCE):
        return f"its live price is {live.amount}, its listed one {listed.amount}"
    if live.pay_to in sighting.unpayable:
        return f"its payee {live.pay_to} has no account that could be paid"
    return signing_problem(live)
