"""Closed sets of names that sellers take without listing them: registries, dialects, signs, units.

Each set is public usage: package registries, databases, programming languages, test runners,
digests, signs of the zodiac, and units of the SI and of trade.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from domain import schemas
from domain.roles import examples_of, name_words

Span = tuple[int, int]


class Vocabulary(NamedTuple):
    """A closed set, and the names of inputs that take one of its members."""

    inputs: frozenset[str]
    members: Mapping[str, str]
    """What people write, lower, to the name that services take."""


def _set(inputs: str, *members: str) -> Vocabulary:
    """Each member is ``name`` or ``name|other|other``."""
    written = {word: member.split("|")[0] for member in members for word in member.split("|")}
    lower = {word.lower(): name for word, name in written.items()}
    written = lower | written  # people write "mb" as well as "MB"
    return Vocabulary(frozenset(inputs.split()), written)


_REGISTRIES: Final = _set(
    "ecosystem registry",
    *("npm|node package manager", "pypi|pip", "cargo|cargo crates", "crates.io", "maven"),
    *("rubygems|gems", "nuget", "packagist|composer", "hex", "cran", "conda", "go|golang"),
)
_DIALECTS: Final = _set(
    "dialect engine",
    *("postgres|postgresql|pg", "mysql", "mariadb", "sqlite", "bigquery", "snowflake", "redshift"),
    *("mssql|sql server|tsql|t-sql", "oracle", "duckdb", "clickhouse", "trino", "spark"),
)
_CODES: Final = _set(
    "",
    *("python|py", "javascript|js", "typescript|ts", "go|golang", "rust", "ruby", "php", "java"),
    *("kotlin", "swift", "csharp|c#", "cpp|c++", "perl", "scala", "bash", "haskell", "elixir"),
    *("erlang", "clojure", "dart", "lua", "julia", "cobol", "fortran", "powershell", "solidity"),
)
_RUNNERS: Final = _set(
    "framework runner",
    *("pytest", "unittest", "jest", "mocha", "vitest", "jasmine", "junit", "testng", "rspec"),
    *("minitest", "phpunit", "nunit", "xunit", "go test|go tests", "cypress", "playwright"),
)
_DIGESTS: Final = _set(
    "algo algorithm digest",
    *("md5", "sha1|sha-1", "sha224|sha-224", "sha256|sha-256", "sha384|sha-384", "crc32"),
    *("sha512|sha-512", "blake2b", "blake2s", "blake3", "bcrypt", "argon2", "sha3-256", "sha3-512"),
)
_SIGNS: Final = _set(
    "sign zodiac",
    *("aries", "taurus", "gemini", "cancer", "leo", "virgo", "libra", "scorpio", "sagittarius"),
    *("capricorn", "aquarius", "pisces"),
)
_UNITS: Final = _set(
    "unit",
    *("mm|millimetres|millimeters", "cm|centimetres|centimeters|centimetre|centimeter"),
    *("m|metres|meters|metre|meter", "km|kilometres|kilometers|kilometre|kilometer|kms"),
    *("inch|inches", "ft|feet|foot", "yd|yards|yard", "mi|miles|mile", "nmi|nautical miles"),
    *("mg|milligrams", "g|grams|gram|grammes", "kg|kilograms|kilogram|kilos|kilo"),
    *("lb|pounds|pound|lbs", "oz|ounces|ounce", "st|stone|stones", "t|tonnes|tonne"),
    *("ml|millilitres|milliliters", "l|litres|liters|litre|liter", "gal|gallons|gallon"),
    *("cup|cups", "pt|pints|pint", "tsp|teaspoons|teaspoon", "tbsp|tablespoons|tablespoon"),
    *("C|celsius|centigrade|°c", "F|fahrenheit|°f", "K|kelvin"),
    *("KB|kilobytes", "MB|megabytes|megabyte", "GB|gigabytes|gigabyte", "TB|terabytes|terabyte"),
    *("KiB|kibibytes", "MiB|mebibytes", "GiB|gibibytes", "TiB|tebibytes"),
    *("km/h|kph|kmh", "mph|miles per hour", "kn|knots|knot", "m/s"),
    *("ha|hectares|hectare", "acre|acres", "m2|square metres|square meters|sqm"),
)
_SETS: Final = (_REGISTRIES, _DIALECTS, _RUNNERS, _DIGESTS, _SIGNS)

_OF_CODE: Final = re.compile(
    r"\b(?:programs?|programming|snippets?|scripts?|source|transpil\w*|code)\b", re.IGNORECASE
)
_OF_TEXTS: Final = re.compile(r"\btranslat|\bspeech\b|\bspoken\b|\bocr\b", re.IGNORECASE)
_LANGUAGES: Final = frozenset(["language", "lang", "to", "from", "target"])
_CONVERTED: Final = frozenset(["unit", "from", "to", "target", "source"])
_ORDERS: Final = frozenset(["go"])
"""Members that are words of everyday orders, and so must be written as names."""


def vocabulary_of(name: str, schema: schemas.Schema, said: str) -> Vocabulary | None:
    """The closed set that an input takes its value from, by its name and the seller's words.

    Args:
        name: The input's name.
        schema: The input's schema; an example that is a member shows the set.
        said: What the service says of itself.
    """
    words = set(name_words(name))
    example = next(examples_of(schema), "")
    known = next((one for one in _SETS if one.inputs & words), None)
    if known is not None:
        shown = _key(example) in known.members
        return known if shown or (not example and _fits_no_other(known, said)) else None
    if words & _LANGUAGES and not _OF_TEXTS.search(said):
        shown = _key(example) in _CODES.members
        if shown or (not example and words & {"language", "lang"} and _OF_CODE.search(said)):
            return _CODES
    if words & _CONVERTED and (
        _key(example) in _UNITS.members
        if example
        else "unit" in words or re.search(r"\bunits\b|\bimperial\b", said, re.IGNORECASE)
    ):
        return _UNITS
    return None


def members_in(text: str, known: Vocabulary) -> Iterator[tuple[str, Span]]:
    """Find members of a closed set in a text, in its order, by the names that services take."""
    names = "|".join(re.escape(word) for word in sorted(known.members, key=len, reverse=True))
    for match in re.finditer(rf"(?<![\w.@/-])(?:{names})(?![\w#+]|-\w|\.\w)", text, re.IGNORECASE):
        lower = match[0].lower()
        bare = lower in _ORDERS and (match[0].islower() or not text[: match.start()].strip())
        if not bare:
            yield known.members[_key(match[0], known)], match.span()


def _key(word: str, known: Vocabulary = _UNITS) -> str:
    """How a set writes a word: symbols of units keep their capitals."""
    return word if word in known.members else word.lower()


def _fits_no_other(known: Vocabulary, said: str) -> bool:
    """Whether a name of several meanings has this one: an engine may be any."""
    if known is _DIALECTS:
        return re.search(r"\bsql\b|\bquer(?:y|ies)\b", said, re.IGNORECASE) is not None
    if known is _RUNNERS:
        return re.search(r"\btests?\b", said, re.IGNORECASE) is not None
    if known is _DIGESTS:
        return re.search(r"\bhash|\bdigest|\bchecksum", said, re.IGNORECASE) is not None
    return True
