"""Where goals end: what adds another wish, and what goes on with the same."""

import pytest

from domain.goals import read_request


def goals(text: str) -> tuple[str, ...]:
    return read_request(text).goals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Company facts on Arla, then the latest news",
            ("Company facts on Arla", "the latest news"),
        ),
        ("ferries to Hook, plus a room in Delft", ("ferries to Hook", "a room in Delft")),
        (
            "hail in Graz on Monday, and the way to the nearest garage",
            ("hail in Graz on Monday", "the way to the nearest garage"),
        ),
        (
            "popularity of the app in Chile and its price",
            ("popularity of the app in Chile", "its price"),
        ),
        ("ferry in Oslo and a map of the harbour", ("ferry in Oslo", "a map of the harbour")),
    ],
)
def test_what_adds_another_thing_to_be_had_parts(text: str, expected: tuple[str, ...]) -> None:
    assert goals(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rates in Oslo, mailed to a@b.example", ("rates in Oslo", "mailed to a@b.example")),
        ("gist of the report, in Finnish", ("gist of the report", "in Finnish")),
        ("rates in Oslo, all to #money", ("rates in Oslo", "all to #money")),
        ("map of Bergen, sms to +4790000000", ("map of Bergen", "sms to +4790000000")),
        ("a photo of a troll → text it to me", ("a photo of a troll", "text it to me")),
    ],
)
def test_what_is_to_be_done_with_what_was_asked_for_parts(
    text: str, expected: tuple[str, ...]
) -> None:
    assert goals(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "rain, wind, and temperature",
        "weather in Oslo, Riga, and Turin",
        "the directors and the seat of Volvo AB",
        "draw the height of oaks, in metres",
        "statistics of births, related to income",
        "https://a.example/p.png, text only",
        "conditions at 47.6062, -122.3321 what is on",
    ],
)
def test_what_goes_on_with_a_wish_does_not_part(text: str) -> None:
    assert len(goals(text)) == 1
