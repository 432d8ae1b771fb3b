"""Filling inputs from text: what is clearly given, and nothing else."""

from typing import Any

import pytest

from domain.arguments import fills_from
from domain.goals import read_request
from tests.fakes import builders

CHAIN = {"type": "string", "enum": ["solana", "ethereum", "base"]}
UNIT = {"type": "string", "enum": ["m", "km", "mi", "in", "cm", "C", "F", "min", "h"]}
CURRENCY = {"type": "string", "enum": ["USD", "EUR", "GBP", "JPY"]}
INTEGER = {"type": "integer", "minimum": 1, "maximum": 365}
PAST = INTEGER | {"description": "How many days, ending at the last one."}
AHEAD = INTEGER | {"description": "How many days ahead."}
TEXT = {"type": "string", "minLength": 1}


def filled(text: str, properties: dict[str, Any], variant: int = 0) -> dict[str, Any]:
    service = builders.listing(
        description="Does it.", input_schema={"type": "object", "properties": properties}
    )
    fills = fills_from(read_request(text), service, variant=variant)
    return {name: fill.value for name, fill in fills.items()}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("last 30 days", 30),
        ("the past two weeks", 14),
        ("over the last month", 30),
        ("last quarter", 90),
        ("previous half year", 182),
        ("for 3 weeks", 21),
        ("the next 7 days", None),
        ("last 5 years", None),
        ("30 volumes", None),
    ],
)
def test_days_back_are_taken_only_from_spans_that_end_now(text: str, days: int | None) -> None:
    assert filled(f"Volume {text}", {"days": PAST}).get("days") == days


@pytest.mark.parametrize(
    ("text", "days"),
    [("next 7 days", 7), ("tomorrow", 1), ("14 days ahead", 14), ("last 7 days", None)],
)
def test_days_ahead_are_taken_only_from_spans_that_start_now(text: str, days: int | None) -> None:
    assert filled(f"Weather {text}", {"days": AHEAD}).get("days") == days


@pytest.mark.parametrize(
    ("text", "value", "source", "target"),
    [
        ("Convert 250 miles to kilometers", 250, "mi", "km"),
        ("How many kilometers are 26.2 miles?", 26.2, "mi", "km"),
        ("5 km in miles", 5, "km", "mi"),
        ("12 in to cm", 12, "in", "cm"),
        ("What is 72 fahrenheit in celsius", 72, "F", "C"),
        ("90 minutes in hours", 90, "min", "h"),
    ],
)
def test_what_stands_at_the_number_is_what_is_converted(
    text: str, value: float, source: str, target: str
) -> None:
    wanted = {"value": {"type": "number"}, "from_unit": UNIT, "to_unit": UNIT}

    assert filled(text, wanted) == {"value": value, "from_unit": source, "to_unit": target}


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("How much is $100 in euros", "USD", "EUR"),
        ("How many euros is $100?", "USD", "EUR"),
        ("What are 250 dollars worth in Japanese yen?", "USD", "JPY"),
        ("Convert 80 EUR to GBP", "EUR", "GBP"),
    ],
)
def test_currencies_are_read_from_signs_names_and_codes(
    text: str, source: str, target: str
) -> None:
    found = filled(text, {"from_currency": CURRENCY, "to_currency": CURRENCY})

    assert found == {"from_currency": source, "to_currency": target}


def test_small_words_are_not_taken_for_codes() -> None:
    country = {"type": "string", "enum": ["IN", "IT", "DE", "US"]}

    assert filled("is it raining in town, tell us", {"country": country}) == {}
    assert filled("holidays in IT", {"country": country}) == {"country": "IT"}


def test_a_second_call_is_about_the_second_thing_named() -> None:
    text = "Compare Solana with Ethereum"

    assert filled(text, {"chain": CHAIN}) == {"chain": "solana"}
    assert filled(text, {"chain": CHAIN}, variant=1) == {"chain": "ethereum"}
    assert filled(text, {"chain": CHAIN}, variant=2) == {}


def test_two_places_keep_their_order() -> None:
    wanted = {"place": TEXT, "other_place": TEXT}

    assert filled("How far is Madrid from Rome?", wanted) == {
        "place": "Madrid",
        "other_place": "Rome",
    }
    assert filled("distance between paris and berlin", wanted) == {
        "place": "Paris",
        "other_place": "Berlin",
    }


@pytest.mark.parametrize("text", ["Forecast SOL price", "Ethereum DEX volume", "Chart it"])
def test_tokens_and_abbreviations_are_no_places(text: str) -> None:
    assert filled(text, {"place": TEXT}) == {}


def test_a_start_is_the_earlier_of_two_dates() -> None:
    wanted = {"start": TEXT | {"format": "date"}, "end": TEXT | {"format": "date"}}

    assert filled("days until 2026-12-24 from 2026-11-21", wanted) == {
        "start": "2026-11-21",
        "end": "2026-12-24",
    }


