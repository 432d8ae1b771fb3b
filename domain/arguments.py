"""Filling a service's inputs with what a request's text clearly gives, and nothing else."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from domain import schemas
from domain.aliases import is_measure, names_no_place, places_of
from domain.catalogue import ServiceListing
from domain.goals import Reading
from domain.mentions import Kind, Mention, is_place_like, masked
from domain.words import alike, plain, vocabulary, words_in

Span = tuple[int, int]


class Fill(BaseModel):
    """A value for one input, and the text it was read from."""

    model_config = ConfigDict(frozen=True)

    value: JsonValue
    spans: tuple[Span, ...] = ()
    listed: bool = False
    """The value is one of those the service lists itself."""
    guessed: bool = False
    """The value only stands where such a value would: any name may be a place."""


Fills = Mapping[str, Fill]

_AHEAD: Final = re.compile(r"\b(?:ahead|forecasts?|next|future|upcoming|predict)", re.IGNORECASE)
_BACK: Final = re.compile(r"\b(?:ending|last|past|histor|previous|back|ago|recent)", re.IGNORECASE)
_PLACES: Final = frozenset({"place", "city", "location", "town", "address", "where"})
_MATERIAL: Final = frozenset(
    {"text", "content", "source", "csv", "json", "html", "markdown", "body", "document_text"}
)
_MONEY: Final = frozenset({"amount", "price", "sum", "principal", "total", "money"})
_RATES: Final = frozenset({"rate_percent", "rate", "percent", "percentage", "interest"})
_QUERIES: Final = frozenset({"query", "q", "search", "question", "prompt", "topic", "subject"})
_LIMITS: Final = frozenset({"limit", "count", "top", "n", "max", "max_results", "size"})
_TIME_UNITS: Final = frozenset(
    ["day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years"]
)
_STARTS: Final = frozenset({"start", "from", "since", "begin", "first"})
_ENDS: Final = frozenset({"end", "to", "until", "till", "last"})
_DAYS_IN_MONTH: Final = 30
_DAYS_IN_YEAR: Final = 365
_MONTHS_IN_YEAR: Final = 12
_SIZE: Final = re.compile(r"\b(\d{1,5})\s?[x×]\s?(\d{1,5})\b")  # noqa: RUF001 - people type this sign
_OBJECT: Final = re.compile(
    r"\b(?:about|for|on|regarding|concerning)\s+(?P<what>.+)$", re.IGNORECASE
)
_TOP: Final = re.compile(r"\b(?:top|first|best|most|only|last|latest|newest)\s+$", re.IGNORECASE)


def fills_from(reading: Reading, listing: ServiceListing, *, variant: int = 0) -> dict[str, Fill]:
    """Fill what of a service's inputs the text gives; each value fits its schema.

    Args:
        reading: The request.
        listing: The service; only names, types and listed values of its inputs matter.
        variant: 1 for a second call of the same service about the next thing that was named.
    """
    source = _Source(reading, listing, variant)
    found: dict[str, Fill] = {}
    for name, schema in schemas.properties_of(listing.input_schema).items():
        for fill in source.offers(name, schema):
            if schemas.problem_with(fill.value, schema) is None:
                found[name] = fill
                break
    return found


class _Source:
    """One request, read for one service."""

    def __init__(self, reading: Reading, listing: ServiceListing, variant: int) -> None:
        self._reading = reading
        self._listing = listing
        self._variant = variant
        self._text = masked(reading.text, reading.literals)

    def offers(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        """Yield values for one input, the most certain first."""
        codes = listed_values(schema)
        kinds = _types_of(schema)
        if codes:
            yield from self._listed(name, codes)
        elif kinds & {"array", "object"}:
            yield from self._structures()
        elif kinds & {"integer", "number"}:
            yield from self._numbers(name, schema)
        elif "boolean" in kinds:
            yield from self._flags(name)
        else:
            yield from self._strings(name, schema)

    def _listed(self, name: str, codes: Sequence[str]) -> Iterator[Fill]:
        named = sorted((span, code) for code in codes for span in places_of(code, self._text))
        named += [
            ((one.start, one.end), code)
            for one in self._of(Kind.NUMBER)
            for code in codes
            if one.unit == code.lower() and self._text[one.start : one.start + 1] in "$€£¥"
        ]
        distinct: dict[str, list[Span]] = {}
        for span, code in named:
            distinct.setdefault(code, []).append(span)
        order = list(distinct)
        if name.startswith(("from_", "to_")):
            order = self._one_way(name, distinct)
        for code in order[self._variant :]:
            yield Fill(value=code, spans=tuple(distinct[code]), listed=True)

    def _one_way(self, name: str, distinct: Mapping[str, Sequence[Span]]) -> list[str]:
        """Tell what is converted from what it becomes: the former stands at the number."""
        ends = [one.end for one in self._of(Kind.NUMBER)]
        starts = [one.start for one in self._of(Kind.NUMBER)]
        near = [
            code
            for code, spans in distinct.items()
            if any(0 <= span[0] - end <= 2 for span in spans for end in ends)  # noqa: PLR2004 - "5 °C"
            or any(
                span[0] == start or 0 <= start - span[1] <= 1 for span in spans for start in starts
            )
        ]
        rest = [code for code in distinct if code not in near[:1]]
        if name.startswith("from_"):
            return near[:1] or (list(distinct)[:1] if len(distinct) > 1 else [])
        return rest[:1] if near else rest[-1:]

    def _structures(self) -> Iterator[Fill]:
        for literal in self._reading.literals:
            try:
                value: JsonValue = json.loads(str(literal.value))
            except (ValueError, RecursionError):
                continue
            if isinstance(value, list | dict):
                yield _fill(value, literal)

    def _numbers(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        whole = "number" not in _types_of(schema)
        for value, mention in self._figures(name, schema):
            if not whole or isinstance(value, int):
                yield Fill(value=value, spans=(self._with_unit(mention),))

    def _with_unit(self, mention: Mention) -> Span:
        """Take the unit along: in ``100 euros`` both words say how much."""
        after = re.match(r"\s?([A-Za-z°]+)", self._text[mention.end :])
        if mention.kind is Kind.NUMBER and after and is_measure(after[1]):
            return mention.start, mention.end + after.end()
        return mention.start, mention.end

    def _figures(self, name: str, schema: schemas.Schema) -> Iterator[tuple[float, Mention]]:
        if name in {"days", "months", "weeks"} or name.endswith(("_days", "_months")):
            yield from self._spans_of_time(name, schema)
        elif name == "year":
            yield from ((_number(one), one) for one in self._of(Kind.YEAR))
        elif name in _RATES or name.endswith("_percent"):
            yield from ((_number(one), one) for one in self._of(Kind.PERCENT))
        elif name in {"width", "height"}:
            yield from self._sizes(name)
        elif name in _MONEY or name in {"value", "number", "quantity"}:
            yield from ((_number(one), one) for one in self._amounts())
        else:
            yield from self._counts(name)

    def _spans_of_time(self, name: str, schema: schemas.Schema) -> Iterator[tuple[float, Mention]]:
        said = f"{schema.get('description', '')}"
        way = _way(said) or _way(self._listing.description)
        allowed = {Kind.SPAN} | ({way} if way else {Kind.PAST, Kind.FUTURE})
        for one in self._reading.mentions:
            if one.kind not in allowed:
                continue
            days = int(_number(one))
            if name.endswith("months") and one.unit == "years":
                yield days * _MONTHS_IN_YEAR // _DAYS_IN_YEAR, one
            elif name.endswith("months"):
                yield days // _DAYS_IN_MONTH, one
            else:
                yield (days // 7 if name == "weeks" else days), one

    def _sizes(self, name: str) -> Iterator[tuple[float, Mention]]:
        for match in _SIZE.finditer(self._text):
            at = 1 if name == "width" else 2
            value = int(match[at])
            yield (
                value,
                Mention(kind=Kind.NUMBER, start=match.start(), end=match.end(), value=value),
            )
        yield from self._counts(name)

    def _amounts(self) -> Iterator[Mention]:
        numbers = self._of(Kind.NUMBER)
        spans = self._of(Kind.PAST, Kind.FUTURE, Kind.SPAN, Kind.YEAR)
        free = [
            one for one in numbers if not any(span.start <= one.start < span.end for span in spans)
        ]
        yield from free or [one for one in numbers if one.unit not in _TIME_UNITS]

    def _counts(self, name: str) -> Iterator[tuple[float, Mention]]:
        """Take a number that stands with the input's own name, or with what is counted."""
        nouns = {name, *name.split("_")}
        if name in _LIMITS:
            nouns |= vocabulary(" ".join([*self._listing.tags, *self._outputs()]))
        for one in self._of(Kind.NUMBER):
            if one.unit in _TIME_UNITS:
                continue
            before = self._text[max(0, one.start - 24) : one.start]
            led = [plain(word[0]) for word in words_in(before)][-2:]
            counted = one.unit and any(alike(one.unit, noun) for noun in nouns)
            if counted or name in led or (name in _LIMITS and _TOP.search(before)):
                yield _number(one), one

    def _outputs(self) -> Iterator[str]:
        yield from schemas.properties_of(self._listing.output_schema)

    def _flags(self, name: str) -> Iterator[Fill]:
        wanted = [part for part in name.split("_") if part not in {"is", "with", "include"}]
        for match in words_in(self._text):
            if len(wanted) == 1 and alike(plain(match[0]), wanted[0]):
                yield Fill(value=True, spans=(match.span(),))

    def _strings(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        base = name.removeprefix("other_")
        place = self._variant + (1 if base != name else 0)
        for one in self._texts(base, str(schema.get("format", "")))[place:]:
            guessed = one.kind is Kind.NAME
            yield Fill(value=one.value, spans=((one.start, one.end),), guessed=guessed)
        if name == "period":
            for one in self._of(Kind.PAST, Kind.FUTURE):
                yield Fill(value=self._reading.text[one.start : one.end].strip())
        if base in _QUERIES:
            yield from self._objects()

    def _texts(self, name: str, form: str) -> Sequence[Mention]:
        parts = set(name.split("_"))
        if name in _MATERIAL or name.endswith("_text") or name == "password":
            return self._reading.literals
        if form == "email" or "email" in parts:
            return self._of(Kind.EMAIL) or self._quoted(r"\S+@\S+")
        if form in {"uri", "url"} or parts & {"url", "uri", "link"}:
            return self._of(Kind.URL)
        if "timezone" in parts or "zone" in parts:
            return self._of(Kind.ZONE)[1 if name.startswith("to_") else 0 :]
        if form == "date" or "date" in parts:
            # People also say "until the 24th from the 21st"; a start is the earlier one.
            dates = sorted(self._of(Kind.DATE), key=lambda one: str(one.value))
            return dates[1 if parts & _ENDS and not parts & _STARTS else 0 :]
        if form == "date-time":
            return self._of(Kind.MOMENT)
        return self._places() if parts & _PLACES else ()

    def _quoted(self, pattern: str) -> Sequence[Mention]:
        return [one for one in self._reading.literals if re.fullmatch(pattern, str(one.value))]

    def _places(self) -> Sequence[Mention]:
        names = [one for one in self._of(Kind.NAME) if not names_no_place(str(one.value))]
        capitalised = [one for one in names if self._text[one.start].isupper()]
        likely = [one for one in capitalised if is_place_like(one) or one.lead in {"is", "of"}]
        return likely or capitalised or [one for one in names if is_place_like(one)]

    def _objects(self) -> Iterator[Fill]:
        for literal in self._reading.literals:
            yield _fill(literal.value, literal)
        match = _OBJECT.search(self._text.strip())
        if match:
            what = match["what"].strip(" .?!")
            start = self._text.index(what)
            yield Fill(value=what, spans=((start, start + len(what)),))

    def _of(self, *kinds: Kind) -> Sequence[Mention]:
        return [one for one in self._reading.mentions if one.kind in kinds]


def listed_values(schema: schemas.Schema) -> tuple[str, ...]:
    """The texts a schema restricts an input to, if it does."""
    found = schema.get("enum")
    if isinstance(found, list):
        return tuple(value for value in found if isinstance(value, str))
    for choice in _choices(schema):
        values = listed_values(choice)
        if values:
            return values
    return ()


def _choices(schema: schemas.Schema) -> Iterator[schemas.Schema]:
    for key in ("anyOf", "oneOf"):
        choices = schema.get(key)
        if isinstance(choices, list):
            yield from (choice for choice in choices if isinstance(choice, dict))


def _types_of(schema: schemas.Schema) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    found: frozenset[str] = frozenset()
    for choice in _choices(schema):
        found |= _types_of(choice)
    return found


def _way(text: str) -> Kind | None:
    ahead, back = _AHEAD.search(text), _BACK.search(text)
    if bool(ahead) == bool(back):
        return None
    return Kind.FUTURE if ahead else Kind.PAST


def _number(mention: Mention) -> float:
    return mention.value if isinstance(mention.value, int | float) else 0


def _fill(value: JsonValue, mention: Mention) -> Fill:
    return Fill(value=value, spans=((mention.start, mention.end),))
