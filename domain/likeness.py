"""Whether two requests wish for the same thing, so that one plan may serve both.

Likeness of meaning alone is not enough: "with" and "without" lie next to each other. So the values
must be equal, every asking word must have its counterpart, and so must every denial.
"""

from typing import Final

from pydantic import JsonValue

from domain.goals import Reading
from domain.ids import Digest, digest_json
from domain.words import ACTIONS, plain, same_meaning, words_in

LIKE_ENOUGH: Final = 0.80
"""Cosine of the two texts below which their words are not even compared."""

_DENIALS: Final = frozenset(
    (
        *("not", "no", "without", "except", "never", "excluding", "only", "unless", "if"),
        *("instead", "dont", "don't", "isn't", "doesn't", "nothing", "none", "neither", "nor"),
        *("before", "after", "until", "more", "less", "least", "most"),
    )
)
"""Small words that turn a wish around or set its order; they must be the same on both sides."""


def parameters_of(reading: Reading) -> Digest:
    """Digest of every value that a request mentions, whatever the words around it."""
    values: list[list[JsonValue]] = [
        [one.kind.value, one.value, one.unit] for one in reading.mentions
    ]
    names = sorted({word.plain for word in reading.words if word.named})
    return digest_json([*sorted(values, key=repr), *names])


def same_wish(one: Reading, other: Reading) -> bool:
    """Whether both readings ask for the same, in whatever words."""
    if parameters_of(one) != parameters_of(other):
        return False
    if _denials(one) != _denials(other) or len(one.goals) != len(other.goals):
        return False
    left, right = _asking(one), _asking(other)
    return _covered(left, right) and _covered(right, left)


def _asking(reading: Reading) -> frozenset[str]:
    # Verbs that order are left out where they say nothing else; "brief" and "detailed" count.
    return frozenset(
        word.plain
        for word in reading.words
        if not word.named and not (word.soft and word.plain in ACTIONS)
    )


def _covered(words: frozenset[str], by: frozenset[str]) -> bool:
    return all(same_meaning(word) & by or _is_form(word, by) for word in words)


def _is_form(word: str, by: frozenset[str]) -> bool:
    return any(word in same_meaning(other) for other in by)


def _denials(reading: Reading) -> tuple[str, ...]:
    found = (plain(match[0]) for match in words_in(reading.text))
    return tuple(sorted(word for word in found if word in _DENIALS))
