"""Deciding by what a service gives: a request's condition as an expression over its output."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from activities.planning.comparing import (
    NOT,
    Spot,
    are_forms,
    by_number,
    is_comparison,
    is_named,
    types_of,
)
from activities.planning.parts import Key
from domain import schemas
from domain.expression_types import infer
from domain.iso import languages_in
from domain.roles import name_words
from domain.words import SILENT, alike, plain, words_in

INPUT: Final = "it"
"""The name under which a test knows the output that it looks at."""

MAX_FIELDS: Final = 40
"""Names of one object that are looked at; strangers write these schemas."""

_SO: Final = re.compile(
    r"(?:so|yes|true|that is (?:so|the case)|(?:it|he|she) (?:is|does|has|was)|"
    r"(?:they|there) (?:are|do|have|is|were))$",
    re.IGNORECASE,
)
_THERE: Final = re.compile(
    r"\b(?:any|some|there (?:is|are)|finds?|found|has|have|contains?)\b", re.IGNORECASE
)
_OPPOSITES: Final = (
    ("up", "down"),
    ("up", "offline"),
    ("safe", "unsafe"),
    ("safe", "dangerous"),
    ("available", "taken"),
    ("available", "registered"),
    ("free", "taken"),
    ("valid", "invalid"),
    ("valid", "wrong"),
    ("open", "closed"),
    ("success", "failure"),
    ("positive", "negative"),
    ("match", "clear"),
)
_EQUALS: Final = (
    ("available", "free"),
    ("malicious", "dangerous"),
    ("malicious", "phishing"),
    ("malicious", "unsafe"),
    ("up", "online"),
    ("up", "reachable"),
    ("deliverable", "valid"),
    ("breached", "leaked"),
    ("flagged", "toxic"),
    ("flagged", "offensive"),
    ("required", "needed"),
    ("required", "need"),
    ("safe", "clean"),
)


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IN_ORDER: Final = re.compile(r"\bin order\b|\ball right\b", re.IGNORECASE)
_GOOD: Final = _listed(
    "valid ok okay fine good genuine real legit legitimate authentic correct clean clear "
    "safe decent harmless healthy trustworthy deliverable secure sound"
)
_BAD: Final = _listed(
    "invalid bad fake bogus scam fraud fraudulent phishing malicious malware spam "
    "dangerous harmful risky unsafe suspicious toxic offensive indecent obscene explicit "
    "nude nudity naked nsfw porn pornographic rude abusive hateful leaked breached "
    "compromised pwned stolen sanctioned blacklisted infected vulnerable forged "
    "undeliverable"
)
"""Words that say of a thing that it is well, or not; general English, not any seller's names."""


class Source(NamedTuple):
    """A part whose output may decide."""

    key: Key
    output: schemas.Schema
    goal: str
    """What was asked of it."""


class Decision(NamedTuple):
    """Which output decides, and how."""

    key: Key
    expression: str


def decision(test: str, sources: Sequence[Source]) -> Decision | None:
    """Turn a condition into an expression over the output of one of ``sources``.

    Args:
        test: The condition in the request's words.
        sources: Who could tell, the likeliest first.

    Returns:
        ``None`` when no output certainly tells.
    """
    # What compares with a number is told by a number alone: no word stands for it.
    worded = (_by_listed_value, _by_truth, _by_amount, _by_list, _by_word)
    bare = _SO.fullmatch(test.strip()) is not None
    for way in (_by_number,) if is_comparison(test) else worded:
        for source in sources:
            values = list(_values(source.output))
            # "If so" asks for nothing itself: what was asked before it does.
            found = _by_number(source.goal, values, source) if bare else None
            found = found or way(test, values, source)
            if (
                found
                and not infer(
                    found, {"type": "object", "properties": {INPUT: source.output}}
                ).problems
            ):
                return Decision(source.key, found)
    return None


def _by_number(test: str, values: Sequence[Spot], source: Source) -> str | None:
    return by_number(test, values, source.goal)


def _by_listed_value(test: str, values: Sequence[Spot], _: Source) -> str | None:
    said = {plain(match[0]) for match in words_in(test)}
    for value in values:
        listed = value.schema.get("enum")
        if not isinstance(listed, list) or value.many:
            continue
        for one in listed:
            if isinstance(one, str) and any(
                alike(word, part) for word in said for part in _parts(one)
            ):
                operator = "!=" if NOT.search(test) else "=="
                return f"{value.path} {operator} {_text(one)}"
    return None


