"""Languages, currencies and countries: the names people write and the codes that services take.

Sources: ISO 639-1, ISO 4217 and ISO 3166-1.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from domain import countries, languages
from domain.countries import COUNTRIES
from domain.languages import LANGUAGES

__all__ = [
    "COUNTRIES",
    "CURRENCIES",
    "LANGUAGES",
    "Named",
    "countries_in",
    "currencies_in",
    "languages_in",
]

CURRENCIES: Final[Mapping[str, str]] = {
    "USD": "us dollars|us dollar|dollars|dollar|bucks|$",
    "EUR": "euros|euro|€",
    "GBP": "british pounds|british pound|the pound|quid|pounds sterling|pounds|sterling|£",
    "JPY": "japanese yen|yen|¥",
    "CHF": "swiss francs|swiss franc|francs|the franc",
    "INR": "indian rupees|rupees|rupee",
    "BRL": "brazilian reais|brazilian real|reais",
    "CNY": "chinese yuan|yuan|renminbi",
    "CAD": "canadian dollars|canadian dollar",
    "AUD": "australian dollars|australian dollar",
    "NZD": "new zealand dollars|new zealand dollar",
    "SEK": "swedish kronor|swedish krona|swedish crowns|kronor",
    "NOK": "norwegian kroner|norwegian krone|norwegian crowns",
    "DKK": "danish kroner|danish krone|danish crowns",
    "PLN": "polish zloty|polish złoty|zloty|złoty",
    "CZK": "czech koruna|czech crowns|koruna",
    "HUF": "hungarian forint|forints|forint",
    "TRY": "turkish lira|turkish liras",
    "MXN": "mexican pesos|mexican peso",
    "KRW": "south korean won|korean won",
    "SGD": "singapore dollars|singapore dollar",
    "THB": "thai baht|baht",
    "ZAR": "south african rand|rand",
    "HKD": "hong kong dollars|hong kong dollar",
    "ILS": "israeli shekels|shekels|shekel",
    "AED": "uae dirhams|emirati dirhams|dirhams",
    "RON": "romanian lei",
    "ARS": "argentine pesos|argentine peso",
    "BDT": "bangladeshi taka|taka",
    "BGN": "bulgarian lev|bulgarian leva",
    "CLP": "chilean pesos|chilean peso",
    "COP": "colombian pesos|colombian peso",
    "EGP": "egyptian pounds|egyptian pound",
    "GEL": "georgian lari|lari",
    "GHS": "ghanaian cedi|ghanaian cedis|cedis",
    "IDR": "indonesian rupiah|rupiah",
    "ISK": "icelandic kronur|icelandic krona|icelandic króna",
    "JOD": "jordanian dinars|jordanian dinar",
    "KES": "kenyan shillings|kenyan shilling",
    "KWD": "kuwaiti dinars|kuwaiti dinar",
    "KZT": "kazakh tenge|tenge",
    "LKR": "sri lankan rupees|sri lankan rupee",
    "MAD": "moroccan dirhams|moroccan dirham",
    "MYR": "malaysian ringgit|ringgit",
    "NGN": "nigerian naira|naira",
    "NPR": "nepalese rupees|nepalese rupee",
    "PEN": "peruvian soles|peruvian sol",
    "PHP": "philippine pesos|philippine peso",
    "PKR": "pakistani rupees|pakistani rupee",
    "QAR": "qatari riyals|qatari riyal",
    "RSD": "serbian dinars|serbian dinar",
    "RUB": "russian rubles|russian roubles|rubles|roubles|ruble|rouble",
    "SAR": "saudi riyals|saudi riyal",
    "TND": "tunisian dinars|tunisian dinar",
    "TWD": "taiwan dollars|taiwan dollar|new taiwan dollars",
    "TZS": "tanzanian shillings|tanzanian shilling",
    "UAH": "ukrainian hryvnia|hryvnia",
    "UGX": "ugandan shillings|ugandan shilling",
    "UYU": "uruguayan pesos|uruguayan peso",
    "VND": "vietnamese dong",
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


_WORD: Final = re.compile(r"\w+|[^\w\s]")


class _Table:
    """Finds any of many names; that a text holds none, as most do, is soon seen."""

    def __init__(self, names: Iterable[str]) -> None:
        known = tuple(names)
        self._pattern = _pattern(iter(known))
        # Of each name its longest word, which stands in every text that holds the name.
        self._words = frozenset(max(_WORD.findall(name.lower()), key=len) for name in known)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find the names in a text, whatever their capitals."""
        # Letters of other alphabets may be small and large by rules of their own.
        if text.isascii() and self._words.isdisjoint(_WORD.findall(text.lower())):
            return iter(())
        return self._pattern.finditer(text)


_LANGUAGE_CODES: Final = {
    **{name.lower(): code for code, name in LANGUAGES.items()},
    **languages.OTHER_NAMES,
}
_LANGUAGE: Final = _Table(_LANGUAGE_CODES)
_CURRENCY_CODES: Final = {n: code for code, said in CURRENCIES.items() for n in said.split("|")}
_CURRENCY: Final = _Table([*_CURRENCY_CODES, *CURRENCIES])
_PAIR: Final = re.compile(rf"\b({'|'.join(CURRENCIES)})({'|'.join(CURRENCIES)})\b", re.IGNORECASE)
_ALSO_WORDS: Final = frozenset(["TRY", "CAD", "COP", "MAD", "PEN", "PHP", "RON", "SAR", "GEL"])
"""Codes that mean something else, or a person, when they are written small."""

_COUNTRY_CODES: Final = {
    name.lower(): code for code, said in COUNTRIES.items() for name in said.split("|")
} | dict(countries.NATIONALS)
_COUNTRY: Final = _Table(_COUNTRY_CODES)
_COUNTRY_CODE: Final = re.compile(
    r"\b(?:" + "|".join(sorted(frozenset(COUNTRIES) - countries.ALSO_SHORT)) + r")\b"
)


def languages_in(text: str) -> Iterator[Named]:
    """Find languages by their English names."""
    for match in _LANGUAGE.finditer(text):
        if match[0] in languages.ALSO_WORDS:
            continue
        code = _LANGUAGE_CODES[match[0].lower()]
        yield Named(code, LANGUAGES[code], *match.span())


def currencies_in(text: str) -> Iterator[Named]:
    """Find currencies by names, signs and codes, and by pairs of codes: ``EURUSD``."""
    for match in _CURRENCY.finditer(text):
        code = _CURRENCY_CODES.get(match[0].lower(), match[0].upper())
        named = match[0].lower() in _CURRENCY_CODES
        if named or match[0].isupper() or (match[0].islower() and code not in _ALSO_WORDS):
            yield Named(code, code, *match.span())
    for match in _PAIR.finditer(text):
        yield Named(match[1].upper(), match[1].upper(), *match.span(1))
        yield Named(match[2].upper(), match[2].upper(), *match.span(2))


def countries_in(text: str) -> Iterator[Named]:
    """Find countries by names, by what their people are called, and by codes in capitals."""
    taken: list[tuple[int, int]] = []
    for match in _COUNTRY.finditer(text):
        if match[0] in countries.ALSO_WORDS:
            continue
        code = _COUNTRY_CODES[match[0].lower()]
        taken.append(match.span())
        yield Named(code, COUNTRIES[code].partition("|")[0], *match.span())
    for match in _COUNTRY_CODE.finditer(text):
        if not any(a <= match.start() < b for a, b in taken):
            yield Named(match[0], COUNTRIES[match[0]].partition("|")[0], *match.span())
