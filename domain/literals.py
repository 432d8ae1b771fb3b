"""The material that a request gives to be worked on: quoted, after a colon, or in lines below."""

import json
import re
from collections.abc import Iterator
from typing import Final

from domain.iso import languages_in
from domain.kinds import Kind, Mention
from domain.words import ACTIONS, SILENT, is_everyday, plain, words_in

_QUOTED: Final = re.compile(
    r"\"(?P<a>[^\"]+)\"|“(?P<b>[^”]+)”|«(?P<c>[^»]+)»|`(?P<d>[^`]+)`|(?<!\w)'(?P<e>.+?)'(?!\w)",
    re.DOTALL,
)
_AFTER_COLON: Final = re.compile(r":(?:[ \t]+|[ \t]*\n\s*)(?=\S)")
_ASKS_ON: Final = re.compile(
    r"(?:is|are|was|were|do|does|did|what|which|who|why|when|where|how|can)\b[^?]*\?\s*$",
    re.IGNORECASE,
)
"""A question after a colon asks on, unless the words before it announce material."""

_NAMES_A_THING: Final = re.compile(
    r"(?:^|[.\n]\s*)(?:[Ff]or|[Aa]bout|[Oo]n|[Cc]heck|[Rr]egarding)\s+(?:[A-Z]{2,6}|\S+\.[a-z]{2,12}|[A-Z]\w+(?:\s[A-Z]\w+)*)$"
)
"""A thing before a colon is what the questions after it are about."""

_LABELLED: Final = re.compile(r"\b(?:this|these|following|from|of)\b[^.?!]{0,40}$", re.IGNORECASE)

_ORDERED: Final = "|".join(sorted(ACTIONS - {"is", "are", "did", "does"}))
_ASKS_MORE: Final = re.compile(
    r"[\s.,;:!?–—-]*(?:(?:and|then|please|pls|but|also|now|only)\s+)*"  # noqa: RUF001 - people type this dash
    rf"(?:if|unless|otherwise|in case|is|are|does|do|did|i (?:want|need)|{_ORDERED})\b",
    re.IGNORECASE,
)
"""Orders after quoted material."""

_ASKS_LATER: Final = re.compile(
    r"[.!]\s+(?:and\s+)?(?:is|are|was|were|do|does|did|has|have|what|which|who|when|where|how|can|"
    r"could)\b[^?]*\?\s*$",
    re.IGNORECASE,
)
"""A question in a later sentence, which a text given to be worked on would rarely end with."""

MAX_LABEL_WORDS: Final = 4
"""Words of a label; a longer one says what to do."""

_LABEL_BEFORE: Final = re.compile(r"[^.?!\n]+(?:\.\w[^.?!\n]*)*$")
_IS_NAME: Final = re.compile(
    r"(?:(?:[\w-]+\s+){1,3}(?:of|on|about|at|in|for)\s+)?"
    r"(?:[A-ZÀ-Ý][a-zà-ÿ][\w'-]*(?:\s+[A-ZÀ-Ý][a-zà-ÿ][\w'-]*)*|(?:[a-z0-9-]+\.)+[a-z]{2,12})$"
)
"""A label that is somebody's or something's name, with what of it is spoken of."""

_VALUE_LIST: Final = re.compile(r"<?https?://\S")
"""An address after a colon: where the material is, not the material."""

_POLITE_LINE: Final = re.compile(
    r"(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day))\b[^.?!:]{0,40}$", re.IGNORECASE
)
"""A greeting in a line of its own."""

_LEAD_INS: Final = frozenset({"request", "task", "goal", "job", "query", "prompt", "todo", "note"})
"""Words that introduce the instruction itself; what follows their colon is no material."""


def literals_in(text: str) -> tuple[Mention, ...]:
    """Find the material that is given to be worked on, so that it is never read as instructions."""
    whole = _embedded_json(text)
    if whole is not None:
        return (*_quoted(text[: whole.start]), whole)
    whole = _after_colon(text)
    if whole is None:
        return tuple(_quoted(text)) or tuple(_after_line(text))
    inner = tuple(_quoted(text[whole.start : whole.end], offset=whole.start))
    # "Compare these: 'a' and 'b'" gives two texts; a text that quotes somebody is one.
    mostly = sum(one.end - one.start for one in inner) * 2 > whole.end - whole.start
    apart = mostly or _only_begins_with(text, whole, inner)
    return (*_quoted(text[: whole.start]), *(inner if apart else (whole,)))


def is_bare(text: str, literal: Mention) -> bool:
    """Whether material stands after a colon without quotation marks, and is no data."""
    return text[literal.start] not in "\"“«`'{["


def _only_begins_with(text: str, whole: Mention, inner: tuple[Mention, ...]) -> bool:
    """Whether what follows a colon is quoted, and orders come after it."""
    if not inner or inner[0].start != whole.start:
        return False
    return _ASKS_MORE.match(text[inner[-1].end : whole.end]) is not None


def _quoted(text: str, *, offset: int = 0) -> Iterator[Mention]:
    for match in _QUOTED.finditer(text):
        value = next(group for group in match.groups() if group is not None)
        yield _literal(value, match.start() + offset, match.end() + offset)


def _literal(value: str, start: int, end: int) -> Mention:
    return Mention(kind=Kind.LITERAL, start=start, end=end, value=value.strip())


def _embedded_json(text: str) -> Mention | None:
    start = min((at for at in (text.find("{"), text.find("[")) if at > 0), default=0)
    if not start:
        return None
    try:
        json.loads(text[start:])
    except (ValueError, RecursionError):
        return None
    return _literal(text[start:], start, len(text))


def _after_colon(text: str) -> Mention | None:
    quoted = [one.span() for one in re.finditer(r'"[^"\n]+"|`[^`\n]+`', text)]
    for match in _AFTER_COLON.finditer(text):
        if any(start < match.start() < end - 1 for start, end in quoted):
            continue
        head, rest = text[: match.start()], text[match.end() :]
        before = [plain(word[0]) for word in words_in(head)]
        if _NAMES_A_THING.search(head) or _VALUE_LIST.match(rest) or _is_topic(head, rest):
            continue
        if _ASKS_ON.match(rest) and not _LABELLED.search(head):
            continue
        if any(word not in SILENT and word not in _LEAD_INS for word in before):
            return _literal(text[match.end() :], match.end(), len(text))
    return None


def _is_topic(head: str, rest: str) -> bool:
    """Whether what stands before a colon is only what is spoken of after it."""
    label = _LABEL_BEFORE.search(head)
    words = [plain(word[0]) for word in words_in(label[0])] if label else []
    if not label or not words or _LABELLED.search(head) or not _is_bare(words):
        return False
    named = _IS_NAME.match(label[0].strip()) is not None and not any(languages_in(label[0]))
    return (named and not is_everyday(words[0])) or (
        len(words) <= MAX_LABEL_WORDS and _ASKS_LATER.search(rest) is not None
    )


def _is_bare(words: list[str]) -> bool:
    """Whether a label orders nothing and wants nothing."""
    return words[0] not in ACTIONS and not {"need", "want", "like", "please"} & {*words}


def _after_line(text: str) -> Iterator[Mention]:
    head, _, rest = text.strip().partition("\n")
    if rest.strip() and len(head.split()) > 1 and not _POLITE_LINE.match(head):
        start = text.index(rest)
        yield _literal(rest, start, start + len(rest))


def masked(text: str, spans: tuple[Mention, ...]) -> str:
    """Blank out ``spans``, so that every other character keeps its place."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text
