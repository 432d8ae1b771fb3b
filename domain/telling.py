"""Which goals of a request ask for nothing: they only tell what the others are about."""

import re
from collections.abc import Sequence
from typing import Final

from domain.joints import opens_goal
from domain.moods import asks, asks_nothing, describes, is_small, is_told, opens_question

Span = tuple[int, int]

_LABELS: Final = re.compile(r":\s+|\s+[-–—]+\s+")  # noqa: RUF001 - people type these dashes
"""What stands between a label and what is asked about it."""

_SENTENCE_END: Final = re.compile(r"[.!?;\n]")


def told(text: str, spans: Sequence[Span], tests: frozenset[int]) -> tuple[int, ...]:
    """Return the places of the goals that ask for nothing.

    Args:
        text: The request, without what is quoted or polite.
        spans: Where each goal stands.
        tests: Starts of goals that are conditions, and so never only told.
    """
    telling = {
        at for at, span in enumerate(spans) if span[0] not in tests and _tells(text, spans, at)
    }
    telling |= _beside_what_is_asked(text, spans, tests, telling)
    if len(telling) < len(spans):
        return tuple(sorted(telling))
    nothing = [at for at, (start, end) in enumerate(spans) if asks_nothing(text[start:end])]
    return tuple(nothing) if len(nothing) < len(spans) else ()


def unasked(text: str, spans: Sequence[Span], tests: frozenset[int]) -> tuple[int, ...]:
    """Return the goals whose sentence asks nothing outright, where another one does."""
    sentences = _sentences(text, spans)
    silent = [goals for goals in sentences if not _is_outright(text, spans, tests, goals)]
    return tuple(at for goals in silent for at in goals) if len(silent) < len(sentences) else ()


def _tells(text: str, spans: Sequence[Span], at: int) -> bool:
    start, end = spans[at]
    part, after = text[start:end], text[end:]
    if after.lstrip()[:1] == "?":
        return False
    if is_small(part) or is_told(part):
        return True
    labels = _LABELS.match(after)
    return labels is not None and opens_question(after[labels.end() :]) and not opens_goal(part)


def _beside_what_is_asked(
    text: str, spans: Sequence[Span], tests: frozenset[int], telling: set[int]
) -> set[int]:
    """Sentences that describe a situation, where another sentence asks outright.

    By themselves they may be how somebody asks: "My landlord wants a summary of it".
    """
    silent = set(unasked(text, spans, tests))
    return {
        at
        for goals in _sentences(text, spans)
        if silent.issuperset(goals)
        and (
            not telling.isdisjoint(goals)
            or any(describes(text[slice(*spans[at])]) for at in goals)
            or describes(text[spans[goals[0]][0] : spans[goals[-1]][1]])
        )
        for at in goals
    }


def _is_outright(
    text: str, spans: Sequence[Span], tests: frozenset[int], goals: Sequence[int]
) -> bool:
    return any(spans[at][0] in tests or _asks(text, spans[at]) for at in goals)


def _asks(text: str, span: Span) -> bool:
    start, end = span
    return text[end:].lstrip()[:1] == "?" or asks(text[start:end])


def _sentences(text: str, spans: Sequence[Span]) -> list[list[int]]:
    """Goals by the sentence they stand in."""
    sentences: list[list[int]] = []
    before = 0
    for at, (start, end) in enumerate(spans):
        if not sentences or _SENTENCE_END.search(text[before:start]):
            sentences.append([])
        sentences[-1].append(at)
        before = end
    return sentences
