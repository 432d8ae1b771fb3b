"""Days and months of a year, as people write them; never one that needs today's date."""

import re
from collections.abc import Iterator
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


class Dated(NamedTuple):
    """A day or a month, in ISO form, and where it stands."""

    start: int
    end: int
    value: str


def dates_in(text: str) -> Iterator[Dated]:
    """Find days that are written out or numbered; those in ISO form are others' to find."""
    for match in _WRITTEN.finditer(text):
        month = MONTHS[(match["m1"] or match["m2"]).lower()]
        found = _iso(match["y"], month, match["d1"] or match["d2"])
        if found:
            yield Dated(*match.span(), found)
    for match in _NUMBERED.finditer(text):
        found = _numbered(match)
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
