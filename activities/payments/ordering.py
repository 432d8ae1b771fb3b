"""The request that a seller is sent: its address filled, and what is left to send."""

from collections.abc import Mapping

from pydantic import JsonValue

from domain.addresses import split_arguments
from domain.catalogue import Offer
from domain.purchases import Order


def order_of(offer: Offer, arguments: Mapping[str, JsonValue]) -> Order:
    """Make the request for an offer.

    Address and arguments are taken apart here, before anything is asked, judged or signed: whatever
    looks at the order, and the digest that the payment is bound to, has the address that is called.

    Raises:
        DataError: A parameter of the path has no value that can stand in an address.
    """
    url, rest = split_arguments(offer.url, arguments)
    return Order(
        method=offer.method,
        url=url,
        arguments=rest,
        output_schema=offer.output_schema,
        media_type=offer.media_type,
    )
