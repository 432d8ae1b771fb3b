"""Deciding by what a service gives: a request's condition as an expression over its output."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from activities.planning.parts import Key
from domain import schemas
from domain.expression_types import infer
from domain.iso import languages_in
from domain.roles import name_words
from domain.words import SILENT, alike, plain, same_meaning, words_in

INPUT: Final = "it"
"""The name under which a test knows the output that it looks at."""

MAX_FIELDS: Final = 40
"""Names of one object that are looked at; strangers write these schemas."""

FORM_LETTERS: Final = 4
"""Letters from which a word may be the beginning of another: delay, delayed."""

_MORE_THAN: Final = (
    "more|greater|higher|bigger|larger|warmer|hotter|heavier|taller|longer|older|later|"
    "faster|stronger|dearer|deeper|better|worse"
)
_LESS_THAN: Final = (
    "less|lower|smaller|fewer|cheaper|colder|cooler|lighter|shorter|younger|earlier|slower|weaker"
)
_AT_LEAST: Final = r"at least|no (?:less|fewer|lower) than|not (?:below|under)|reaches|>="
_AT_MOST: Final = r"at most|no (?:more|higher|greater) than|not (?:above|over)|<="
_MORE: Final = rf"above|over|(?:{_MORE_THAN}) than|exceeds?|exceeding|tops|surpasses|beyond|hits|>"
_LESS: Final = rf"below|under|(?:{_LESS_THAN}) than|beneath|<"
_NUMBER: Final = (
    r"(?P<sign>[$€£¥]\s?)?(?P<number>(?:(?:-|\u2212|minus\s)\s?)?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|"
    r"\d+(?:\.\d+)?))\s?(?P<scale>k\b|m\b|thousand\b|million\b|billion\b)?"
)
_COMPARED: Final = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<more>{_MORE})|(?P<less>{_LESS})|"
    rf"(?P<same>equals?|exactly|==?))\s*{_NUMBER}",
    re.IGNORECASE,
)
_OR_BEYOND: Final = re.compile(
    rf"{_NUMBER}\s?\S{{0,12}}(?:\s\w+)?\s+or\s+(?:(?P<least>above|over|{_MORE_THAN})|"
    rf"(?P<most>below|under|{_LESS_THAN}))\b",
    re.IGNORECASE,
)
"""``5 degrees or colder``."""

_MEASURED: Final = {
    "colder cooler warmer hotter": "temperature temp",
    "cheaper dearer": "price cost rate",
    "heavier lighter": "weight mass",
    "taller": "height elevation",
    "older younger": "age",
    "faster slower": "speed latency duration time",
    "longer shorter": "length duration",
    "later": "delay",
    "deeper": "depth",
}
"""What the comparing words compare, by the names that sellers give it."""

_MOVED: Final = re.compile(
    r"\b(?P<down>down|lost|loses|lose|falls?|fell|fallen|drop(?:s|ped)?|declined?s?|decreased?s?|"
    r"sinks?|sank|dip(?:s|ped)?)\b|"
    r"\b(?:up|gains?|gained|rises?|rose|risen|increased?s?|climb(?:s|ed)?|grew|grows?)\b",
    re.IGNORECASE,
)
"""A change, and not the value itself, is compared: down more than 5 %."""

_CHANGES: Final = frozenset({"change", "changed", "delta", "diff", "difference", "growth", "move"})
_DEGREES: Final = re.compile(r"°\s?[cf]?\b|\b(?:degrees|celsius|fahrenheit)\b", re.IGNORECASE)
_FAHRENHEIT: Final = re.compile(r"°\s?f\b|\bfahrenheit\b|\d\s?f\b", re.IGNORECASE)
_SCALES: Final = {"k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "billion": 10**9}
_NOT: Final = re.compile(
    r"\b(?:not|no|never|none|nothing|without|cannot)\b|n['’]t\b",  # noqa: RUF001 - people type this apostrophe
    re.IGNORECASE,
)
_SO: Final = re.compile(
    r"(?:so|yes|true|that is (?:so|the case)|it (?:is|does|has|was))$", re.IGNORECASE
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
_IN_ORDER: Final = re.compile(r"\bin order\b|\ball right\b", re.IGNORECASE)
_GOOD: Final = frozenset(
    ("valid", "ok", "okay", "fine", "good", "genuine", "real", "legit", "legitimate", "authentic")
    + ("correct", "clean", "clear", "safe", "decent", "harmless", "healthy", "trustworthy")
    + ("deliverable", "secure", "sound")
)
_BAD: Final = frozenset(
    ("invalid", "bad", "fake", "bogus", "scam", "fraud", "fraudulent", "phishing", "malicious")
    + ("malware", "spam", "dangerous", "harmful", "risky", "unsafe", "suspicious", "toxic")
    + ("offensive", "indecent", "obscene", "explicit", "nude", "nudity", "naked", "nsfw", "porn")
    + ("pornographic", "rude", "abusive", "hateful", "leaked", "breached", "compromised", "pwned")
    + ("stolen", "sanctioned", "blacklisted", "infected", "vulnerable", "forged", "undeliverable")
)
"""Words that say of a thing that it is well, or not; general English, not any seller's names."""

