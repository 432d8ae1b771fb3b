"""The form of an identifier, as a seller's example or pattern shows it, and what has it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from domain import schemas
from domain.roles import examples_of

MOST_CHARACTERS: Final = 40
"""A longer example is material, or an address that has a kind of its own."""

FEW_DIGITS: Final = 0.3
"""Share of digits from which a word is an identifier: ``SE3``, not ``gpt-4o``."""

MOST_WORDS: Final = 5
"""Words of a name where the seller gives no example."""

NUMBER_DIGITS: Final = 5
"""Digits from which a whole number is told from a quantity by its length."""

MOST_TOKENS: Final = 200
"""Tokens held against a pattern; a text of a thousand words must not cost a thousand tests."""

FEWEST_SIGNS: Final = 3
SHARE_OF_SIGNS: Final = 0.12
"""Signs from which a text is a notation: brackets around a year are two."""

_SIGNS: Final = frozenset("=()[]{}#/\\^*<>|")
_TOKEN: Final = re.compile(r"[^\s,;()\"'<>]+")
_EDGES: Final = ".,:;!?"
_RUN: Final = re.compile(r"[A-Z]+|[a-z]+|\d+|.")
_SPOKEN: Final = re.compile(r"\d{4}-\d{2}(?:-\d{2}.*)?|https?://.*|\S+@\S+|\+\d[\d ]+")
"""Dates, addresses and phone numbers: kinds of their own."""


def tokens_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield the words of a text without the marks around them, each with its place."""
    for match in _TOKEN.finditer(text):
        word = match[0].rstrip(_EDGES)
        if word:
            yield word, match.start()


def of_form(text: str, schema: schemas.Schema) -> Iterator[tuple[str, int]]:
    """Yield what in a text looks like the seller's example, or alone fits the stated pattern."""
    words = list(tokens_in(text))[:MOST_TOKENS]
    if isinstance(schema.get("pattern"), str):
        fitting = [one for one in words if schemas.problem_with(one[0], schema) is None]
        # A pattern that most words fit says nothing.
        if fitting and len(fitting) * 3 <= len(words):
            yield from fitting
    known = [form for example in examples_of(schema) if (form := form_of(example))]
    for word, start in words:
        if any(form.fullmatch(word) for form in known) and not _is_quantity(text, word, start):
            yield word, start


def denies(value: str, schema: schemas.Schema) -> bool:
    """Whether a seller's examples show that a value cannot be meant: no digits, no signs."""
    examples = list(examples_of(schema))
    if not examples:
        return False
    parted = all("/" in one and not re.search(r"\s|://", one) for one in examples)
    numbered = all(is_identifier(one) for one in examples)
    noted = all(is_notation(one) for one in examples)
    return (
        (parted and "/" not in value)
        or (numbered and not any(character.isdigit() for character in value))
        or (noted and not any(character in _SIGNS for character in value))
    )


def is_notation(example: str) -> bool:
    """Whether an example is written in signs, as formulas, molecules and positions are."""
    signs = sum(character in _SIGNS for character in example)
    spoken = _SPOKEN.fullmatch(example) is not None
    return not spoken and signs >= max(FEWEST_SIGNS, SHARE_OF_SIGNS * len(example))


def is_identifier(example: str) -> bool:
    """Whether an example is a number or a code rather than a word."""
    digits = sum(character.isdigit() for character in example)
    return (
        1 < len(example) <= MOST_CHARACTERS
        and not re.search(r"\s", example)
        and digits >= FEW_DIGITS * len(example)
    )


def most_words(schema: schemas.Schema) -> int:
    """Words that a name may have, by the seller's examples: one more than any of them."""
    counts = [len(example.split()) for example in examples_of(schema)]
    return max(counts) + 1 if counts else MOST_WORDS


def is_phrase(schema: schemas.Schema) -> bool:
    """Whether examples are words like ``Data engineer``, not names."""
    examples = [example.split() for example in examples_of(schema)]
    return bool(examples) and all(len(words) > 1 and words[-1].islower() for words in examples)


def is_lower(schema: schemas.Schema) -> bool:
    """Whether examples are written without capitals."""
    examples = list(examples_of(schema))
    return bool(examples) and all(example.islower() for example in examples)


@lru_cache(maxsize=2_048)
def form_of(example: str) -> re.Pattern[str] | None:
    """The form that an example shows; ``None`` where it shows none."""
    if not is_identifier(example) or _SPOKEN.fullmatch(example):
        return None
    runs = _RUN.findall(example)
    if len(runs) == 1:
        return re.compile(rf"\d{{{len(example)}}}") if len(example) >= NUMBER_DIGITS else None
    return re.compile("".join(map(_loosely, runs)))


def _loosely(run: str) -> str:
    """A run of letters or digits may be a little longer or shorter."""
    kind = r"\d" if run.isdigit() else "[A-Z]" if run.isupper() else "[a-z]"
    if not run.isalnum():
        return re.escape(run)
    return f"{kind}{{{max(1, len(run) - 2)},{len(run) + 2}}}"


def _is_quantity(text: str, word: str, start: int) -> bool:
    """Whether a whole number is money or counts something."""
    if not word.isdigit():
        return False
    after = text[start + len(word) :]
    return text[max(0, start - 1) : start] in set("$€£¥") or bool(re.match(r"\s?[%€$°]", after))
