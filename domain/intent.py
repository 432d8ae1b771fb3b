"""What kind of thing a request wants, by when and in which form, as far as its words say."""

import re
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


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_KINDS: Final[tuple[tuple[IntentKind, frozenset[str]], ...]] = (
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
