"""Conditions in a request: what is to be done only if something turns out so."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.words import plain, words_in

Span = tuple[int, int]


class Condition(BaseModel):
    """A test and the goals that wait for it."""

    model_config = ConfigDict(frozen=True)

    test: str
    """What must be so, in the request's words, without the word that opens it."""
    denied: bool
    """``unless``: the goals are to be reached when it is not so."""
    goals: tuple[int, ...]
    """Goals to be reached if it is so."""
    otherwise: tuple[int, ...] = ()
    """Goals to be reached if not."""


class Clause(BaseModel):
    """Where a condition stands."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    test: Span
    denied: bool


_OPENS: Final = re.compile(
    r"(?:\b(?:but|and)\s+)?(?:\bonly\s+)?\b(?P<word>if|unless|when|whenever|in case|provided that|"
    r"provided|should)\b(?P<comma>,?)\s+",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"(?:you\s+(?:can|could|would|please|don't mind|have time)|possible|need(?:ed)?\b|not too|"
    r"i\s+(?:may|might)|necessary|any\b(?=\s*[,.?!]|$))",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"(?:do|does|did|is|are|was|were|will|can|could|has|have)\b", re.IGNORECASE
)
_SENTENCE: Final = re.compile(r"[.?!](?=\s|$)|\n")
OTHERWISE: Final = re.compile(r"\b(?:otherwise|or else)\b,?", re.IGNORECASE)
"""Where a request turns to what is to be done in the other case."""

_AUXILIARIES: Final = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "has",
        "have",
        "be",
        "it",
        "its",
        "so",
        "not",
    ]
)


def clauses_in(text: str, opens_goal: Callable[[str], bool]) -> Iterator[Clause]:
    """Find the conditions of ``text``, whose material is blanked out.

    Args:
        text: The request.
        opens_goal: Whether a text begins with an order.
    """
    at = 0
    while match := _OPENS.search(text, at):
        at = match.end()
        word, rest = match["word"].lower(), text[match.end() :]
        if _POLITE.match(rest) or text[max(0, match.start() - 8) : match.start()].endswith(
            "let me "
        ):
            continue
        opening = not text[: match.start()].strip(" \n,;") or _SENTENCE.search(
            text[: match.start()].rstrip()[-1:]
        )
        if word in {"when", "whenever", "should"} and (_ASKS.match(rest) or word == "should"):
            continue
        if (
            word.startswith("when")
            and not opening
            and "," not in rest
            and not _has_order(rest, opens_goal)
        ):
            continue
        end = match.end() + _length(rest, opens_goal)
        yield Clause(start=match.start(), end=end, test=(match.end(), end), denied=word == "unless")
        at = end


def sentence_end(text: str, at: int) -> int:
    """Where the sentence ends that holds ``at``."""
    found = _SENTENCE.search(text, at)
    return found.start() if found else len(text)


def sentence_start(text: str, at: int) -> int:
    """Where the sentence begins that holds ``at``."""
    ends = [match.end() for match in _SENTENCE.finditer(text, 0, at)]
    return max(ends, default=0)


def _length(rest: str, opens_goal: Callable[[str], bool]) -> int:
    """Characters of the test: up to a comma, "then", an order, or the sentence's end."""
    stop = re.search(r",\s|;|:\s|\s+then\b|\s+(?:otherwise|or else|else)\b|[.?!](?=\s|$)|\n", rest)
    most = stop.start() if stop else len(rest)
    for place, match in enumerate(words_in(rest[:most])):
        if place and plain(match[0]) not in _AUXILIARIES and opens_goal(rest[match.start() :]):
            return len(rest[: match.start()].rstrip())
    return most


def _has_order(rest: str, opens_goal: Callable[[str], bool]) -> bool:
    return any(
        place and plain(match[0]) not in _AUXILIARIES and opens_goal(rest[match.start() :])
        for place, match in enumerate(words_in(rest[: sentence_end(rest, 0)]))
    )
