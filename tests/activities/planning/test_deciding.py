"""A condition becomes an expression over what a service gives, or nothing at all."""

from typing import Any

import pytest

from activities.planning.deciding import INPUT, Source, decision
from activities.planning.parts import Key
from domain.bindings import is_true, search
from domain.ids import ListingId

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


MOOD = thing(sentiment={"type": "string", "enum": ["positive", "negative"]}, score=NUMBER)
QUOTE = thing(symbol=TEXT, price=NUMBER, volume=NUMBER)
LINK = thing(malicious={"type": "boolean"}, reasons={"type": "array", "items": TEXT})
UPTIME = thing(up={"type": "boolean"}, checks={"type": "array", "items": thing(ms=NUMBER)})
FLIGHT = thing(status=TEXT, delay_minutes={"type": "integer"})
DAYS = thing(daily={"type": "array", "items": thing(rain_mm=NUMBER, high_c=NUMBER)})
NOW = thing(wind=NUMBER, temp_c=NUMBER)
MOVE = thing(price=NUMBER, change_pct=NUMBER)
COIN = thing(usd=NUMBER, change_24h=NUMBER)
PICTURE = thing(nsfw={"type": "boolean"}, score=NUMBER)
NUMBER_CHECK = thing(valid={"type": "boolean"}, holder=TEXT)
ALERTS = thing(alerts={"type": "array", "items": thing(event=TEXT)})


def decided(test: str, output: dict[str, Any], value: Any, goal: str = "") -> bool | None:
    found = decision(test, [Source(Key(ListingId("one")), output, goal)])
    return None if found is None else is_true(search(found.expression, {INPUT: value}))


@pytest.mark.parametrize(
    ("test", "output", "yes", "no"),
    [
        ("it is negative", MOOD, {"sentiment": "negative"}, {"sentiment": "positive"}),
        ("it is not positive", MOOD, {"sentiment": "negative"}, {"sentiment": "positive"}),
        ("the score is below 0.5", MOOD, {"score": 0.4}, {"score": 0.5}),
        ("the price is over $1,000", QUOTE, {"price": 1001}, {"price": 1000}),
        ("it is at least 2k", QUOTE, {"price": 2000}, {"price": 1999}),
        ("so", LINK, {"malicious": True}, {"malicious": False}),
        ("it is dangerous", LINK, {"malicious": True}, {"malicious": False}),
        ("it is not malicious", LINK, {"malicious": False}, {"malicious": True}),
        ("it is down", UPTIME, {"up": False}, {"up": True}),
        ("it is delayed", FLIGHT, {"delay_minutes": 5}, {"delay_minutes": 0}),
        ("the status is cancelled", FLIGHT, {"status": "Cancelled"}, {"status": "On time"}),
        (
            "it rains",
            DAYS,
            {"daily": [{"rain_mm": 0}, {"rain_mm": 2}]},
            {"daily": [{"rain_mm": 0}]},
        ),
        ("there are any alerts", ALERTS, {"alerts": [{}]}, {"alerts": []}),
        ("it's colder than -4 °C", NOW, {"temp_c": -5, "wind": 0}, {"temp_c": -3, "wind": -9}),
        ("it gets hotter than 30", NOW, {"temp_c": 31, "wind": 0}, {"temp_c": 29, "wind": 99}),
        ("it is minus 4 degrees or colder", NOW, {"temp_c": -4}, {"temp_c": -3}),
        ("it drops below 50 °F", NOW, {"temp_c": 9}, {"temp_c": 11}),
        ("it fell by more than 5 %", MOVE, {"change_pct": -6}, {"change_pct": 6}),
        ("it has gained at least 5 %", MOVE, {"change_pct": 5}, {"change_pct": -6}),
        ("the price is no more than 20", MOVE, {"price": 20}, {"price": 21}),
        ("the price is not above 20", MOVE, {"price": 20}, {"price": 21}),
        ("there is nothing obscene in it", PICTURE, {"nsfw": False}, {"nsfw": True}),
        ("it is indecent", PICTURE, {"nsfw": True}, {"nsfw": False}),
        ("it is in order", NUMBER_CHECK, {"valid": True}, {"valid": False}),
        ("it turns out to be fake", NUMBER_CHECK, {"valid": False}, {"valid": True}),
        ("there are more than 1 alerts", ALERTS, {"alerts": [{}, {}]}, {"alerts": [{}]}),
        ("it is under 2", COIN, {"usd": 1, "change_24h": 9}, {"usd": 3, "change_24h": 0}),
    ],
)
def test_a_condition_tells_one_output_from_another(
    test: str, output: dict[str, Any], yes: Any, no: Any
) -> None:
    assert decided(test, output, yes) is True
    assert decided(test, output, no) is False


@pytest.mark.parametrize(
    ("test", "output"),
    [
        ("it is above 5", thing(name=TEXT)),
        ("so", QUOTE),
        ("it is purple", UPTIME),
        ("it falls more than 5 %", QUOTE),
        ("it is warmer than 50 °F", thing(temperature=NUMBER)),
        ("it is fake but fine", NUMBER_CHECK),
    ],
)
def test_what_no_output_tells_is_not_guessed(test: str, output: dict[str, Any]) -> None:
    assert decided(test, output, {}) is None


def test_so_asks_what_was_asked_before() -> None:
    asked = "does the wallet hold more than 10 ETH"

    assert decided("so", thing(balance=NUMBER), {"balance": 11}, asked) is True
    assert decided("so", thing(balance=NUMBER), {"balance": 9}, asked) is False
