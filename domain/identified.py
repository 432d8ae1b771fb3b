"""Values told by the way they are written: identifiers, times of day, what follows a label."""

import re
from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.clocks import clocks_in
from domain.forms import of_form
from domain.identifiers import Notation, notation_of, written_in
from domain.kinds import Kind, Mention
from domain.named import NamedValues
from domain.notations import notations_in
from domain.roles import Role, name_words
from domain.values import FROM_WORDS, TO_WORDS, Fill, Span, filled
from domain.vocabularies import Vocabulary, members_in, vocabulary_of
from domain.words import SILENT, plain

LABEL_LETTERS: Final = 3
"""Letters from which an input's name can introduce its value."""

_ENDS: Final = FROM_WORDS | TO_WORDS | {"unit"}
"""Words of inputs that are one end of a conversion."""


_NUMBER_SIGN: Final = re.compile(r"#(?P<v>\d+)(?![\w-])")


class IdentifiedValues(NamedValues):
    """Reads identifiers and labelled values."""

    def _closed(self, name: str, schema: schemas.Schema, role: Role) -> Iterator[Fill] | None:
        """Values of an input that takes members of a closed set, or one notation alone."""
        known = vocabulary_of(name, schema, self._listing.description)
        if known is not None:
            return self._members(name, role, known)
        notation = notation_of(name, schema)
        return self._written(name, role, notation) if notation is not None else None

    def _members(self, name: str, role: Role, known: Vocabulary) -> Iterator[Fill]:
        """Members of a closed set; of two units, the one at the number is converted."""
        found = list(members_in(self._text, known))
        distinct: dict[str, list[Span]] = {}
        for value, span in found:
            distinct.setdefault(value, []).append(span)
        words = set(name_words(name))
        ends = sum(bool(set(name_words(other)) & _ENDS) for other in self._inputs)
        if known.inputs == frozenset({"unit"}) and ends > 1:
            for value in self._one_way(from_side=not words & TO_WORDS, distinct=distinct):
                yield Fill(value=value, spans=tuple(distinct[value]))
            return
        named = [
            Mention(kind=Kind.CODE, start=start, end=end, value=value)
            for value, (start, end) in found
        ]
        for one in self._turn(name, role, named):
            yield filled(one.value, one)

    def _written(self, name: str, role: Role, notation: Notation) -> Iterator[Fill]:
        found = [
            Mention(kind=Kind.CODE, start=start, end=end, value=value)
            for value, (start, end) in written_in(self._reading.text, notation)
        ]
        for one in self._turn(name, role, found):
            yield filled(one.value, one)

    def _times(self, name: str, schema: schemas.Schema, role: Role) -> Iterator[Fill]:
        """A time of day, or that of a day where a moment is asked."""
        words = set(name_words(name))
        said = str(schema.get("description", "")).lower()
        if role is not Role.MOMENT and not ("time" in words and role is Role.NAME):
            return
        days = [str(one.value) for one in self._of(Kind.DATE)]
        whole = role is Role.MOMENT or "iso" in said or "datetime" in said
        for one in clocks_in(self._text):
            if not self._is_taken((one.start, one.end)) and (days or role is not Role.MOMENT):
                value = f"{days[0]}T{one.value}" if days and whole else one.value
                yield Fill(value=value, spans=((one.start, one.end),))

    def _of_form(self, name: str, schema: schemas.Schema, role: Role) -> Iterator[Fill]:
        """What has the form of the seller's example: ``DK1`` where ``SE3`` is one."""
        if role not in {Role.NAME, Role.CODE, Role.TICKER, Role.PLACE, Role.QUERY}:
            return
        noted = notations_in(self._text, frozenset(name_words(name)), schema)
        formed = ((word, (at, at + len(word))) for word, at in of_form(self._text, schema))
        found = [
            Mention(kind=Kind.CODE, start=start, end=end, value=value)
            for value, (start, end) in (*noted, *formed)
        ]
        for one in self._turn(name, role, found):
            yield filled(one.value, one)

    def _numbered(self, name: str) -> Iterator[Fill]:
        """What a number sign stands before: ``#77``."""
        if {"id", "number", "no"} & set(name_words(name)):
            for match in _NUMBER_SIGN.finditer(self._text):
                yield Fill(value=match["v"], spans=(match.span("v"),))

    def _labelled(self, name: str, role: Role) -> Iterator[Fill]:
        """What is introduced by the input's own name: ``subject "Lunch"``, ``flight TP1234``."""
        yield from self._numbered(name)
        for word in name_words(name):
            if (
                word in SILENT
                or len(word) < LABEL_LETTERS
                or role in {Role.PLACE, Role.DATE, Role.LANGUAGE}
            ):
                continue
            label = re.compile(
                rf"\b{re.escape(word)}s?\s*(?:is|of|for|named|called|number|line|:|=)?\s*$",
                re.IGNORECASE,
            )
            for one in self._turn("", role, self._reading.literals):
                if label.search(self._reading.text[max(0, one.start - 30) : one.start]):
                    yield filled(one.value, one)
            if role not in {Role.NAME, Role.CODE, Role.TICKER, Role.TEXT}:
                continue
            for one in self._of(Kind.CODE, Kind.NAME, Kind.HANDLE, Kind.DOMAIN):
                if label.search(self._text[max(0, one.start - 30) : one.start]):
                    yield filled(one.value, one)
            token = re.compile(
                rf"\b{re.escape(word)}s?\s+(?:named\s+|called\s+)?(?P<v>[a-z0-9][\w./@+-]*\w|\d)(?![\w.-])",
                re.IGNORECASE,
            )
            for match in token.finditer(self._text):
                plain_word = plain(match["v"])
                loose = role in {Role.NAME, Role.CODE}
                shouted = loose or match["v"].isupper()
                if plain_word not in SILENT and shouted and not self._is_own_word(plain_word):
                    yield Fill(value=match["v"], spans=(match.span("v"),), guessed=True)
