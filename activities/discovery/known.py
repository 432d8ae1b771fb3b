"""What is known of one listing without asking anybody: worked out once, used by every search."""

from dataclasses import dataclass, field
from typing import NamedTuple, Self

from pydantic import JsonValue

from activities.discovery.collapsing import Identity, identity_of
from activities.discovery.gating import static_problem, with_payable_terms
from activities.discovery.sparse import stems
from activities.discovery.texts import worded_text
from domain.catalogue import Gate, ServiceListing
from domain.fitting import Need, needs_of
from domain.ids import Digest, digest_json
from domain.money import Amount
from domain.policy import SpendPolicy
from domain.ranking import Policy


@dataclass(frozen=True)
class Schemas:
    """The schemas of a listing, equal where what they say is."""

    digest: Digest
    listing: ServiceListing = field(compare=False)

    @classmethod
    def of(cls, listing: ServiceListing) -> Self:
        """Take a listing's schemas and what it answers with."""
        parts: list[JsonValue] = [
            listing.media_type,
            listing.input_schema,
            listing.output_schema,
        ]
        return cls(digest_json(parts), listing)


class Known(NamedTuple):
    """What a listing says of itself, and what follows from it."""

    listing: ServiceListing
    """With only the terms that can be paid here, where there are any."""
    problem: tuple[Gate, str] | None
    """The gate that it fails and why; ``None`` when it passes."""
    stems: frozenset[str]
    needs: tuple[Need, ...]
    """Values that it insists on, as far as their form can be told."""
    schemas: Schemas
    identity: Identity | None
    """What another listing of the same service has as well; ``None`` where nobody is paid."""
    price: Amount | None
    """The lowest; ``None`` where it fails a gate, too."""


def known_of(listing: ServiceListing, policy: Policy, spending: SpendPolicy) -> Known:
    """Judge a listing by what it says of itself."""
    problem = static_problem(listing, policy, spending)
    payable = listing if problem else with_payable_terms(listing, policy, spending)
    return Known(
        listing=payable,
        problem=problem,
        stems=frozenset(stems(worded_text(listing))),
        needs=needs_of(listing),
        schemas=Schemas.of(payable),
        identity=identity_of(payable) if payable.accepts else None,
        price=None if problem else payable.price,
    )
