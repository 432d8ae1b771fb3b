"""What a phrase asks for, with the addresses in it named by kind: nobody sells *that* address."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from domain.iso import CURRENCIES
from domain.kinds import Kind, Mention
from domain.literals import literals_in, masked
from domain.mentions import addresses_in

_CALLED: Final = {
    Kind.EMAIL: "email address",
    Kind.DOMAIN: "domain",
    Kind.IP: "IP address",
    Kind.PHONE: "phone number",
    Kind.HASH: "address",
}
_FILES: Final = {
    "image": "png jpg jpeg gif webp svg bmp heic tiff",
    "audio recording": "mp3 wav ogg m4a flac aac opus",
    "video": "mp4 mov webm mkv avi",
    "PDF document": "pdf",
    "Word document": "doc docx odt",
    "spreadsheet": "xls xlsx ods",
    "CSV table": "csv tsv",
    "JSON document": "json",
    "archive": "zip tar gz",
}
_FILE_CALLED: Final = {
    ending: name for name, endings in _FILES.items() for ending in endings.split()
}
_SPACES: Final = re.compile(r"\s+")
_ENDING: Final = re.compile(r"\.([a-z0-9]{2,5})$")


_COINS: Final = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "SOL": "solana",
    "XRP": "ripple",
    "DOGE": "dogecoin",
    "ADA": "cardano",
    "BNB": "binance coin",
    "LTC": "litecoin",
}
"""Coins whose codes people write instead of their names."""

_NAMES: Final = frozenset(("sol", "ada"))
"""Codes that in lower case are words of their own."""

_UNITS: Final = {
    unit: dimension
    for dimension, units in {
        "length": "mm cm m km mi ft yd millimeters millimetres centimeters centimetres meters "
        "metres kilometers kilometres miles mile feet foot inches inch yards yard",
        "mass": "mg g kg lb lbs oz grams kilograms kilos pounds ounces stone tonnes tons",
        "volume": "ml l gal milliliters millilitres liters litres gallons pints cups",
        "temperature": "celsius fahrenheit kelvin centigrade",
        "speed": "mph kmh knots",
        "data": "kb mb gb tb bytes kilobytes megabytes gigabytes terabytes",
    }.items()
    for unit in units.split()
}
_WORD: Final = re.compile(r"[A-Za-z]+")
_TWO: Final = 2


@lru_cache(maxsize=1_024)
def asked_for(phrase: str) -> str:
    """Name addresses by their kind, and say beside a code what it stands for."""
    plain = phrase
    for mention in sorted(_addresses(phrase), key=lambda one: -one.start):
        called = _called(mention, phrase[mention.start : mention.end])
        plain = f"{plain[: mention.start]} {called} {plain[mention.end :]}"
    return _SPACES.sub(" ", f"{_WORD.sub(_spelled, plain)} {_conversion(plain)}").strip()


def _spelled(word: re.Match[str]) -> str:
    code = word[0].upper()
    if code in _COINS and word[0] in {code, code.lower()} - _NAMES:
        return f"{word[0]} {_COINS[code]} cryptocurrency"
    return f"{word[0]} currency" if word[0] in CURRENCIES else word[0]


def _conversion(phrase: str) -> str:
    """Two units of one dimension ask for the one in the other, whatever the words between."""
    found: dict[str, set[str]] = {}
    for word in _WORD.findall(phrase.lower()):
        if word in _UNITS:
            found.setdefault(_UNITS[word], set()).add(word)
    return "unit conversion" if any(len(units) >= _TWO for units in found.values()) else ""


def _addresses(phrase: str) -> list[Mention]:
    """Addresses that do not lie within another."""
    found: list[Mention] = []
    written = addresses_in(masked(phrase, literals_in(phrase)))
    named = [one for one in written if one.kind is Kind.URL or one.kind in _CALLED]
    for mention in sorted(named, key=lambda one: one.start - one.end):
        if all(mention.end <= one.start or mention.start >= one.end for one in found):
            found.append(mention)
    return found


def _called(mention: Mention, text: str) -> str:
    if mention.kind is not Kind.URL:
        return _CALLED[mention.kind]
    try:
        path = urlsplit(text).path.lower()
    except ValueError:
        path = ""
    ending = _ENDING.search(path)
    return f"{_FILE_CALLED.get(ending[1] if ending else '', 'web page')} URL"
