"""What a listing offers before its seller is asked."""

from domain.catalogue import Offer, ServiceListing
from domain.money import Amount


def listed_offer(listing: ServiceListing, budget: Amount) -> Offer:
    """Offer a service at its cheapest listed terms in the budget's asset, not yet quoted live."""
    spent = (budget.asset.network, budget.asset.address)
    payable = [terms for terms in listing.accepts if (terms.network, terms.asset) == spent]
    return Offer(
        listing_id=listing.id,
        name=listing.name,
        method=listing.method,
        url=listing.url,
        media_type=listing.media_type,
        input_schema=listing.input_schema,
        output_schema=listing.output_schema,
        example=listing.input_example,
        terms=min(payable, key=lambda terms: terms.base_units, default=None),
        refund=listing.refund,
        seconds=listing.seconds,
    )
