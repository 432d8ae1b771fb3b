"""Where the sentences of a request end: not every dot does, and not every end has one."""

import re
from typing import Final

from domain.words import listed

_SHIELD: Final = "\N{ONE DOT LEADER}"
"""Stands for a dot that ends nothing; as long as one, so that places stay."""

_ABBREVIATION: Final = re.compile(
    r"\b(?:i\.e|e\.g|a\.m|p\.m|u\.s|z\.b|cf|viz|etc|approx|ca|incl|excl|resp|vs|"
    r"no|nr|vol|fig|sec|ch|pp|dept|tel|"
    r"dr|mr|mrs|ms|mx|prof|st|sr|jr|rev|hon|gen|sgt|capt|"
    r"inc|ltd|co|corp|bros|sp|"
    r"jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\.(?=\s)",
    re.IGNORECASE,
)
"""Shortened words as English writes them; a sentence may also end with one."""

_INITIAL: Final = re.compile(r"(?<![\w.])[A-Z]\.(?=\s+[A-Z])")
"""A letter for a forename: M. Holt."""

_SPELT: Final = re.compile(r"(?<=\b\w\.\w)\.(?=\s+[a-z])")
"""Letters each with a dot, in the midst of a sentence: z o.o. for."""

_ENDS_ONE: Final = re.compile(r"\s+(?:[A-Z][a-z]*['’]?[a-z]*\s+[a-z]|$)")  # noqa: RUF001 - people type this apostrophe
"""What follows where such a word ends its sentence: a capital that is no name's."""

_NEVER_LAST: Final = listed(
    "i.e e.g cf viz approx ca incl excl resp vs nr vol fig dr mr mrs ms mx prof st"
)
"""Shortened words that something always follows."""

SENTENCE_END: Final = re.compile(r"[.?!](?=\s|$)|\n")


def shielded(text: str) -> str:
    """Put another character for every dot that ends no sentence; places stay."""
    for pattern in (_ABBREVIATION, _INITIAL, _SPELT):
        for match in pattern.finditer(text):
            if pattern is _ABBREVIATION and not _goes_on(text, match):
                continue
            at = match.end() - 1
            text = text[:at] + _SHIELD + text[at + 1 :]
    return text


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether the sentence goes on after a shortened word."""
    word = match[0][:-1].lower()
    if word in _NEVER_LAST:
        return True
    if word == "no":
        return bool(re.match(r"\s+[A-Z]*\d|\s+[A-Z]{2}", text[match.end() :]))
    return not _ENDS_ONE.match(text[match.end() :])
