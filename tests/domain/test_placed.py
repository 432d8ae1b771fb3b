"""Places, countries and pairs stand where people put them."""

from typing import Any

import pytest

from domain.arguments import fills_from
from domain.goals import read_request
from tests.fakes import builders

TEXT = {"type": "string"}


def filled(request: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    service = builders.listing(description="Hotels, trips.", input_schema=schema)
    return {name: fill.value for name, fill in fills_from(read_request(request), service).items()}


def test_two_ends_may_be_joined_by_a_hyphen() -> None:
    found = filled("cheapest way Aberdeen-Inverness please", origin=TEXT, destination=TEXT)

    assert found == {"origin": "Aberdeen", "destination": "Inverness"}


def test_a_place_with_a_hyphen_stays_one() -> None:
    assert filled("rain in Baden-Baden", city=TEXT) == {"city": "Baden-Baden"}


def test_codes_of_airports_go_the_way_that_is_said() -> None:
    code = {"type": "string", "examples": ["JFK"], "description": "IATA"}

    assert filled("seats to KEF from EDI", origin=code, destination=code) == {
        "origin": "EDI",
        "destination": "KEF",
    }


def test_a_month_is_no_place_but_a_number() -> None:
    month = {"type": "integer", "description": "1-12"}

    assert filled("is October wet in Nantes?", city=TEXT, month=month) == {
        "city": "Nantes",
        "month": 10,
    }


def test_what_a_service_says_of_itself_is_no_part_of_a_name() -> None:
    assert filled("Hotels Nantes", city=TEXT) == {"city": "Nantes"}


def test_where_one_is_from_is_told_by_people() -> None:
    found = filled("do Norwegians need one for Vietnam", passport=TEXT, country=TEXT)

    assert found == {"passport": "NO", "country": "VN"}


def test_listed_countries_are_found_by_their_people() -> None:
    some = {"type": "string", "enum": ["NO", "SE", "DK"]}

    assert filled("a Swedish number plate", country=some) == {"country": "SE"}


@pytest.mark.parametrize(
    ("text", "example", "pair"),
    [
        ("pounds against dollars", "EURUSD", "GBPUSD"),
        ("dollars? no, eurchf", "EURUSD", "EURCHF"),
        ("sek to pln", "EUR/USD", "SEK/PLN"),
    ],
)
def test_two_currencies_make_a_pair_as_the_example_shows(
    text: str, example: str, pair: str
) -> None:
    assert filled(text, pair=TEXT | {"examples": [example]}) == {"pair": pair}
