"""Where one goal of a request ends and the next begins."""

import re
from typing import Final

from domain.iso import languages_in
from domain.moods import does_something, opens_question
from domain.words import ACTIONS, listed, plain, words_in

_BREAK: Final = re.compile(
    r"\n+|[;.?!]+(?=\s|$)|,?\s+\b(?:and then|then|and also|and|also|plus|but|so)\b\s+|,\s+|"
    r"\s+(?:&|\+|->|=>|→)\s+|:\s+|\s+[-–—]+\s+",  # noqa: RUF001 - people type these dashes
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(r"(?:[\s,;]|\s[-–—])+$")  # noqa: RUF001 - people type these dashes

_OPENERS: Final = frozenset({"please", "then", "also", "finally", "next", "kindly", "just"})

_SURE: Final = frozenset(
    {", and", "then", ", then", "and then", ", and then", "plus", ", plus"}
    | {"also", ", also", "and also", ", and also"}
)
"""Joints that add another wish, whatever it is called; a name or a value goes on with a list."""

_LIST_WORDS: Final = 2
"""Words of what stands in a list: rain, wind, and temperature."""

_SENT: Final = listed(
    "mail sms text message ping tweet alert warn notify inform forward fax shorten crop cut trim "
    "suggest recommend resize upscale shrink compress blur burn see have work"
)
"""Orders that are more often said than kept in lists of verbs, for they are nouns, too."""

_RECEIVER: Final = r"(?:[#@]\w|\S+@\S+\.\w|\+\d{6})"
_DELIVERED: Final = re.compile(
    rf"(?:(?:all|both|everything|each)(?: of (?:it|them))? )?to (?:\w+ ){{0,3}}?\(?{_RECEIVER}"
)
"""To whom something goes: what goes there was asked for before."""

_DONE: Final = re.compile(
    r"(?P<done>[a-z]{2,}(?:ed|ten|ent|own|ut|ade|old|read|put)) "
    r"(?:to|into|in|as|by|for|from|on|out|with|at|aloud|behind|under)\b"
)
"""What is to be done with what was asked for: mailed to, written in, read out."""

_NOT_DONE: Final = listed("based compared followed related dated made about")

_OWNED: Final = re.compile(r"(?:its|their|his|her) [a-z]")
_OF_IT: Final = re.compile(
    r"(?:an?|the) (?:[a-z][\w'-]* ){1,3}(?:of|for|in|at|from|near|on) ", re.IGNORECASE
)
"""Another thing with what it is of: a map of it, the meaning of each."""

_OF: Final = re.compile(r"\b(?:of|for|in|at|from|near|on|to|with)\s")

_INTO: Final = re.compile(r"(?:in|into) (?=[A-Z])")


def goal_spans(text: str) -> list[tuple[int, int]]:
    """Find where each goal stands."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if _is_sentence_end(match[0]) or _parts(match, text, start):
            spans.append((start, match.start()))
            start = match.end()
    spans.append((start, len(text)))
    filled = [_tight(text, a, b) for a, b in spans if any(c.isalnum() for c in text[a:b])]
    return filled or [(0, len(text))]


def opens_goal(rest: str) -> bool:
    """Whether what follows begins with an order or a question."""
    return does_something(rest) or _opens_listed(rest)


def opens_plainly(rest: str) -> bool:
    """The same, counting only verbs that are listed or done to something pointed at."""
    return does_something(rest, pointing=True) or _opens_listed(rest)


def _opens_listed(rest: str) -> bool:
    for match in words_in(rest[:80]):
        word = plain(match[0])
        if any(character.isdigit() for character in rest[: match.start()]):
            return False
        if word not in _OPENERS:
            return word in ACTIONS
    return False


def _parts(match: re.Match[str], text: str, start: int) -> bool:
    """Whether a joint in a sentence stands between two goals."""
    rest = text[match.end() :]
    joint = " ".join(match[0].lower().split())
    if joint == "so" and opens_question(rest):
        return False
    if opens_goal(rest):
        return True
    if joint in _SURE:
        return _is_wish(rest) and not _ends_list(text[start : match.start()], rest)
    if joint == "," and _goes_on(rest):
        return True
    before = text[start : match.start()]
    return joint in {",", "and", "&", "+", "->", "=>", "→"} and _adds(before, rest, joint)


def _is_wish(rest: str) -> bool:
    """Whether what follows is called by an everyday word, as no name or value is."""
    return re.match(r"(?:an?\s|[a-z][a-z'-]+\b)(?!\s*[:.]\S)", rest) is not None


def _ends_list(before: str, rest: str) -> bool:
    """Whether what follows is the last of a list of short things."""
    item = before.rpartition(",")[2] if "," in before else ""
    part = _BREAK.split(rest, maxsplit=1)[0]
    return 0 < len(item.split()) <= _LIST_WORDS and len(part.split()) <= _LIST_WORDS


def _goes_on(rest: str) -> bool:
    """Whether what was asked for is to be handed on, or put into another language."""
    done = _DONE.match(rest)
    if done is not None and done["done"] not in _NOT_DONE:
        return True
    into = _INTO.match(rest)
    named = into is not None and any(
        one.start == into.end() for one in languages_in(rest[: into.end() + 20])
    )
    return named or _DELIVERED.match(rest) is not None


def _adds(before: str, rest: str, joint: str) -> bool:
    """Whether what follows a comma or an "and" is another thing to be had or done.

    What is said of two things after the second, "the name and the age of it", is said of both.
    """
    first = next(iter(words_in(rest[:80])), None)
    if first is not None and first.start() == 0 and _is_order(first[0], rest[first.end() :]):
        return True
    if _OWNED.match(rest):
        return True
    return joint == "and" and bool(_OF_IT.match(rest)) and bool(_OF.search(before))


def _is_order(word: str, after: str) -> bool:
    """Whether a word that may name a thing is an order: text only, text to her."""
    return word in _SENT and re.match(r"\s+(?:only|of|for)\b|\s*(?:[:,.?!;]|$)", after) is None


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    """A goal without the commas and blanks around it."""
    part = text[start:end]
    start += len(part) - len(part.lstrip(" \n\t,;"))
    return start, start + len(_TRAILING.sub("", text[start:end]))


def _is_sentence_end(mark: str) -> bool:
    return mark.strip()[:1] in {";", ".", "?", "!"} or ("\n" in mark and not mark.strip())
