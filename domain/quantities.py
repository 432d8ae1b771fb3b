"""Numbers of a text, with what they count: ``1.5 million yen``, ``two rooms``."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

from domain.kinds import Kind, Mention
from domain.words import plain

NUMBER_WORDS: Final = (
    {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
    | {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15}
    | {"twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90}
)

_COUNTED_OUT: Final = re.compile(
    rf"\b(?P<count>{'|'.join(sorted(set(NUMBER_WORDS) - {'one'}, key=len, reverse=True))})"
    r"[\s-](?P<unit>[a-z]+)",
    re.IGNORECASE,
)
"""A number in letters; "one" mostly is no number."""

_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<sign>[$€£¥])?(?P<number>-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)"
    r"(?P<scale>(?:\s?(?:million|mio|mn|billion|bn|thousand)|(?<=\d\d)k|(?(sign)[km])|"
    r"[km](?=\s(?:[A-Z]{3}|dollars?|euros?|pounds?|yen|kron|bucks)))\b)?"
    r"(?P<percent>\s?%|\s+per\s?cent\b)?(?:\s?(?P<unit>[A-Za-z°]+))?"
)
"""A small k or m counts where there is money, or where no kilometre is so many."""

_POINTED: Final = re.compile(
    r"(?<![\w.])(?:\d{2,3}(?:\.\d{3})+|\d(?:\.\d{3}){2,})(?=\s?(?:€|euros?\b|EUR\b))|"
    r"(?<=€)\d{2,3}(?:\.\d{3})+(?![\d.])"
)
"""Thousands parted by points, as most of Europe writes money."""

_SCALES: Final = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "million": 10**6,
    "mio": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
}
_CURRENCY_SIGNS: Final = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}


def numbers_in(text: str) -> Iterator[Mention]:
    """Find numbers in figures and in letters, each with the word after it."""
    for match in _NUMBER.finditer(text):
        number = match["number"].replace(",", "")
        if _POINTED.match(text, match.start("number")):
            number = number.replace(".", "")
        value: JsonValue = float(number) if "." in number else int(number)
        if match["scale"]:
            value = _scaled(number, match["scale"])
        percent = match["percent"] is not None
        unit = _CURRENCY_SIGNS.get(match["sign"] or "", "") or plain(match["unit"] or "")
        yield Mention(
            kind=Kind.PERCENT if percent else Kind.NUMBER,
            start=match.start(),
            end=match.end("percent" if percent else "scale" if match["scale"] else "number"),
            value=value,
            unit="percent" if percent else unit,
        )
    for match in _COUNTED_OUT.finditer(text):
        count = NUMBER_WORDS[match["count"].lower()]
        unit = plain(match["unit"])
        start, end = match.span("count")
        yield Mention(kind=Kind.NUMBER, start=start, end=end, value=count, unit=unit)


def _scaled(number: str, scale: str) -> JsonValue:
    """A number with what is said for its zeros: ``52k``, ``1.5 million``."""
    value = Decimal(number) * _SCALES[scale.strip().lower()]
    return int(value) if value == int(value) else float(value)
