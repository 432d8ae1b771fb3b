"""What a request asks for: its goals, their phrases, and the words that must be answered."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from domain.conditions import (
    OTHERWISE,
    Clause,
    Condition,
    answers_in,
    clauses_in,
    sentence_end,
    sentence_start,
)
from domain.joints import goal_spans, opens_plainly
from domain.kinds import Kind, Mention
from domain.literals import literals_in, masked
from domain.media import medium_of_url
from domain.mentions import mentions_in
from domain.moods import courtesies
from domain.sentences import shielded
from domain.telling import told, unasked
from domain.words import SILENT, SOFT, plain, words_in

MAX_PHRASES: Final = 40
"""Phrases searched for; a request of thousands of words must not cost thousands of searches."""

_NEW_SENTENCE: Final = re.compile(r"\s+[A-ZÀ-Ý]")
_POINTS: Final = re.compile(
    r"\b(?:it|its|they|them|their|that|this|these|those|both|he|she|him|her|his|one|there)\b",
    re.IGNORECASE,
)
"""A word that stands for something told before."""

_AFTER_ADDRESS: Final = re.compile(
    r"https?://\S+\s(?=\s*(?:what|how|why|does|can you|could you|please|pls)\b)", re.IGNORECASE
)
"""An address that nothing but a blank parts from a question."""

_NOW: Final = re.compile(
    r"\b(?:at|for) (?:the|this)(?: very)? (?:moment|minute|hour|time)\b|\b(?:right|just) now\b|"
    r"\bat present\b|\bthese days\b|\bas of now\b",
    re.IGNORECASE,
)
"""Ways to say now, whose words mean nothing one by one."""

_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9 ]|(?<=\w)-(?=\w))+")
_PARTING: Final = re.compile(
    r"\b(?:and|then|also|plus|but|so|or|if|when|whenever|once|unless|until|while|where|whether|"
    r"provided|assuming|case|only|otherwise|else|please|pls|plz|kindly|hi|hello|hey|hiya|dear|"
    r"greetings|good|thanks|thank|thx|ty|tia|cheers|regards|best|yours|xo+|many|much|appreciated|"
    r"sincerely|to whom)\b",
    re.IGNORECASE,
)
"""Words that may part a request, or ask for nothing; without any, it is one goal."""

_JOINTS: Final = re.compile(
    r"\b(?:of|in|for|from|on|over|about|with|to|at|by|as|between|during|within|into|using|and|or|"
    r"based on|per|against|versus|vs)\b|[,:()]",
    re.IGNORECASE,
)
_VALUES: Final = frozenset(
    (Kind.EMAIL, Kind.URL, Kind.ZONE, Kind.MOMENT, Kind.DATE, Kind.DOMAIN, Kind.IP, Kind.HASH)
) | {Kind.HANDLE, Kind.PHONE}
"""Values that are no words to be answered; somebody has to take them."""


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
    unasked: tuple[int, ...]
    """Goals whose sentence asks nothing outright, where another one does; those told among them."""
    conditions: tuple[Condition, ...]
    phrases: tuple[Phrase, ...]
    words: tuple[Word, ...]
    mentions: tuple[Mention, ...]

    @property
    def literals(self) -> tuple[Mention, ...]:
        """The material given to be worked on."""
        return tuple(one for one in self.mentions if one.kind is Kind.LITERAL)

    def with_told(self, goals: Iterable[int]) -> Self:
        """The same request, of which more goals ask for nothing."""
        told_too = {*self.context, *goals}
        words = (
            one.model_copy(update={"soft": True}) if one.goal in told_too else one
            for one in self.words
        )
        phrases = (one for one in self.phrases if one.goal not in told_too)
        return self.model_copy(
            update={
                "context": tuple(sorted(told_too)),
                "words": tuple(words),
                "phrases": tuple(phrases),
            }
        )


class _Parted(NamedTuple):
    """A request taken apart into what is asked for."""

    asked: str
    """Without courtesies and material."""
    orders: str
    """The same without what is only tested."""
    said: str
    """As written, without material."""
    mentions: tuple[Mention, ...]
    clauses: tuple[Clause, ...]
    tests: frozenset[int]
    spans: tuple[tuple[int, int], ...]
    """Where each goal stands."""

    @property
    def goals(self) -> tuple[str, ...]:
        return tuple(_said(self.said, start, end, self.mentions) for start, end in self.spans)


def goals_in(text: str) -> tuple[str, ...]:
    """The goals of ``read_request`` alone, in half its time or less."""
    if _PLAIN.fullmatch(text) and not _PARTING.search(text):
        return (" ".join(text.split()),)
    return _parted(text).goals


def read_request(text: str) -> Reading:
    """Understand a request as far as its own words go. Deterministic."""
    parts = _parted(text)
    spans, mentions = parts.spans, parts.mentions
    context = told(parts.orders, spans, parts.tests)
    words = tuple(
        word
        for index, (start, end) in enumerate(spans)
        for word in _words(
            parts.orders, start, end, goal=index, mentions=mentions, is_told=index in context
        )
    )
    return Reading(
        text=text,
        goals=parts.goals,
        spans=spans,
        context=context,
        unasked=unasked(parts.orders, spans, parts.tests),
        conditions=_conditions(parts.asked, parts.clauses, spans, context),
        phrases=_phrases(parts.said, spans, context, words, mentions),
        words=words,
        mentions=mentions,
    )


def _parted(text: str) -> _Parted:
    literals = literals_in(text)
    said = masked(text, literals)
    instruction = shielded(_with_ends(said, literals))
    polite = courtesies(instruction)
    asked = _blanked(instruction, polite)
    if not any(character.isalnum() for character in asked):
        asked, polite = instruction, []
    mentions = tuple(
        one for one in mentions_in(text) if not any(a <= one.start < b for a, b in polite)
    )
    clauses = tuple(
        sorted((*clauses_in(asked, opens_plainly), *answers_in(asked)), key=lambda one: one.start)
    )
    orders, tests = _without_tests(asked, clauses)
    return _Parted(
        asked=asked,
        orders=orders,
        said=said,
        mentions=mentions,
        clauses=clauses,
        tests=tests,
        spans=tuple(goal_spans(orders)),
    )


def _with_ends(instruction: str, literals: tuple[Mention, ...]) -> str:
    """Let a sentence end where it ends with the quotation of one, or with an address."""
    for one in literals:
        ended = str(one.value)[-1:] in {".", "!", "?"}
        if ended and _NEW_SENTENCE.match(instruction[one.end :]):
            instruction = instruction[: one.end - 1] + "." + instruction[one.end :]
    for match in _AFTER_ADDRESS.finditer(instruction):
        at = match.end() - 1
        instruction = instruction[:at] + "\n" + instruction[at + 1 :]
    return instruction


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Take parts out; what stood on either side is no longer one sentence."""
    for start, end in spans:
        text = text[:start] + ";" * (end > start) + " " * (end - start - 1) + text[end:]
    return text


