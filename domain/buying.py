"""One paid call by its address: what is asked, and the plan of one step that it becomes."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from domain.catalogue import Offer, Terms
from domain.ids import CanonicalObject, RequestId, StepId, listing_id
from domain.money import Amount, Asset
from domain.plan import Plan, ServiceCall, Value
from domain.purchases import undo_of

CALL_STEP: Final = StepId("call")
"""The only step of a bought call."""

ANY_MEDIA_TYPE: Final = "*/*"
"""Whatever comes counts as delivered: nothing was promised."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class BuyRequest(Frozen):
    """What starts one paid call."""

    request_id: RequestId
    method: str = Field(pattern=r"^[A-Z]{3,7}$")
    url: str = Field(max_length=2_000)
    arguments: CanonicalObject = {}
    """JSON body, or query parameters of a ``GET``."""
    maximum: Amount
    """Most the call may cost; naming it approves any price up to it."""
    wallet: str | None = None
    """Address of the person's own wallet, which signs; the installation's without it."""


class QuoteCall(Frozen):
    """Ask one address for its live terms, paying nothing."""

    request: BuyRequest


def plan_of_call(request: BuyRequest, terms: Terms | None, *, asset: Asset) -> Plan:
    """The plan of one step that buys ``request`` at ``terms``.

    Args:
        request: What is bought.
        terms: The chosen live terms; ``None`` when the call is free.
        asset: What the plan is priced in.
    """
    listing = listing_id(method=request.method, url=request.url)
    offer = Offer(
        listing_id=listing,
        name=request.url,
        method=request.method,
        url=request.url,
        media_type=ANY_MEDIA_TYPE,
        input_schema={},
        output_schema={},
        terms=terms,
        seconds=1.0,
    )
    step = ServiceCall(
        id=CALL_STEP,
        title=f"{request.method} {request.url}",
        service=listing,
        arguments={name: Value(value=value) for name, value in request.arguments.items()},
        undo=undo_of(offer),
    )
    return Plan(request=step.title, asset=asset, steps=(step,), offers=(offer,))
