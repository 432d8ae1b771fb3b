"""Numbers for a service's inputs: spans of time, amounts, rates, sizes and counts."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from domain import schemas
from domain.counting import bounds_in, told_by_words
from domain.goals import Reading
from domain.kinds import Kind, Mention
from domain.measures import converted, dimension_of, points_in, ranges_in
from domain.roles import name_words
from domain.words import alike, plain, words_in

_AHEAD: Final = re.compile(r"\b(?:ahead|forecasts?|next|future|upcoming|predict)", re.IGNORECASE)
_BACK: Final = re.compile(r"\b(?:ending|last|past|histor|previous|back|ago|recent)", re.IGNORECASE)
_MONEY: Final = frozenset(
    ["amount", "price", "sum", "principal", "total", "money", "value", "number", "quantity", "loan"]
)
_RATES: Final = frozenset(["rate", "percent", "percentage", "interest", "apr"])
_FACTORS: Final = frozenset(["factor", "scale", "times", "multiplier", "ratio", "magnification"])
LIMITS: Final = frozenset(
    ["limit", "count", "top", "n", "max", "results", "size", "number", "num", "maximum"]
)
_TIME_UNITS: Final = frozenset(
    ["day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years"]
) | {"yr", "yrs", "wk", "wks", "mo", "mos"}
_SPANS: Final = frozenset(["days", "months", "weeks", "years", "horizon", "lookback"])
_DAYS_IN_MONTH: Final = 30
_DAYS_IN_WEEK: Final = 7
_DAYS_IN_YEAR: Final = 365
_MONTHS_IN_YEAR: Final = 12
_PERCENT: Final = 0.5
"""An example below it is a share, not a percentage."""

_LATITUDES: Final = frozenset(["lat", "latitude"])
_LONGITUDES: Final = frozenset(["lon", "lng", "long", "longitude"])
_LOWER: Final = frozenset(["low", "lower", "lowest", "min", "minimum"])
_UPPER: Final = frozenset(["high", "upper", "highest", "max", "maximum"])
_FIRST: Final = frozenset(["from", "start", "since", "first", "min"])
_LAST: Final = frozenset(["to", "end", "until", "till", "last", "max"])
_EARLIEST: Final = 1_000
"""A number below it is no year that people name by itself."""

_AT_LEAST: Final = re.compile(
    r"\b(?:above|over|at least|more than|from|min|minimum|starting at)\s*\W?$", re.IGNORECASE
)
_LABEL: Final = re.compile(r"(?:\b[A-Z]{2,}|\b[Nn]o\.?|#)\s*$")
_SIZE: Final = re.compile(r"\b(\d{1,5})\s?[x×]\s?(\d{1,5})\b")  # noqa: RUF001 - people type this sign
_TOP: Final = re.compile(r"\b(?:top|first|best|most|only|last|latest|newest)\s+$", re.IGNORECASE)
_COUNTED: Final = re.compile(r"^\s*(?:[a-zà-ÿ-]+\s+){0,2}?(?P<noun>[a-zà-ÿ-]+)", re.IGNORECASE)


def figures(
    reading: Reading, name: str, schema: schemas.Schema, *, said: str, nouns: frozenset[str]
) -> Iterator[tuple[float, Mention]]:
    """Yield numbers for one input, the most certain first, with where each stands.

    Args:
        reading: The request.
        name: The input's name.
        schema: The input's schema.
        said: What the service says of itself; tells whether its days lie ahead or behind.
        nouns: What the service gives; numbers of them are a limit.
    """
    words = frozenset(name_words(name))
    source = _Figures(reading, name, words)
    if words & (_LATITUDES | _LONGITUDES):
        # Any other number would be a place that nobody named.
        yield from source.points()
        return
    yield from source.ranges()
    if words in ({"day"}, {"month"}) or "age" in words:
        # Any other number would be a day or an age that nobody named.
        yield from told_by_words(reading.text, words)
        return
    yield from told_by_words(reading.text, words)
    yield from source.measured(str(schema.get("description", "")))
    if words & _SPANS:
        yield from source.spans(schema, said)
        yield from source.counts(words, limits=False)
    elif "year" in words:
        yield from source.years()
    elif words & _RATES:
        yield from ((_share(number_of(one), schema), one) for one in source.of(Kind.PERCENT))
    else:
        yield from _plain_numbers(source, words, nouns)


def _plain_numbers(
    source: "_Figures", words: frozenset[str], nouns: frozenset[str]
) -> Iterator[tuple[float, Mention]]:
    if words & _FACTORS:
        yield from (
            (number_of(one), one) for one in source.of(Kind.NUMBER) if one.unit in {"x", "times"}
        )
    elif words & {"width", "height"}:
        yield from source.sizes()
    elif words & LIMITS and not words & {"price"} and not words & _MONEY - {"number"}:
        yield from source.counts(nouns | words, limits=True)
    elif words & _MONEY:
        yield from ((number_of(one), one) for one in source.amounts())
    else:
        yield from source.counts(words, limits=False)


def takes_any_number(name: str) -> bool:
    """Whether an input might mean the only number of a request, whatever stands around it."""
    return not set(name_words(name)) & (_LATITUDES | _LONGITUDES)


def is_label(before: str) -> bool:
    """Whether what stands before a number makes a name of it: ``IMO 9632064``, ``no. 12``."""
    return _LABEL.search(before) is not None


def _share(percent: float, schema: schemas.Schema) -> float:
    """A percentage as the input takes it: 5 % is 0.05 where nothing above 1 is taken."""
    most = schema.get("maximum")
    shown = schema.get("examples")
    example = shown[0] if isinstance(shown, list) and shown else None
    whole = isinstance(most, int | float) and most <= 1
    small = isinstance(example, float) and 0 < abs(example) < _PERCENT
    return float(f"{percent / 100:.9g}") if whole or (small and most is None) else percent


def number_of(mention: Mention) -> float:
    """The number that a mention holds; nothing where it holds none."""
    return mention.value if isinstance(mention.value, int | float) else 0


class _Figures:
    def __init__(self, reading: Reading, name: str, words: frozenset[str]) -> None:
        self._reading = reading
        self._name = name
        self._words = words

    def of(self, *kinds: Kind) -> Sequence[Mention]:
        return [one for one in self._reading.mentions if one.kind in kinds]

    def spans(self, schema: schemas.Schema, said: str) -> Iterator[tuple[float, Mention]]:
        way = _way(str(schema.get("description", ""))) or _way(said)
        if "horizon" in self._words:
            way = Kind.FUTURE
        allowed = {Kind.SPAN} | ({way} if way else {Kind.PAST, Kind.FUTURE})
        for one in self._reading.mentions:
            if one.kind in allowed:
                value = self._in_unit(int(number_of(one)), one.unit)
                if value is not None:
                    yield value, one

    def _in_unit(self, days: int, unit: str) -> int | None:
        if "months" in self._words:
            return (
                days * _MONTHS_IN_YEAR // _DAYS_IN_YEAR
                if unit == "years"
                else days // _DAYS_IN_MONTH
            )
        if "years" in self._words:
            return days // _DAYS_IN_YEAR if unit == "years" else None
        return days // _DAYS_IN_WEEK if "weeks" in self._words else days

    def points(self) -> Iterator[tuple[float, Mention]]:
        """A coordinate after its name, or half of a pair; both halves stand in one place."""
        names = _LATITUDES if self._words & _LATITUDES else _LONGITUDES
        label = re.compile(rf"\b(?:{'|'.join(names)})\.?\s*[:=]?\s*$", re.IGNORECASE)
        for one in self.of(Kind.NUMBER):
            if label.search(self._reading.text[max(0, one.start - 24) : one.start]):
                yield number_of(one), one
        for pair in points_in(self._reading.text):
            comma = re.search(r"[,;/ ]", self._reading.text[pair.start : pair.end])
            middle = pair.start + (comma.start() if comma else 0)
            north = bool(self._words & _LATITUDES)
            start, end = (pair.start, middle) if north else (middle + 1, pair.end)
            value = pair.first if north else pair.second
            yield value, Mention(kind=Kind.DATE, start=start, end=end, value=value)

    def ranges(self) -> Iterator[tuple[float, Mention]]:
        """One end of a range, for an input that is a bound and no limit of a list."""
        low, high = bool(self._words & _LOWER), bool(self._words & _UPPER)
        if low == high or self._words & (LIMITS - {"max", "maximum", "number", "n"}):
            return
        for pair in ranges_in(self._reading.text):
            value = pair.first if low else pair.second
            found = [one for one in self.of(Kind.NUMBER) if pair.start <= one.start < pair.end]
            yield from ((value, one) for one in found if number_of(one) == value)
        yield from bounds_in(self._reading.text, lower=low)

    def years(self) -> Iterator[tuple[float, Mention]]:
        """A year; of two ends of a span of years, the one that the input is."""
        first, last = bool(self._words & _FIRST), bool(self._words & _LAST)
        if first != last:
            ends = bounds_in(self._reading.text, lower=first)
            yield from ((year, one) for year, one in ends if year >= _EARLIEST)
        found = self.of(Kind.YEAR)
        yield from ((number_of(one), one) for one in (found[::-1] if last else found))

    def measured(self, said: str) -> Iterator[tuple[float, Mention]]:
        """A quantity in the unit that the input's name or description states."""
        own = [word for word in name_words(self._name)[-1:] if dimension_of(word)]
        told = [plain(match[0]) for match in words_in(said)]
        wanted = (own or [word for word in told if len(word) > 1 and dimension_of(word)])[:1]
        for unit in wanted:
            for one in self.of(Kind.NUMBER):
                value = converted(number_of(one), one.unit, unit)
                if value is not None:
                    yield value, one

    def sizes(self) -> Iterator[tuple[float, Mention]]:
        for match in _SIZE.finditer(self._reading.text):
            value = int(match[1 if "width" in self._words else 2])
            yield (
                value,
                Mention(kind=Kind.NUMBER, start=match.start(), end=match.end(), value=value),
            )
        said = {"wide"} if "width" in self._words else {"high", "tall"}
        yield from self.counts(self._words | said, limits=False)

    def amounts(self) -> Iterator[Mention]:
        numbers = self.of(Kind.NUMBER)
        spans = self.of(Kind.PAST, Kind.FUTURE, Kind.SPAN, Kind.YEAR)
        free = [
            one for one in numbers if not any(span.start <= one.start < span.end for span in spans)
        ]
        fitting = free or [one for one in numbers if one.unit not in _TIME_UNITS]
        if self._words & (_LOWER | _UPPER):
            fitting = [one for one in fitting if self._is_bound(one)]
        yield from fitting

    def _is_bound(self, one: Mention) -> bool:
        before = self._reading.text[max(0, one.start - 24) : one.start]
        at_least = _AT_LEAST.search(before) is not None
        return at_least == bool(self._words & _LOWER)

    def counts(self, nouns: frozenset[str], *, limits: bool) -> Iterator[tuple[float, Mention]]:
        """Take a number that stands with the input's own name, or with what is counted."""
        for one in self.of(Kind.NUMBER, Kind.PERCENT):
            if one.unit in _TIME_UNITS:
                continue
            before = self._reading.text[max(0, one.start - 24) : one.start]
            led = [plain(word[0]) for word in words_in(before)][-2:]
            counted = any(alike(unit, noun) for unit in self._units(one) for noun in nouns)
            if counted or self._words & set(led) or (limits and _TOP.search(before)):
                yield number_of(one), one

    def _units(self, one: Mention) -> Iterator[str]:
        """What a number counts: the word after it, and the one that this describes."""
        if one.unit:
            yield one.unit
        after = _COUNTED.match(self._reading.text[one.end :].partition(",")[0])
        if after:
            yield plain(after["noun"])
        for match in list(words_in(self._reading.text[one.end : one.end + 40]))[:3]:
            yield plain(match[0])


def _way(text: str) -> Kind | None:
    ahead, back = _AHEAD.search(text), _BACK.search(text)
    if bool(ahead) == bool(back):
        return None
    return Kind.FUTURE if ahead else Kind.PAST