_LEADS_TO: Final = {
    "page": "a web page",
    "image": "an image",
    "audio": "an audio recording",
    "video": "a video",
    "pdf": "a PDF file",
    "file": "a file",
}


MAX_NAME_WORDS: Final = 4
"""Words of quoted material that may be a name, and then says more than "a text"."""


def _said(text: str, start: int, end: int, mentions: tuple[Mention, ...]) -> str:
    """A goal's words as they are searched for.

    What an address leads to stands in its place, for its letters mean nothing; and quoted
    material leaves a word behind, so that what was asked of it stays a sentence.
    """
    for one in sorted(mentions, key=lambda one: -one.start):
        if not start <= one.start < end:
            continue
        if one.kind is Kind.URL:
            instead = _LEADS_TO[medium_of_url(str(one.value))]
        elif one.kind is Kind.LITERAL and one.end < end:
            instead = _named(str(one.value))
        else:
            continue
        text = text[: one.start] + instead + text[one.end :]
        end += len(instead) - (one.end - one.start)
    return " ".join(text[start:end].split())


def _named(material: str) -> str:
    words = material.split()
    name = len(words) <= MAX_NAME_WORDS and all(word[:1].isupper() for word in words)
    return material if name else "a text"


def _without_tests(text: str, clauses: tuple[Clause, ...]) -> tuple[str, frozenset[int]]:
    """Blank out what is only tested; where nothing was asked before, the test asks itself.

    Returns:
        The text, and where tests stand in it that ask.
    """
    asking: set[int] = set()
    for clause in clauses:
        asked = any(character.isalnum() for character in text[: clause.start])
        end = clause.end if asked else min(clause.test[0], clause.end)
        blank = ";" + " " * (end - clause.start - 1)
        text = text[: clause.start] + blank + text[end:]
        if not asked:
            asking.add(end)
            if text[clause.end : clause.end + 1] in {",", " "}:
                text = text[: clause.end] + "\n" + text[clause.end + 1 :]
    for match in OTHERWISE.finditer(text):
        text = text[: match.start()] + ";" + " " * (len(match[0]) - 1) + text[match.end() :]
    return text, frozenset(asking)