_HEADLINE: Final = frozenset(
    [
        "price",
        "value",
        "score",
        "rate",
        "amount",
        "total",
        "count",
        "level",
        "index",
        "number",
        "last",
    ]
)
"""What a service's one telling number is called."""


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


class _Value(NamedTuple):
    path: str
    name: str
    schema: schemas.Schema
    many: bool = False


def decision(test: str, sources: Sequence[Source]) -> Decision | None:
    """Turn a condition into an expression over the output of one of ``sources``.

    Args:
        test: The condition in the request's words.
        sources: Who could tell, the likeliest first.

    Returns:
        ``None`` when no output certainly tells.
    """
    # What compares with a number is told by a number alone: no word stands for it.
    compared = _COMPARED.search(test) or _OR_BEYOND.search(test)
    worded = (_by_listed_value, _by_truth, _by_amount, _by_list, _by_word)
    for way in (_by_number,) if compared else worded:
        for source in sources:
            values = list(_values(source.output))
            found = way(test, values, source)
            if (
                found
                and not infer(
                    found, {"type": "object", "properties": {INPUT: source.output}}
                ).problems
            ):
                return Decision(source.key, found)
    return None


def _by_number(test: str, values: Sequence[_Value], source: Source) -> str | None:
    match = _COMPARED.search(test) or _OR_BEYOND.search(test)
    if match is None:
        return None
    said = match.groupdict()
    number = _amount(match)
    operator = next(sign for name, sign in _OPERATORS if said.get(name))
    rest = test[: match.start()] + " " + test[match.end() :]
    moved = _MOVED.search(test[: match.start()]) if operator in {">", ">="} else None
    if moved is not None:
        value = next((one for one in values if set(name_words(one.name)) & _CHANGES), None)
        if moved["down"]:
            number, operator = -abs(number), operator.replace(">", "<")
    else:
        value = _measured(test, values) or _number_meant(rest, values, source.goal)
    if value is None:
        return None
    converted = _in_unit_of(value, number, test)
    if converted is None:
        return None
    shown = int(converted) if converted.is_integer() else round(converted, 6)
    path = value.path
    if value.many:
        path = f"max({path})" if operator.startswith(">") else f"min({path})"
    found = f"{path} {operator} `{shown}`"
    return f"!({found})" if _NOT.search(rest) else found


_OPERATORS: Final = (
    ("least", ">="),
    ("most", "<="),
    ("more", ">"),
    ("less", "<"),
    ("same", "=="),
)


def _amount(match: re.Match[str]) -> float:
    """The number of a comparison, with its sign and its thousands."""
    digits = re.sub(r"[^\d.]", "", match["number"])
    amount = float(digits) * _SCALES.get((match["scale"] or "").lower(), 1)
    return -amount if match["number"][0] in "-\u2212mM" else amount


def _measured(test: str, values: Sequence[_Value]) -> _Value | None:
    """The number that a comparing word itself speaks of: colder is of a temperature."""
    said = set(test.lower().split()) | ({"colder"} if _DEGREES.search(test) else set())
    names = next((set(n.split()) for w, n in _MEASURED.items() if set(w.split()) & said), set())
    numbers = [one for one in values if _types(one.schema) & {"integer", "number"}]
    return next((one for one in numbers if set(name_words(one.name)) & names), None)


def _in_unit_of(value: _Value, number: float, test: str) -> float | None:
    """A number in the unit of the output; ``None`` where that is unknown."""
    said = {*name_words(value.name), *name_words(str(value.schema.get("description", "")))}
    if _FAHRENHEIT.search(test):
        if said & {"f", "fahrenheit"}:
            return number
        return (number - 32) * 5 / 9 if said & {"c", "celsius"} else None
    if re.search(r"°\s?c\b|\bcelsius\b|\bcentigrade\b", test, re.IGNORECASE):
        return number * 9 / 5 + 32 if said & {"f", "fahrenheit"} else number
    return number


def _number_meant(test: str, values: Sequence[_Value], goal: str) -> _Value | None:
    numbers = [one for one in values if _types(one.schema) & {"integer", "number"}]
    numbers += [
        one._replace(path=f"length({one.path})")
        for one in values
        if "array" in _types(one.schema) and not one.many
        if _named(one.name, test)
    ]
    for text in (test, goal):
        named = [one for one in numbers if _named(one.name, text)]
        if named:
            return named[0]
    plain_numbers = [one for one in numbers if not one.many]
    telling = [one for one in plain_numbers if set(name_words(one.name)) & _HEADLINE]
    if len(telling) == 1 or (telling and set(name_words(telling[0].name)) <= _HEADLINE):
        return telling[0]
    return plain_numbers[0] if len(plain_numbers) == 1 else None


