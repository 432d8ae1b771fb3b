"""What kind of value an input takes or an output holds, by name, form, examples and description.

Sellers name things as they like: ``q``, ``query`` and ``search_term`` are one thing. The words
below are general English, not any catalogue's.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from domain import schemas
from domain.iso import COUNTRIES, CURRENCIES, LANGUAGES, languages_in


class Role(StrEnum):
    """Kind of value."""

    TEXT = "text"
    """Material to work on."""
    QUERY = "query"
    """Words to look for, or to make something of."""
    PLACE = "place"
    COUNTRY = "country"
    LANGUAGE = "language"
    CURRENCY = "currency"
    URL = "url"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    MOMENT = "moment"
    ZONE = "zone"
    DOMAIN = "domain"
    IP = "ip"
    HASH = "hash"
    """An address or a transaction on a chain, or another long number in letters."""
    CODE = "code"
    """An identifier of letters and digits."""
    TICKER = "ticker"
    """A short name in capitals."""
    SECRET = "secret"  # noqa: S105 - a kind of input, never filled
    """Never filled from a request."""
    NAME = "name"
    """What anything else is called."""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRETS: Final = _listed(
    "password passwd secret apikey privatekey secretkey accesstoken authtoken passphrase mnemonic "
    "seedphrase"
)
"""Words, or two words in a row, that name what nobody writes into a request."""

_BY_WORD: Final[tuple[tuple[Role, frozenset[str]], ...]] = (
    (Role.URL, _listed("url uri link href website webpage webhook endpoint links urls")),
    (Role.EMAIL, _listed("email mail e-mail")),
    (Role.PHONE, _listed("phone telephone mobile msisdn")),
    (Role.LANGUAGE, _listed("language lang locale languages")),
    (Role.CURRENCY, _listed("currency currencies ccy")),
    (Role.COUNTRY, _listed("country nation nationality passport citizenship countries")),
    (Role.DOMAIN, _listed("domain hostname host fqdn site")),
    (Role.IP, _listed("ip ipv4 ipaddress")),
    (Role.ZONE, _listed("timezone tz zone")),
    (Role.HASH, _listed("hash tx txid transaction signature wallet contract mint pubkey")),
    (Role.TICKER, _listed("ticker symbol")),
    (
        Role.PLACE,
        _listed(
            "place city town location address where region area village harbour harbor beach "
            "airport station origin destination district landmark spot port neighbourhood"
        ),
    ),
    (Role.MOMENT, _listed("datetime timestamp at")),
    (Role.DATE, _listed("date day checkin checkout departure depart arrival")),
    (
        Role.QUERY,
        _listed(
            "query q search question prompt topic subject keyword keywords term terms task "
            "problem phrase about ask instruction instructions briefing brief"
        ),
    ),
    (
        Role.TEXT,
        _listed(
            "text content body message document script html markdown code source csv json xml "
            "sequence paragraph article passage transcript sentence note snippet texts input "
            "comment script essay draft wording payload"
        ),
    ),
)
"""Words in an input's name, the most telling kind first."""

_SAID: Final[tuple[tuple[Role, re.Pattern[str]], ...]] = tuple(
    (role, re.compile(pattern, re.IGNORECASE))
    for role, pattern in (
        (Role.LANGUAGE, r"\blanguages?\b"),
        (Role.CURRENCY, r"\bcurrenc(?:y|ies)\b"),
        (Role.EMAIL, r"\be-?mail\b.*\baddress|\bmailbox|\brecipients?\b"),
        (Role.URL, r"\burl\b|\bweb address|\blink to\b"),
        (Role.PHONE, r"\bphone\b|\be\.?164\b"),
        (Role.COUNTRY, r"\bcountry\b"),
        (Role.HASH, r"\bwallet|\btransaction (?:hash|signature|id)|\bcontract address|\bmint\b"),
        (Role.TICKER, r"\bticker|\bsymbol\b"),
        (Role.DOMAIN, r"\bdomain\b|\bhost ?name"),
        (Role.DATE, r"\byyyy-mm-dd\b|\bdate\b"),
        (Role.PLACE, r"\bcity\b|\btown\b|\bplace name|\blocation\b|\bairport\b|\bstation\b"),
        (Role.TEXT, r"\btext\b|\bcontent\b|\bmessage\b"),
    )
)
"""Words of its description, where the name tells nothing."""

