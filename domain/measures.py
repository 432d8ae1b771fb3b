"""Units, points and ranges: what a number of a text means to an input that states its own unit."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    unit: (dimension, factor)
    for dimension, table in (
        (
            "length",
            (
                ("mm millimetres millimeters", 0.001),
                ("cm centimetres centimeters", 0.01),
                ("m metres meters metre meter", 1),
                ("km kms kilometres kilometers kilometre kilometer", 1_000),
                ("ft feet foot", 0.3048),
                ("mi miles mile", 1_609.344),
            ),
        ),
        (
            "mass",
            (
                ("g grams gram grammes", 1),
                ("kg kilos kilo kilograms kilogram", 1_000),
                ("lb lbs pounds", 453.59237),
                ("oz ounces ounce", 28.349523125),
                ("tonnes tonne", 1_000_000),
            ),
        ),
        (
            "time",
            (
                ("ms milliseconds", 0.001),
                ("s sec secs seconds second", 1),
                ("min mins minutes minute", 60),
                ("h hr hrs hours hour", 3_600),
            ),
        ),
        ("power", (("w watts watt", 1), ("kw kilowatts", 1_000), ("kwp", 1_000), ("mw", 1e6))),
    )
    for units, factor in table
    for unit in units.split()
}
"""Names of units, what they measure, and how much of the plainest unit each is."""

_POINT: Final = re.compile(
    r"(?<![\w.])(?P<lat>[+-]?\d{1,2}\.\d+)\s?°?\s?(?P<ns>[NSns]\b)?\s*[,;/ ]\s*"
    r"(?P<lon>[+-]?\d{1,3}\.\d+)\s?°?\s?(?P<ew>[EWew]\b)?(?![\w%]|\.\d)"
)
_RANGE: Final = re.compile(
    r"\b(?:between|from)\s+(?P<a>-?\d+(?:\.\d+)?)\s+(?:and|to)\s+(?P<b>-?\d+(?:\.\d+)?)(?![\d.]*\d|-)",
    re.IGNORECASE,
)
_MOST_LATITUDE: Final = 90
_MOST_LONGITUDE: Final = 180


class Pair(NamedTuple):
    """Two numbers that belong together, and where they stand."""

    first: float
    second: float
    start: int
    end: int


def points_in(text: str) -> Iterator[Pair]:
    """Find latitudes with their longitudes."""
    for match in _POINT.finditer(text):
        lat = float(match["lat"]) * (-1 if (match["ns"] or "").lower() == "s" else 1)
        lon = float(match["lon"]) * (-1 if (match["ew"] or "").lower() == "w" else 1)
        if abs(lat) <= _MOST_LATITUDE and abs(lon) <= _MOST_LONGITUDE:
            yield Pair(lat, lon, *match.span())


def ranges_in(text: str) -> Iterator[Pair]:
    """Find ranges of numbers: ``between 1 and 6``."""
    for match in _RANGE.finditer(text):
        low, high = sorted((float(match["a"]), float(match["b"])))
        yield Pair(low, high, *match.span())


def dimension_of(unit: str) -> str:
    """What a unit measures; nothing where it is no unit."""
    return _UNITS.get(unit.lower(), ("", 0))[0]


def converted(value: float, unit: str, wanted: str) -> float | None:
    """A quantity in another unit; ``None`` where the two measure different things."""
    have, want = _UNITS.get(unit.lower()), _UNITS.get(wanted.lower())
    if have is None or want is None or have[0] != want[0]:
        return None
    return float(f"{value * have[1] / want[1]:.9g}")
