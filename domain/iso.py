"""Languages, currencies and countries: the names people write and the codes that services take.

Sources: ISO 639-1, ISO 4217 and ISO 3166-1.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "la": "Latin",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

CURRENCIES: Final[Mapping[str, str]] = {
    "USD": "us dollars|us dollar|dollars|dollar|bucks|$",
    "EUR": "euros|euro|€",
    "GBP": "british pounds|pounds sterling|pounds|sterling|£",
    "JPY": "japanese yen|yen|¥",
    "CHF": "swiss francs|swiss franc|francs",
    "INR": "indian rupees|rupees|rupee",
    "BRL": "brazilian reais|brazilian real|reais",
    "CNY": "chinese yuan|yuan|renminbi",
    "CAD": "canadian dollars|canadian dollar",
    "AUD": "australian dollars|australian dollar",
    "NZD": "new zealand dollars|new zealand dollar",
    "SEK": "swedish kronor|swedish krona",
    "NOK": "norwegian kroner|norwegian krone",
    "DKK": "danish kroner|danish krone",
    "PLN": "polish zloty|polish złoty|zloty|złoty",
    "CZK": "czech koruna|czech crowns",
    "HUF": "hungarian forint|forints|forint",
    "TRY": "turkish lira",
    "MXN": "mexican pesos",
    "KRW": "korean won|won",
    "SGD": "singapore dollars|singapore dollar",
    "THB": "thai baht|baht",
    "ZAR": "south african rand|rand",
    "HKD": "hong kong dollars|hong kong dollar",
    "ILS": "israeli shekels|shekels|shekel",
    "AED": "uae dirhams|dirhams",
    "RON": "romanian lei",
}

COUNTRIES: Final[Mapping[str, str]] = {
    "AR": "Argentina",
    "AT": "Austria",
    "AU": "Australia",
    "BE": "Belgium",
    "BG": "Bulgaria",
    "BR": "Brazil",
    "CA": "Canada",
    "CH": "Switzerland",
    "CL": "Chile",
    "CN": "China",
    "CO": "Colombia",
    "CZ": "Czechia|Czech Republic",
    "DE": "Germany",
    "DK": "Denmark",
    "EE": "Estonia",
    "EG": "Egypt",
    "ES": "Spain",
    "FI": "Finland",
    "FR": "France",
    "GB": "United Kingdom|Great Britain|UK|Britain|England",
    "GR": "Greece",
    "HR": "Croatia",
    "HU": "Hungary",
    "ID": "Indonesia",
    "IE": "Ireland",
    "IL": "Israel",
    "IN": "India",
    "IS": "Iceland",
    "IT": "Italy",
    "JP": "Japan",
    "KE": "Kenya",
    "KR": "South Korea|Korea",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "LV": "Latvia",
    "MA": "Morocco",
    "MX": "Mexico",
    "MY": "Malaysia",
    "NG": "Nigeria",
    "NL": "Netherlands|Holland",
    "NO": "Norway",
    "NZ": "New Zealand",
    "PE": "Peru",
    "PH": "Philippines",
    "PK": "Pakistan",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "RS": "Serbia",
    "RU": "Russia",
    "SA": "Saudi Arabia",
    "SE": "Sweden",
    "SG": "Singapore",
    "SI": "Slovenia",
    "SK": "Slovakia",
    "TH": "Thailand",
    "TR": "Turkey|Türkiye",
    "TW": "Taiwan",
    "UA": "Ukraine",
    "VN": "Vietnam",
    "US": "United States of America|United States|USA|America",
    "ZA": "South Africa",
}

_NATIONALS: Final[Mapping[str, str]] = {
    "american": "US",
    "british": "GB",
    "german": "DE",
    "french": "FR",
    "spanish": "ES",
    "italian": "IT",
    "portuguese": "PT",
    "swiss": "CH",
    "austrian": "AT",
    "dutch": "NL",
    "japanese": "JP",
    "chinese": "CN",
    "indian": "IN",
    "brazilian": "BR",
    "swedish": "SE",
    "norwegian": "NO",
    "danish": "DK",
    "finnish": "FI",
    "polish": "PL",
    "irish": "IE",
    "greek": "GR",
    "turkish": "TR",
    "canadian": "CA",
    "australian": "AU",
    "mexican": "MX",
}


class Named(NamedTuple):
    """One entry of a table, found in a text."""

    code: str
    name: str
    start: int
    end: int


def _pattern(names: Iterator[str]) -> re.Pattern[str]:
    # The longest comes first: Swiss francs before francs.
    ordered = sorted(names, key=len, reverse=True)
    parts = [re.escape(n) if not n[0].isalpha() else rf"\b{re.escape(n)}\b" for n in ordered]
    return re.compile("|".join(parts), re.IGNORECASE)


_LANGUAGE_CODES: Final = {name.lower(): code for code, name in LANGUAGES.items()}
_LANGUAGE: Final = _pattern(iter(LANGUAGES.values()))
_CURRENCY_CODES: Final = {n: code for code, said in CURRENCIES.items() for n in said.split("|")}
_CURRENCY: Final = _pattern(iter([*_CURRENCY_CODES, *CURRENCIES]))
_COUNTRY_CODES: Final = {
    name.lower(): code for code, said in COUNTRIES.items() for name in said.split("|")
} | dict(_NATIONALS)
_COUNTRY: Final = _pattern(iter(_COUNTRY_CODES))
_COUNTRY_CODE: Final = re.compile(r"\b(?:" + "|".join(COUNTRIES) + r")\b")


def languages_in(text: str) -> Iterator[Named]:
    """Find languages by their English names."""
    for match in _LANGUAGE.finditer(text):
        code = _LANGUAGE_CODES[match[0].lower()]
        yield Named(code, LANGUAGES[code], *match.span())


def currencies_in(text: str) -> Iterator[Named]:
    """Find currencies by names, signs and codes; a code must be written in capitals."""
    for match in _CURRENCY.finditer(text):
        code = _CURRENCY_CODES.get(match[0].lower(), match[0].upper())
        if match[0].lower() in _CURRENCY_CODES or match[0].isupper():
            yield Named(code, code, *match.span())


def countries_in(text: str) -> Iterator[Named]:
    """Find countries by names, by what their people are called, and by codes in capitals."""
    taken: list[tuple[int, int]] = []
    for match in _COUNTRY.finditer(text):
        code = _COUNTRY_CODES[match[0].lower()]
        taken.append(match.span())
        yield Named(code, COUNTRIES[code].partition("|")[0], *match.span())
    for match in _COUNTRY_CODE.finditer(text):
        if not any(a <= match.start() < b for a, b in taken):
            yield Named(match[0], COUNTRIES[match[0]].partition("|")[0], *match.span())
