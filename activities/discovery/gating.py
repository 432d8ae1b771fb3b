"""Gates that need no question: each names itself and says why, in words for a person."""

from typing import Final

from domain import hostile, ranking, stuffing
from domain.catalogue import Gate, ServiceListing
from domain.policy import SpendPolicy, policy_problem
from domain.ranking import Policy

RULES: Final = 2
"""Grows with every change of a gate here or of the words that are searched: an index made under
other rules is brought up to them."""


def static_problem(
    listing: ServiceListing, policy: Policy, spending: SpendPolicy
) -> tuple[Gate, str] | None:
    """The first gate that a listing fails by what it says of itself; ``None`` when it passes."""
    words = hostile.instruction_in(listing) or stuffing.heap_in(listing)
    if words is not None:
        return "text", words
    host = ranking.host_problem(listing.url, policy)
    if host is not None:
        return "allowed", host
    schema = ranking.schema_problem(listing)
    if schema is not None:
        return "schema", schema
    payable = ranking.payable_terms(listing, policy)
    if isinstance(payable, str):
        return "payable", payable
    forbidden = [policy_problem(spending, url=listing.url, terms=terms) for terms in payable]
    if forbidden and all(forbidden):
        return "allowed", "; ".join(dict.fromkeys(one for one in forbidden if one))
    return None


def with_payable_terms(
    listing: ServiceListing, policy: Policy, spending: SpendPolicy
) -> ServiceListing:
    """A listing that passed, with only the terms that can and may be paid here."""
    payable = ranking.payable_terms(listing, policy)
    if isinstance(payable, str):
        return listing
    allowed = tuple(
        terms for terms in payable if policy_problem(spending, url=listing.url, terms=terms) is None
    )
    return (
        listing if allowed == listing.accepts else listing.model_copy(update={"accepts": allowed})
    )
