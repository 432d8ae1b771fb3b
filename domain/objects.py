"""What a request is about: the words that follow its order and that no service is named by."""

import re
from collections.abc import Sequence
from typing import Final

from domain.mentions import Kind, Mention
from domain.words import ACTIONS, SILENT, SOFT, mentions, plain, words_in

Span = tuple[int, int]

_ABOUT: Final = re.compile(
    r"\b(?:about|regarding|concerning|titled|named|called)\s+", re.IGNORECASE
)
_OF: Final = re.compile(r"\b(?:of|for|on|with|in|at|by|from|between)\s+", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"(?:[\s,]+(?:please|thanks|thank you|for me|right now|now|today|tonight|currently|mean|means|"
    r"over|during|within|in|on|for|from|to|into|as|at|by|of|and|or|with|the|an?|this|these|each|is|are))+$",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"^(?:(?:the|an?|my|our|your|some|any|this|that|these|those|latest|newest|recent|current|"
    r"topic|subject|word|term)\s+)+",
    re.IGNORECASE,
)
_FORM: Final = re.compile(
    r"\s+(?:as|in)\s+(?:an?\s+)?(?:[A-Za-z]{2,12})(?:\s+format)?$", re.IGNORECASE
)

_PASSING: Final = frozenset(
    (Kind.PAST, Kind.FUTURE, Kind.URL, Kind.EMAIL, Kind.DATE, Kind.MOMENT, Kind.PHONE, Kind.HASH)
)
"""Values that are never part of what something is about."""


def objects_in(
    text: str, goal: Span, *, values: Sequence[Mention], taken: Sequence[Span]
) -> list[Span]:
    """What a goal says after ``about``, ``of`` and the like; the likeliest first.

    Args:
        text: The whole request, with its material blanked out.
        goal: Where the goal stands.
        values: What the request mentions.
        taken: Places of what other inputs took; what is about something ends before them.
    """
    start, end = goal
    ends = [a for a, _ in taken] + [m.start for m in values if m.kind in _PASSING]
    found: list[Span] = []
    for pattern in (_ABOUT, _OF):
        for match in pattern.finditer(text, start, end):
            stop = min([at for at in ends if match.end() <= at < end], default=end)
            span = trimmed(text, (match.end(), stop))
            if span is not None and span not in found:
                found.append(span)
    return found


def residue_in(
    text: str, goal: Span, *, known: frozenset[str], taken: Sequence[Span]
) -> list[Span]:
    """Runs of telling words in a goal that ``known`` does not hold, longest first."""
    start, end = goal
    runs: list[Span] = []
    last = -1
    for match in words_in(text[start:end]):
        a, b = start + match.start(), start + match.end()
        word = plain(match[0])
        hidden = any(x < b and a < y for x, y in taken)
        if hidden or _is_known(word, known, first=not runs):
            last = -1
            continue
        if word in SILENT:
            continue
        between = text[runs[-1][1] : a] if runs and last >= 0 else ""
        if runs and last >= 0 and re.fullmatch(r"[\s'’-]*(?:(?:of|the|and|de|a)\s+)*", between):  # noqa: RUF001 - people type this apostrophe
            runs[-1] = (runs[-1][0], b)
        else:
            runs.append((a, b))
        last = b
    return sorted(runs, key=lambda span: (span[0] - span[1], span[0]))


def trimmed(text: str, span: Span) -> Span | None:
    """A phrase without the small words around it."""
    start, end = span
    part = text[start:end]
    stop = re.search(r"[;?!\n]|\.(?:\s|$)|,\s+(?:and then|then|and|if|unless|but)\b", part)
    part = part[: stop.start()] if stop else part
    part = _TAIL.sub("", part.rstrip(" .,:;?!-"))
    head = _HEAD.match(part.lstrip())
    lead = len(part) - len(part.lstrip()) + (head.end() if head else 0)
    if all(plain(match[0]) in SILENT for match in words_in(part[lead:])) and not re.search(
        r"\d", part[lead:]
    ):
        return None
    return start + lead, start + len(part.rstrip(" .,:;?!-"))


def without_form(text: str) -> str:
    """A phrase without the form that it shall come in: ``a cat as PNG``."""
    return _FORM.sub("", text)


def listed_in(text: str) -> list[str]:
    """The members of an enumeration: ``eggs, milk and flour``."""
    parts = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|plus|with|&|vs\.?|versus)\s+", text)
    return [part.strip(" .?!\"'") for part in parts if part.strip(" .?!\"'")]


def _is_known(word: str, known: frozenset[str], *, first: bool) -> bool:
    if word in SILENT:
        return False
    return word in SOFT or (first and word in ACTIONS) or mentions(word, known)
