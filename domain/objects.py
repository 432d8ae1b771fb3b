"""What a request is about: the words that follow its order and that no service is named by."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from domain.kinds import Kind, Mention
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


_PERSONS: Final = frozenset(["he", "she", "him", "her", "hers", "his", "us", "ours", "yours"])

MOST_MEMBERS: Final = 16
"""Members looked at; who names more gives them as material."""

MEMBER_WORDS: Final = 3
"""Words of one thing that is enumerated."""

_MEMBER_JOINT: Final = re.compile(
    r"\s*,\s*(?:and\s+|or\s+|plus\s+)?|\s+(?:and|or|plus|&|\+|vs\.?|versus|with)\s+", re.IGNORECASE
)
_ENUMERATED: Final = re.compile(
    r"[^\s.,;:!?()\n][^.,;:!?()\n]*(?:,[^.,;:!?()\n]+)*"
    r"(?:,|\s(?:and|or|plus|&|\+|vs\.?|versus|with)\s)[^.,;:!?()\n]+"
)


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


def enumerations_in(text: str, known: frozenset[str]) -> Iterator[list[Span]]:
    """Find things that are enumerated: ``flour, two eggs and milk``; the longest lists first.

    Args:
        text: The request, with its material blanked out.
        known: What a service says of itself; such words are no part of what is enumerated.
    """
    found: list[list[Span]] = []
    for match in _ENUMERATED.finditer(text):
        parts = list(_members(match))[:MOST_MEMBERS]
        windows = [(i, j) for i in range(len(parts)) for j in range(i + 2, len(parts) + 1)]
        runs = (_enumerated(text, parts[i:j], known) for i, j in sorted(windows, key=_shortness))
        nothing: list[Span] = []
        found.append(next((run for run in runs if run), nothing))
    yield from sorted(filter(None, found), key=len, reverse=True)


def _shortness(window: Span) -> Span:
    return window[0] - window[1], window[0]


def _enumerated(text: str, parts: Sequence[Span], known: frozenset[str]) -> list[Span]:
    """Where the members stand, if all of these parts are members of one enumeration."""
    inner = [_run(text, span, known) for span in parts[1:-1]]
    ends = _run(text, parts[0], known, last=True), _run(text, parts[-1], known, first=True)
    spans = [span for span in (ends[0], *inner, ends[1]) if span is not None]
    return spans if len(spans) == len(parts) else []


def _members(match: re.Match[str]) -> Iterator[Span]:
    at = match.start()
    for joint in _MEMBER_JOINT.finditer(match[0]):
        yield at, match.start() + joint.start()
        at = match.start() + joint.end()
    yield at, match.end()


def _run(
    text: str, span: Span, known: frozenset[str], *, first: bool = False, last: bool = False
) -> Span | None:
    """The telling words of a member: all of them, or those at the end that touches the others."""
    words = [
        (span[0] + match.start(), span[0] + match.end(), _tells(plain(match[0]), known))
        for match in re.finditer(r"[^\W_][\w'’-]*", text[span[0] : span[1]])  # noqa: RUF001 - people type this apostrophe
    ]
    ordered = words[::-1] if last else words
    run = list(takewhile(lambda one: one[2], ordered))
    if not run or len(run) > MEMBER_WORDS or (not (first or last) and len(run) < len(words)):
        return None
    return min(one[0] for one in run), max(one[1] for one in run)


def _tells(word: str, known: frozenset[str]) -> bool:
    return word not in SILENT | _PERSONS and word not in ACTIONS and not mentions(word, known)


def _is_known(word: str, known: frozenset[str], *, first: bool) -> bool:
    if word in SILENT:
        return False
    return word in SOFT or (first and word in ACTIONS) or mentions(word, known)
