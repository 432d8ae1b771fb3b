"""Everyday words for the codes that services take: units, currencies, countries, tokens."""

import re
from typing import Final

from domain.words import alike, plain

_CODES: Final[dict[str, str]] = {
    "SOL": "solana",
    "ETH": "ethereum ether",
    "BTC": "bitcoin bitcoins",
    "JUP": "jupiter",
    "solana": "sol",
    "ethereum": "eth ether",
    "bitcoin": "btc",
    "USD": "dollar dollars",
    "EUR": "euro euros",
    "GBP": "pound pounds sterling quid",
    "JPY": "yen",
    "CHF": "franc francs",
    "INR": "rupee rupees",
    "BRL": "reais",
    "CNY": "yuan renminbi",
    "US": "usa america american",
    "DE": "germany german",
    "FR": "france french",
    "GB": "uk britain british england",
    "ES": "spain spanish",
    "IT": "italy italian",
    "PT": "portugal portuguese",
    "CH": "switzerland swiss",
    "AT": "austria austrian",
    "NL": "netherlands dutch",
    "JP": "japan japanese",
    "CN": "china chinese",
    "IN": "india indian",
    "BR": "brazil brazilian",
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "mm": "millimeter millimeters millimetre millimetres",
    "cm": "centimeter centimeters centimetre centimetres",
    "m": "meter meters metre metres",
    "km": "kilometer kilometers kilometre kilometres kms",
    "in": "inch inches",
    "ft": "foot feet",
    "yd": "yard yards",
    "mi": "mile miles",
    "g": "gram grams gramme grammes",
    "kg": "kilogram kilograms kilo kilos",
    "lb": "pound pounds lbs",
    "oz": "ounce ounces",
    "ml": "milliliter milliliters millilitre millilitres",
    "l": "liter liters litre litres",
    "gal": "gallon gallons",
    "s": "second seconds sec secs",
    "min": "minute minutes mins",
    "h": "hour hours hr hrs",
    "B": "byte bytes",
    "kB": "kilobyte kilobytes kb",
    "MiB": "mebibyte mebibytes mib",
    "C": "celsius centigrade",
    "F": "fahrenheit",
    "K": "kelvin",
    "image/png": "png",
    "image/jpeg": "jpeg jpg",
    "image/webp": "webp",
    "jpg": "jpeg",
    "jpeg": "jpg",
    "tiff": "tif",
    "urls": "link links",
    "technology": "tech",
}
"""Sources: ISO 3166-1, ISO 4217, ISO 639-1, SI symbols and the media type registry."""

_SYMBOLS: Final = {
    "bitcoin": "BTC",
    "ethereum": "ETH",
    "ether": "ETH",
    "solana": "SOL",
    "dogecoin": "DOGE",
    "cardano": "ADA",
    "ripple": "XRP",
    "polkadot": "DOT",
    "chainlink": "LINK",
    "monero": "XMR",
    "avalanche": "AVAX",
    "litecoin": "LTC",
    "jupiter": "JUP",
    "bonk": "BONK",
    "tron": "TRX",
    "btc": "BTC",
    "eth": "ETH",
    "xrp": "XRP",
    "doge": "DOGE",
    "ltc": "LTC",
    "xmr": "XMR",
    "uniswap": "UNI",
    "aave": "AAVE",
    "cosmos": "ATOM",
    "stellar": "XLM",
    "toncoin": "TON",
}
"""Symbols of the best known chains and tokens, as exchanges list them."""

_PHRASES: Final = {
    "US": ("united states of america", "united states"),
    "GB": ("united kingdom", "great britain"),
}
"""Names of several words."""

_ALIASES: Final = {code: frozenset(words.split()) for code, words in _CODES.items()}

_WORDS: Final = frozenset(word for words in _ALIASES.values() for word in words)

_COUNTRIES: Final = frozenset({"US", "DE", "FR", "GB", "ES", "IT", "PT", "CH", "AT", "NL"}) | {
    "JP",
    "CN",
    "IN",
    "BR",
}

_NATIONS: Final = frozenset(word for code in _COUNTRIES for word in _ALIASES[code]) | {"us"}

_SHORT_CODE: Final = 2
"""Letters up to which a code must be written exactly, and where a code can stand."""

_ALIKE_LETTERS: Final = 5
"""Letters from which another form of a word will do: emails for email."""

_BEFORE_SHORT: Final = re.compile(r"(?:\d\s?°?|\b(?:to|into|from)\s)$")


def places_of(code: str, text: str) -> tuple[tuple[int, int], ...]:
    """Find where ``text`` names ``code``, itself or by an everyday word."""
    found: list[tuple[int, int]] = []
    if " " in code or "/" in code or code[:1].isdigit():
        found += [match.span() for match in re.finditer(re.escape(code), text, re.IGNORECASE)]
    for phrase in _PHRASES.get(code, ()):
        found += [match.span() for match in re.finditer(rf"\b{phrase}\b", text, re.IGNORECASE)]
    known = _ALIASES.get(code) or _ALIASES.get(code.upper(), frozenset())
    for match in re.finditer(r"[A-Za-zÀ-ÿ][\w-]*", text):
        before = text[: match.start()]
        if plain(match[0]) in known or _is_code(match[0], code, before):
            found.append((match.start() - _nation_before(before), match.end()))
    return tuple(sorted(set(found)))


def symbols_in(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Find well-known tokens by their names, as their symbols."""
    return tuple(
        (_SYMBOLS[plain(match[0])], match.span())
        for match in re.finditer(r"[A-Za-z]+", text)
        if plain(match[0]) in _SYMBOLS
    )


def _nation_before(text: str) -> int:
    """Characters of a nation's name that belong to what follows: the Japanese yen."""
    word = re.search(r"([A-Za-z]+)\s$", text)
    return len(word[0]) if word and plain(word[1]) in _NATIONS else 0


def is_measure(word: str) -> bool:
    """Whether ``word`` says what a number counts: a unit, a currency or a token."""
    return plain(word) in _WORDS or any(
        word.lower() == code.lower() for code in _CODES if code not in _COUNTRIES
    )


def names_no_place(name: str) -> bool:
    """Whether a capitalised name is a code, an abbreviation, or what a code stands for."""
    return any(
        (len(word) > 1 and word.isupper())
        or any(
            plain(word) in words or word.lower() == code.lower()
            for code, words in _ALIASES.items()
            if code not in _COUNTRIES
        )
        for word in name.split()
    )


def _is_code(word: str, code: str, before: str) -> bool:
    if len(code) <= _SHORT_CODE:
        # "in" and "it" are words, "IN" and "in" after a number are codes.
        return word == code and ((code.isupper() and len(code) > 1) or _stands_as_code(before))
    if re.sub(r"[-_]", "", word).lower() == re.sub(r"[-_]", "", code).lower():
        return True
    return len(code) >= _ALIKE_LETTERS and alike(plain(word), code.lower())


def _stands_as_code(before: str) -> bool:
    return _BEFORE_SHORT.search(before) is not None
