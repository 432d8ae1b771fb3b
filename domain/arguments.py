"""Filling a service's inputs with what a request's text clearly gives, and nothing else."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from domain import schemas
from domain.aliases import places_of
from domain.catalogue import ServiceListing
from domain.figures import figures, is_label, takes_any_number
from domain.forms import denies, most_words
from domain.goals import Reading
from domain.identified import IdentifiedValues
from domain.iso import COUNTRIES
from domain.kinds import Kind, Mention
from domain.literals import masked
from domain.objects import enumerations_in, listed_in
from domain.opening import opened
from domain.roles import Role, name_words, role_of
from domain.typed_values import same_family
from domain.values import (
    FROM_WORDS,
    TO_WORDS,
    Fill,
    Span,
    filled,
    listed_values,
    types_of,
)
from domain.vocabularies import vocabulary_of
from domain.words import alike, plain, vocabulary, words_in

_TYPED: Final[Mapping[Role, tuple[Kind, ...]]] = {
    Role.EMAIL: (Kind.EMAIL,),
    Role.PHONE: (Kind.PHONE,),
    Role.ZONE: (Kind.ZONE,),
    Role.MOMENT: (Kind.MOMENT,),
    Role.IP: (Kind.IP,),
    Role.HASH: (Kind.HASH,),
    Role.CODE: (Kind.CODE,),
}
_LED_TO: Final = re.compile(r"(?:\b(?:to|into|as|in)(?:\s+an?)?\s+|[-=]>\s*|→\s*)$", re.IGNORECASE)

_LATE: Final = {Role.NAME: 1, Role.QUERY: 2, Role.TEXT: 2}
"""Kinds that would take anything, and so are asked last."""


def fills_from(
    reading: Reading, listing: ServiceListing, *, variant: int = 0, goal: int | None = None
) -> dict[str, Fill]:
    """Fill what of a service's inputs the text gives; each value fits its schema.

    Args:
        reading: The request.
        listing: The service; names, types, listed values, examples and descriptions of its inputs
            say what fits them.
        variant: 1 for a second call of the same service about the next thing that was named.
        goal: The goal that the service answers; its own words come first.
    """
    read = opened(reading, listing)
    given = [one for one in reading.literals if one not in read.literals]
    source = _Source(read, listing, variant, goal, given)
    inputs = schemas.properties_of(listing.input_schema)
    required = schemas.required_names(listing.input_schema)
    found: dict[str, Fill] = {}
    for name in sorted(inputs, key=lambda one: (source.stage(one), one not in required)):
        for fill in source.offers(name, inputs[name], needed=name in required):
            if source.fits(name, fill) and schemas.problem_with(fill.value, inputs[name]) is None:
                found[name] = fill
                source.take(fill)
                break
    return {name: found[name] for name in inputs if name in found}


class _Source(IdentifiedValues):
    """One request, read for one service."""

    def stage(self, name: str) -> int:
        """When an input is filled: what takes anything comes last."""
        listed = vocabulary_of(name, self._inputs[name], self._listing.description)
        return 0 if listed else _LATE.get(self._roles.get(name, Role.DATE), 0)

    def fits(self, name: str, fill: Fill) -> bool:
        """Whether nothing that the seller says of an input speaks against a value."""
        if not isinstance(fill.value, str) or name not in self._roles:
            return True
        formed = self._roles[name] in {Role.NAME, Role.CODE, Role.TICKER, Role.PLACE}
        return not (formed and denies(fill.value, self._inputs[name]))

    def offers(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        """Yield values for one input, the most certain first."""
        codes = listed_values(schema)
        kinds = types_of(schema)
        if codes:
            yield from self._listed(name, codes)
        elif "array" in kinds:
            yield from self._lists(name, schema, needed=needed)
        elif "object" in kinds:
            yield from self._structures()
        elif kinds & {"integer", "number"}:
            yield from self._numbers(name, schema, needed=needed)
        elif "boolean" in kinds:
            yield from self._flags(name)
        else:
            yield from self._strings(name, schema, needed=needed)

    def _listed(self, name: str, codes: Sequence[str]) -> Iterator[Fill]:
        text = masked(self._text, tuple(self._of(Kind.URL)))
        named = sorted((span, code) for code in codes for span in places_of(code, text))
        named += [
            ((one.start, one.end), code)
            for one in self._of(Kind.NUMBER)
            for code in codes
            if one.unit == code.lower() and self._text[one.start : one.start + 1] in "$€£¥"
        ]
        if codes and set(codes) <= set(COUNTRIES):
            named += [
                ((one.start, one.end), str(one.value))
                for one in self._of(Kind.COUNTRY)
                if one.value in codes
            ]
        distinct: dict[str, list[Span]] = {}
        for span, code in named:
            distinct.setdefault(code, []).append(span)
        for code in self._directed_codes(name, distinct)[self._variant :]:
            yield Fill(value=code, spans=tuple(distinct[code]), listed=True)

    def _directed_codes(self, name: str, distinct: Mapping[str, Sequence[Span]]) -> list[str]:
        words = set(name_words(name))
        paired = (
            sum(bool(set(name_words(other)) & (FROM_WORDS | TO_WORDS)) for other in self._inputs)
            > 1
        )
        if paired and words & (FROM_WORDS | TO_WORDS):
            return self._one_way(from_side=bool(words & FROM_WORDS), distinct=distinct)
        if words & {"to", "into", "target", "format"}:
            # "PNG to WebP": what it is comes first, what it shall be is led to.
            return sorted(distinct, key=lambda code: not self._is_led_to(distinct[code]))
        return list(distinct)

    def _is_led_to(self, spans: Sequence[Span]) -> bool:
        return any(_LED_TO.search(self._text[:start]) for start, _ in spans)

    def _lists(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        yield from self._structures()
        items = schema.get("items")
        kinds = types_of(items) if isinstance(items, dict) else frozenset[str]()
        if kinds & {"integer", "number"}:
            numbers = self._of(Kind.NUMBER) or list(self._numbers_quoted())
            if len(numbers) > 1:
                yield Fill(
                    value=[one.value for one in numbers],
                    spans=tuple((one.start, one.end) for one in numbers),
                )
        elif isinstance(items, dict) and "string" in kinds:
            yield from self._text_lists(name, items, needed=needed)

    def _numbers_quoted(self) -> Iterator[Mention]:
        for literal in self._reading.literals:
            for match in re.finditer(r"-?\d+(?:\.\d+)?", str(literal.value)):
                value: JsonValue = float(match[0]) if "." in match[0] else int(match[0])
                yield literal.model_copy(update={"value": value})

    def _text_lists(self, name: str, items: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        role = role_of(name, items)
        kinds = _TYPED.get(role, (Kind.URL,) if role is Role.URL else ())
        found = self._of(*kinds) if kinds else self._reading.literals
        if len(found) > 1 or (kinds and found):
            yield Fill(
                value=[one.value for one in found],
                spans=tuple((one.start, one.end) for one in found),
            )
        if kinds or not needed:
            return
        for members in enumerations_in(self._text, self._vocabulary()):
            if not any(self._is_taken(span) for span in members):
                values: list[JsonValue] = [self._text[a:b] for a, b in members]
                yield Fill(value=values, spans=tuple(members), guessed=True)
        most = most_words({"examples": _shown_members(self._inputs[name])})
        for span in self._phrases():
            listed: list[JsonValue] = [*listed_in(self._text[span[0] : span[1]])]
            if len(listed) > 1 and all(len(str(one).split()) <= most for one in listed):
                yield Fill(value=listed, spans=(span,), guessed=True)

    def _structures(self) -> Iterator[Fill]:
        for literal in self._reading.literals:
            try:
                value: JsonValue = json.loads(str(literal.value))
            except (ValueError, RecursionError):
                continue
            if isinstance(value, list | dict):
                yield filled(value, literal)

    def _numbers(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        whole = "number" not in types_of(schema)
        nouns = vocabulary(" ".join([*self._listing.tags, *self._outputs()]).replace("_", " "))
        found = figures(self._reading, name, schema, said=self._listing.description, nouns=nouns)
        offers = [(value, one, False) for value, one in found]
        if needed and takes_any_number(name):
            rest = self._of(Kind.NUMBER)
            offers += [
                (float(str(one.value)), one, True)
                for one in rest
                if len(rest) == 1 and not is_label(self._text[: one.start])
            ]
        for value, mention, guessed in offers:
            span = self._with_unit(mention)
            exact = int(value) if float(value).is_integer() else value
            own = (mention.start, mention.end)
            if (not whole or isinstance(exact, int)) and not self._is_taken(own):
                yield Fill(value=exact, spans=(span,), guessed=guessed)

    def _flags(self, name: str) -> Iterator[Fill]:
        wanted = [part for part in name_words(name) if part not in {"is", "with", "include"}]
        for match in words_in(self._text):
            if len(wanted) == 1 and alike(plain(match[0]), wanted[0]):
                yield Fill(value=True, spans=(match.span(),))

    def _strings(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        role = self._roles.get(name, Role.NAME)
        if role is Role.SECRET:
            yield from (filled(one.value, one) for one in self._reading.literals if needed)
            return
        closed = self._closed(name, schema, role)
        if closed is not None:
            # What is said or written in no other way is nothing else, and nothing else is it.
            yield from closed
            return
        if name == "period":
            for one in self._of(Kind.PAST, Kind.FUTURE):
                yield Fill(value=self._reading.text[one.start : one.end].strip())
        yield from self._pairs(schema)
        yield from self._times(name, schema, role)
        yield from self._of_form(name, schema, role)
        yield from self._labelled(name, role)
        readers: Mapping[Role, Callable[[str, schemas.Schema], Iterable[Fill]]] = {
            Role.URL: self._addresses,
            Role.PLACE: self._places,
            Role.COUNTRY: self._countries,
            Role.LANGUAGE: self._languages,
            Role.CURRENCY: self._currencies,
            Role.DATE: self._dates,
            Role.DOMAIN: self._domains,
            Role.TICKER: self._tickers,
            Role.TEXT: self._materials,
        }
        if role in readers:
            yield from readers[role](name, schema)
        for one in self._turn(name, role, self._of(*_TYPED.get(role, ()))):
            if role is not Role.HASH or same_family(str(one.value), schema):
                yield filled(one.value, one)
        if role is Role.HASH:
            yield from self._tickers(name, schema)
        if role in {Role.NAME, Role.QUERY, Role.CODE}:
            yield from self._named(name, schema, role, needed=needed)

    def _materials(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        literals = self._turn(name, Role.TEXT, self._unlabelled(set(name_words(name))))
        yield from (filled(one.value, one) for one in literals)


def _shown_members(schema: schemas.Schema) -> list[JsonValue]:
    """Members of the lists that a seller gives as examples."""
    shown = schema.get("examples")
    lists = shown if isinstance(shown, list) else []
    return [member for one in lists if isinstance(one, list) for member in one]
