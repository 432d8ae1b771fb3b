"""What shall be made, as it was ordered: all that follows the order, not only its last noun."""

import re
from collections.abc import Sequence
from typing import Final

from domain.words import ACTIONS, SILENT, SOFT, listed, mentions, plain, words_in

Span = tuple[int, int]

PICTURED: Final = listed("prompt scene description motif")
"""Those of what is to be seen."""

COMMISSIONED: Final = listed("prompt scene idea brief concept motif description topic about")
"""Names of inputs that say what shall be made."""

_MAKES: Final = re.compile(
    r"\b(?:writ|generat|creat|draft|compos|invent|design|mak|paint|draw|render|produc)\w*|"
    r"\bprompt\b|\btext[ -]to\b",
    re.IGNORECASE,
)
"""Words of a service that makes something new."""

_OWN: Final = listed(
    "a an the my our your their his her its new first last next two three four five six seven eight"
)
"""Small words that belong to what follows them."""

_OF_WORK: Final = re.compile(
    r"(?:an?\s+|the\s+)?(?:[\w-]+\s+)?(?:image|picture|pic|photo|painting|drawing|illustration|poster|"
    r"portrait|sketch|icon|mesh|model|video|clip|footage|animation|scene|sound|sfx)s?\s+"
    r"(?:of|showing|depicting)\s+",
    re.IGNORECASE,
)
"""The name of a work, before what it shows."""

_ON_SUBJECT: Final = re.compile(
    r"(?:an?\s+|the\s+)?(?:[\w'’-]+\s+){1,3}?(?:about|on|for)\s+",  # noqa: RUF001 - people type this apostrophe
    re.IGNORECASE,
)
"""The name of a piece of writing, before what it is on."""

_STOP: Final = re.compile(r"[;?!\n]|\.(?:\s|$)|\s[-–—]\s|,?\s+(?:and then|then)\b")  # noqa: RUF001 - people type this dash
_TAIL: Final = re.compile(
    r"(?:[\s,]+(?:please|pls|plz|thanks|thank you|for me|now|asap|in|at|on|of|as|with|and|to|"
    r"for))+$",
    re.IGNORECASE,
)


def makes_something(said: str) -> bool:
    """Whether a service makes something new of what it is told."""
    return _MAKES.search(said) is not None


def commission_in(
    text: str, goal: Span, *, known: frozenset[str], taken: Sequence[Span], pictured: bool
) -> Span | None:
    """Find what is to be made: what follows the order and the name of the work.

    Args:
        text: The request, with its material blanked out.
        goal: Where the goal stands.
        known: What the service says of itself, as "a poster of" in an order for one.
        taken: Places of what other inputs took; the commission ends before them.
        pictured: Whether what is described is to be shown, not written about.
    """
    start, end = goal
    words = [(start + m.start(), plain(m[0])) for m in words_in(text[start:end])]
    first = next((at for at, (_, word) in enumerate(words) if _tells(word, known)), None)
    if first is None:
        return None
    while first and words[first - 1][1] in _OWN:
        first -= 1
    begin = words[first][0]
    lead = (_OF_WORK if pictured else _ON_SUBJECT).match(text[begin:end])
    begin += lead.end() if lead else 0
    stop = _STOP.search(text[begin:end])
    limits = [a for a, _ in taken if begin < a < end]
    finish = min([end if stop is None else begin + stop.start(), *limits])
    whole = _TAIL.sub("", text[begin:finish].rstrip(" .,:;?!-"))
    return (begin, begin + len(whole)) if whole else None


def _tells(word: str, known: frozenset[str]) -> bool:
    return word not in SILENT | ACTIONS | SOFT | _OWN and not mentions(word, known)
