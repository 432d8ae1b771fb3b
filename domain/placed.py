"""Places and countries, as one service takes them."""

import re
from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.aliases import names_no_place
from domain.countries import COUNTRIES, THREE_LETTERS, is_people
from domain.dates import MONTHS
from domain.iso import countries_in
from domain.kinds import Kind, Mention
from domain.literals import masked
from domain.mentions import is_place_like
from domain.roles import Role, examples_of, name_words
from domain.values import Fill, RequestValues, filled
from domain.words import plain

_ADDRESS: Final = re.compile(
    r"(?<![\w.,-])(?:\d{1,5}[a-z]?\s+(?:[A-Z][\w'.-]*\s?)+|"
    r"[A-ZÀ-Þ][\w'’.-]*(?:\s(?:(?:de|del|della|di|da|do|la|le|des|du|der|den)\s)*[A-ZÀ-Þ][\w'’.-]*)*"  # noqa: RUF001 - people type this apostrophe
    r"\s\d{1,4}[a-z]?(?=[,.?!;]|\s+in\b|\s*$))"
    r"(?:,\s*(?:[A-Z]{1,2}-)?[A-Z0-9À-Þ][\w'.-]*(?:\s[A-Z0-9À-Þ][\w'.-]*)*)*"
)
"""Street and number in either order, and the towns after it."""

_SURROUNDING: Final = re.compile(r",\s*(?P<whole>[A-Z]{2}\b|[A-ZÀ-Þ][\w'-]+(?:\s[A-ZÀ-Þ][\w'-]+)*)")
"""A state or a country after a town."""


_AIRPORT: Final = re.compile(r"[A-Z]{3}")
"""Three capitals are an airport where one goes from place to place and names no other."""

_CITIZENS: Final = frozenset(["passport", "nationality", "citizenship", "nation", "citizen"])
_JOINED: Final = re.compile(r"([A-ZÀ-Þ]\w{2,})-([A-ZÀ-Þ]\w{2,})")

THREE: Final = 3
"""Letters of the longer codes of countries."""


class PlacedValues(RequestValues):
    """Reads places and countries."""

    def _places(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        if set(name_words(name)) & {"address", "location", "place"}:
            for match in _ADDRESS.finditer(self._without_dates()):
                value = match[0].strip(" ,.")
                yield Fill(value=value, spans=((match.start(), match.start() + len(value)),))
        names = [one for one in self._parted(Role.PLACE) if self._may_be_place(one)]
        capitalised = [one for one in names if self._text[one.start].isupper()]
        likely = [
            one for one in capitalised if is_place_like(one) or one.lead in {"is", "of", "for"}
        ]
        beside = [one for one in capitalised if self._text[: one.start].rstrip().endswith(",")]
        likely = [one for one in capitalised if one in likely or (likely and one in beside)]
        found = likely or capitalised or [one for one in names if is_place_like(one)]
        if len(self._turn(name, Role.PLACE, found)) == 0:
            found = capitalised
        if not found and sum(role is Role.PLACE for role in self._roles.values()) > 1:
            found = [one for one in self._parted(Role.PLACE) if _AIRPORT.fullmatch(str(one.value))]
        example = next(examples_of(schema), "")
        for one in self._turn(name, Role.PLACE, found):
            beyond = _SURROUNDING.match(self._text, one.end) if "," in example else None
            if beyond and _holds(beyond["whole"]) and not self._is_taken(beyond.span()):
                whole = (one.start, beyond.end())
                yield Fill(value=self._text[whole[0] : whole[1]], spans=(whole,), guessed=True)
            yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _may_be_place(self, one: Mention) -> bool:
        value = str(one.value)
        return not names_no_place(value) and plain(value) not in MONTHS

    def _parted(self, role: Role) -> list[Mention]:
        """Names; ``Oslo-Bergen`` is two where there are two ends to fill, and no other names."""
        names = self._of(Kind.NAME)
        ends = sum(kind is role for kind in self._roles.values())
        found: list[Mention] = []
        for one in map(self._beheaded, names):
            joint = _JOINED.fullmatch(self._text, one.start, one.end) if ends > 1 else None
            if joint and (len(names) < ends or _AIRPORT.fullmatch(joint[1])):
                for part in (1, 2):
                    start, end = joint.span(part)
                    update = {"start": start, "end": end, "value": joint[part]}
                    found.append(one.model_copy(update=update))
            else:
                found.append(one)
        return found

    def _without_dates(self) -> str:
        return masked(self._text, tuple(self._of(Kind.DATE, Kind.MONTH)))

    def _countries(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        citizen = bool(set(name_words(name)) & _CITIZENS)
        paired = sum(role is Role.COUNTRY for role in self._roles.values()) > 1
        found = list(self._turn(name, Role.COUNTRY, self._of(Kind.COUNTRY)))
        if paired:
            # Where one is from is said of people, where one goes of a country.
            found.sort(key=lambda one: is_people(self._text[one.start : one.end]) != citizen)
        for one in found:
            yield filled(_country(str(one.value), schema, self._text[one.start : one.end]), one)

    def _beheaded(self, one: Mention) -> Mention:
        """A name without words before it that say what is wanted: ``Hotels Porto``."""
        words = str(one.value).split()
        cut = 0
        while len(words) > 1 and self._is_own_word(plain(words[0])):
            cut += len(words[0]) + 1
            words = words[1:]
        return one.model_copy(update={"start": one.start + cut, "value": " ".join(words)})


def _holds(whole: str) -> bool:
    """Whether a name after a town is that of a state or a country, not of another town."""
    return len(whole) == len("ST") or any(one.end == len(whole) for one in countries_in(whole))


def _country(code: str, schema: schemas.Schema, written: str) -> str:
    if wants_code(schema, 3):
        return THREE_LETTERS[code]
    if wants_code(schema, 2):
        return code
    example = next(examples_of(schema), "")
    names = COUNTRIES[code].split("|")
    if example and not any(example in said.split("|") for said in COUNTRIES.values()):
        return written
    return names[0]


def wants_code(schema: schemas.Schema, letters: int) -> bool:
    """Whether a code of so many letters is asked; of two where nothing is told."""
    example = next(examples_of(schema), "")
    if example:
        return len(example) == letters
    said = str(schema.get("description", "")).lower()
    if "alpha-3" in said or "three-letter" in said:
        return letters == THREE
    if letters == THREE or "name" in said:
        return False
    return not said or " code" in f" {said}" or "iso" in said