def _by_truth(test: str, values: Sequence[Spot], source: Source) -> str | None:
    flags = [
        one for one in values if types_of(one.schema) == frozenset({"boolean"}) and not one.many
    ]
    bare = _SO.fullmatch(test.strip()) is not None
    said = [plain(match[0]) for match in words_in(source.goal if bare else test)]
    denied = bool(NOT.search(test))
    for flag in flags:
        for part in name_words(flag.name):
            for word in said:
                side = _side(word, part)
                if side is not None:
                    return flag.path if side != denied else f"!({flag.path})"
    if bare and len(flags) == 1:
        return f"!({flags[0].path})" if denied else flags[0].path
    return _by_valence(test, flags[0], denied=denied) if len(flags) == 1 else None


def _by_valence(test: str, flag: Spot, *, denied: bool) -> str | None:
    """The one thing that a service tells apart, where both words say that it is well, or not."""
    said = _valence([plain(match[0]) for match in words_in(_IN_ORDER.sub(" fine ", test))])
    named = _valence(name_words(flag.name))
    if said is None or named is None:
        return None
    return flag.path if (said is named) is not denied else f"!({flag.path})"


def _valence(words: Sequence[str]) -> bool | None:
    """Whether words say something good or something bad; ``None`` for neither and for both."""
    good = any(alike(word, one) for word in words for one in _GOOD)
    bad = any(alike(word, one) for word in words for one in _BAD)
    return good if good is not bad else None


def _side(word: str, name: str) -> bool | None:
    """Whether a word says that something named so is true; ``None`` if it says nothing of it."""
    if word in SILENT and word != name:
        return None
    if alike(word, name) or (word, name) in _EQUALS or (name, word) in _EQUALS:
        return True
    opposites = (word, name) in _OPPOSITES or (name, word) in _OPPOSITES
    negated = word.removeprefix("un").removeprefix("in") == name and word != name
    return False if opposites or negated else None


def _by_amount(test: str, values: Sequence[Spot], _: Source) -> str | None:
    """``delayed``: a number of delay is above nothing."""
    for value in values:
        if not types_of(value.schema) & {"integer", "number"} or not is_named(value.name, test):
            continue
        path = f"max({value.path})" if value.many else value.path
        return f"!({path} > `0`)" if NOT.search(test) else f"{path} > `0`"
    return None


def _by_list(test: str, values: Sequence[Spot], _: Source) -> str | None:
    lists = [one for one in values if "array" in types_of(one.schema) and not one.many]
    for value in lists:
        if is_named(value.name, test) or (len(lists) == 1 and _THERE.search(test)):
            empty = bool(NOT.search(test))
            return f"length({value.path}) {'==' if empty else '>'} `0`"
    return None


def _by_word(test: str, values: Sequence[Spot], source: Source) -> str | None:
    """The last resort: a text that says what the test says, in whatever letters."""
    texts = [v for v in values if "string" in types_of(v.schema) and "enum" not in v.schema]
    texts = [v for v in texts if not v.many]
    said = list(words_in(test))
    telling = [m[0] for m in said if plain(m[0]) not in SILENT and not NOT.fullmatch(m[0])]
    telling = [
        w for w in telling if not any(are_forms(w, p) for t in texts for p in name_words(t.name))
    ]
    value = _text_meant(test, texts, source.goal, only=len(values) == 1)
    if value is None or not telling:
        return None
    word = telling[-1]
    forms = dict.fromkeys((word, word.lower(), word.capitalize(), word.upper()))
    tests = [f"contains({value.path}, {_text(form)})" for form in forms]
    codes = [one.code for one in languages_in(word)]
    if codes and "language" in f"{value.name} {source.goal}".lower():
        tests += [f"{value.path} == {_text(code)}" for code in codes]
    found = " || ".join(tests)
    return f"!({found})" if NOT.search(test) else found


def _text_meant(test: str, texts: Sequence[Spot], goal: str, *, only: bool) -> Spot | None:
    for text in (test, goal):
        named = [one for one in texts if is_named(one.name, text)]
        if named:
            return named[0]
    states = {"status", "state", "label", "sentiment", "verdict", "result", "category", "grade"}
    telling = [one for one in texts if set(name_words(one.name)) & states]
    if telling:
        return telling[0]
    # Beside other values it need not be the one that tells: a name does not say what is fine.
    return texts[0] if only and texts else None


def _values(output: schemas.Schema) -> Iterator[Spot]:
    for name, schema in list(schemas.properties_of(output).items())[:MAX_FIELDS]:
        if not name.isidentifier() or not name.isascii():
            continue
        path = f"{INPUT}.{name}"
        yield Spot(path, name, schema)
        items = schema.get("items")
        if isinstance(items, dict):
            for field, part in list(schemas.properties_of(items).items())[:MAX_FIELDS]:
                if field.isidentifier() and field.isascii():
                    yield Spot(f"{path}[*].{field}", field, part, many=True)
        for inner, part in list(schemas.properties_of(schema).items())[:MAX_FIELDS]:
            if inner.isidentifier() and inner.isascii():
                yield Spot(f"{path}.{inner}", inner, part)


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[^a-z0-9]+", value.lower()) if part)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
