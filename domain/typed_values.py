"""Values of a certain kind for one input: addresses, places, countries, dates, currencies."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from domain import schemas
from domain.aliases import symbols_in
from domain.iso import CURRENCIES
from domain.kinds import Kind, Mention
from domain.languages import LANGUAGES
from domain.media import leads_to, media_of
from domain.mentions import opens_sentence
from domain.placed import PlacedValues, wants_code
from domain.roles import Role, examples_of, name_words, said_of
from domain.values import FROM_WORDS, TO_WORDS, Fill, Span, filled
from domain.words import plain, words_in

NEAR_CHARACTERS: Final = 2
"""Characters between a number and its unit: "5 °C"."""

MIN_ADDRESS_CHARACTERS: Final = 20
"""An example that is shorter is a symbol, which says nothing of addresses."""

_TOLD: Final = frozenset(["is", "it's", "that's", "are", "was", "only", "speaks", "reads", "has"])
"""Words before a language that say what there is, not what is wanted."""

_PAIR: Final = re.compile(r"([A-Z]{3})([-/_]?)([A-Z]{3})")
_CAPITALS: Final = re.compile(r"\b[A-Z]{2,6}(?:\.[A-Z]{1,3})?\b")


_WHOLE: Final = re.compile(r"\b(?:all of|in|for|during|of|throughout|over|year)\s+$", re.IGNORECASE)
"""Words before a year that is meant from its first day to its last."""


class TypedValues(PlacedValues):
    """Reads values whose kind is known."""

    def _one_way(self, *, from_side: bool, distinct: Mapping[str, Sequence[Span]]) -> list[str]:
        """Tell what is converted from what it becomes: the former stands at the number."""
        numbers = self._of(Kind.NUMBER)

        def at_number(span: Span) -> bool:
            return any(
                0 <= span[0] - one.end <= NEAR_CHARACTERS
                or span[0] == one.start
                or 0 <= one.start - span[1] <= 1
                for one in numbers
            )

        near = [code for code, spans in distinct.items() if any(at_number(s) for s in spans)]
        rest = [code for code in distinct if code not in near[:1]]
        if from_side:
            return near[:1] or (list(distinct)[:1] if len(distinct) > 1 else [])
        return rest[:1] if near else rest[-1:]

    def _addresses(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        wanted = media_of(name, schema, f"{self._listing.name} {self._listing.description}")
        found = self._turn(name, Role.URL, self._of(Kind.URL))
        for one in sorted(found, key=lambda one: not self._stands_after(one, name)):
            if leads_to(wanted, str(one.value), self._text[max(0, one.start - 30) : one.start]):
                yield filled(one.value, one)
        if "page" in wanted:
            for one in self._of(Kind.DOMAIN):
                yield filled(f"https://{one.value}", one)

    def _stands_after(self, one: Mention, name: str) -> bool:
        """Whether a value is introduced by the name of its input: ``the CV at https://…``."""
        before = {plain(w[0]) for w in words_in(self._text[max(0, one.start - 16) : one.start])}
        return bool(before & set(name_words(name)))

    def _languages(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        source = bool(set(name_words(name)) & (FROM_WORDS - {"in"}))
        found = self._own_first(self._of(Kind.LANGUAGE))
        # "It is Danish, what does it say in English?": what is told of it is no wish.
        for one in sorted(found, key=lambda one: self._lead(one) in _TOLD)[self._variant :]:
            if (self._lead(one) == "from") == source and not self._is_taken((one.start, one.end)):
                code = str(one.value)
                silent = not said_of(schema) and not next(examples_of(schema), "")
                coded = silent or wants_code(schema, 2)
                yield filled(code if coded else LANGUAGES[code], one)
        if not source:
            for one in self._of(Kind.NAME):
                if one.lead in {"to", "into"}:
                    yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _currencies(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        distinct: dict[str, list[Span]] = {}
        for one in self._of(Kind.CURRENCY):
            distinct.setdefault(str(one.value), []).append((one.start, one.end))
        words = set(name_words(name))
        paired = sum(role is Role.CURRENCY for role in self._roles.values()) > 1
        codes = list(distinct)[self._variant :]
        if paired and words & (FROM_WORDS | TO_WORDS):
            codes = self._one_way(from_side=bool(words & FROM_WORDS), distinct=distinct)
        lower = next(examples_of(schema), "X").islower()
        for code in codes:
            yield Fill(value=code.lower() if lower else code, spans=tuple(distinct[code]))

    def _dates(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        words = set(name_words(name))
        later = bool(words & (TO_WORDS | {"checkout", "leave"})) and not words & {"start", "from"}
        if _wants_month(words, schema):
            yield from (filled(one.value, one) for one in self._of(Kind.MONTH))
            return
        # People also say "until the 24th from the 21st"; a start is the earlier one.
        dates = sorted(self._of(Kind.DATE), key=lambda one: str(one.value))
        for one in dates[1 if later and len(dates) > 1 else 0 :]:
            if not self._is_taken((one.start, one.end)):
                yield filled(one.value, one)
        if sum(role is Role.DATE for role in self._roles.values()) > 1:
            for one in self._of(Kind.MONTH):
                yield filled(_end_of_month(one.value, last=later), one)
            if not any("year" in name_words(other) for other in self._inputs):
                for one in filter(self._is_span, self._of(Kind.YEAR)):
                    month = f"{one.value}-{'12' if later else '01'}"
                    yield filled(_end_of_month(month, last=later), one)

    def _is_span(self, year: Mention) -> bool:
        """Whether a whole year is meant, not the year of a day."""
        return _WHOLE.search(self._text[: year.start]) is not None

    def _domains(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        if "site" in name_words(name):
            for one in self._turn(name, Role.URL, self._of(Kind.URL)):
                yield filled(one.value, one)
        for one in self._turn(name, Role.DOMAIN, self._of(Kind.DOMAIN)):
            yield filled(one.value, one)
        for one in self._of(Kind.URL):
            host = re.sub(r"^https?://", "", str(one.value)).partition("/")[0]
            yield filled(host, one)

    def _pairs(self, schema: schemas.Schema) -> Iterator[Fill]:
        """Two currencies as one, where the seller's example is a pair of them."""
        said = self._of(Kind.CURRENCY)
        written = [two for two in pairwise(said) if two[0].end == two[1].start]
        found = list(dict.fromkeys(str(one.value) for one in (*sum(written[:1], ()), *said)))
        for example in examples_of(schema):
            joint = _PAIR.fullmatch(example)
            if joint is None or not {joint[1], joint[3]} <= set(CURRENCIES) or len(found) < 2:  # noqa: PLR2004
                continue
            spans = [
                (one.start, one.end)
                for one in self._of(Kind.CURRENCY)
                if str(one.value) in found[:2]
            ]
            yield Fill(value=joint[2].join(found[:2]), spans=tuple(spans))

    def _tickers(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        symbols = [(s, span) for s, span in symbols_in(self._text) if not self._is_taken(span)]
        for symbol, span in symbols[self._variant :]:
            yield Fill(value=symbol, spans=(span,))
        capitals = [
            match
            for match in _CAPITALS.finditer(self._text)
            if not self._is_own_word(plain(match[0]))
        ]
        found = [
            Mention(kind=Kind.CODE, start=match.start(), end=match.end(), value=match[0])
            for match in capitals
        ]
        for one in self._turn(name, Role.TICKER, found):
            yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)
        if re.search(r"\bname\b", str(schema.get("description", "")), re.IGNORECASE):
            yield from self._names(name)

    def _names(self, name: str) -> Iterator[Fill]:
        # The first word of a sentence has a capital, whatever it is.
        found = sorted(
            self._of(Kind.NAME),
            key=lambda one: " " not in str(one.value) and opens_sentence(self._text, one.start),
        )
        for one in self._turn(name, Role.NAME, [self._beheaded(one) for one in found]):
            if self._text[one.start].isupper() and not self._is_own_word(plain(str(one.value))):
                yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)


def _wants_month(words: set[str], schema: schemas.Schema) -> bool:
    """Whether a month of a year is asked, not a day."""
    examples = list(examples_of(schema))
    if examples:
        return all(re.fullmatch(r"\d{4}-\d{2}", one) for one in examples)
    said = str(schema.get("description", "")).lower()
    return "month" in words or ("yyyy-mm" in said and "yyyy-mm-dd" not in said)


def _end_of_month(month: JsonValue, *, last: bool) -> str:
    year, number = (int(part) for part in str(month).split("-"))
    day = monthrange(year, number)[1] if last else 1
    return date(year, number, day).isoformat()


def same_family(value: str, schema: schemas.Schema) -> bool:
    """Whether an address looks like the seller's example: chains write theirs differently."""
    example = next(examples_of(schema), "")
    long = len(example) >= MIN_ADDRESS_CHARACTERS
    return not long or value.startswith("0x") == example.startswith("0x")
