"""Numbers that the words around them give a sense: ages, days of a year, marks, one step more."""

import re
from collections.abc import Iterator
from typing import Final

from domain.dates import MONTHS
from domain.kinds import Kind, Mention

_AGES: Final = (
    re.compile(
        r"\b(?P<n>\d{1,3})[\s-]*(?:y\.?\s?/?o\.?(?![\w])|(?:years?|yrs?)[\s-]*old\b)", re.IGNORECASE
    ),
    re.compile(r"\b(?:aged?|(?:child|kid|boy|girl) of)\s+(?P<n>\d{1,3})\b", re.IGNORECASE),
)
_DAY: Final = r"(?P<{}>\d{{1,2}})(?:st|nd|rd|th)?"
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAYS: Final = (
    re.compile(rf"\b{_DAY.format('d')}\s+(?:of\s+)?(?P<m>{_MONTH})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<m>{_MONTH})\.?\s+(?:the\s+)?{_DAY.format('d')}\b(?!\d)", re.IGNORECASE),
)
_OUT_OF: Final = re.compile(r"\bout of\s+(?P<n>\d+)\b", re.IGNORECASE)
_MORE: Final = re.compile(r"\b(?P<n>\d+)\s+(?:more|steps)\b|\bnext\s+(?P<m>\d+)\b", re.IGNORECASE)
_RANGE: Final = re.compile(
    r"(?<![\w.,/:+-])(?P<a>\d+(?:\.\d+)?)\s*(?:-|–|\.\.|\bto\b)\s*(?P<b>\d+(?:\.\d+)?)(?![\w/:-]|\.\d|,\d)"  # noqa: RUF001 - people type this dash
)
_MARKS: Final = frozenset(["scale", "points", "marks", "total", "outof"])
_STEPS: Final = frozenset(["steps", "horizon", "periods", "ahead"])
_LONG: Final = frozenset(["length", "len", "chars", "characters"])
_CHARACTERS: Final = re.compile(
    r"\b(?P<n>\d+)[\s-]*(?:chars?|characters?|letters?)\b", re.IGNORECASE
)


def told_by_words(text: str, words: frozenset[str]) -> Iterator[tuple[float, Mention]]:
    """Yield numbers of one sense, for an input of that sense, with where each stands."""
    if "age" in words:
        for pattern in _AGES:
            yield from (_number(match, "n") for match in pattern.finditer(text))
    if words in (frozenset({"day"}), frozenset({"month"})):
        for pattern in _DAYS:
            for match in pattern.finditer(text):
                if "day" in words:
                    yield _number(match, "d")
                else:
                    month = MONTHS[match["m"].lower()]
                    yield month, _mention(month, *match.span("m"))
    for known, pattern in ((_MARKS, _OUT_OF), (_LONG, _CHARACTERS), (_STEPS, _MORE)):
        if words & known:
            for match in pattern.finditer(text):
                group = next(name for name, value in match.groupdict().items() if value)
                yield _number(match, group)


def bounds_in(text: str, *, lower: bool) -> Iterator[tuple[float, Mention]]:
    """Yield one end of each range that is written with a dash, dots or ``to``."""
    for match in _RANGE.finditer(text):
        days = re.match(rf"\s*(?:{_MONTH})\b", text[match.end() :], re.IGNORECASE)
        if float(match["a"]) < float(match["b"]) and not days:
            yield _number(match, "a" if lower else "b")


def _number(match: re.Match[str], group: str) -> tuple[float, Mention]:
    value = float(match[group])
    return value, _mention(value, *match.span(group))


def _mention(value: float, start: int, end: int) -> Mention:
    return Mention(kind=Kind.NUMBER, start=start, end=end, value=value)
