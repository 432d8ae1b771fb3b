"""What a request asks for: its goals, their phrases, and the words that must be answered."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.mentions import Kind, Mention, literals_in, masked, mentions_in
from domain.words import ACTIONS, SILENT, SOFT, plain, words_in

MAX_PHRASES: Final = 40
"""Phrases searched for; a request of thousands of words must not cost thousands of searches."""

_BREAK: Final = re.compile(
    r"\n+|[;.?!]+(?=\s|$)|,?\s+\b(?:and then|then|and also|and|also|plus)\b\s+|,\s+|\s+&\s+",
    re.IGNORECASE,
)
_JOINTS: Final = re.compile(
    r"\b(?:of|in|for|from|on|over|about|with|to|at|by|as|between|during|within|into|using|and|or|"
    r"based on|per|against|versus|vs)\b|[,:()]",
    re.IGNORECASE,
)
_OPENERS: Final = frozenset({"please", "then", "also", "finally", "next", "kindly", "just"})


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Word(Frozen):
    """One word of a request that must be answered by a service or used as a value."""

    text: str
    """As written."""
    plain: str
    start: int
    end: int
    goal: int
    named: bool
    """Written like a name: only its literal appearance counts, never a likeness."""
    opens: bool
    """First of its goal, where everything is capitalised."""
    soft: bool
    """Describes rather than asks."""


class Phrase(Frozen):
    """Some words of one goal, to be searched for together."""

    goal: int
    text: str


class Reading(Frozen):
    """A request as understood without any catalogue."""

    text: str
    goals: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    words: tuple[Word, ...]
    mentions: tuple[Mention, ...]

    @property
    def literals(self) -> tuple[Mention, ...]:
        """The material given to be worked on."""
        return tuple(one for one in self.mentions if one.kind is Kind.LITERAL)


def read_request(text: str) -> Reading:
    """Understand a request as far as its own words go. Deterministic."""
    instruction = masked(text, literals_in(text))
    mentions = mentions_in(text)
    spans = _goal_spans(instruction)
    words = tuple(
        word
        for index, (start, end) in enumerate(spans)
        for word in _words(instruction, start, end, goal=index, mentions=mentions)
    )
    return Reading(
        text=text,
        goals=tuple(" ".join(instruction[start:end].split()) for start, end in spans),
        phrases=_phrases(instruction, spans, words),
        words=words,
        mentions=mentions,
    )


def _goal_spans(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if _is_sentence_end(match[0]) or _opens_goal(text[match.end() :]):
            spans.append((start, match.start()))
            start = match.end()
    spans.append((start, len(text)))
    filled = [(a, b) for a, b in spans if any(c.isalnum() for c in text[a:b])]
    return filled or [(0, len(text))]


def _is_sentence_end(mark: str) -> bool:
    return mark.strip()[:1] in {";", ".", "?", "!", ""} and "," not in mark and "&" not in mark


def _opens_goal(rest: str) -> bool:
    for match in words_in(rest[:80]):
        word = plain(match[0])
        if word not in _OPENERS:
            return word in ACTIONS
    return False


def _words(
    text: str, start: int, end: int, *, goal: int, mentions: tuple[Mention, ...]
) -> list[Word]:
    hidden = [m for m in mentions if m.kind in {Kind.EMAIL, Kind.URL, Kind.ZONE, Kind.MOMENT}]
    found: list[Word] = []
    for match in words_in(text[start:end]):
        at, word = start + match.start(), plain(match[0])
        if any(span.start <= at < span.end for span in hidden):
            continue
        opens = not any(character.isalnum() for character in text[start:at])
        asks_where = word in {"where", "where's"} and opens
        if (word in SILENT and not asks_where) or len(word) == 1:
            continue
        found.append(
            Word(
                text=match[0],
                plain=word,
                start=at,
                end=start + match.end(),
                goal=goal,
                named=match[0][0].isupper() and (not opens or match[0].isupper()),
                opens=opens,
                soft=word in SOFT,
            )
        )
    return found


def _phrases(
    text: str, spans: list[tuple[int, int]], words: tuple[Word, ...]
) -> tuple[Phrase, ...]:
    """Goals first, then their parts, then single words: the order in which a limit cuts."""
    wholes: list[Phrase] = []
    parts: list[Phrase] = []
    for index, (start, end) in enumerate(spans):
        wholes.append(Phrase(goal=index, text=" ".join(text[start:end].split())))
        for part in _JOINTS.split(text[start:end]):
            asking = [w for w in words_in(part) if plain(w[0]) not in SILENT]
            if len(asking) > 1:
                parts.append(Phrase(goal=index, text=" ".join(part.split())))
    singles = [Phrase(goal=word.goal, text=word.plain) for word in words if not word.soft]
    return tuple(dict.fromkeys([*wholes, *parts, *singles]))[:MAX_PHRASES]
