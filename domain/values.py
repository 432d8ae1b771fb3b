"""What a request offers to one service: its values, in turn, and the words around them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from domain import schemas
from domain.aliases import is_measure
from domain.catalogue import ServiceListing
from domain.contexts import roles_of
from domain.goals import Reading
from domain.kinds import Kind, Mention
from domain.literals import masked
from domain.mentions import addresses_in
from domain.objects import objects_in, residue_in, trimmed
from domain.roles import Role, name_words
from domain.words import alike, plain, vocabulary, words_in

Span = tuple[int, int]

FROM_WORDS: Final = frozenset(
    [
        "from",
        "origin",
        "source",
        "src",
        "start",
        "departure",
        "base",
        "begin",
        "since",
        "first",
        "sender",
        "in",
    ]
)

TO_WORDS: Final = frozenset(
    [
        "to",
        "destination",
        "target",
        "end",
        "arrival",
        "quote",
        "until",
        "till",
        "into",
        "out",
        "dest",
        "dst",
        "other",
        "last",
        "second",
    ]
)

_FROM_LEADS: Final = frozenset({"from", "between", "of"})

_TO_LEADS: Final = frozenset({"to", "into", "and", "until", "towards", "till"})

_ADDRESSES: Final = frozenset(
    [Kind.URL, Kind.EMAIL, Kind.IP, Kind.DOMAIN, Kind.PHONE, Kind.HASH, Kind.MOMENT]
)
"""Kinds that are told by their form, wherever they stand."""


class Fill(BaseModel):
    """A value for one input, and the text it was read from."""

    model_config = ConfigDict(frozen=True)

    value: JsonValue
    spans: tuple[Span, ...] = ()
    listed: bool = False
    """The value is one of those the service lists itself."""
    guessed: bool = False
    """The value only stands where such a value would: any name may be a place."""


class RequestValues:
    """One request, read for one service."""

    def __init__(
        self,
        reading: Reading,
        listing: ServiceListing,
        variant: int,
        goal: int | None,
        given: Sequence[Mention] = (),
    ) -> None:
        self._reading = reading
        self._listing = listing
        self._variant = variant
        self._goal = goal
        self._given = given
        self._text = masked(reading.text, reading.literals)
        self._inputs = schemas.properties_of(listing.input_schema)
        roles = roles_of(listing)
        self._roles = {n: roles[n] for n, s in self._inputs.items() if is_text(s)}
        self._taken: list[Span] = []

    def take(self, fill: Fill) -> None:
        """Note what was used, so that nothing is used twice."""
        self._taken += fill.spans

    def _turn(self, name: str, role: Role, found: Sequence[Mention]) -> Sequence[Mention]:
        """Of several that would do, those that this input should have, by direction and order."""
        words = set(name_words(name))
        free = [one for one in found if not self._is_taken((one.start, one.end))]
        peers = [other for other, kind in self._roles.items() if kind is role]
        if len(peers) > 1 and words & TO_WORDS and not words & (FROM_WORDS - {"in"}):
            led = [one for one in free if self._lead(one) in _TO_LEADS]
            # What stands first belongs to the input that comes first.
            pending = any(set(name_words(p)) & FROM_WORDS for p in peers) and len(found) == len(
                free
            )
            return led or (free[1:] if pending else free)
        if len(peers) > 1 and words & FROM_WORDS:
            led = [one for one in free if self._lead(one) in _FROM_LEADS]
            return led or [one for one in free if self._lead(one) not in {"to", "into"}]
        return self._own_first(free)[self._variant :]

    def _own_first(self, found: Sequence[Mention]) -> Sequence[Mention]:
        if self._goal is None:
            return found
        start, end = self._reading.spans[self._goal]
        return sorted(found, key=lambda one: not start <= one.start < end)

    def _lead(self, one: Mention) -> str:
        before = [plain(w[0]) for w in words_in(self._text[max(0, one.start - 30) : one.start])]
        return before[-1] if before else ""

    def _is_taken(self, span: Span) -> bool:
        return any(a < span[1] and span[0] < b for a, b in self._taken)

    def _is_own_word(self, word: str) -> bool:
        return any(alike(word, known) for known in self._vocabulary())

    def _vocabulary(self) -> frozenset[str]:
        said = " ".join(
            [self._listing.name, self._listing.description, *self._listing.tags, *self._inputs]
        )
        return vocabulary(said.replace("_", " "))

    def _unlabelled(self, words: set[str]) -> Sequence[Mention]:
        """Material that the request does not itself call a title or a subject of something."""
        found: list[Mention] = []
        for one in self._reading.literals:
            before = self._reading.text[max(0, one.start - 24) : one.start]
            label = re.search(
                r"\b(subject|title|heading|filename)(?:\s+line)?[\s:=]*$", before, re.IGNORECASE
            )
            if label is None or label[1].lower() in words:
                found.append(one)
        return found

    def _is_in_goal(self, one: Mention) -> bool:
        """Whether a value stands in this service's own goal, or where nothing is asked."""
        if self._goal is None:
            return True
        spans = self._reading.spans
        start = spans[self._goal][0] if self._goal else 0
        later = [a for a, _ in spans if a > start]
        return start <= one.start < min(later, default=len(self._reading.text)) or any(
            spans[at][0] <= one.start < spans[at][1] for at in self._reading.context
        )

    def _phrases(self) -> list[Span]:
        goals = list(self._reading.spans)
        if self._goal is not None:
            goals = [goals[self._goal], *(goals[at] for at in self._reading.context)]
        found: list[Span] = []
        for goal in goals:
            values = self._reading.mentions
            hidden = [(m.start, m.end) for m in values if m.kind in {Kind.URL, Kind.EMAIL}]
            taken = [*self._taken, *hidden]
            about = objects_in(self._text, goal, values=values, taken=taken)
            known = self._vocabulary()
            residue = residue_in(self._text, goal, known=known, taken=taken)
            rest = [trimmed(self._text, span) for span in residue]
            kept = [s for s in about if any(s[0] < r[1] and r[0] < s[1] for r in residue)]
            found += [span for span in (*kept, *rest) if span is not None]
        return [span for span in found if not self._is_taken(span)]

    def _of(self, *kinds: Kind) -> Sequence[Mention]:
        found = [one for one in self._reading.mentions if one.kind in kinds]
        return found or [one for one in self._in_material() if one.kind in kinds]

    def _in_material(self) -> Iterator[Mention]:
        """Addresses in what follows a colon, which may be the order itself, and quoted ones."""
        for literal in self._reading.literals:
            written = self._reading.text[literal.start : literal.end]
            blank = " " * literal.start + re.sub(r"^[\"'“«`]|[\"'”»`]$", " ", written)
            for one in addresses_in(blank):
                whole = str(literal.value) == str(one.value)
                if one.kind in _ADDRESSES and (whole or written == str(literal.value)):
                    yield one

    def _outputs(self) -> Iterator[str]:
        for name, schema in schemas.properties_of(self._listing.output_schema).items():
            yield name
            items = schema.get("items")
            if isinstance(items, dict):
                yield from schemas.properties_of(items)

    def _with_unit(self, mention: Mention) -> Span:
        """Take the unit along: in ``100 euros`` both words say how much."""
        after = re.match(r"\s?([A-Za-z°]+)", self._text[mention.end :])
        if mention.kind is Kind.NUMBER and after and is_measure(after[1]):
            return mention.start, mention.end + after.end()
        return mention.start, mention.end


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


def types_of(schema: schemas.Schema) -> frozenset[str]:
    """The types that a schema, or any of its choices, states."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    found: frozenset[str] = frozenset()
    for choice in _choices(schema):
        found |= types_of(choice)
    return found


def is_text(schema: schemas.Schema) -> bool:
    """Whether an input takes any text."""
    others = {"array", "object", "integer", "number", "boolean"}
    return not listed_values(schema) and not types_of(schema) & others


def filled(value: JsonValue, mention: Mention) -> Fill:
    """A fill with one value that stands in one place."""
    return Fill(value=value, spans=((mention.start, mention.end),))
