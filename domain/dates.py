"""Days and months of a year, as people write them; never one that needs today's date."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

MONTHS: Final = {
    name: at
    for at, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sep sept", "october oct", "november nov"),
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
"""English names of months, plain, and their numbers."""

_LAST_MONTH: Final = 12
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_WRITTEN: Final = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?(?P<m1>{_MONTH})\.?|"
    rf"(?P<m2>{_MONTH})\.?\s+(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)"
    r",?[\s-]+(?P<y>(?:19|20|21)\d{2})\b",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"(?<![\d./-])(?:(?P<d>\d{1,2})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<y>(?:19|20|21)\d{2})|"
    r"(?P<y2>(?:19|20|21)\d{2})[./](?P<m2>\d{1,2})[./](?P<d2>\d{1,2}))(?![\d/-]|\.\d)"
)
_MONTH_OF_YEAR: Final = re.compile(
    rf"\b(?P<m>{_MONTH})\.?,?\s+(?:of\s+)?(?P<y>(?:19|20|21)\d{{2}})\b|"
    r"(?<![\d./-])(?P<n>(?:19|20|21)\d{2}-(?:0[1-9]|1[0-2]))(?![\d-])",
    re.IGNORECASE,
)

_ORDINAL: Final = r"(?:st|nd|rd|th)?"
_TO: Final = r"\s*(?:-|–|to|until|till|and|through)\s*(?:the\s+)?"  # noqa: RUF001 - people type this dash
_YEAR: Final = r",?[\s-]+(?P<y>(?:19|20|21)\d{2})\b"
_FIRST_OF_TWO: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            rf"(?<![\d.,/-])(?P<first>(?P<d>\d{{1,2}}){_ORDINAL}(?:\s+(?:of\s+)?(?P<m>{_MONTH})\b\.?)?)"
            rf"(?={_TO}\d{{1,2}}{_ORDINAL}\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?{_YEAR})"
        ),
        (
            rf"\b(?P<first>(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}}){_ORDINAL})"
            rf"(?={_TO}(?P<m2>{_MONTH})\.?\s+\d{{1,2}}{_ORDINAL}{_YEAR})"
        ),
    )
)
"""The first of two days, whose month or year is said with the second: ``4 to 6 May 2026``."""

_TWO_OF_MONTH: Final = re.compile(
    rf"\b(?P<m>{_MONTH})\.?\s+(?P<a>\d{{1,2}}){_ORDINAL}{_TO}(?P<b>\d{{1,2}}){_ORDINAL}{_YEAR}",
    re.IGNORECASE,
)
_SAME_MONTH: Final = re.compile(
    r"(?:\s*(?:to|until|till|through|-|–)\s*(?:the\s+)?(?P<a>\d{1,2})(?:st|nd|rd|th)?"  # noqa: RUF001 - people type this dash
    r"(?=\s*(?:$|[,;?!)]|\.(?!\d)|(?:and|in|at|for|with|please)\b))"
    r"|[^.;?!\d]{1,40}\bthe\s+(?P<b>\d{1,2})(?:st|nd|rd|th)\b)",
    re.IGNORECASE,
)
"""A later day of the month of the day before: ``2026-05-04 to 6``, ``... until the 6th``."""

_FEASTS: Final = {
    "new years day": (1, 1),
    "valentines day": (2, 14),
    "halloween": (10, 31),
    "christmas eve": (12, 24),
    "christmas day": (12, 25),
    "boxing day": (12, 26),
    "new years eve": (12, 31),
}
"""Days with a name that have the same date every year."""

_FEAST: Final = re.compile(
    r"\b(?P<feast>new year['’]?s (?:day|eve)|valentine['’]?s day|halloween|christmas (?:day|eve)|"  # noqa: RUF001 - people type this apostrophe
    rf"boxing day){_YEAR}",
    re.IGNORECASE,
)


class Dated(NamedTuple):
    """A day or a month, in ISO form, and where it stands."""

    start: int
    end: int
    value: str


def dates_in(text: str) -> Iterator[Dated]:
    """Find days that are written out or numbered; those in ISO form are others' to find."""
    yield from _of_two(text)
    for match in _WRITTEN.finditer(text):
        month = MONTHS[(match["m1"] or match["m2"]).lower()]
        found = _iso(match["y"], month, match["d1"] or match["d2"])
        if found:
            yield Dated(*match.span(), found)
    for match in _NUMBERED.finditer(text):
        found = _numbered(match)
        if found:
            yield Dated(*match.span(), found)


def later_days_in(text: str, days: Sequence[Dated]) -> Iterator[Dated]:
    """Find days that are told by a day before them alone: ``2026-05-04 until the 6th``."""
    for day in days:
        match = _SAME_MONTH.match(text, day.end)
        number = int(match["a"] or match["b"]) if match else 0
        found = _iso(day.value[:4], int(day.value[5:7]), str(number))
        if match and found and found > day.value:
            yield Dated(match.start("a" if match["a"] else "b"), match.end(), found)


def _of_two(text: str) -> Iterator[Dated]:
    for pattern in _FIRST_OF_TWO:
        for match in pattern.finditer(text):
            month = MONTHS[(match["m"] or match["m2"]).lower()]
            found = _iso(match["y"], month, match["d"])
            if found:
                yield Dated(*match.span("first"), found)
    for match in _TWO_OF_MONTH.finditer(text):
        for part in ("a", "b"):
            found = _iso(match["y"], MONTHS[match["m"].lower()], match[part])
            if found:
                yield Dated(match.start(part), match.end(part if part == "a" else "y"), found)
    for match in _FEAST.finditer(text):
        month, day = _FEASTS[re.sub(r"['’]", "", match["feast"].lower())]  # noqa: RUF001 - people type this apostrophe
        found = _iso(match["y"], month, str(day))
        if found:
            yield Dated(*match.span(), found)


def months_in(text: str) -> Iterator[Dated]:
    """Find months of a year: ``March 2026``, ``2026-03``."""
    for match in _MONTH_OF_YEAR.finditer(text):
        named = f"{match['y']}-{MONTHS[match['m'].lower()]:02}" if match["m"] else match["n"]
        yield Dated(*match.span(), named)


def _numbered(match: re.Match[str]) -> str | None:
    """Read ``24.12.2026``; with slashes only where no American would read another day."""
    if match["y2"]:
        return _iso(match["y2"], int(match["m2"]), match["d2"])
    day, month = match["d"], match["m"]
    if match["s"] == "/" and int(month) > _LAST_MONTH:
        day, month = month, day
    elif match["s"] == "/" and int(day) <= _LAST_MONTH and day != month:
        return None
    return _iso(match["y"], int(month), day)


def _iso(year: str, month: int, day: str) -> str | None:
    try:
        return date(int(year), month, int(day)).isoformat()
    except ValueError:
        return None
