"""Values of a certain kind for one input: addresses, places, countries, dates, currencies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from domain import schemas
from domain.aliases import names_no_place, symbols_in
from domain.iso import COUNTRIES, LANGUAGES
from domain.mentions import Kind, is_place_like
from domain.roles import Role, examples_of, medium_of, medium_of_url, name_words
from domain.values import FROM_WORDS, TO_WORDS, Fill, RequestValues, Span, filled
from domain.words import plain

NEAR_CHARACTERS: Final = 2
"""Characters between a number and its unit: "5 °C"."""

MIN_ADDRESS_CHARACTERS: Final = 20
"""An example that is shorter is a symbol, which says nothing of addresses."""

_ADDRESS: Final = re.compile(
    r"\b\d{1,5}\s+(?:[A-Z][\w'.-]*\s?)+(?:,\s*[A-Z][\w'.-]*(?:\s[A-Z0-9][\w'.-]*)*)*"
)

_CAPITALS: Final = re.compile(r"\b[A-Z]{2,6}(?:\.[A-Z]{1,3})?\b")


class TypedValues(RequestValues):
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
        wanted = medium_of(name, schema)
        for one in self._turn(name, Role.URL, self._of(Kind.URL)):
            given = medium_of_url(str(one.value))
            around = self._text[max(0, one.start - 60) : one.start]
            said = medium_of("", {"description": around})
            if _leads_to(wanted, given if given != "page" else said, sure=given != "page"):
                yield filled(one.value, one)
        if wanted == "page":
            for one in self._of(Kind.DOMAIN):
                yield filled(f"https://{one.value}", one)

    def _places(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        if set(name_words(name)) & {"address", "location", "place"}:
            for match in _ADDRESS.finditer(self._text):
                value = match[0].strip(" ,.")
                yield Fill(value=value, spans=((match.start(), match.start() + len(value)),))
        names = [one for one in self._of(Kind.NAME) if not names_no_place(str(one.value))]
        capitalised = [one for one in names if self._text[one.start].isupper()]
        likely = [
            one for one in capitalised if is_place_like(one) or one.lead in {"is", "of", "for"}
        ]
        beside = [one for one in capitalised if self._text[: one.start].rstrip().endswith(",")]
        likely = [one for one in capitalised if one in likely or (likely and one in beside)]
        found = likely or capitalised or [one for one in names if is_place_like(one)]
        if len(self._turn(name, Role.PLACE, found)) == 0:
            found = capitalised
        for one in self._turn(name, Role.PLACE, found):
            yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _countries(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        for one in self._turn(name, Role.COUNTRY, self._of(Kind.COUNTRY)):
            yield filled(_country(str(one.value), schema, self._text[one.start : one.end]), one)

    def _languages(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        source = bool(set(name_words(name)) & (FROM_WORDS - {"in"}))
        for one in self._own_first(self._of(Kind.LANGUAGE))[self._variant :]:
            if (self._lead(one) == "from") == source and not self._is_taken((one.start, one.end)):
                code = str(one.value)
                yield filled(code if _wants_code(schema, 2) else LANGUAGES[code], one)
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

    def _dates(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        # People also say "until the 24th from the 21st"; a start is the earlier one.
        dates = sorted(self._of(Kind.DATE), key=lambda one: str(one.value))
        words = set(name_words(name))
        later = bool(words & TO_WORDS) and not words & {"start", "from"}
        for one in dates[1 if later and len(dates) > 1 else 0 :]:
            if not self._is_taken((one.start, one.end)):
                yield filled(one.value, one)

    def _domains(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        for one in self._turn(name, Role.DOMAIN, self._of(Kind.DOMAIN)):
            yield filled(one.value, one)
        for one in self._of(Kind.URL):
            host = re.sub(r"^https?://", "", str(one.value)).partition("/")[0]
            yield filled(host, one)

    def _tickers(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        symbols = [(s, span) for s, span in symbols_in(self._text) if not self._is_taken(span)]
        for symbol, span in symbols[self._variant :]:
            yield Fill(value=symbol, spans=(span,))
        capitals = [
            match
            for match in _CAPITALS.finditer(self._text)
            if not self._is_taken(match.span()) and not self._is_own_word(plain(match[0]))
        ]
        for match in capitals[self._variant :]:
            yield Fill(value=match[0], spans=(match.span(),), guessed=True)
        if re.search(r"\bname\b", str(schema.get("description", "")), re.IGNORECASE):
            yield from self._names(name)

    def _names(self, name: str) -> Iterator[Fill]:
        for one in self._turn(name, Role.NAME, self._of(Kind.NAME)):
            if self._text[one.start].isupper() and not self._is_own_word(plain(str(one.value))):
                yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)


def _leads_to(wanted: str, given: str, *, sure: bool) -> bool:
    """Whether an address of one medium may stand where another is asked."""
    if wanted == given:
        return True
    if sure:
        return wanted == "file" or (wanted == "page" and given == "file")
    return given == "page" and wanted == "hook"


def same_family(value: str, schema: schemas.Schema) -> bool:
    """Whether an address looks like the seller's example: chains write theirs differently."""
    example = next(examples_of(schema), "")
    long = len(example) >= MIN_ADDRESS_CHARACTERS
    return not long or value.startswith("0x") == example.startswith("0x")


def _wants_code(schema: schemas.Schema, letters: int) -> bool:
    example = next(examples_of(schema), "")
    if example:
        return len(example) == letters
    said = str(schema.get("description", "")).lower()
    return " code" in f" {said}" or "iso" in said


def _country(code: str, schema: schemas.Schema, written: str) -> str:
    if _wants_code(schema, 2):
        return code
    example = next(examples_of(schema), "")
    names = COUNTRIES[code].split("|")
    if example and not any(example in said.split("|") for said in COUNTRIES.values()):
        return written
    return names[0]
