"""Identifiers of standard notations: which of them an input takes, and where a text has one."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain import schemas
from domain.roles import examples_of, name_words


class Notation(NamedTuple):
    """One standard way to write an identifier."""

    names: frozenset[str]
    """Words that tell it in the name of an input."""
    form: re.Pattern[str]
    dropped: str
    """Characters that people put in to read it better, and machines leave out."""


def _notation(names: str, form: str, dropped: str = "") -> Notation:
    whole = re.compile(rf"(?<![\w-])(?:{form})(?![\w-])")
    return Notation(frozenset(names.split()), whole, dropped)


_PLATE: Final = (
    r"[A-Z]{1,3}[ -]?\d{2,5}(?:[ -]?[A-Z]{1,3})?|[A-Z]{2,3}\s\d[A-Z0-9]{2}|"
    r"\d{1,4}[ -]?[A-Z]{2,3}(?:[ -]?\d{1,3})?"
)
_LETTERED: Final = (
    r"[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{4}\s?[A-Z]{2}|\d{5}(?:-\d{3,4})?"
)
"""The forms of most countries; which of them is meant, only the text can tell."""

_NOTATIONS: Final = (
    _notation("vin", r"(?=[A-Z]*\d)[A-HJ-NPR-Z0-9]{17}"),
    _notation("iban", r"[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?", " "),
    _notation("bic swift", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),
    _notation("isin", r"[A-Z]{2}[A-Z0-9]{9}\d"),
    _notation("lei", r"[A-Z0-9]{18}\d{2}"),
    _notation("mmsi", r"\d{9}"),
    _notation("imo", r"\d{7}"),
    _notation("isbn", r"(?:97[89][- ]?)?(?:\d[- ]?){9}[\dX]", "- "),
    _notation("issn", r"\d{4}-\d{3}[\dX]"),
    _notation("ean gtin upc barcode", r"\d{8}|\d{12,14}"),
    _notation("orcid", r"(?:\d{4}-){3}\d{3}[\dX]"),
    _notation("cas", r"\d{2,7}-\d{2}-\d"),
    _notation("hs hts", r"\d{4}(?:[. ]?\d{2}){1,3}", ". "),
    _notation("flight", r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?\d{1,4}", " "),
    _notation("plate plates numberplate", _PLATE, " "),
    _notation("zip zipcode plz", _LETTERED),
    _notation("postcode postal", rf"{_LETTERED}|\d{{4,6}}"),
    _notation("tail", r"[A-Z]{1,2}-[A-Z]{3,4}|N\d{1,5}[A-Z]{0,2}"),
)
"""Sources: ISO 3779, 13616, 9362, 6166, 17442, 2108, 3297; ITU-R M.585; GS1; WCO; IATA."""


def notation_of(name: str, schema: schemas.Schema) -> Notation | None:
    """The notation that an input's name tells, unless the seller's examples deny it."""
    words = set(name_words(name))
    for one in _NOTATIONS:
        if words & one.names:
            examples = list(examples_of(schema))
            fits = all(one.form.fullmatch(example) for example in examples)
            return one if fits else None
    return None


def written_in(text: str, notation: Notation) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield identifiers of one notation, as machines write them, with their places."""
    for match in notation.form.finditer(text):
        kept = (character for character in match[0] if character not in notation.dropped)
        yield "".join(kept), match.span()
