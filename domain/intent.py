"""What kind of thing a request wants, by when and in which form, as far as its words say."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from domain.goals import read_request
from domain.words import plain, words_in

MAX_GOALS: Final = 12
"""Goals that are shown; a longer list tells nobody anything."""

MAX_GOAL_CHARACTERS: Final = 160


class IntentKind(StrEnum):
    """Sort of request."""

    QUESTION = "question"
    """Wants to know something."""
    REPORT = "report"
    """Wants something looked into and written up."""
    CONVERSION = "conversion"
    """Has something and wants it in another form."""
    CREATION = "creation"
    """Wants something made that was not there."""
    ACTION = "action"
    """Wants something done in the world."""
    LOOKUP = "lookup"
    """Wants data fetched."""
    MONITORING = "monitoring"
    """Wants something watched, and to hear when it changes."""


class Intent(BaseModel):
    """A request as understood; shown to its person, and no part of what is approved."""

    model_config = ConfigDict(frozen=True)

    kind: IntentKind
    goals: tuple[str, ...] = Field(max_length=MAX_GOALS)
    budget: str
    """In words, as approved by nobody yet."""
    deadline: str = ""
    """In the request's own words; empty without one."""
    format: str = ""
    """What it shall come as, such as PDF; empty where nothing is said."""


class Understanding(BaseModel):
    """What a drafter takes a request for: refines what is shown, and decides nothing."""

    model_config = ConfigDict(frozen=True)

    kind: IntentKind | None = None
    goals: tuple[str, ...] = Field(default=(), max_length=MAX_GOALS)

    @classmethod
    def bounded(cls, kind: str, goals: Iterable[str]) -> "Understanding":
        """Keep what fits: a known kind, and short printable lines."""
        lines = ("".join(c if c.isprintable() else " " for c in goal) for goal in goals)
        kept = [" ".join(line.split())[:MAX_GOAL_CHARACTERS] for line in lines]
        known = kind in set(IntentKind)
        return cls(
            kind=IntentKind(kind) if known else None,
            goals=tuple(line for line in kept if line)[:MAX_GOALS],
        )


def refined(intent: Intent, by: Understanding | None) -> Intent:
    """Replace kind and goals where a drafter named them; budget and deadline stay the request's."""
    if by is None:
        return intent
    return intent.model_copy(
        update={"kind": by.kind or intent.kind, "goals": by.goals or intent.goals}
    )


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_KINDS: Final[tuple[tuple[IntentKind, frozenset[str]], ...]] = (
    (
        IntentKind.MONITORING,
        _listed("monitor alert remind"),
    ),
    (
        IntentKind.ACTION,
        _listed("send email post publish book order buy schedule notify message upload deploy"),
    ),
    (
        IntentKind.CONVERSION,
        _listed(
            "translate convert transcribe resize summarize summarise extract shorten "
            "condense reformat compress encode decode transliterate"
        ),
    ),
    (
        IntentKind.REPORT,
        _listed(
            "report analyze analyse analysis compare evaluate review study investigate "
            "assess forecast predict trend trends"
        ),
    ),
    (
        IntentKind.CREATION,
        _listed("create make write draw design generate compose build paint plot chart draft"),
    ),
)
"""Verbs that tell, the most telling sort first. General English, not any catalogue's wording."""

_QUESTION: Final = re.compile(
    r"^\s*(?:what|who|whom|whose|which|where|when|why|how|is|are|was|were|do|does|did|can|could|"
    r"will|would|should)\b",
    re.IGNORECASE,
)

_UNIT: Final = r"(?:second|minute|hour|day|week|month)s?"
_DAY: Final = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|tonight|today|noon|"
    r"midnight|next\s+week|end\s+of\s+(?:the\s+)?(?:day|week|month))"
)
_DEADLINE: Final = re.compile(
    rf"\b(?:by|before|until|no\s+later\s+than)\s+(?:{_DAY}|\d{{1,2}}(?::\d{{2}})?\s*(?:am|pm)|"
    rf"\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]\d{{2}}:\d{{2}})?)\b"
    rf"|\bwithin\s+(?:the\s+(?:next\s+)?)?(?:an?\s+|\d+\s+){_UNIT}\b"
    r"|\b(?:asap|as\s+soon\s+as\s+possible|right\s+away|immediately)\b",
    re.IGNORECASE,
)

_FORMATS: Final = {
    "pdf": "PDF",
    "csv": "CSV",
    "json": "JSON",
    "xml": "XML",
    "html": "HTML",
    "markdown": "Markdown",
    "spreadsheet": "spreadsheet",
    "excel": "spreadsheet",
    "xlsx": "spreadsheet",
    "table": "table",
    "chart": "chart",
    "charts": "chart",
    "graph": "chart",
    "plot": "chart",
    "png": "PNG",
    "jpeg": "JPEG",
    "svg": "SVG",
    "mp3": "MP3",
    "audio": "audio",
    "docx": "DOCX",
}
_ASKED_AS: Final = re.compile(
    r"\b(?:as|in|into|to|with|export(?:ed)?|format(?:ted)?)\s+(?:an?\s+|the\s+)?"
    r"(?P<word>[A-Za-z]+\d?)",
    re.IGNORECASE,
)


def read_intent(text: str, *, budget: str) -> Intent:
    """Understand a request as far as its own words go. Deterministic.

    Args:
        text: The request.
        budget: What it may cost, in words.
    """
    reading = read_request(text)
    deadline = _DEADLINE.search(text)
    return Intent(
        kind=_kind_of(reading.goals),
        goals=tuple(goal[:MAX_GOAL_CHARACTERS] for goal in reading.goals[:MAX_GOALS]),
        budget=budget,
        deadline=" ".join(deadline[0].split()) if deadline else "",
        format=_format_in(" ".join(reading.goals)),
    )


def _kind_of(goals: tuple[str, ...]) -> IntentKind:
    words = {plain(match[0]) for goal in goals for match in words_in(goal)}
    for kind, telling in _KINDS:
        if words & telling:
            return kind
    if any(_QUESTION.match(goal) for goal in goals):
        return IntentKind.QUESTION
    return IntentKind.LOOKUP


def _format_in(text: str) -> str:
    for match in _ASKED_AS.finditer(text):
        found = _FORMATS.get(match["word"].lower())
        if found:
            return found
    return ""
