"""What a request asks for: its goals, their phrases, and the words that must be answered."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.conditions import (
    OTHERWISE,
    Clause,
    Condition,
    clauses_in,
    sentence_end,
    sentence_start,
)
from domain.mentions import Kind, Mention, literals_in, masked, mentions_in
from domain.roles import medium_of_url
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
_VALUES: Final = frozenset(
    (Kind.EMAIL, Kind.URL, Kind.ZONE, Kind.MOMENT, Kind.DATE, Kind.DOMAIN, Kind.IP, Kind.HASH)
) | {Kind.HANDLE, Kind.PHONE}
"""Values that are no words to be answered; somebody has to take them."""

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
    spans: tuple[tuple[int, int], ...]
    """Where each goal stands in the text."""
    context: tuple[int, ...]
    """Goals that ask for nothing: they only tell what the others are about."""
    conditions: tuple[Condition, ...]
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
    clauses = tuple(clauses_in(instruction, _opens_goal))
    orders = _without_tests(instruction, clauses)
    spans = _goal_spans(orders)
    context = _context(orders, spans)
    conditions = _conditions(instruction, clauses, spans)
    instruction = orders
    words = tuple(
        word
        for index, (start, end) in enumerate(spans)
        for word in _words(
            instruction, start, end, goal=index, mentions=mentions, told=index in context
        )
    )
    return Reading(
        text=text,
        goals=tuple(_said(instruction, start, end, mentions) for start, end in spans),
        spans=tuple(spans),
        context=context,
        conditions=conditions,
        phrases=_phrases(instruction, spans, words, mentions),
        words=words,
        mentions=mentions,
    )


_LEADS_TO: Final = {
    "page": "a web page",
    "image": "an image",
    "audio": "an audio recording",
    "video": "a video",
    "pdf": "a PDF file",
    "file": "a file",
}


def _said(text: str, start: int, end: int, mentions: tuple[Mention, ...]) -> str:
    """A goal's words, with what an address leads to in its place: its letters mean nothing."""
    for one in sorted(mentions, key=lambda one: -one.start):
        if one.kind is Kind.URL and start <= one.start < end:
            kind = _LEADS_TO[medium_of_url(str(one.value))]
            text = text[: one.start] + kind + text[one.end :]
            end += len(kind) - (one.end - one.start)
    return " ".join(text[start:end].split())


def _without_tests(text: str, clauses: tuple[Clause, ...]) -> str:
    """Blank out what is only tested; where nothing was asked before, the test asks itself."""
    for clause in clauses:
        asked = any(character.isalnum() for character in text[: clause.start])
        end = clause.end if asked else clause.test[0]
        blank = ";" + " " * (end - clause.start - 1)
        text = text[: clause.start] + blank + text[end:]
        if not asked and clause.end < len(text) and text[clause.end] == ",":
            text = text[: clause.end] + ";" + text[clause.end + 1 :]
    for match in OTHERWISE.finditer(text):
        text = text[: match.start()] + ";" + " " * (len(match[0]) - 1) + text[match.end() :]
    return text


def _conditions(
    text: str, clauses: tuple[Clause, ...], spans: list[tuple[int, int]]
) -> tuple[Condition, ...]:
    turns = [match.start() for match in OTHERWISE.finditer(text)]
    found: list[Condition] = []
    for at, clause in enumerate(clauses):
        limit = clauses[at + 1].start if at + 1 < len(clauses) else len(text)
        turn = next((one for one in turns if clause.end <= one < limit), limit)
        stop = min(sentence_end(text, clause.end), limit, turn)
        goals = [i for i, (start, _) in enumerate(spans) if clause.end <= start < stop]
        if not goals:
            begin = sentence_start(text, clause.start)
            before = [i for i, (start, _) in enumerate(spans) if begin <= start < clause.start]
            goals = before[-1:]
        other = [i for i, (start, _) in enumerate(spans) if turn <= start < limit and turn < limit]
        test = " ".join(text[clause.test[0] : clause.test[1]].split())
        found.append(
            Condition(test=test, denied=clause.denied, goals=tuple(goals), otherwise=tuple(other))
        )
    return tuple(found)


def _goal_spans(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if _is_sentence_end(match[0]) or _opens_goal(text[match.end() :]):
            spans.append((start, match.start()))
            start = match.end()
    spans.append((start, len(text)))
    filled = [_tight(text, a, b) for a, b in spans if any(c.isalnum() for c in text[a:b])]
    return filled or [(0, len(text))]


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    """A goal without the commas and blanks around it."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip(" \n\t,;")), start + len(part.rstrip(" \n\t,;"))


def _is_sentence_end(mark: str) -> bool:
    return mark.strip()[:1] in {";", ".", "?", "!", ""} and "," not in mark and "&" not in mark


_TELLS: Final = re.compile(
    r"\s*(?:i|i'm|i've|we|we're|we've|my|our|he|she|they|there|here|it|it's|somebody|someone)\b(?!\s+"
    r"(?:want|need|would|like|wish|'d|must|have to|should|love|wanna))"
    r"(?!.*\b(?:tell me|let me know|send me|give me|could you|can you|please)\b)",
    re.IGNORECASE,
)
"""How somebody begins who tells of himself instead of asking."""


def _context(text: str, spans: list[tuple[int, int]]) -> tuple[int, ...]:
    telling: list[int] = []
    for at, (start, end) in enumerate(spans):
        mark = text[end : end + 3].strip()[:1]
        words = [plain(match[0]) for match in words_in(text[start:end])]
        small = bool(words) and all(word in SILENT for word in words)
        if (_TELLS.match(text[start:end]) or small) and mark != "?":
            telling.append(at)
    return tuple(telling) if len(telling) < len(spans) else ()


_DONE_TO: Final = re.compile(
    r"\s*(?:[a-z]+ly\s+)?(?P<verb>[a-z]+)\s+(?:it|them|this|that|these|those|each|both)\b"
)
"""A word that something is done with: "fax them" is an order, whatever faxing is."""


def _opens_goal(rest: str) -> bool:
    done = _DONE_TO.match(rest)
    if done and done["verb"] not in SILENT:
        return True
    for match in words_in(rest[:80]):
        word = plain(match[0])
        if word not in _OPENERS:
            return word in ACTIONS
    return False


def _words(
    text: str,
    start: int,
    end: int,
    *,
    goal: int,
    mentions: tuple[Mention, ...],
    told: bool,
) -> list[Word]:
    hidden = [m for m in mentions if m.kind in _VALUES]
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
                soft=told or asks_where or word in SOFT,
            )
        )
    return found


def _phrases(
    text: str,
    spans: list[tuple[int, int]],
    words: tuple[Word, ...],
    mentions: tuple[Mention, ...],
) -> tuple[Phrase, ...]:
    """Goals first, then their parts, then single words: the order in which a limit cuts."""
    wholes: list[Phrase] = []
    parts: list[Phrase] = []
    for index, (start, end) in enumerate(spans):
        said = _said(text, start, end, mentions)
        wholes.append(Phrase(goal=index, text=said))
        for part in _JOINTS.split(said):
            asking = [w for w in words_in(part) if plain(w[0]) not in SILENT]
            if len(asking) > 1:
                parts.append(Phrase(goal=index, text=" ".join(part.split())))
    singles = [Phrase(goal=word.goal, text=word.plain) for word in words if not word.soft]
    return tuple(dict.fromkeys([*wholes, *parts, *singles]))[:MAX_PHRASES]
