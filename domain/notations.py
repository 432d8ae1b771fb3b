"""Things written in a notation of their own: repositories, devices, schedules, reactions, codes."""

import re
from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.roles import examples_of
from domain.words import is_everyday, plain

Span = tuple[int, int]

MOST_CODE_CHARACTERS: Final = 16
"""Characters of a code that is written with spaces; a longer example is words."""

_REPOSITORIES: Final = frozenset(["repo", "repository", "project"])
_THINGS: Final = frozenset(["device", "sensor", "probe", "meter"])
_REACTIONS: Final = frozenset(["equation", "reaction", "formula"])

_REPOSITORY: Final = re.compile(
    r"(?<![\w/:.@-])(?:(?:github|gitlab)\.com/)?(?P<v>[A-Za-z][\w-]*/[A-Za-z][\w.-]*\w)(?![\w/])"
)
_NUMBERED: Final = re.compile(r"(?<![\w/.@:-])(?=[\w-]*\d)[A-Za-z]{1,12}(?:[-_]\w{1,12})+(?![\w-])")
_HYPHENED: Final = re.compile(
    r"(?<![\w/.@:-])(?P<a>[a-z]{2,12})-(?P<b>[a-z]{2,12})(?:-[a-z]+)*(?![\w-])"
)
_CRON: Final = re.compile(r"(?<!\S)(?:[\d*/,-]+[ \t]+){4,5}[\d*/,A-Z-]+(?!\S)")
_REACTION: Final = re.compile(
    r"(?<!\S)\d*[A-Z][A-Za-z\d()]*(?:\s*(?:\+|->|→|=)\s*\d*[A-Z][A-Za-z\d()]*(?![\w]))+"
)
_CODE_RUN: Final = re.compile(r"[A-Z]+|\d+|\s+")


def notations_in(
    text: str, words: frozenset[str], schema: schemas.Schema
) -> Iterator[tuple[str, Span]]:
    """Yield what in a text is written as an input's values are, with its place.

    Args:
        text: The request, with its material blanked out.
        words: The words of the input's name.
        schema: The input's schema; its example may show a notation.
    """
    example = next(examples_of(schema), "")
    if words & _REPOSITORIES:
        yield from _repositories(text)
    if words & _THINGS:
        yield from ((match[0], match.span()) for match in _NUMBERED.finditer(text))
    if "device" in words:
        yield from _hyphened(text)
    yield from _shown(text, words, example)


def _repositories(text: str) -> Iterator[tuple[str, Span]]:
    for match in _REPOSITORY.finditer(text):
        owner, _, name = match["v"].partition("/")
        if not (is_everyday(plain(owner)) and is_everyday(plain(name))):
            yield match["v"], match.span("v")


def _hyphened(text: str) -> Iterator[tuple[str, Span]]:
    for match in _HYPHENED.finditer(text):
        if not (is_everyday(match["a"]) and is_everyday(match["b"])):
            yield match[0], match.span()


def _shown(text: str, words: frozenset[str], example: str) -> Iterator[tuple[str, Span]]:
    """What is written as a seller's example is."""
    if _CRON.fullmatch(example):
        yield from ((match[0], match.span()) for match in _CRON.finditer(text))
    if words & _REACTIONS and _REACTION.fullmatch(example):
        for match in _REACTION.finditer(text):
            if re.search(r"->|→|=", match[0]):
                yield match[0], match.span()
    form = spaced_form_of(example)
    if form is not None:
        yield from ((match[0].upper(), match.span()) for match in form.finditer(text))


def spaced_form_of(example: str) -> re.Pattern[str] | None:
    """The form of a code that is written with spaces: ``SE1 7PB``; ``None`` where it is none."""
    runs = _CODE_RUN.findall(example)
    parted = any(run.isspace() for run in runs)
    numbered = any(run.isdigit() for run in runs) and any(run.isalpha() for run in runs)
    if "".join(runs) != example or not (parted and numbered) or len(example) > MOST_CODE_CHARACTERS:
        return None
    return re.compile(rf"(?<![\w.-]){''.join(map(_loosely, runs))}(?![\w-]|\.\d)", re.IGNORECASE)


def _loosely(run: str) -> str:
    """A run may be a little longer or shorter; a second part may follow a number's point."""
    if run.isspace():
        return r"[ ]"
    if run.isdigit():
        longer = rf"\d{{{max(1, len(run) - 1)},{len(run) + 1}}}"
        return rf"{longer}(?:\.\d+)?" if len(run) > 2 else longer  # noqa: PLR2004 - a number, no part of a code
    return rf"[A-Z]{{{max(1, len(run) - 1)},{len(run) + 1}}}"