def test_material_fills_texts_in_order_and_instructions_do_not() -> None:
    wanted = {"text": TEXT, "other_text": TEXT}

    assert filled('Compare "a b" and "c d"', wanted) == {"text": "a b", "other_text": "c d"}
    assert filled("Compare two texts", wanted) == {}


def test_values_hidden_in_material_fill_nothing_else() -> None:
    text = "Summarize this text: the last 9 days on Solana cost 100 USD"

    found = filled(text, {"days": PAST, "chain": CHAIN, "from_currency": CURRENCY, "text": TEXT})

    assert found == {"text": "the last 9 days on Solana cost 100 USD"}


def test_structured_material_fills_what_it_fits() -> None:
    table = {"type": "object", "required": ["columns"], "properties": {"columns": {}}}

    assert filled('Use {"columns": ["a"]}', {"table": table}) == {"table": {"columns": ["a"]}}
    assert filled('Use {"rows": []}', {"table": table}) == {}


def test_counts_are_taken_where_something_is_counted() -> None:
    wanted = {"sentences": INTEGER, "limit": INTEGER, "window": INTEGER}

    assert filled("in 2 sentences", wanted) == {"sentences": 2}
    assert filled("the top 5 of them", wanted) == {"limit": 5}
    assert filled("with a window of 14", wanted) == {"window": 14}
    assert filled("in 2027 for 300 people", wanted) == {}


def test_money_rates_and_terms_of_a_loan_are_told_apart() -> None:
    wanted = {
        "amount": {"type": "number"},
        "rate_percent": {"type": "number"},
        "months": {"type": "integer"},
    }

    found = filled("A loan of 200,000 at 4.5% over 30 years", wanted)

    assert found == {"amount": 200_000, "rate_percent": 4.5, "months": 360}


LATITUDE = {"type": "number", "minimum": -90, "maximum": 90}
LONGITUDE = {"type": "number", "minimum": -180, "maximum": 180}


def test_coordinates_are_taken_from_pairs_or_after_their_names_only() -> None:
    wanted = {"lat": LATITUDE, "lon": LONGITUDE}
    pair = {"lat": 61.4978, "lon": 23.761}

    assert filled("the sunset at 61.4978, 23.7610", wanted) == pair
    assert filled("the sunset at latitude 61.4978 and longitude 23.761", wanted) == pair
    assert filled("the sunset in 14 days at kiosk 61", wanted) == {}


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("got leeks, potatoes and sour cream. ideas?", ["leeks", "potatoes", "sour cream"]),
        ("what can I bake from rye, honey and figs for guests", ["rye", "honey", "figs"]),
        ("she likes him and her doctor", None),
    ],
)
def test_things_that_are_enumerated_make_a_list(text: str, members: list[str] | None) -> None:
    listing = builders.listing(
        description="Does it.",
        input_schema={
            "type": "object",
            "properties": {
                "things": {
                    "type": "array",
                    "items": {"type": "string"},
                    "examples": [["rice", "beans"]],
                }
            },
            "required": ["things"],
        },
    )

    found = fills_from(read_request(text), listing).get("things")

    assert (found.value if found else None) == members


