"""Values that a request mentions: spans of time, quantities, dates, names, literal material."""

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.aliases import is_measure
from domain.dates import MONTHS, dates_in, months_in
from domain.iso import countries_in, currencies_in, languages_in
from domain.words import ACTIONS, SILENT, is_everyday, plain, words_in


class Kind(StrEnum):
    """What sort of value a mention is."""

    LITERAL = "literal"
    """Material to work on: quoted, or given after a colon."""
    PAST = "past"
    """A span of time that ends now, in days."""
    FUTURE = "future"
    """A span of time that starts now, in days."""
    SPAN = "span"
    """A span of time without a direction, in days."""
    NUMBER = "number"
    PERCENT = "percent"
    DATE = "date"
    MOMENT = "moment"
    YEAR = "year"
    MONTH = "month"
    """A month of a year, as ``2026-03``; its year is mentioned too."""
    EMAIL = "email"
    URL = "url"
    ZONE = "zone"
    PHONE = "phone"
    DOMAIN = "domain"
    IP = "ip"
    HASH = "hash"
    """An address, a transaction or another long number written in letters and digits."""
    HANDLE = "handle"
    CODE = "code"
    """An identifier of capitals and digits."""
    LANGUAGE = "language"
    CURRENCY = "currency"
    COUNTRY = "country"
    """The last three hold the code; what was written is found at its place."""
    NAME = "name"
    """Capitalised words, or what stands after a word like ``in``."""


