"""Conditions in a request: what is to be done only if something turns out so."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.moods import does_something
from domain.sentences import SENTENCE_END
from domain.words import listed, plain, words_in

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
    r"(?:\b(?:but|and)\s+)?(?P<only>\b(?:only|just)\s+)?\b(?P<word>if|unless|when|whenever|"
    r"in case|in the event(?: that)?|as long as|provided that|providing(?: that)?|"
    r"provided|assuming(?: that)?|should)\b(?P<comma>,?)\s+",
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
_TELLS_WHETHER: Final = re.compile(
    r"\b(?:tell|show|let|inform|say|know|ask|see|check|verify|determine|find out|figure out|"
    r"work out|wonder|wondering|sure|unsure|decide)"
    r"(?:\s+(?:me|us|him|her|them|know|for|about|each|every|one|of|as|to|well|quickly))*\s+$",
    re.IGNORECASE,
)
"""Before an "if" that asks something instead of making it a condition."""

_SHOULD_IT: Final = re.compile(
    r"(?:it|this|that|they|these|those|there|any|anything|one|the|he|she)\b[^.?!]*,", re.IGNORECASE
)
"""After a "should" that means if; before a question mark it asks."""

_TIMES: Final = frozenset({"when", "whenever", "as long as"})
"""Words that may tell a time instead of a condition."""

_SENTENCE: Final = SENTENCE_END
OTHERWISE: Final = re.compile(
    r"\b(?:otherwise|or else)\b,?|(?<=[,;.!?]\s)(?:(?:and|but)\s+)?(?:or\s+)?else\b,?|"
    r"(?<=[,;.!?]\s)(?:(?:and|but)\s+)?if not,",
    re.IGNORECASE,
)
"""Where a request turns to what is to be done in the other case."""

_THEN: Final = re.compile(
    r"(?:^|(?<=[.?!\n]))\s*(?P<test>(?:is|are|was|were|does|do|did|has|have|can)\b(?:(?![.!]\s)[^?\n])*)\?\s+"
    r"(?P<then>then)\b,?\s+",
    re.IGNORECASE,
)
"""A question that may be answered with yes or no, and what then is to be done."""

_NAMES_WHAT_FOLLOWS: Final = listed(
    "called named titled saying says reading reads subject body message word words phrase text "
    "term line with"
)
"""Words before quoted material that order nothing."""

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

_BEING: Final = listed("is are was were isn't aren't be it's that's they're")
"""Words after which a verb is an adjective: if it is clean."""

_STOP: Final = re.compile(
    r",\s|;|:\s|\s+(?:-+|–|—|->|→)\s+|\s+then\b|\s+(?:otherwise|or else|else)\b|"  # noqa: RUF001 - people type this dash
    r"[.?!](?=\s|$)|\n"
)

_BEFORE_NOUNS: Final = listed(
    "a an the my our your his her its their this that these those any some no every each in on of "
    "out by with under for from at without"
)
"""Words after which a verb is a noun: in order, the report, a call."""


def clauses_in(text: str, opens_goal: Callable[[str], bool]) -> Iterator[Clause]:
    """Find the conditions of ``text``, whose material is blanked out.

    Args:
        text: The request.
        opens_goal: Whether a text begins with an order.
    """
    at = 0
    turns = [match.span() for match in OTHERWISE.finditer(text)]
    while match := _OPENS.search(text, at):
        at = match.end()
        if any(start <= match.start("word") < end for start, end in turns):
            continue
        if not _is_condition(text, match, opens_goal):
            continue
        word = match["word"].lower()
        end = match.end() + _length(text[match.end() :], opens_goal)
        yield Clause(start=match.start(), end=end, test=(match.end(), end), denied=word == "unless")
        at = end


def answers_in(text: str) -> Iterator[Clause]:
    """Find the questions after which it says what is to be done "then"."""
    for match in _THEN.finditer(text):
        yield Clause(
            start=match.start("then"), end=match.end(), test=match.span("test"), denied=False
        )


def _is_condition(text: str, match: re.Match[str], opens_goal: Callable[[str], bool]) -> bool:
    """Whether what opens like a condition is one, and no question, courtesy or time."""
    word, rest = match["word"].lower(), text[match.end() :]
    before = text[: match.start()]
    only = match["only"] is not None
    opening = not before.strip(" \n,;:") or before.rstrip()[-1:] in {*".?!;:-", "\n"}
    if _POLITE.match(rest):
        return False
    if word == "if" and not only and match.start("word") == match.start():
        return _TELLS_WHETHER.search(before) is None
    if word == "should":
        asked = text[sentence_end(text, match.end()) :][:1] == "?"
        return opening and not asked and _SHOULD_IT.match(rest) is not None
    if word not in _TIMES or only:
        return True
    if _ASKS.match(rest):
        return False
    return opening or "," in rest or _has_order(rest, opens_goal)


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
    stop = _STOP.search(rest)
    most = stop.start() if stop else len(rest)
    before: list[str] = []
    for match in words_in(rest[:most]):
        if before and _orders(rest, match, before, opens_goal):
            return len(rest[: match.start()].rstrip())
        before.append(plain(match[0]))
    return most


def _orders(
    rest: str, match: re.Match[str], before: list[str], opens_goal: Callable[[str], bool]
) -> bool:
    """Whether a word of a test is the order that follows it."""
    word, order = plain(match[0]), rest[match.start() :]
    if word in _AUXILIARIES or before[-1] in _BEFORE_NOUNS | _BEING:
        return False
    quotes = rest[match.end() :].startswith("   ") and word not in _NAMES_WHAT_FOLLOWS
    said = not _BEING.isdisjoint(before)
    return opens_goal(order) or (quotes and word.islower()) or (said and does_something(order))


def _has_order(rest: str, opens_goal: Callable[[str], bool]) -> bool:
    return any(
        place and plain(match[0]) not in _AUXILIARIES and opens_goal(rest[match.start() :])
        for place, match in enumerate(words_in(rest[: sentence_end(rest, 0)]))
    )
