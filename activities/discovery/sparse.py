"""Texts as weighed words, for search by BM25: the engine brings how rare each word is."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

from activities.discovery.ports import SparseVector
from domain.words import SILENT, SOFT, same_meaning

SATURATION: Final = 1.2
"""BM25's k: how soon one more mention of a word stops counting."""

LENGTH_WEIGHT: Final = 0.5
"""BM25's b: how much less a long text's mentions count. Descriptions differ in style mostly."""

USUAL_WORDS: Final = 30
"""Words of a usual listing, by which long and short are measured."""

SOFT_WEIGHT: Final = 0.4
"""What a word counts that describes rather than asks."""

KIN_WEIGHT: Final = 0.4
"""What another word of the same meaning counts, against the word itself."""

KIN_SHARE: Final = 0.7
"""What it counts as said when a listing says another word of the same meaning."""

NAME_WEIGHT: Final = 0.3
"""What a name or a number counts: mostly a value to work on, seldom what a service is called."""

UNHEARD_WEIGHT: Final = 0.5
"""What a word counts that no listing says."""

DOUBT: Final = 1.0
"""Words' weight at which they count half. Measured: 0.5 to 3 are alike, none at all is worse."""

_WRITTEN: Final = re.compile(r"[^\s,;:!?()\"]+")
_TOKEN: Final = re.compile(r"[a-z]+|\d+|[^\W\d_a-z]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_SUFFIXES: Final = (
    *(("ational", "at"), ("isation", "is"), ("ization", "iz"), ("fulness", "ful")),
    *(("ations", "at"), ("ation", "at"), ("ators", "at"), ("ator", "at"), ("ating", "at")),
    *(("ates", "at"), ("ated", "at"), ("ate", "at"), ("izing", "iz"), ("izers", "iz")),
    *(("izer", "iz"), ("ized", "iz"), ("izes", "iz"), ("ize", "iz"), ("ising", "iz")),
    *(("ised", "iz"), ("ises", "iz"), ("ise", "iz"), ("ments", ""), ("ment", "")),
    *(("ically", "ic"), ("ical", "ic"), ("ics", "ic"), ("ings", ""), ("ing", "")),
    *(("ions", ""), ("ion", ""), ("ities", ""), ("ity", ""), ("ers", ""), ("er", "")),
    *(("ors", ""), ("or", ""), ("ied", "y"), ("ies", "y"), ("ed", ""), ("ely", "")),
    *(("ly", ""), ("sses", "ss"), ("es", ""), ("s", ""), ("e", "")),
)
"""Endings of English words and what stays of them, the longest first."""

_WHOLE: Final = frozenset(("news", "series", "species", "analyses", "does", "gas", "atlas"))
"""Words that end like another's form and are none."""

_LEAST_STEM: Final = 3
"""Letters that must stay; shorter words are their own stems."""


def document_words(text: str) -> SparseVector:
    """Weigh the words of a listing's text."""
    counted = Counter(stems(text))
    length = sum(counted.values())
    norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / USUAL_WORDS)
    return _vector({w: n * (SATURATION + 1) / (n + norm) for w, n in counted.items()})


@lru_cache(maxsize=1_024)
def query_words(text: str) -> SparseVector:
    """Weigh the words of a request, each with those of the same meaning."""
    weights: dict[str, float] = {}
    for word in wanted_words(text):
        weights[word.stem] = max(word.weight, weights.get(word.stem, 0.0))
        for other in word.kin:
            weights[other] = max(word.weight * KIN_WEIGHT, weights.get(other, 0.0))
    return _vector(weights)


class Wanted(NamedTuple):
    """One word of a request."""

    stem: str
    weight: float
    kin: frozenset[str]
    """Stems of other words that ask for the same."""


@lru_cache(maxsize=1_024)
def wanted_words(text: str) -> tuple[Wanted, ...]:
    """The words of a request that a listing should say, each once."""
    found: dict[str, Wanted] = {}
    opens = True
    for token in _WRITTEN.findall(text):
        name = not opens and token[0].isupper()
        opens = False
        for word in words(token):
            stem, weight = stem_of(word), _weight(word, name=name)
            if stem not in found or found[stem].weight < weight:
                found[stem] = Wanted(stem, weight, kin_of(word))
    return tuple(found.values())


def coverages(
    wanted: Sequence[Wanted],
    said: Iterable[AbstractSet[str]],
    *,
    unheard: AbstractSet[str] = frozenset(),
) -> list[float]:
    """Share of the request's words that each listing says, by weight.

    Args:
        wanted: Words of the request.
        said: Stems of each listing's words.
        unheard: Stems that no listing says, so that their absence tells little.
    """
    weighed = [
        (one.stem, one.kin, one.weight * (UNHEARD_WEIGHT if one.stem in unheard else 1.0))
        for one in wanted
    ]
    total = sum(weight for _, _, weight in weighed)
    found: list[float] = []
    for words_said in said:
        matched = 0.0
        for stem, kin, weight in weighed:
            if stem in words_said:
                matched += weight
            elif kin and not kin.isdisjoint(words_said):
                matched += weight * KIN_SHARE
        found.append(matched / total if total else 0.0)
    return found


def coverage(wanted: Sequence[Wanted], said: AbstractSet[str]) -> float:
    """The same of one listing."""
    return coverages(wanted, [said])[0]


def confidence(wanted: Sequence[Wanted]) -> float:
    """How far words can be relied on: a lone one is said by many for other reasons."""
    told = sum(word.weight for word in wanted)
    return told / (told + DOUBT)


def _weight(word: str, *, name: bool) -> float:
    if name or word.isdigit():
        return NAME_WEIGHT
    return SOFT_WEIGHT if word in SOFT else 1.0


def words(text: str) -> Iterable[str]:
    """The words of a text that may carry meaning; names in code come apart."""
    for token in _TOKEN.findall(_CAMEL.sub(" ", text).lower()):
        if token not in SILENT and (len(token) > 1 or not token.isascii()):
            yield token


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    return [stem_of(word) for word in words(text)]


@lru_cache(maxsize=16_384)
def stem_of(word: str) -> str:
    """What the forms of a word have in common: a simple rule, the same on both sides."""
    if not word.isascii() or not word.isalpha() or word in _WHOLE:
        return word
    for ending, left in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) + len(left) >= _LEAST_STEM:
            if ending == "s" and word.endswith(("ss", "us", "is")):
                continue
            stem = word.removesuffix(ending) + left
            return stem[:-1] if _doubled(stem) else stem
    return word


@lru_cache(maxsize=4_096)
def kin_of(word: str) -> frozenset[str]:
    """Stems of other everyday words that ask for the same."""
    return frozenset(stem_of(other) for other in same_meaning(word)) - {stem_of(word)}


def _doubled(stem: str) -> bool:
    return len(stem) > _LEAST_STEM and stem[-1] == stem[-2] and stem[-1] not in "lsz"


def _vector(weights: dict[str, float]) -> SparseVector:
    numbered: dict[int, float] = {}
    for word, weight in weights.items():
        # Two words of one number are as rare as a typing error, and cost no more than one.
        number = zlib.crc32(word.encode())
        numbered[number] = max(weight, numbered.get(number, 0.0))
    ordered = sorted(numbered)
    return SparseVector(tuple(ordered), tuple(numbered[number] for number in ordered))