def _conditions(
    text: str,
    clauses: tuple[Clause, ...],
    spans: Sequence[tuple[int, int]],
    context: tuple[int, ...],
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
        waiting = [goal for goal in goals if goal not in context]
        other = [goal for goal in other if goal not in context]
        denied = clause.denied
        if goals and not waiting:
            # Nothing is to be done if it is so: what is left is to be done if it is not.
            waiting, other, denied = other, [], not denied
        if waiting or not goals:
            found.append(
                Condition(test=test, denied=denied, goals=tuple(waiting), otherwise=tuple(other))
            )
    return tuple(found)


def _words(
    text: str,
    start: int,
    end: int,
    *,
    goal: int,
    mentions: tuple[Mention, ...],
    is_told: bool,
) -> list[Word]:
    hidden = [(m.start, m.end) for m in mentions if m.kind in _VALUES]
    hidden += [match.span() for match in _NOW.finditer(text)]
    found: list[Word] = []
    for match in words_in(text[start:end]):
        at, word = start + match.start(), plain(match[0])
        if any(a <= at < b for a, b in hidden):
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
                soft=is_told or asks_where or word in SOFT,
            )
        )
    return found


def _phrases(
    text: str,
    spans: Sequence[tuple[int, int]],
    context: tuple[int, ...],
    words: tuple[Word, ...],
    mentions: tuple[Mention, ...],
) -> tuple[Phrase, ...]:
    """Goals first, then their parts, then single words: the order in which a limit cuts.

    Nothing is searched for what is only told: nobody wants it done.
    """
    wholes: list[Phrase] = []
    parts: list[Phrase] = []
    for index, (start, end) in enumerate(spans):
        if index in context:
            continue
        said = _said(text, start, end, mentions)
        wholes.append(Phrase(goal=index, text=said))
        before = index - 1
        if before in context and _POINTS.search(said):
            told = _said(text, *spans[before], mentions)
            parts.append(Phrase(goal=index, text=f"{told}. {said}"))
        for part in _JOINTS.split(said):
            asking = [w for w in words_in(part) if plain(w[0]) not in SILENT]
            if len(asking) > 1:
                parts.append(Phrase(goal=index, text=" ".join(part.split())))
    singles = [
        Phrase(goal=word.goal, text=word.plain)
        for word in words
        if not word.soft and word.goal not in context
    ]
    return tuple(dict.fromkeys([*wholes, *parts, *singles]))[:MAX_PHRASES]
