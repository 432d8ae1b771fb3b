"""What things are called or are about, for inputs that would take any words."""

import re
import sys
from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.commissions import COMMISSIONED, PICTURED, commission_in, makes_something
from domain.forms import MOST_WORDS, is_lower, is_phrase, most_words
from domain.kinds import Kind
from domain.objects import enumerations_in, without_form
from domain.roles import Role, examples_of, name_words
from domain.typed_values import TypedValues
from domain.values import Fill, filled
from domain.words import plain, words_in

MAX_NAME_CHARACTERS: Final = 80
"""A longer quotation is material, not a name."""

_TITLES: Final = frozenset({"title", "heading", "subject", "caption"})
_CLASSES: Final = frozenset(["category", "type", "kind", "genre", "cuisine", "sort", "class"])
"""Names of inputs that take what sort a thing is, not what it is called."""

_COLUMNS: Final = frozenset(["column", "col", "field", "axis"])
"""Names of inputs that name a part of the data given besides: only who has seen it can tell."""

_MAKERS: Final = frozenset(["make", "maker", "manufacturer", "brand"])

_SUBJECT: Final = re.compile(
    r"\b(?:does|do|did)\s+(?:an?\s+|the\s+)?(?P<of>[\w'-]+(?:\s[\w'-]+){0,3})\s+[a-z]+"
    r"(?=\s+(?:in|at|for|on|near|per|with|around)\b|\s*[?.!,]|\s*$)"
)
_VERSIONED: Final = re.compile(
    r"(?P<name>@?[A-Za-z][\w./-]*)(?:\s*(?:==|@)\s*|\s+(?:version\s+)?)v?\d+(?:\.\d+)+(?![\w%])"
)

_ORDINALS: Final = (
    frozenset(["a", "1", "one", "first", "left", "home"]),
    frozenset(["b", "2", "two", "second", "right", "away"]),
)
"""What tells two alike inputs apart."""

_FORMULAS: Final = frozenset({"expression", "equation", "formula", "problem"})
_FORMULA: Final = re.compile(
    r"(?<![\w.])(?=[^,;?]*\d)(?:[a-z]+\([^()]*\)|\([^()]+\)|\d*\.?\d*[a-z]?(?![a-z])|\d+(?:\.\d+)?)"
    r"(?:\s*(?:[-+*/^=<>%]|\*\*)\s*(?:[a-z]+\([^()]*\)|\([^()]+\)|\d+(?:\.\d+)?[a-z]?|[a-z](?![a-z])))+"
)
"""Numbers, letters and functions joined by operators."""


