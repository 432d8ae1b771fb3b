"""An honest service whose address has a parameter in its path, as many public ones have.

Nobody can look at such an address before the parameter is filled, so the bazaar lists it unproven.
"""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from x402.extensions.bazaar import OutputConfig, declare_discovery_extension
from x402.http.types import RouteConfig

from deploy.services import terms
from deploy.services.bad_listings import listed_item
from deploy.services.families import calendars
from deploy.services.listing import JSON_TYPE, Listing
from deploy.services.wallets import Wallet

TEMPLATE: Final = "/calendar/holidays/:country"
"""Its path as the bazaar extension writes parameters."""

SOLD: Final[Listing[Any]] = Listing(
    path=TEMPLATE,
    name="Almanac Holidays by Country",
    description="Public holidays of one country in one year, at an address of the country's own.",
    tags=("calendar", "holidays", "country"),
    price="0.004",
    seller="almanac",
    takes=calendars.HolidayInput,
    run=calendars.holidays,
    gives=calendars.TableOutput,
    example={"country": "DE", "year": 2027},
)
"""What is sold there."""


def add_country_holidays(app: FastAPI) -> None:
    """Add the endpoint."""

    @app.get("/calendar/holidays/{country}", response_class=Response)
    async def by_country(country: str, year: str) -> Response:
        try:
            asked = SOLD.takes.model_validate_strings({"country": country, "year": year})
        except ValidationError as err:
            details = err.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": "invalid input", "details": details}, 422)
        return Response(SOLD.run(asked).model_dump_json(), media_type=JSON_TYPE)  # type: ignore[union-attr]


def routes(public_url: str, wallets: Mapping[str, Wallet]) -> dict[str, RouteConfig]:
    """Return its terms, by verb and path."""
    way = terms.option(terms.amount(SOLD.base_units), wallets[SOLD.seller].address)
    asked = RouteConfig(
        accepts=[way],
        resource=public_url + TEMPLATE,
        description=SOLD.description,
        mime_type=SOLD.media_type,
        service_name=SOLD.name,
        tags=list(SOLD.tags),
        extensions=_declaration(),
    )
    return {f"GET {TEMPLATE}": asked}


def item(public_url: str, payees: Mapping[str, str]) -> dict[str, Any]:
    """Return what the bazaar is told of it."""
    listed = listed_item(SOLD, url=public_url + TEMPLATE, pay_to=payees[SOLD.seller])
    bazaar = _declaration()["bazaar"]
    asked = bazaar["info"]["input"]
    asked.update(method="GET", pathParams={"country": SOLD.example["country"]})
    return {**listed, "extensions": {"bazaar": {**bazaar, "routeTemplate": TEMPLATE}}}


def _declaration() -> dict[str, Any]:
    properties = SOLD.input_schema()["properties"]
    parts = {
        name: {"type": "object", "properties": {name: properties[name]}, "required": [name]}
        for name in ("country", "year")
    }
    return declare_discovery_extension(
        input={"year": SOLD.example["year"]},
        input_schema=parts["year"],
        path_params_schema=parts["country"],
        output=OutputConfig(example=SOLD.output_example(), schema=SOLD.output_schema()),
    )
