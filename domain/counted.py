"""Numbers that a request gives, one sort at a time, for one input."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from domain import schemas
from domain.counting import bounds_in
from domain.dates import MONTHS
from domain.goals import Reading
from domain.kinds import Kind, Mention
from domain.measures import converted, dimension_of, points_in, ranges_in
from domain.roles import name_words
from domain.values import TO_WORDS
from domain.words import alike, plain, words_in

_AHEAD: Final = re.compile(r"\b(?:ahead|forecasts?|next|future|upcoming|predict)", re.IGNORECASE)
_BACK: Final = re.compile(r"\b(?:ending|last|past|histor|previous|back|ago|recent)", re.IGNORECASE)
LIMITS: Final = frozenset(
    ["limit", "count", "top", "n", "max", "results", "size", "number", "num", "maximum"]
)
_TIME_UNITS: Final = frozenset(
    ["day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years"]
) | {"yr", "yrs", "wk", "wks", "mo", "mos"}
_DAYS_IN_MONTH: Final = 30
_DAYS_IN_WEEK: Final = 7
_DAYS_IN_YEAR: Final = 365
_MONTHS_IN_YEAR: Final = 12
LATITUDES: Final = frozenset(["lat", "latitude"])
LONGITUDES: Final = frozenset(["lon", "lng", "long", "longitude"])
_COUNTED_NAME: Final = re.compile(r"([a-z])(\d+)$")
_SECOND: Final = TO_WORDS | {"2", "b"}
LOWER: Final = frozenset(["low", "lower", "lowest", "min", "minimum"])
UPPER: Final = frozenset(["high", "upper", "highest", "max", "maximum"])
_FIRST: Final = frozenset(["from", "start", "since", "first", "min"])
_LAST: Final = frozenset(["to", "end", "until", "till", "last", "max"])
_EARLIEST: Final = 1_000
"""A number below it is no year that people name by itself."""

_AT_LEAST: Final = re.compile(
    r"\b(?:above|over|at least|more than|from|min|minimum|starting at)\s*\W?$", re.IGNORECASE
)
_AT_MOST: Final = re.compile(
    r"\b(?:under|below|up to|at most|less than|no more than|not more than|max|maximum)\s*\W?$",
    re.IGNORECASE,
)
_RATED: Final = re.compile(r"(?:\bat|@|\brate(?:\s+of)?|\binterest(?:\s+of)?)\s*$", re.IGNORECASE)
"""What stands before a rate without its sign: ``at 5.2``."""

_MOST_RATE: Final = 30
"""A rate of more per cent would have its sign."""

_SIZE: Final = re.compile(r"\b(\d{1,5})\s?[x×]\s?(\d{1,5})\b")  # noqa: RUF001 - people type this sign
_TOP: Final = re.compile(r"\b(?:top|first|best|most|only|last|latest|newest)\s+$", re.IGNORECASE)
_COUNTED: Final = re.compile(r"^\s*(?:[a-zà-ÿ-]+\s+){0,2}?(?P<noun>[a-zà-ÿ-]+)", re.IGNORECASE)


def number_of(mention: Mention) -> float:
    """The number that a mention holds; nothing where it holds none."""
    return mention.value if isinstance(mention.value, int | float) else 0


def plain_words(name: str) -> frozenset[str]:
    """The words of a name, without the numbers that count alike inputs: ``lat2``."""
    return frozenset(name_words(_COUNTED_NAME.sub(r"\1_\2", name)))


class Figures:
    """Reads the numbers of a request for one input."""

    def __init__(self, reading: Reading, name: str, words: frozenset[str]) -> None:
        self._reading = reading
        self._name = name
        self._words = words

    def of(self, *kinds: Kind) -> Sequence[Mention]:
        """What the request mentions of some kinds."""
        return [one for one in self._reading.mentions if one.kind in kinds]

    def spans(self, schema: schemas.Schema, said: str) -> Iterator[tuple[float, Mention]]:
        """Spans of time that lie where the input's do, in its unit."""
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

    def months(self) -> Iterator[tuple[float, Mention]]:
        """The number of a month that is named: 3 for March."""
        for match in words_in(self._reading.text):
            at = MONTHS.get(plain(match[0]))
            if at is not None and match[0][0].isupper():
                yield at, Mention(kind=Kind.MONTH, start=match.start(), end=match.end(), value=at)

    def points(self) -> Iterator[tuple[float, Mention]]:
        """A coordinate after its name, or half of a pair; both halves stand in one place."""
        names = LATITUDES if self._words & LATITUDES else LONGITUDES
        label = re.compile(rf"\b(?:{'|'.join(names)})\.?\s*[:=]?\s*$", re.IGNORECASE)
        for one in self.of(Kind.NUMBER):
            if label.search(self._reading.text[max(0, one.start - 24) : one.start]):
                yield number_of(one), one
        # Of two points the second is where one goes.
        for pair in list(points_in(self._reading.text))[bool(self._words & _SECOND) :]:
            comma = re.search(r"[,;/ ]", self._reading.text[pair.start : pair.end])
            middle = pair.start + (comma.start() if comma else 0)
            north = bool(self._words & LATITUDES)
            start, end = (pair.start, middle) if north else (middle + 1, pair.end)
            value = pair.first if north else pair.second
            yield value, Mention(kind=Kind.DATE, start=start, end=end, value=value)

    def ranges(self) -> Iterator[tuple[float, Mention]]:
        """One end of a range, for an input that is a bound and no limit of a list."""
        low, high = bool(self._words & LOWER), bool(self._words & UPPER)
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

    def bounds(self) -> Iterator[tuple[float, Mention]]:
        """A number that is said to be the least or the most, for an input that is."""
        low, high = bool(self._words & LOWER), bool(self._words & UPPER)
        plain_limit = self._words & (LIMITS - {"max", "maximum", "n"})
        if low == high or plain_limit or any(map(dimension_of, self._words)):
            return
        for one in self.of(Kind.NUMBER):
            before = self._reading.text[max(0, one.start - 24) : one.start]
            if (_AT_LEAST if low else _AT_MOST).search(before) and not dimension_of(one.unit):
                yield number_of(one), one

    def rated(self) -> Iterator[tuple[float, Mention]]:
        """A rate that is said without its sign."""
        for one in self.of(Kind.NUMBER):
            before = self._reading.text[max(0, one.start - 24) : one.start]
            clock = one.unit in {"am", "pm", "o'clock"}
            if _RATED.search(before) and 0 < number_of(one) < _MOST_RATE and not clock:
                yield number_of(one), one

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
        """One side of a size: ``800x600``."""
        for match in _SIZE.finditer(self._reading.text):
            value = int(match[1 if "width" in self._words else 2])
            yield (
                value,
                Mention(kind=Kind.NUMBER, start=match.start(), end=match.end(), value=value),
            )
        said = {"wide"} if "width" in self._words else {"high", "tall"}
        yield from self.counts(self._words | said, limits=False)

    def amounts(self) -> Iterator[Mention]:
        """Numbers that are no span of time; money comes first."""
        numbers = self.of(Kind.NUMBER)
        spans = self.of(Kind.PAST, Kind.FUTURE, Kind.SPAN, Kind.YEAR)
        free = [
            one for one in numbers if not any(span.start <= one.start < span.end for span in spans)
        ]
        fitting = free or [one for one in numbers if one.unit not in _TIME_UNITS]
        fitting.sort(key=lambda one: not self._is_money(one))
        if self._words & (LOWER | UPPER):
            fitting = [one for one in fitting if self._is_bound(one)]
        yield from fitting

    def _is_money(self, one: Mention) -> bool:
        return any(one.start <= said.start <= one.end + 1 for said in self.of(Kind.CURRENCY))

    def _is_bound(self, one: Mention) -> bool:
        before = self._reading.text[max(0, one.start - 24) : one.start]
        at_least = _AT_LEAST.search(before) is not None
        return at_least == bool(self._words & LOWER)

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