class NamedValues(TypedValues):
    """Reads names, subjects and phrases."""

    def _named(
        self, name: str, schema: schemas.Schema, role: Role, *, needed: bool
    ) -> Iterator[Fill]:
        words = set(name_words(name))
        texts = any(kind is Role.TEXT for kind in self._roles.values())
        if words & _TITLES and (texts or not needed):
            return  # What a thing is headed is written by whoever writes the plan.
        for one in self._turn(name, role, self._unlabelled(words)):
            if not self._is_in_goal(one) or (role is Role.NAME and not self._is_spare(name)):
                continue
            if role is Role.QUERY or len(str(one.value)) <= MAX_NAME_CHARACTERS:
                yield filled(one.value, one)
        yield from (fill for fill in self._given_whole(schema) if " " not in str(fill.value))
        yield from self._formed(words, schema)
        if words & _COLUMNS:
            return
        at = self._ordinal(name) if role is Role.NAME else None
        if at is not None:
            yield from self._ordered(at, schema)
            return
        most = most_words(schema) if role is Role.NAME else sys.maxsize
        about = list(self._about(words)) if needed and role is not Role.CODE else []
        fitting = [f for f in about if not f.guessed or len(str(f.value).split()) <= most]
        if role is Role.NAME:
            if is_lower(schema):
                # Where examples have no capitals, names in the text are those of something else.
                yield from (one for one in fitting if str(one.value).islower())
            yield from self._called(name, schema)
            yield from (self._given_whole(schema) if needed else ())
        yield from fitting

    def _is_spare(self, name: str) -> bool:
        """Whether material is left for a name when every text has had its own."""
        required = schemas.required_names(self._listing.input_schema)
        texts = [
            other
            for other, role in self._roles.items()
            if role is Role.TEXT and other != name and other in required
        ]
        free = [m for m in self._reading.literals if not self._is_taken((m.start, m.end))]
        return len(free) > len(texts)

    def _given_whole(self, schema: schemas.Schema) -> Iterator[Fill]:
        """What stands after a colon, where it is as short as a name."""
        for one in self._given:
            value = str(one.value).rstrip(" .")
            free = not self._is_taken((one.start, one.end)) and "?" not in value
            asks = any(self._is_own_word(plain(word[0])) for word in words_in(value))
            if free and not asks and len(value.split()) <= max(MOST_WORDS, most_words(schema)):
                yield Fill(value=value, spans=((one.start, one.end),), guessed=True)

    def _called(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        """Names of things, where not their sort is asked."""
        if set(name_words(name)) & _CLASSES and is_lower(schema):
            return
        if is_phrase(schema):
            yield from self._asked_of()
        yield from self._made_by(name)
        yield from self._names(name)

    def _made_by(self, name: str) -> Iterator[Fill]:
        """A maker or a model, where both are asked: the first word of a name, and the rest."""
        words = [set(name_words(one)) & _MAKERS for one in self._roles]
        models = ["model" in name_words(one) for one in self._roles]
        maker, model = bool(set(name_words(name)) & _MAKERS), "model" in name_words(name)
        if not (any(words) and any(models) and maker != model):
            return
        for one in self._of(Kind.NAME):
            first, _, rest = str(one.value).partition(" ")
            cut = one.start + len(first)
            span = (one.start, cut) if maker else (cut + 1, one.end)
            if rest and not self._is_taken(span):
                yield Fill(value=first if maker else rest, spans=(span,), guessed=True)

    def _ordinal(self, name: str) -> int | None:
        """Which of two alike inputs this is: 0 for ``drug_a``, 1 for ``drug_b``."""
        at = next((i for i, known in enumerate(_ORDINALS) if known & set(name_words(name))), None)
        others = {
            i
            for other, role in self._roles.items()
            for i, known in enumerate(_ORDINALS)
            if other != name and role is Role.NAME and known & set(name_words(other))
        }
        return at if at is not None and 1 - at in others else None

    def _ordered(self, at: int, schema: schemas.Schema) -> Iterator[Fill]:
        """One of two things that are named side by side."""
        most = most_words(schema)
        for members in enumerations_in(self._text, self._vocabulary()):
            short = all(len(self._text[a:b].split()) <= most for a, b in members)
            if len(members) == len(_ORDINALS) and short:
                start, end = members[at]
                yield Fill(value=self._text[start:end], spans=(members[at],), guessed=True)

    def _asked_of(self) -> Iterator[Fill]:
        """Whom or what a question is about: ``what does a data engineer earn in``."""
        for match in _SUBJECT.finditer(self._text):
            if not self._is_taken(match.span("of")):
                yield Fill(value=match["of"], spans=(match.span("of"),), guessed=True)

    def _formed(self, words: set[str], schema: schemas.Schema) -> Iterator[Fill]:
        """Names of a form that the seller's example shows: handles, and owner/name."""
        if words & {"package", "library", "dependency", "crate", "module", "gem"}:
            for match in _VERSIONED.finditer(self._text):
                yield Fill(value=match["name"], spans=(match.span("name"),))
        example = next(examples_of(schema), "")
        if words & {"handle", "channel"}:
            for one in self._of(Kind.HANDLE):
                bare = str(one.value).lstrip("@")
                yield filled(one.value if example.startswith("@") else bare, one)
        if "/" in example:
            for match in re.finditer(r"(?<![\w/:.])[\w.-]+/[\w.-]*\w", self._text):
                yield Fill(value=match[0], spans=(match.span(),))

    def _about(self, words: set[str]) -> Iterator[Fill]:
        if "question" in words and self._goal is not None:
            start, end = self._reading.spans[self._goal]
            yield Fill(value=self._text[start:end].strip(), guessed=True)
        if words & COMMISSIONED:
            yield from self._commissioned(words)
        if words & _FORMULAS:
            for match in _FORMULA.finditer(self._text):
                value = match[0].strip(" .?,")
                yield Fill(value=value, spans=((match.start(), match.end()),))
        for start, end in self._phrases():
            value = without_form(self._text[start:end])
            yield Fill(value=value, spans=((start, start + len(value)),), guessed=True)

    def _commissioned(self, words: set[str]) -> Iterator[Fill]:
        """What shall be made, where the service makes something."""
        said = f"{self._listing.name} {self._listing.description}"
        if "prompt" not in words and not makes_something(said):
            return
        spans = self._reading.spans
        goals = list(spans) if self._goal is None else [spans[self._goal]]
        addresses = [(m.start, m.end) for m in self._of(Kind.URL, Kind.EMAIL)]
        for goal in goals:
            found = commission_in(
                self._text,
                goal,
                known=self._vocabulary(),
                taken=[*self._taken, *addresses],
                pictured=bool(words & PICTURED),
            )
            if found is not None and not self._is_taken(found):
                value = without_form(self._text[found[0] : found[1]])
                span = (found[0], found[0] + len(value))
                yield Fill(value=value, spans=(span,), guessed=True)
