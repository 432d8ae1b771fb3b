"""Comparisons with a number: which number of an output is meant, and how it is compared."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from domain import schemas
from domain.roles import name_words
from domain.words import SILENT, alike, plain, same_meaning, words_in

FORM_LETTERS: Final = 4
"""Letters from which a word may be the beginning of another: delay, delayed."""

_MORE_THAN: Final = (
    "more|greater|higher|bigger|larger|warmer|hotter|heavier|taller|longer|older|later|"
    "faster|stronger|dearer|deeper|better|worse"
)
_LESS_THAN: Final = (
    "less|lower|smaller|fewer|cheaper|colder|cooler|lighter|shorter|younger|earlier|slower|weaker"
)
_AT_LEAST: Final = r"at least|no (?:less|fewer|lower) than|not (?:below|under)|reaches|>="
_AT_MOST: Final = r"at most|no (?:more|higher|greater) than|not (?:above|over)|<="
_MORE: Final = rf"above|over|(?:{_MORE_THAN}) than|exceeds?|exceeding|tops|surpasses|beyond|hits|>"
_LESS: Final = rf"below|under|(?:{_LESS_THAN}) than|beneath|<"
_NUMBER: Final = (
    r"(?P<sign>[$€£¥]\s?)?(?P<number>(?:(?:-|\u2212|minus\s)\s?)?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|"
    r"\d+(?:\.\d+)?))\s?(?P<scale>k\b|m\b|thousand\b|million\b|billion\b)?"
)
_COMPARED: Final = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<more>{_MORE})|(?P<less>{_LESS})|"
    rf"(?P<same>equals?|exactly|==?))\s*{_NUMBER}",
    re.IGNORECASE,
)
_OR_BEYOND: Final = re.compile(
    rf"{_NUMBER}\s?\S{{0,12}}(?:\s\w+)?\s+or\s+(?:(?P<least>above|over|{_MORE_THAN})|"
    rf"(?P<most>below|under|{_LESS_THAN}))\b",
    re.IGNORECASE,
)
"""``5 degrees or colder``."""

_MEASURED: Final = {
    "colder cooler warmer hotter": "temperature temp",
    "cheaper dearer": "price cost rate",
    "heavier lighter": "weight mass",
    "taller": "height elevation",
    "older younger": "age",
    "faster slower": "speed latency duration time",
    "longer shorter": "length duration",
    "later": "delay",
    "deeper": "depth",
}
"""What the comparing words compare, by the names that sellers give it."""

_MOVED: Final = re.compile(
    r"\b(?P<down>down|lost|loses|lose|falls?|fell|fallen|drop(?:s|ped)?|declined?s?|decreased?s?|"
    r"sinks?|sank|dip(?:s|ped)?)\b|"
    r"\b(?:up|gains?|gained|rises?|rose|risen|increased?s?|climb(?:s|ed)?|grew|grows?)\b",
    re.IGNORECASE,
)
"""A change, and not the value itself, is compared: down more than 5 %."""

_CHANGES: Final = frozenset({"change", "changed", "delta", "diff", "difference", "growth", "move"})
_DEGREES: Final = re.compile(r"°\s?[cf]?\b|\b(?:degrees|celsius|fahrenheit)\b", re.IGNORECASE)
_FAHRENHEIT: Final = re.compile(r"°\s?f\b|\bfahrenheit\b|\d\s?f\b", re.IGNORECASE)
_SCALES: Final = {"k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "billion": 10**9}
NOT: Final = re.compile(
    r"\b(?:not|no|never|none|nothing|without|cannot)\b|n['’]t\b",  # noqa: RUF001 - people type this apostrophe
    re.IGNORECASE,
)
_HEADLINE: Final = frozenset(
    [
        "price",
        "value",
        "score",
        "rate",
        "amount",
        "total",
        "count",
        "level",
        "index",
        "number",
        "last",
    ]
)
"""What a service's one telling number is called."""


class Spot(NamedTuple):
    """One value in an output."""

    path: str
    name: str
    schema: schemas.Schema
    many: bool = False
    """Whether it stands in each item of a list."""


def is_comparison(test: str) -> bool:
    """Whether a test compares with a number."""
    return _comparison_in(test) is not None


