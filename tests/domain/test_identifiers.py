"""Identifiers of standard notations go where they are asked, and nothing else does."""

from typing import Any

import pytest

from domain.arguments import fills_from
from domain.goals import read_request
from tests.fakes import builders


def given(request: str, name: str, **schema: Any) -> Any:
    wanted = {
        "type": "object",
        "properties": {name: {"type": "string"} | schema},
        "required": [name],
    }
    service = builders.listing(description="Does it.", input_schema=wanted)
    return {n: fill.value for n, fill in fills_from(read_request(request), service).items()}.get(
        name
    )


@pytest.mark.parametrize(
    ("request_text", "name", "value"),
    [
        ("did WVWZZZ1JZXW000001 leave the works in blue", "vin", "WVWZZZ1JZXW000001"),
        ("is NL91 ABNA 0417 1643 00 right", "iban", "NL91ABNA0417164300"),
        ("whose bank is ABNANL2A", "swift_code", "ABNANL2A"),
        ("tax due on the van AB51 DVL", "plate", "AB51DVL"),
        ("sold near SW1A 2AA lately", "postcode", "SW1A 2AA"),
        ("households of 10001", "zip", "10001"),
        ("late again, KL 1009 of Monday", "flight_number", "KL1009"),
        ("duty on 8712.00 for bikes", "hs_code", "871200"),
        ("is the Saab of Mister Jonas stolen", "vin", None),
        ("which Bank Is That", "iban", None),
    ],
)
def test_an_input_named_after_a_notation_takes_only_that(
    request_text: str, name: str, value: str | None
) -> None:
    assert given(request_text, name) == value


def test_a_sellers_example_knows_better() -> None:
    assert given("heading 12-99 of the list", "hs", examples=["11-42"]) == "12-99"


@pytest.mark.parametrize(
    ("request_text", "value"),
    [
        ("3pm in Boston is what in Dublin", "15:00"),
        ("starts 09:30 sharp", "09:30"),
        ("at 12:05 a.m. there", "00:05"),
        ("ends at noon", "12:00"),
        ("score was 3:2", None),
    ],
)
def test_a_time_of_day_is_read_as_people_say_it(request_text: str, value: str | None) -> None:
    assert given(request_text, "time", description="HH:MM") == value


def test_a_moment_is_a_day_with_a_time() -> None:
    text = "leave at 7:15 pm on 3 May 2027"

    assert given(text, "depart_at") == "2027-05-03T19:15"
