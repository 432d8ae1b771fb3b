"""What stands after a colon: material to some services, values to the others."""

from typing import Any

from domain.arguments import fills_from
from domain.goals import read_request
from tests.fakes import builders

TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}


def filled(request: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    service = builders.listing(description="Does it.", input_schema=schema)
    return {name: fill.value for name, fill in fills_from(read_request(request), service).items()}


def test_a_service_that_works_on_no_material_finds_values_after_a_colon() -> None:
    text = "Weather of the past: Aberdeen, 2024-02-03"

    assert filled(text, city=TEXT, day=DAY) == {"city": "Aberdeen", "day": "2024-02-03"}


def test_a_service_that_works_on_a_text_gets_it_whole() -> None:
    found = filled("Proofread this: we met in Aberdeen on 2024-02-03", text=TEXT, day=DAY)

    assert found == {"text": "we met in Aberdeen on 2024-02-03"}


def test_quoted_material_stays_closed() -> None:
    assert filled('File the note: "2024-02-03 is off"', day=DAY) == {}


def test_what_is_as_short_as_a_name_may_be_one() -> None:
    assert filled("Classify for me: wicker basket, lined", item=TEXT) == {
        "item": "wicker basket, lined"
    }


def test_a_question_after_a_colon_is_no_name() -> None:
    assert filled("Oregano: does it go off?", item=TEXT) != {"item": "does it go off?"}


def test_an_account_on_a_chain_is_told_by_its_prefix() -> None:
    account = {"type": "string", "examples": ["0xabc"]}

    assert filled("is 0x77b1c0ffee safe", addr=account) == {"addr": "0x77b1c0ffee"}
    assert filled("funds on bc1qkeptbyme9", addr=account) == {"addr": "bc1qkeptbyme9"}


def test_two_currencies_with_a_slash_are_no_time_zone() -> None:
    currency = {"type": "string", "examples": ["USD"]}
    zone = {"type": "string", "examples": ["Europe/Rome"]}

    assert filled("CAD/MXN last", base=currency, quote=currency) == {"base": "CAD", "quote": "MXN"}
    assert filled("time in Asia/Seoul", tz=zone) == {"tz": "Asia/Seoul"}


def test_a_number_is_taken_though_its_unit_says_another_input() -> None:
    currency = {"type": "string", "examples": ["USD"]}
    found = filled(
        "Convert 250 AUD to CHF", **{"from": currency, "to": currency}, amount={"type": "number"}
    )

    assert found == {"from": "AUD", "to": "CHF", "amount": 250}
