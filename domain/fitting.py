"""What a request gives and what a service needs, as far as values show it by their form.

People who ask name their values and seldom the job: an address that ends in ``.mp3``, a number of
thirteen digits, a point in degrees. Which services need such a value tells what is asked for.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from pydantic import JsonValue

from domain import schemas
from domain.catalogue import ServiceListing
from domain.kinds import Kind
from domain.media import medium_of, medium_of_url
from domain.mentions import mentions_in
from domain.roles import Role, examples_of, name_words, role_of

TAKES: Final = 1.2
"""Log-odds that a service gains which needs a value of rare form that the request gives.

Measured on the labelled requests of two bazaars: such a need is met by one in five services that
serve a request and by one in 150 of the others; more than this gained nothing further."""

LACKS: Final = 1.2
"""Log-odds that it loses which needs a value of rare form that the request does not give: three
in ten of the others, one in ten of those that serve, for another service may give the value."""

COMMON: Final = 0.45
"""The same for each value that half of all requests give: a number, a date, material."""

COMMON_COUNTED: Final = 2

MAX_SHAPED: Final = 60
"""Characters of an example that is still an identifier."""

MAX_TOKENS: Final = 200
"""Words of a request that are looked at for their form."""

_RARE_ROLES: Final = {
    Role.EMAIL: "email",
    Role.PHONE: "phone",
    Role.IP: "ip",
    Role.HASH: "hash",
    Role.DOMAIN: "domain",
}
_COMMON_ROLES: Final = {
    Role.DATE: "date",
    Role.MOMENT: "date",
    Role.LANGUAGE: "language",
    Role.COUNTRY: "country",
    Role.CURRENCY: "currency",
    Role.TICKER: "ticker",
    Role.TEXT: "text",
}
_GIVEN: Final = {
    Kind.EMAIL: "email",
    Kind.PHONE: "phone",
    Kind.IP: "ip",
    Kind.HASH: "hash",
    Kind.DOMAIN: "domain",
    Kind.DATE: "date",
    Kind.MOMENT: "date",
    Kind.FUTURE: "date",
    Kind.PAST: "date",
    Kind.NUMBER: "number",
    Kind.LITERAL: "text",
    Kind.LANGUAGE: "language",
    Kind.COUNTRY: "country",
    Kind.CURRENCY: "currency",
}
_BY_OTHERS: Final = frozenset({"text", "ticker"})
"""What is often given by other services or in other words, so that its absence tells nothing."""

_POINT_NAMES: Final = frozenset({"lat", "latitude", "lon", "lng", "longitude"})
_POINT: Final = re.compile(r"-?\d{1,3}\.\d{2,}\s*[,;/ ]\s*-?\d{1,3}\.\d{2,}")
_CAPITALS: Final = re.compile(r"\b[A-Z]{2,5}\b")
_TELLING: Final = re.compile(r"\d|[/\\^=@#<>{}\[\]()|_:]")
_WRAPPING: Final = ".,;:?!()\"'“”’‘"  # noqa: RUF001 - people type these
_REPEATED: Final = re.compile(r"(.)\1*")


class Shape(NamedTuple):
    """What letters, digits and signs an identifier is made of, in runs, and how long it is."""

    runs: str
    length: int

    def is_like(self, other: "Shape") -> bool:
        """Whether both could be of one kind."""
        return self.runs == other.runs and abs(self.length - other.length) <= max(
            1, self.length // 3
        )


class Given(NamedTuple):
    """What a request gives."""

    forms: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    """What its addresses lead to."""
    shapes: tuple[Shape, ...] = ()


class Need(NamedTuple):
    """One required input of a service."""

    form: str = ""
    medium: str = ""
    """What an address must lead to."""
    shapes: tuple[Shape, ...] = ()
    """Of its examples."""
    rare: bool = False


@lru_cache(maxsize=256)
def given_in(text: str) -> Given:
    """Read what a request gives."""
    mentions = mentions_in(text)
    forms = {_GIVEN[one.kind] for one in mentions if one.kind in _GIVEN}
    forms |= {"point"} if _POINT.search(text) else set()
    forms |= {"ticker"} if _CAPITALS.search(text) else set()
    tokens = (token.strip(_WRAPPING) for token in text.split()[:MAX_TOKENS])
    return Given(
        forms=frozenset(forms),
        media=frozenset(medium_of_url(str(m.value)) for m in mentions if m.kind is Kind.URL),
        shapes=tuple(dict.fromkeys(_shape(one) for one in tokens if _is_identifier(one))),
    )


def needs_of(listing: ServiceListing) -> tuple[Need, ...]:
    """What a service insists on, as far as the form of a value can tell that it is given."""
    inputs = schemas.properties_of(listing.input_schema)
    required = schemas.required_names(listing.input_schema)
    found = (_need(name, inputs.get(name, {})) for name in required)
    return tuple(one for one in found if one is not None)


def fit(needs: Sequence[Need], given: Given) -> float:
    """How much likelier a service is asked for, in log-odds, by the values that are given."""
    if not needs:
        return 0.0
    rare = [_is_met(one, given) for one in needs if one.rare]
    common = [
        met
        for one in needs
        if not one.rare
        for met in (_is_met(one, given),)
        if met or one.form not in _BY_OTHERS
    ]
    return (
        TAKES * (True in rare)
        - LACKS * (False in rare)
        + COMMON * min(common.count(True), COMMON_COUNTED)
        - COMMON * min(common.count(False), COMMON_COUNTED)
    )


def _is_met(need: Need, given: Given) -> bool | None:
    """Whether a need is met; ``None`` where an address does not show what it leads to."""
    if need.shapes:
        return any(one.is_like(other) for one in need.shapes for other in given.shapes)
    if not need.medium:
        return need.form in given.forms
    if need.medium in given.media or (need.medium == "file" and given.media - {"page"}):
        return True
    return None if given.media and "page" in {need.medium, *given.media} else False


def _need(name: str, schema: schemas.Schema) -> Need | None:
    types = schemas.types_of(schema)
    if "array" in types:
        items = schema.get("items")
        return _need(name.removesuffix("s"), _with_examples(items, schema)) if items else None
    if types & {"number", "integer"}:
        is_point = bool(_POINT_NAMES & set(name_words(name)))
        return Need(form="point" if is_point else "number", rare=is_point)
    if "enum" in schema or types - {"string"}:
        return None
    return _text_need(name, schema)


def _text_need(name: str, schema: schemas.Schema) -> Need | None:
    role = role_of(name, schema)
    if role is Role.URL:
        return Need(medium=medium_of(name, schema), rare=True)
    if role in _RARE_ROLES:
        return Need(form=_RARE_ROLES[role], rare=True)
    if role not in {Role.DATE, Role.MOMENT, Role.TEXT}:
        shapes = tuple(_shape(one) for one in examples_of(schema) if _is_identifier(one))
        if shapes:
            return Need(shapes=shapes, rare=True)
    return Need(form=_COMMON_ROLES[role]) if role in _COMMON_ROLES else None


def _with_examples(items: JsonValue, schema: schemas.Schema) -> schemas.Schema:
    if not isinstance(items, dict):
        return {}
    found: list[JsonValue] = list(_texts_in(schema.get("examples")))
    return {**items, "examples": found} if found else items


def _texts_in(examples: JsonValue) -> Iterator[str]:
    lists = examples if isinstance(examples, list) else []
    for one in lists:
        yield from (text for text in one if isinstance(text, str)) if isinstance(one, list) else ()


def _is_identifier(text: str) -> bool:
    return len(text) <= MAX_SHAPED and " " not in text and _TELLING.search(text) is not None


def _shape(text: str) -> Shape:
    classed = re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "9", text)))
    return Shape(runs=_REPEATED.sub(r"\1", classed), length=len(text))