def by_number(test: str, values: Sequence[Spot], goal: str) -> str | None:
    """Write the test that a comparison makes of one of ``values``; ``goal`` is what was asked."""
    match = _comparison_in(test)
    if match is None:
        return None
    said = match.groupdict()
    number = _amount(match)
    operator = next(sign for name, sign in _OPERATORS if said.get(name))
    rest = test[: match.start()] + " " + test[match.end() :]
    moved = _MOVED.search(test[: match.start()]) if operator in {">", ">="} else None
    if moved is not None:
        value = next((one for one in values if set(name_words(one.name)) & _CHANGES), None)
        if moved["down"]:
            number, operator = -abs(number), operator.replace(">", "<")
    else:
        value = _measured(test, values) or _number_meant(rest, values, goal)
    if value is None:
        return None
    converted = _in_unit_of(value, number, test)
    if converted is None:
        return None
    shown = int(converted) if converted.is_integer() else round(converted, 6)
    path = value.path
    if value.many:
        path = f"max({path})" if operator.startswith(">") else f"min({path})"
    found = f"{path} {operator} `{shown}`"
    return f"!({found})" if NOT.search(rest) else found


_OPERATORS: Final = (
    ("least", ">="),
    ("most", "<="),
    ("more", ">"),
    ("less", "<"),
    ("same", "=="),
)


def _amount(match: re.Match[str]) -> float:
    """The number of a comparison, with its sign and its thousands."""
    digits = re.sub(r"[^\d.]", "", match["number"])
    amount = float(digits) * _SCALES.get((match["scale"] or "").lower(), 1)
    return -amount if match["number"][0] in "-\u2212mM" else amount


def _comparison_in(test: str) -> re.Match[str] | None:
    return _COMPARED.search(test) or _OR_BEYOND.search(test)


def _measured(test: str, values: Sequence[Spot]) -> Spot | None:
    """The number that a comparing word itself speaks of: colder is of a temperature."""
    said = set(test.lower().split()) | ({"colder"} if _DEGREES.search(test) else set())
    names = next((set(n.split()) for w, n in _MEASURED.items() if set(w.split()) & said), set())
    numbers = [one for one in values if types_of(one.schema) & {"integer", "number"}]
    return next((one for one in numbers if set(name_words(one.name)) & names), None)


def _in_unit_of(value: Spot, number: float, test: str) -> float | None:
    """A number in the unit of the output; ``None`` where that is unknown."""
    said = {*name_words(value.name), *name_words(str(value.schema.get("description", "")))}
    if _FAHRENHEIT.search(test):
        if said & {"f", "fahrenheit"}:
            return number
        return (number - 32) * 5 / 9 if said & {"c", "celsius"} else None
    if re.search(r"°\s?c\b|\bcelsius\b|\bcentigrade\b", test, re.IGNORECASE):
        return number * 9 / 5 + 32 if said & {"f", "fahrenheit"} else number
    return number


def _number_meant(test: str, values: Sequence[Spot], goal: str) -> Spot | None:
    numbers = [one for one in values if types_of(one.schema) & {"integer", "number"}]
    numbers += [
        one._replace(path=f"length({one.path})")
        for one in values
        if "array" in types_of(one.schema) and not one.many
        if is_named(one.name, test)
    ]
    for text in (test, goal):
        named = [one for one in numbers if is_named(one.name, text)]
        if named:
            return named[0]
    plain_numbers = [
        one for one in numbers if not one.many and not set(name_words(one.name)) & _CHANGES
    ]
    telling = [one for one in plain_numbers if set(name_words(one.name)) & _HEADLINE]
    if len(telling) == 1 or (telling and set(name_words(telling[0].name)) <= _HEADLINE):
        return telling[0]
    return plain_numbers[0] if len(plain_numbers) == 1 else None


def is_named(name: str, text: str) -> bool:
    """Whether a text speaks of what a value is called."""
    said = {plain(match[0]) for match in words_in(text)} - SILENT
    means = {other for word in said for other in same_meaning(word)}
    return any(
        are_forms(word, part) for word in means for part in name_words(name) if len(part) > 1
    )


def are_forms(one: str, other: str) -> bool:
    """Whether one word is a form, or the beginning, of another."""
    short, long = sorted((one.lower(), other.lower()), key=len)
    return alike(one.lower(), other.lower()) or (
        len(short) >= FORM_LETTERS and long.startswith(short)
    )


def types_of(schema: schemas.Schema) -> frozenset[str]:
    """The types that a schema states."""
    stated = schema.get("type")
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    return frozenset({stated}) if isinstance(stated, str) else frozenset()