class Mention(BaseModel):
    """One value and where it stands in the text."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    start: int
    end: int
    value: JsonValue
    unit: str = ""
    """The word after a number, plain."""
    lead: str = ""
    """The word before a name, plain."""


_UNITS: Final = {"yr": "year", "wk": "week", "mo": "month"}
"""Short for a unit of time."""

_DAYS_IN: Final = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}
"""Days that a span of time is taken to have; a month and a quarter are rounded."""

_NUMBER_WORDS: Final = (
    {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
    | {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15}
    | {"twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90}
)

_COUNTED_OUT: Final = re.compile(
    rf"\b(?P<count>{'|'.join(sorted(set(_NUMBER_WORDS) - {'one'}, key=len, reverse=True))})"
    r"[\s-](?P<unit>[a-z]+)",
    re.IGNORECASE,
)
"""A number in letters; "one" mostly is no number."""

_COUNT: Final = rf"\d+|{'|'.join(_NUMBER_WORDS)}"
_SPAN: Final = re.compile(
    rf"\b(?P<way>last|past|previous|recent|trailing|next|coming|following|upcoming|ahead)?\s*"
    rf"(?:(?P<count>{_COUNT}|half(?:\s+a)?)[\s-]+)?(?P<unit>day|week|fortnight|month|quarter|year|yr|wk|mo)s?\b"
    r"(?P<after>\s+(?:ahead|from now|ago))?",
    re.IGNORECASE,
)
_NEAR: Final = re.compile(r"\b(?P<word>tomorrow|yesterday)\b", re.IGNORECASE)
_FUTURE_WORDS: Final = frozenset({"next", "coming", "following", "upcoming", "ahead"})

_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<sign>[$€£¥]?)(?P<number>-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)"
    r"(?P<percent>\s?%|\s+per\s?cent\b)?(?:\s?(?P<unit>[A-Za-z°]+))?"
)
_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MOMENT: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?\b")
_YEAR: Final = re.compile(r"(?<![\d.$-])(?:19|20|21)\d{2}(?![\d.%-])")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_URL: Final = re.compile(r"https?://\S+")
_ZONE: Final = re.compile(r"\b(?:[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC)\b")
_PHONE: Final = re.compile(r"(?<![\w+])\+\d[\d ().-]{6,17}\d\b")
_IP: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_DOMAIN: Final = re.compile(
    r"(?<![\w@/.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!(?:txt|csv|json|md|html?|pdf|png|jpe?g|"
    r"mp[34]|wav|docx?|py|js)\b)[a-z]{2,12}\b"
)
_HASH: Final = re.compile(
    r"\b0x[0-9a-fA-F]{8,}\b|\b(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])[1-9A-HJ-NP-Za-km-z]{30,}\b|"
    r"\b(?=\w*\d)[0-9a-f]{32,}\b"
)
_HANDLE: Final = re.compile(r"(?<![\w.])@[A-Za-z0-9_]{2,}")
_CODE: Final = re.compile(
    r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b|(?<![\d.,+$€£-])\d{8,}(?![\d.,])"
)
_MIN_CODE_CHARACTERS: Final = 4
_WEEKDAYS: Final = frozenset(
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
)
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

_CURRENCY_SIGNS: Final = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
_CAPITAL: Final = "A-ZÀ-ÖØ-ÞĀĆČĎĐĒĘĚĞĢİĪĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŹŻŽ"
_NAME: Final = re.compile(
    rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|St|Sr|Jr|[{_CAPITAL}])\.[ ])*[{_CAPITAL}][\w’'-]*"  # noqa: RUF001 - people type this apostrophe
    r"(?:[ ](?:(?:de|da|do|dos|del|della|di|du|la|le|el|al|bin|von|van|van de[rn]|of the|upon)[ ])?"
    rf"(?:[{_CAPITAL}]\.[ ])*[{_CAPITAL}][\w’'-]*)*"  # noqa: RUF001 - people type this apostrophe
)
_NUMBERED_NAME: Final = re.compile(
    r"[ ](?P<number>\d{1,4}[a-z]?)(?![\w%°/:$€£+-]|[.,:]\d)(?P<next>\s+[A-Za-z]+)?"
)
"""A number that belongs to the name before it, unless it counts what follows."""

_PLACE_LEADS: Final = frozenset({"in", "at", "near", "around", "from", "to", "between", "and"})
_LOWER_NAME: Final = re.compile(
    r"\b(?P<lead>in|at|near|around|between|from|to|where is|where's|and)\s+"
    r"(?P<name>[a-zà-ÿ][\w-]+)",
    re.IGNORECASE,
)


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
    for match in _AFTER_COLON.finditer(text):
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


def mentions_in(text: str) -> tuple[Mention, ...]:
    """Find every value in ``text``; literal material comes first and hides what it holds."""
    literal = literals_in(text)
    rest = masked(text, literal)
    found: list[Mention] = [*literal]
    addresses = tuple(_addresses(rest))
    found.extend(addresses)
    years = {Kind.YEAR, Kind.MONTH}
    rest = masked(rest, tuple(one for one in addresses if one.kind not in years))
    for finder in (_spans, _numbers, _names, _lower_names, _tables):
        found.extend(finder(rest))
    return tuple(one for one in found if not _belongs_to_another(one, found))


def _belongs_to_another(one: Mention, found: Sequence[Mention]) -> bool:
    """Whether a number stands in a name, or either of them in a month."""
    hosts = {Kind.NUMBER: {Kind.NAME, Kind.MONTH}, Kind.NAME: {Kind.MONTH}}.get(one.kind, set())
    return any(
        other.kind in hosts and other.start <= one.start and one.end <= other.end for other in found
    )


def _addresses(text: str) -> Iterator[Mention]:
    for kind, pattern in (
        (Kind.URL, _URL),
        (Kind.EMAIL, _EMAIL),
        (Kind.MOMENT, _MOMENT),
        (Kind.DATE, _DATE),
        (Kind.ZONE, _ZONE),
        (Kind.IP, _IP),
        (Kind.PHONE, _PHONE),
        (Kind.HASH, _HASH),
        (Kind.HANDLE, _HANDLE),
        (Kind.DOMAIN, _DOMAIN),
        (Kind.CODE, _CODE),
    ):
        for match in pattern.finditer(text):
            value = match[0].rstrip(".,;!?)")
            if kind is Kind.CODE and len(value) < _MIN_CODE_CHARACTERS:
                continue
            if kind is Kind.MOMENT:
                value = value.replace(" ", "T")
            end = match.start() + len(value)
            yield Mention(kind=kind, start=match.start(), end=end, value=value)
            text = text[: match.start()] + " " * len(value) + text[end:]
    for one in dates_in(text):
        yield Mention(kind=Kind.DATE, start=one.start, end=one.end, value=one.value)
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    for one in months_in(text):
        yield Mention(kind=Kind.MONTH, start=one.start, end=one.end, value=one.value)
    for match in _YEAR.finditer(text):
        yield Mention(kind=Kind.YEAR, start=match.start(), end=match.end(), value=int(match[0]))


def _tables(text: str) -> Iterator[Mention]:
    for kind, found in (
        (Kind.LANGUAGE, languages_in(text)),
        (Kind.CURRENCY, currencies_in(text)),
        (Kind.COUNTRY, countries_in(text)),
    ):
        for one in found:
            lead = _word_before(text, one.start)
            yield Mention(kind=kind, start=one.start, end=one.end, value=one.code, lead=lead)


def _spans(text: str) -> Iterator[Mention]:
    for match in _SPAN.finditer(text):
        way, count = (match["way"] or "").lower(), (match["count"] or "").lower()
        unit = match["unit"].lower()
        if (not way or unit == "mo") and not count:
            continue
        unit = _UNITS.get(unit, unit)
        amount = _NUMBER_WORDS.get(count) if not count.isdigit() else int(count)
        after = (match["after"] or "").strip().lower()
        ahead = way in _FUTURE_WORDS or after in {"ahead", "from now"}
        kind = Kind.FUTURE if ahead else Kind.PAST if way or after == "ago" else Kind.SPAN
        days = (1 if amount is None else amount) * _DAYS_IN[unit]
        days = days // 2 if count.startswith("half") else days
        yield Mention(kind=kind, start=match.start(), end=match.end(), value=days, unit=f"{unit}s")
    for match in _NEAR.finditer(text):
        kind = Kind.PAST if match["word"].lower() == "yesterday" else Kind.FUTURE
        yield Mention(kind=kind, start=match.start(), end=match.end(), value=1, unit="days")


def _numbers(text: str) -> Iterator[Mention]:
    for match in _NUMBER.finditer(text):
        number = match["number"].replace(",", "")
        value: JsonValue = float(number) if "." in number else int(number)
        percent = match["percent"] is not None
        unit = _CURRENCY_SIGNS.get(match["sign"], "") or plain(match["unit"] or "")
        yield Mention(
            kind=Kind.PERCENT if percent else Kind.NUMBER,
            start=match.start(),
            end=match.end("percent") if percent else match.end("number"),
            value=value,
            unit="percent" if percent else unit,
        )
    for match in _COUNTED_OUT.finditer(text):
        count = _NUMBER_WORDS[match["count"].lower()]
        unit = plain(match["unit"])
        start, end = match.span("count")
        yield Mention(kind=Kind.NUMBER, start=start, end=end, value=count, unit=unit)


def _names(text: str) -> Iterator[Mention]:
    for match in _NAME.finditer(text):
        words = match[0].split()
        start = match.start()
        opens = opens_sentence(text, start)
        # The first word of a sentence is capitalised whatever it is.
        while words and opens and is_everyday(plain(words[0])):
            start += len(words[0]) + 1
            words = words[1:]
        if words and not (len(words) == 1 and _is_no_name(words[0])):
            end = _end_of_name(text, match.end())
            number = text[match.end() : end]
            yield Mention(
                kind=Kind.NAME,
                start=start,
                end=end,
                value=plain_name(" ".join(words)) + number,
                lead=_word_before(text, start),
            )


def _lower_names(text: str) -> Iterator[Mention]:
    """Offer what stands where a name would, for those who write without capitals."""
    for match in _LOWER_NAME.finditer(text):
        name = match["name"]
        if name[0].islower() and not is_everyday(plain(name)):
            yield Mention(
                kind=Kind.NAME,
                start=match.start("name"),
                end=match.end("name"),
                value=name.title(),
                lead=match["lead"].lower(),
            )


def plain_name(text: str) -> str:
    """Take a possessive off a name."""
    return re.sub(r"['’]s$", "", text)  # noqa: RUF001 - people type this apostrophe


def opens_sentence(text: str, start: int) -> bool:
    """Whether a sentence begins there."""
    return not text[:start].strip() or text[:start].rstrip()[-1] in ".!?:;"


def _is_no_name(word: str) -> bool:
    return plain(word) in SILENT | _WEEKDAYS or plain(word) in _NUMBER_WORDS


def _end_of_name(text: str, end: int) -> int:
    """Where a name ends, with its number: ``Apollo 11``; not ``Oslo 3 days``."""
    found = _NUMBERED_NAME.match(text, end)
    if found is None or _YEAR.fullmatch(found["number"]) or text[end - 1] in "'’":  # noqa: RUF001 - people type this apostrophe
        return end
    follows = plain((found["next"] or "").strip())
    counts = follows.endswith("s") or follows in MONTHS or is_measure(follows)
    return end if counts else found.end("number")


def _word_before(text: str, start: int) -> str:
    before = [plain(word[0]) for word in words_in(text[max(0, start - 40) : start])]
    return before[-1] if before else ""


def is_place_like(mention: Mention) -> bool:
    """Whether a name stands where places stand."""
    return mention.kind is Kind.NAME and (
        mention.lead in _PLACE_LEADS or mention.lead.startswith("where")
    )
