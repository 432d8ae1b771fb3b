"""What is known of one listing without asking anybody: worked out once, used by every search."""

from typing import NamedTuple, Self

from activities.discovery.collapsing import Identity, identity_of
from activities.discovery.gating import static_problem, with_payable_terms
from activities.discovery.sparse import stems
from activities.discovery.texts import worded_text
from domain import schemas
from domain.catalogue import Gate, ServiceListing
from domain.fitting import Need, needs_of
from domain.money import Amount
from domain.policy import SpendPolicy
from domain.ranking import Policy


class Shape(NamedTuple):
    """The names in a service's schemas: rules most pairs out before schemas are compared."""

    media_type: str
    takes: frozenset[str]
    needs: frozenset[str]
    gives: frozenset[str]

    @classmethod
    def of(cls, listing: ServiceListing) -> Self:
        """Read the names in a listing's schemas."""
        return cls(
            media_type=listing.media_type,
            takes=frozenset(schemas.properties_of(listing.input_schema)),
            needs=frozenset(schemas.required_names(listing.input_schema)),
            gives=frozenset(schemas.properties_of(listing.output_schema)),
        )

    def fits(self, other: Self) -> bool:
        """Whether ``ranking.could_replace`` may hold; where this is false, it is."""
        return (
            self.media_type == other.media_type
            and self.needs <= other.takes
            and other.needs <= self.takes
            and (not self.gives.isdisjoint(other.gives) or not (self.gives or other.gives))
        )


class Known(NamedTuple):
    """What a listing says of itself, and what follows from it."""

    listing: ServiceListing
    """With only the terms that can be paid here, where there are any."""
    problem: tuple[Gate, str] | None
    """The gate that it fails and why; ``None`` when it passes."""
    stems: frozenset[str]
    needs: tuple[Need, ...]
    """Values that it insists on, as far as their form can be told."""
    shape: Shape
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
        shape=Shape.of(payable),
        identity=identity_of(payable) if payable.accepts else None,
        price=None if problem else payable.price,
    )
