"""Heaps of search words are seen as such; terse, long and repetitive descriptions are not."""

import pytest

from domain.stuffing import heap_in
from tests.domain.hostile_samples import HONEST
from tests.fakes.builders import listing

HEAPS = [
    "weather forecast weather today weather tomorrow weather api forecast news crypto price",
    "translate german translate french translate spanish translate italian cheap fast good api",
    "crypto price, bitcoin price, ethereum price, price api, price feed, token price, coin price",
]
DESCRIPTIONS = [
    "Balance sheet, income statement and ratios (P/E, ROE, debt to equity) of listed companies.",
    "Spot prices for gold, silver, platinum, Brent and WTI crude, natural gas, copper, wheat.",
    "Weather for a place: the weather now, the weather to come and the weather of the past.",
    "Weather.",
    "",
]


@pytest.mark.parametrize("text", HEAPS)
def test_a_heap_of_words_is_named(text: str) -> None:
    assert "heap of search words" in (heap_in(listing(description=text)) or "")


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_a_description_is_none(text: str) -> None:
    assert heap_in(listing(description=text)) is None


@pytest.mark.parametrize("text", HONEST)
def test_no_honest_text_is_taken_for_one(text: str) -> None:
    assert heap_in(listing(description=text)) is None


def test_a_name_may_be_a_heap_too() -> None:
    assert "its name" in (heap_in(listing(name="weather weather best weather api")) or "")
    assert heap_in(listing(name="New York New York weather")) is None
