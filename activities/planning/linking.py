"""Which output of one service fits which input of another, and by what path.

Sellers share no vocabulary, so names alone do not decide: kinds of value, types and what an
address leads to do. The search goes two levels deep and no further.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from activities.planning.addresses import address_fit, is_address, takes_address
from activities.planning.texts import MARKS, RANK, TEXTS, is_words, one_of
from domain import schemas
from domain.producing import COORDINATES
from domain.roles import Role, name_words, role_of
from domain.schemas import types_of
from domain.shapes import names_of
from domain.words import alike

SAME_NAME: Final = 1.0
SAME_KIND: Final = 0.85
TEXT_FOR_TEXT: Final = 0.9
ONLY_TEXT: Final = 0.6
TEXT_FOR_WORDS: Final = 0.45
WRITTEN_DOWN: Final = 0.3
"""A structure written down as text reads badly; better than nothing."""
ADDRESS_AS_TEXT: Final = 0.4
"""An address where words are wanted: a message may hold it, but nobody buys one for it."""
OF_A_LIST: Final = 0.9
"""Factor of what has to be picked from a list first."""

MAX_FIELDS: Final = 40
"""Names of one object that are looked at; strangers write these schemas."""

SHORT_FORM: Final = 3
"""Letters of an abbreviation that stands for a longer name: lat, latitude."""

_NUMBERS: Final = frozenset({"integer", "number"})
_FIGURES: Final = frozenset({"values", "numbers", "data", "points", "series", "y", "figures"})
"""Names of inputs that take numbers of anything."""

_PRINTS: Final = frozenset({"hash", "digest", "hex", "sha256", "checksum", "fingerprint"})
"""What the digest of something is called."""

_CHOSEN: Final = frozenset(
    {Role.SECRET, Role.DATE, Role.MOMENT, Role.LANGUAGE, Role.CURRENCY, Role.ZONE}
)
"""What a person chooses: a forecast's dates are not the dates of a hotel."""

_LOOSE: Final = frozenset({Role.TEXT, Role.QUERY, Role.NAME})


class Link(NamedTuple):
    """A way from an output to an input."""

    path: str
    """JMESPath into the producer's output."""
    fit: float
    items: str | None = None
    """Path to the list that a map goes over; ``path`` then starts at one item."""


class _Spot(NamedTuple):
    """One value in an output."""

    path: str
    name: str
    schema: schemas.Schema
    rows: str | None = None
    """The list it stands in, where it has to be picked."""
    field: str | None = None


def links(
    output: schemas.Schema, name: str, wanted: schemas.Schema, *, made_by: str = ""
) -> tuple[Link, ...]:
    """Ways to fill an input from an output, best first.

    Args:
        output: What the producer gives.
        name: The input's name.
        wanted: The input's schema.
        made_by: What the producer says of itself.
    """
    found: list[Link] = []
    spots = list(_spots(output))
    for spot in spots:
        found += _links_of(spot, spots, name, wanted, made_by)
    if is_words(name, wanted) and not any(link.items is None for link in found):
        found.append(Link("to_string(@)", WRITTEN_DOWN))
    return tuple(sorted(found, key=lambda link: -link.fit))


def _links_of(
    spot: _Spot, spots: list[_Spot], name: str, wanted: schemas.Schema, made_by: str
) -> Iterator[Link]:
    fit = _fit(spot, spots, name, wanted, made_by)
    lists = "array" in types_of(wanted)
    if fit and spot.rows is None:
        yield Link(spot.path, fit)
    elif fit and spot.field is not None and spot.rows is not None:
        yield Link(spot.field, fit, items=spot.rows)
        yield Link(
            f"{spot.rows}[0].{spot.field}" if spot.field != "@" else f"{spot.rows}[0]",
            fit * OF_A_LIST * OF_A_LIST,
        )
        if is_words(name, wanted):
            yield Link(f"join('\\n\\n', {_plucked(spot)})", fit * OF_A_LIST)
    if lists:
        items = wanted.get("items")
        inner = items if isinstance(items, dict) else {}
        one = _fit(spot, spots, name, inner, made_by) if inner else 0.0
        if one and spot.rows is not None:
            yield Link(_plucked(spot), one * OF_A_LIST)
        elif one:
            yield Link(f"[{spot.path}]", one * OF_A_LIST * OF_A_LIST)


def _plucked(spot: _Spot) -> str:
    return f"{spot.rows}[*].{spot.field}" if spot.field != "@" else f"{spot.rows}[*]"


def _spots(output: schemas.Schema) -> Iterator[_Spot]:
    if "array" in types_of(output):
        yield from _rows("@", "items", output)
        return
    for name, schema in list(schemas.properties_of(output).items())[:MAX_FIELDS]:
        path = _quoted(name)
        yield _Spot(path, name, schema)
        if "array" in types_of(schema):
            yield from _rows(path, name, schema)
        else:
            for inner, part in list(schemas.properties_of(schema).items())[:MAX_FIELDS]:
                yield _Spot(f"{path}.{_quoted(inner)}", inner, part)
                if "array" in types_of(part):
                    yield from _rows(f"{path}.{_quoted(inner)}", inner, part)


def _rows(path: str, name: str, schema: schemas.Schema) -> Iterator[_Spot]:
    items = schema.get("items")
    if not isinstance(items, dict):
        return
    fields = schemas.properties_of(items)
    if not fields and not {"array", "object"} & types_of(items):
        yield _Spot(path, name, items, rows=path, field="@")
    for field, part in list(fields.items())[:MAX_FIELDS]:
        yield _Spot(path, field, part, rows=path, field=_quoted(field))