_FILES: Final = _listed(
    "image images img photo photos picture pic pdf video audio recording clip file attachment "
    "screenshot scan docx xlsx mp3 mp4 wav png jpg jpeg"
)
"""Names of what a request can only give by an address."""

_NO_ADDRESS: Final = re.compile(
    r"\bbase64\b|\bid\b|\bnames?\b|\btitles?\b|\bcontents?\b|\btext\b|\bbytes\b", re.IGNORECASE
)
"""Words of a description that tell such a name to be of something else."""

_VAGUE: Final = _listed("to from target into base quote value in for data item dest src subject")
"""Names that only say a direction; what they are is said elsewhere."""

_FORMATS: Final[Mapping[str, Role]] = {
    "uri": Role.URL,
    "url": Role.URL,
    "email": Role.EMAIL,
    "date": Role.DATE,
    "date-time": Role.MOMENT,
    "hostname": Role.DOMAIN,
    "ipv4": Role.IP,
    "password": Role.SECRET,
}

_FORMS: Final[tuple[tuple[Role, re.Pattern[str]], ...]] = (
    (Role.URL, re.compile(r"https?://\S+")),
    (Role.EMAIL, re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    (Role.PHONE, re.compile(r"\+\d[\d ()-]{6,}")),
    (Role.DATE, re.compile(r"\d{4}-\d{2}(?:-\d{2})?")),
    (Role.MOMENT, re.compile(r"\d{4}-\d{2}-\d{2}T\d.*")),
    (Role.IP, re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")),
    (Role.HASH, re.compile(r"0x[0-9a-fA-F]{3,}|bc1[0-9a-z]{6,}|[1-9A-HJ-NP-Za-km-z]{30,}")),
    (Role.CURRENCY, re.compile("|".join(CURRENCIES))),
    (Role.LANGUAGE, re.compile("|".join(LANGUAGES.values()))),
    (Role.DOMAIN, re.compile(r"(?:[a-z0-9-]+\.)+(?!txt|csv|json|md|html|pdf|png)[a-z]{2,}")),
    (Role.CODE, re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9][A-Z0-9 .-]{3,}|\d{8,}")),
    (Role.COUNTRY, re.compile("|".join(COUNTRIES))),
    (Role.TICKER, re.compile(r"[A-Z]{2,6}(?:\.[A-Z]{1,3})?")),
)
"""What an example looks like."""

_PLAIN_FORMS: Final = frozenset(
    (Role.HASH, Role.URL, Role.EMAIL, Role.DATE, Role.MOMENT, Role.PHONE, Role.IP)
)
"""Kinds that an example shows beyond doubt."""

_LANGUAGE_TAG: Final = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?|auto")
_CODED: Final = re.compile(r"\biso\b|\balpha-?[23]\b|\bcountry code", re.IGNORECASE)
_AIRPORTS: Final = re.compile(r"\b(?:iata|icao)\b", re.IGNORECASE)
_TIMEZONE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Z].*|UTC.*|GMT.*|[A-Z]{3,4}|[+-]\d.*")

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def name_words(name: str) -> tuple[str, ...]:
    """The words that a name is made of, plain."""
    spaced = _CAMEL.sub(" ", name).lower()
    return tuple(word for word in re.split(r"[^a-z0-9]+", spaced) if word)


def role_of(name: str, schema: schemas.Schema) -> Role:
    """Tell what kind of text a named value is."""
    # First of all: nothing that a seller says may make a secret something to be filled.
    if _is_secret(name):
        return Role.SECRET
    if "format" not in schema and _is_code_of(name_words(name)):
        return Role.CODE
    if "format" not in schema and _is_of_file(name, schema):
        return Role.URL
    return _role(name, str(schema.get("format", "")), said_of(schema), _example(schema))


def examples_of(schema: schemas.Schema) -> Iterator[str]:
    """Texts that the seller gives as examples."""
    found = schema.get("examples")
    for value in [*(found if isinstance(found, list) else []), schema.get("example")]:
        if isinstance(value, str) and value:
            yield value


def _example(schema: schemas.Schema) -> str:
    return next(examples_of(schema), "")


def said_of(schema: schemas.Schema) -> str:
    """What a seller says of an input."""
    return str(schema.get("description") or schema.get("title") or "")[:200]


def _is_secret(name: str) -> bool:
    words = name_words(name)
    return not _SECRETS.isdisjoint((*words, *(one + other for one, other in pairwise(words))))


@lru_cache(maxsize=4_096)
def _role(name: str, form: str, said: str, example: str) -> Role:
    if form in _FORMATS:
        return _FORMATS[form]
    words = name_words(name)
    shape = next((role for role, known in _FORMS if known.fullmatch(example)), None)
    if shape is not None and shape in _PLAIN_FORMS:
        return shape
    told = [word for word in reversed(words) if word not in _VAGUE]
    # The last word is what it is; those before it say of what: contract_text is a text.
    for part in (set(told[:1]), set(told[1:])):
        for role, known in _BY_WORD:
            if known & part:
                return _refined(role, shape, said, example)
    if shape is not None and shape is not Role.TICKER:
        return shape
    for role, pattern in _SAID:
        if pattern.search(said) and not (example and _denied(role, example)):
            return role
    if "subject" in words:
        return Role.QUERY
    return shape or Role.NAME


def _is_code_of(words: tuple[str, ...]) -> bool:
    """Whether a name is of something's code, an identifier; code by itself is to be worked on."""
    if len(words) < 2 or words[-1] != "code" or words[-2] in {"source", "program"}:  # noqa: PLR2004
        return False
    return not any(words[-2] in known for _, known in _BY_WORD)


def _is_of_file(name: str, schema: schemas.Schema) -> bool:
    """Whether an input takes a picture, a recording or the like, which only an address gives."""
    told = [word for word in name_words(name) if word not in _VAGUE]
    said_otherwise = _NO_ADDRESS.search(said_of(schema)) is not None
    return bool(told) and told[-1] in _FILES and not _example(schema) and not said_otherwise


def _denied(role: Role, example: str) -> bool:
    """Whether an example shows that a value is not of a kind that has a form."""
    if role is Role.LANGUAGE:
        return _LANGUAGE_TAG.fullmatch(example) is None and not any(languages_in(example))
    form = next((known for one, known in _FORMS if one is role), None)
    return form is not None and role is not Role.COUNTRY and form.fullmatch(example) is None


def _refined(role: Role, shape: Role | None, said: str, example: str) -> Role:
    """An ``address`` may be on a chain, a ``location`` on the web."""
    if role is Role.ZONE and example and not _TIMEZONE.fullmatch(example):
        return Role.CODE
    if role is Role.TEXT and example.isdigit():
        return Role.CODE
    if role is Role.PLACE and shape is Role.COUNTRY and _CODED.search(said):
        return Role.COUNTRY
    if role is Role.PLACE and shape is Role.TICKER and _AIRPORTS.search(said):
        return Role.TICKER
    if role is Role.PLACE and re.search(r"\bwallet|\bon-?chain|\bcontract", said, re.IGNORECASE):
        return Role.HASH
    if (
        shape
        and role in {Role.PLACE, Role.TEXT}
        and shape in {Role.COUNTRY, Role.CODE}
        and not said
    ):
        return shape
    return role
