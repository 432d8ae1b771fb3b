"""Which inputs others may have to produce, and what those call what they give."""

from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.roles import Role, name_words, role_of
from domain.schemas import types_of

COORDINATES: Final = (
    ("lat", "latitude"),
    ("lon", "lng", "long", "longitude"),
)
"""What both numbers of a point are called: few people write them into a request."""

_TEXTS: Final = ("text", "content", "transcript", "markdown", "summary", "translation", "abstract")
"""What words to work on are called by who gives them."""

_CHOSEN: Final = frozenset(
    {Role.SECRET, Role.DATE, Role.MOMENT, Role.LANGUAGE, Role.CURRENCY, Role.ZONE}
    | {Role.QUERY, Role.PLACE, Role.COUNTRY, Role.EMAIL, Role.PHONE, Role.URL}
)
"""What a person says when asking, as a rule."""

_GENERAL: Final = frozenset(
    (
        *("name", "title", "id", "label", "type", "kind", "format", "category", "status"),
        *("value", "subject", "heading", "mode", "style", "version"),
    )
)
"""Names that tell nothing of what is named: equal ones do not make one feed the other."""


def produced_inputs(
    schema: schemas.Schema,
) -> Iterator[tuple[str, schemas.Schema]]:
    """Required inputs that the words of a request cannot fill, or need not."""
    properties = schemas.properties_of(schema)
    for name in schemas.required_names(schema):
        wanted = properties.get(name, {})
        if _may_be_produced(name, wanted):
            yield name.removeprefix("other_"), wanted


def output_names(name: str, wanted: schemas.Schema) -> tuple[str, ...]:
    """What an output may be called that fills an input, its own name first."""
    others: tuple[str, ...] = ()
    if is_coordinate(name):
        others = next(group for group in COORDINATES if name_words(name)[-1] in group)
    elif types_of(wanted) == frozenset({"string"}) and role_of(name, wanted) is Role.TEXT:
        others = _TEXTS
    return tuple(dict.fromkeys((name, *others)))


def is_telling(name: str, wanted: schemas.Schema) -> bool:
    """Whether an equal name is evidence enough: a latitude is one, a text may be any."""
    structure = types_of(wanted) & {"array", "object"}
    return not structure and role_of(name, wanted) is not Role.TEXT


def is_coordinate(name: str) -> bool:
    """Whether an input is one number of a point."""
    words = name_words(name)
    return bool(words) and any(words[-1] in group for group in COORDINATES)


def _may_be_produced(name: str, wanted: schemas.Schema) -> bool:
    types = types_of(wanted)
    if types & {"array", "object"}:
        return True
    if types & {"number", "integer"}:
        return is_coordinate(name)
    if types != frozenset({"string"}) or "enum" in wanted or role_of(name, wanted) in _CHOSEN:
        return False
    return not set(name_words(name)) <= _GENERAL