def _fit(spot: _Spot, spots: list[_Spot], name: str, wanted: schemas.Schema, made_by: str) -> float:
    have, want = types_of(spot.schema), types_of(wanted)
    if schemas.mismatch(spot.schema, wanted) is not None:
        return 0.0
    same = spot.name == name or name.removeprefix("other_") == spot.name
    if want & {"array", "object"} or have & {"array", "object"}:
        return _structure_fit(spot, spots, name, wanted, same=same)
    if want & _NUMBERS:
        return _number_fit(spot, spots, name, same=same) if have & _NUMBERS else 0.0
    if "boolean" in want or "boolean" in have or have & _NUMBERS:
        return SAME_NAME if same and have == want else 0.0
    return _text_fit(spot, spots, name, wanted, made_by, same=same)


def _structure_fit(
    spot: _Spot, spots: list[_Spot], name: str, wanted: schemas.Schema, *, same: bool
) -> float:
    have, want = types_of(spot.schema), types_of(wanted)
    if not have & want or spot.rows is not None:
        return SAME_NAME if same and not have else 0.0
    if same:
        return SAME_NAME
    left, right = spot.schema.get("items"), wanted.get("items")
    if not isinstance(left, dict) or not isinstance(right, dict):
        inner = schemas.required_names(wanted)
        return SAME_KIND if inner and set(inner) <= names_of(spot.schema).keys() else 0.0
    asked = schemas.properties_of(right)
    if asked and asked.keys() <= schemas.properties_of(left).keys():
        return SAME_KIND
    if not asked and "object" in types_of(right) and "object" in types_of(left):
        return SAME_KIND
    if asked or schemas.properties_of(left):
        return 0.0
    if types_of(left) & _NUMBERS and types_of(right) & _NUMBERS and not _alike(spot.name, name):
        return _figures_fit(spot, spots, name)
    if "string" in types_of(left) and "string" in types_of(right):
        return SAME_KIND if _alike(spot.name, name) else ONLY_TEXT
    return SAME_KIND if types_of(left) & types_of(right) and _alike(spot.name, name) else 0.0


def _figures_fit(spot: _Spot, spots: list[_Spot], name: str) -> float:
    """The only list of numbers there is, where numbers are asked for without saying of what."""
    only = [one for one in spots if _is_figures(one.schema)] == [spot]
    return ONLY_TEXT if only and set(name_words(name)) & _FIGURES else 0.0


def _is_figures(schema: schemas.Schema) -> bool:
    items = schema.get("items")
    return (
        "array" in types_of(schema) and isinstance(items, dict) and bool(types_of(items) & _NUMBERS)
    )


def _number_fit(spot: _Spot, spots: list[_Spot], name: str, *, same: bool) -> float:
    if same:
        return SAME_NAME
    if _alike(spot.name, name):
        return SAME_KIND
    numbers = [one for one in spots if one.rows is None and types_of(one.schema) & _NUMBERS]
    general = set(name_words(name)) & {"value", "amount", "number", "x"}
    return TEXT_FOR_WORDS if general and len(numbers) == 1 and spot.rows is None else 0.0


def _text_fit(
    spot: _Spot,
    spots: list[_Spot],
    name: str,
    wanted: schemas.Schema,
    made_by: str,
    *,
    same: bool,
) -> float:
    have, want = role_of(spot.name, spot.schema), role_of(name, wanted)
    if want in _CHOSEN or "enum" in wanted:
        return 0.0
    if is_address(spot.name, spot.schema):
        if takes_address(name, wanted):
            return address_fit(spot.name, spot.schema, name, wanted, made_by)
        return ADDRESS_AS_TEXT if is_words(name, wanted) else 0.0
    if want is Role.URL:
        return 0.0
    if is_words(name, wanted):
        return _words_fit(spot, spots, have)
    if same:
        return SAME_NAME
    if (have is want and have not in _LOOSE) or _are_prints(spot.name, name):
        return SAME_KIND
    if want in _LOOSE and _alike(spot.name, name):
        return SAME_KIND * (1.0 if have is want else OF_A_LIST)
    if want is Role.QUERY:
        return TEXT_FOR_WORDS if _words_fit(spot, spots, have) >= ONLY_TEXT else 0.0
    return 0.0


def _are_prints(*names: str) -> bool:
    return all(set(name_words(name)) & _PRINTS for name in names)


def _words_fit(spot: _Spot, spots: list[_Spot], have: Role) -> float:
    word = (name_words(spot.name) or ("",))[-1]
    if spot.rows is not None:
        word = one_of(word)
    if word in TEXTS and have in _LOOSE:
        return TEXT_FOR_TEXT - 0.01 * RANK.get(word, len(RANK))
    if have not in _LOOSE or word in MARKS:
        return 0.0
    texts = [o for o in spots if o.rows == spot.rows and _is_plain_text(o)]
    return ONLY_TEXT if texts == [spot] else 0.0


def _is_plain_text(spot: _Spot) -> bool:
    return "string" in types_of(spot.schema) and role_of(spot.name, spot.schema) in _LOOSE


def _alike(one: str, other: str) -> bool:
    left, right = name_words(one), name_words(other)
    if not left or not right:
        return False
    return _forms(left[-1], right[-1]) or (
        len(right) == 1 and any(_forms(w, right[0]) for w in left)
    )


@lru_cache(maxsize=8_192)
def _forms(one: str, other: str) -> bool:
    if any(one in group and other in group for group in COORDINATES):
        return True
    short, long = sorted((one, other), key=len)
    return alike(one, other) or (len(short) >= SHORT_FORM and long.startswith(short))


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name.isascii()
    return name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