def _by_listed_value(test: str, values: Sequence[_Value], _: Source) -> str | None:
    said = {plain(match[0]) for match in words_in(test)}
    for value in values:
        listed = value.schema.get("enum")
        if not isinstance(listed, list) or value.many:
            continue
        for one in listed:
            if isinstance(one, str) and any(
                alike(word, part) for word in said for part in _parts(one)
            ):
                operator = "!=" if _NOT.search(test) else "=="
                return f"{value.path} {operator} {_text(one)}"
    return None


def _by_truth(test: str, values: Sequence[_Value], source: Source) -> str | None:
    flags = [one for one in values if _types(one.schema) == frozenset({"boolean"}) and not one.many]
    bare = _SO.fullmatch(test.strip()) is not None
    said = [plain(match[0]) for match in words_in(source.goal if bare else test)]
    denied = bool(_NOT.search(test))
    for flag in flags:
        for part in name_words(flag.name):
            for word in said:
                side = _side(word, part)
                if side is not None:
                    return flag.path if side != denied else f"!({flag.path})"
    if bare and len(flags) == 1:
        return f"!({flags[0].path})" if denied else flags[0].path
    return _by_valence(test, flags[0], denied=denied) if len(flags) == 1 else None


def _by_valence(test: str, flag: _Value, *, denied: bool) -> str | None:
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


def _by_amount(test: str, values: Sequence[_Value], _: Source) -> str | None:
    """``delayed``: a number of delay is above nothing."""
    for value in values:
        if not _types(value.schema) & {"integer", "number"} or not _named(value.name, test):
            continue
        path = f"max({value.path})" if value.many else value.path
        return f"!({path} > `0`)" if _NOT.search(test) else f"{path} > `0`"
    return None


def _by_list(test: str, values: Sequence[_Value], _: Source) -> str | None:
    lists = [one for one in values if "array" in _types(one.schema) and not one.many]
    for value in lists:
        if _named(value.name, test) or (len(lists) == 1 and _THERE.search(test)):
            empty = bool(_NOT.search(test))
            return f"length({value.path}) {'==' if empty else '>'} `0`"
    return None


def _by_word(test: str, values: Sequence[_Value], source: Source) -> str | None:
    """The last resort: a text that says what the test says, in whatever letters."""
    texts = [v for v in values if "string" in _types(v.schema) and "enum" not in v.schema]
    texts = [v for v in texts if not v.many]
    said = list(words_in(test))
    telling = [m[0] for m in said if plain(m[0]) not in SILENT and not _NOT.fullmatch(m[0])]
    telling = [
        w for w in telling if not any(_forms(w, p) for t in texts for p in name_words(t.name))
    ]
    value = _text_meant(test, texts, source.goal)
    if value is None or not telling:
        return None
    word = telling[-1]
    forms = dict.fromkeys((word, word.lower(), word.capitalize(), word.upper()))
    tests = [f"contains({value.path}, {_text(form)})" for form in forms]
    codes = [one.code for one in languages_in(word)]
    if codes and "language" in f"{value.name} {source.goal}".lower():
        tests += [f"{value.path} == {_text(code)}" for code in codes]
    found = " || ".join(tests)
    return f"!({found})" if _NOT.search(test) else found


def _text_meant(test: str, texts: Sequence[_Value], goal: str) -> _Value | None:
    for text in (test, goal):
        named = [one for one in texts if _named(one.name, text)]
        if named:
            return named[0]
    states = {"status", "state", "label", "sentiment", "verdict", "result", "category", "grade"}
    telling = [one for one in texts if set(name_words(one.name)) & states]
    if telling:
        return telling[0]
    return texts[0] if len(texts) == 1 else None


def _named(name: str, text: str) -> bool:
    said = {plain(match[0]) for match in words_in(text)} - SILENT
    means = {other for word in said for other in same_meaning(word)}
    return any(_forms(word, part) for word in means for part in name_words(name) if len(part) > 1)


def _forms(one: str, other: str) -> bool:
    short, long = sorted((one.lower(), other.lower()), key=len)
    return alike(one.lower(), other.lower()) or (
        len(short) >= FORM_LETTERS and long.startswith(short)
    )


def _values(output: schemas.Schema) -> Iterator[_Value]:
    for name, schema in list(schemas.properties_of(output).items())[:MAX_FIELDS]:
        if not name.isidentifier() or not name.isascii():
            continue
        path = f"{INPUT}.{name}"
        yield _Value(path, name, schema)
        items = schema.get("items")
        if isinstance(items, dict):
            for field, part in list(schemas.properties_of(items).items())[:MAX_FIELDS]:
                if field.isidentifier() and field.isascii():
                    yield _Value(f"{path}[*].{field}", field, part, many=True)
        for inner, part in list(schemas.properties_of(schema).items())[:MAX_FIELDS]:
            if inner.isidentifier() and inner.isascii():
                yield _Value(f"{path}.{inner}", inner, part)


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[^a-z0-9]+", value.lower()) if part)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _types(schema: schemas.Schema) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    return frozenset({stated}) if isinstance(stated, str) else frozenset()