def test_two_alike_inputs_take_two_things_side_by_side() -> None:
    name = {"type": "string", "examples": ["aspirin"]}
    wanted = {"type": "object", "properties": {"pill_a": name, "pill_b": name}}
    listing = builders.listing(
        description="Tells.", input_schema={**wanted, "required": ["pill_a", "pill_b"]}
    )

    found = fills_from(read_request("trouble between codeine and naloxone?"), listing)

    assert {n: fill.value for n, fill in found.items()} == {
        "pill_a": "codeine",
        "pill_b": "naloxone",
    }


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("rain from 3 May 2025 to 9 May 2025", "2025-05-03", "2025-05-09"),
        ("rain in February 2024", "2024-02-01", "2024-02-29"),
        ("rain for all of 2024", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_month_or_a_year_is_from_its_first_day_to_its_last(
    text: str, start: str, end: str
) -> None:
    day = {"type": "string", "format": "date"}

    assert filled(text, {"from": day, "to": day}) == {"from": start, "to": end}


def test_a_country_of_which_nothing_is_told_is_a_code() -> None:
    assert filled("rules for Brazil", {"country": {"type": "string"}}) == {"country": "BR"}


@pytest.mark.parametrize(("example", "value"), [("FR", "BR"), ("FRA", "BRA"), ("France", "Brazil")])
def test_a_country_is_given_as_the_example_shows(example: str, value: str) -> None:
    country = {"type": "string", "examples": [example]}

    assert filled("rules for Brazilian citizens", {"country": country}) == {"country": value}


def test_quantities_come_in_the_unit_of_the_input() -> None:
    metres = {"type": "integer", "examples": [500]}

    assert filled("cafes within 2 km", {"radius_m": metres}) == {"radius_m": 2000}


def test_a_number_of_a_name_is_no_quantity() -> None:
    name = {"type": "string", "examples": ["Tetris"]}
    most = {"type": "integer", "examples": [5]}

    assert filled("reviews of Gran Turismo 7", {"game": name, "limit": most}) == {
        "game": "Gran Turismo 7"
    }


def test_a_maker_and_a_model_part_a_name_between_them() -> None:
    make, model = ({"type": "string", "examples": [one]} for one in ("Honda", "Accord"))

    assert filled("brakes of my Volvo XC 90, please", {"make": make, "model": model}) == {
        "make": "Volvo",
        "model": "XC 90",
    }


def test_the_language_that_a_text_is_in_is_not_the_one_it_shall_be_in() -> None:
    language = {"type": "string", "description": "ISO 639-1", "examples": ["sv"]}

    assert filled("This is Danish, what does it say in Welsh?", {"target_lang": language}) == {
        "target_lang": "cy"
    }


def test_a_column_of_data_that_nobody_has_seen_is_not_guessed() -> None:
    form: dict[str, Any] = {
        "type": "object",
        "properties": {"label_column": TEXT, "value_column": TEXT},
        "required": ["label_column", "value_column"],
    }
    service = builders.listing(description="Bar chart of a table.", input_schema=form)

    guessed = fills_from(read_request("Bar chart of Base DEX volume"), service)
    told = fills_from(read_request('Bar chart with label column "dex"'), service)

    assert guessed == {}
    assert told["label_column"].value == "dex"


def test_an_address_is_found_in_an_order_after_a_colon() -> None:
    text = "For Monday: is https://app.example up, then mail it to ann@post.example"

    assert filled(text, {"url": TEXT, "email": TEXT}) == {
        "url": "https://app.example",
        "email": "ann@post.example",
    }


def test_a_quoted_address_is_one_and_those_in_quoted_material_are_not() -> None:
    assert filled("Is 'moth.example' free?", {"domain": TEXT}) == {"domain": "moth.example"}
    assert filled("Rate 'go to moth.example now'", {"domain": TEXT}) == {}


def test_a_site_is_given_as_it_is_written() -> None:
    assert filled("dead links on https://a.example", {"site": TEXT})["site"] == "https://a.example"
    assert filled("dead links on a.example", {"site": TEXT})["site"] == "a.example"


@pytest.mark.parametrize("address", ["192.0.2.15", "2001:db8::42", "2001:db8:0:1:2:3:4:5"])
def test_addresses_on_a_net_have_either_form(address: str) -> None:
    assert filled(f"where is {address} please", {"ip": TEXT}) == {"ip": address}


def test_a_time_of_day_is_no_address() -> None:
    assert filled("at 04:12:33 please", {"ip": TEXT}) == {}


def test_airports_are_places_where_one_goes_from_one_to_another() -> None:
    ends = {"origin": TEXT, "destination": TEXT}

    assert filled("a flight GVA to OPO", ends) == {"origin": "GVA", "destination": "OPO"}


def test_of_two_units_the_one_at_the_number_is_converted() -> None:
    unit = TEXT | {"examples": ["km"]}
    wanted = {"amount": {"type": "number"}, "from": unit, "to": unit}

    assert filled("26.2 miles in kilometres", wanted) == {"amount": 26.2, "from": "mi", "to": "km"}


def test_each_end_of_a_span_of_years_is_taken() -> None:
    wanted = {"year_from": {"type": "integer"}, "year_to": {"type": "integer"}}

    assert filled("papers of 1885-1920", wanted) == {"year_from": 1885, "year_to": 1920}


def test_a_colon_in_quoted_material_announces_none() -> None:
    assert filled("explain `def f(): pass` to me", {"code": TEXT}) == {"code": "def f(): pass"}


def test_where_examples_have_no_capitals_names_come_last() -> None:
    service = builders.listing(
        description="Rates at markets.",
        input_schema={
            "type": "object",
            "properties": {"crop": TEXT | {"examples": ["onion"]}},
            "required": ["crop"],
        },
    )

    found = fills_from(read_request("barley in Gujarat"), service)

    assert found["crop"].value == "barley"


def test_material_goes_to_the_text_before_it_goes_to_a_name() -> None:
    inputs = {"tone": {"type": "string"}, "message": TEXT}
    service = builders.listing(
        description="Does it.",
        input_schema={"type": "object", "properties": inputs, "required": ["tone", "message"]},
    )

    fills = fills_from(read_request("Change this: 'The parcel is late'"), service)

    assert {name: fill.value for name, fill in fills.items()} == {"message": "The parcel is late"}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("PNG to WebP, please", "webp"),
        ("Save https://a.example/scan.png as webp", "webp"),
        ("png->webp https://a.example/scan.png", "webp"),
    ],
)
def test_a_form_that_something_shall_have_is_led_to(text: str, form: str) -> None:
    formats = {"type": "string", "enum": ["png", "webp", "jpeg"]}

    assert filled(text, {"to": formats}) == {"to": form}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "da"),
        ({"type": "string", "description": "In what language"}, "Danish"),
        ({"type": "string", "examples": ["German"]}, "Danish"),
    ],
)
def test_a_language_is_a_code_where_the_seller_says_nothing(
    schema: dict[str, Any], value: str
) -> None:
    assert filled("Say it in Danish", {"language": schema}) == {"language": value}
