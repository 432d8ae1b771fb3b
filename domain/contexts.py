"""What kind of value an input takes where only the service around it tells.

``to`` is an address for a service that mails, a language for one that translates, and a day for
one that gives a history.
"""

import re
from collections.abc import Mapping
from typing import Final

from domain import schemas
from domain.catalogue import ServiceListing
from domain.iso import LANGUAGES
from domain.roles import Role, examples_of, name_words, role_of

_STARTS: Final = frozenset(["from", "start", "since", "begin", "source", "src"])
_ENDS: Final = frozenset(["to", "end", "until", "till", "target", "dest", "recipient"])
_HOSTS: Final = frozenset(["addr", "address", "target"])

_AT_ENDS: Final[tuple[tuple[Role, frozenset[str], re.Pattern[str]], ...]] = tuple(
    (role, frozenset(names.split()), re.compile(pattern, re.IGNORECASE))
    for role, names, pattern in (
        (Role.EMAIL, "to recipient cc", r"\be-?mails?\b|\bmail\b|\bmails?\b|\bsmtp\b"),
        (Role.PHONE, "to recipient", r"\bsms\b|\btext messages?\b|\bwhatsapp\b"),
        (Role.NAME, "from to source target", r"\bprogram(?:s|ming)?\b|\bsource code\b|\bunits?\b"),
        (Role.LANGUAGE, "from to source target dest", r"\btranslat|\blanguages?\b"),
        (Role.CURRENCY, "from to source target", r"\bcurrenc|\b(?:exchange|reference) rates?\b"),
        (
            Role.PLACE,
            "from to start end",
            r"\b(?:flights?|air fares?|routes?|routing|ferry|tolls?|by road|trains?|travel)\b",
        ),
        (
            Role.DATE,
            "from to start end since until till",
            r"\bhistor|\b(?:dates?|days?|period|readings?|rooms?|hotels?|results|prices|months?)\b",
        ),
    )
)
"""Words of a service, for the two ends of something; the most telling kind first."""

_ON_A_NET: Final = re.compile(r"\bip(?:s|v4|v6)?\b|\bvpns?\b|\bprox(?:y|ies)\b", re.IGNORECASE)


def roles_of(listing: ServiceListing) -> Mapping[str, Role]:
    """Tell what kind of value each input of a service takes."""
    inputs = schemas.properties_of(listing.input_schema)
    alone = {name: role_of(name, schema) for name, schema in inputs.items()}
    said = " ".join([listing.description, *listing.tags])
    return {
        name: _within(name, inputs[name], role, alone, said)
        if role in {Role.NAME, Role.PLACE}
        else role
        for name, role in alone.items()
    }


def _within(
    name: str, schema: schemas.Schema, role: Role, alone: Mapping[str, Role], said: str
) -> Role:
    words = set(name_words(name))
    if len(words) != 1:
        return role
    if words & _HOSTS and not _shows(schema) and _ON_A_NET.search(said):
        return Role.IP
    if not words & (_STARTS | _ENDS | {"cc"}) or role is Role.PLACE:
        return role
    code = next(examples_of(schema), "")
    if _shows(schema) and code not in LANGUAGES:
        return role
    return _at_an_end(words, alone, said, languages_only=_shows(schema)) or role


def _at_an_end(
    words: set[str], alone: Mapping[str, Role], said: str, *, languages_only: bool
) -> Role | None:
    """What ``from`` and ``to`` are: what the other end is known to be, or what is spoken of."""
    others = [
        role for other, role in alone.items() if set(name_words(other)) & (_STARTS | _ENDS) - words
    ]
    known = next((role for role in others if role not in {Role.NAME, Role.TEXT}), None)
    if known is not None and not languages_only:
        return known
    for role, names, pattern in _AT_ENDS:
        # Who goes somewhere has said so; the ends of a stay there are days.
        placed = role is Role.PLACE and Role.PLACE in alone.values()
        if words & names and not placed and pattern.search(said):
            return role if not languages_only or role is Role.LANGUAGE else None
    return None


def _shows(schema: schemas.Schema) -> bool:
    """Whether a seller says more of an input than its name."""
    return next(examples_of(schema), "") != ""
