"""Values that a request mentions: spans of time, quantities, dates, names, literal material."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from domain.aliases import is_measure
from domain.dates import MONTHS, Dated, dates_in, later_days_in, months_in
from domain.iso import countries_in, currencies_in, languages_in
from domain.kinds import Kind, Mention
from domain.literals import literals_in, masked
from domain.quantities import NUMBER_WORDS, numbers_in
from domain.words import SILENT, is_everyday, plain, words_in

_UNITS: Final = {"yr": "year", "wk": "week", "mo": "month"}
"""Short for a unit of time."""

_DAYS_IN: Final = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}
"""Days that a span of time is taken to have; a month and a quarter are rounded."""

_COUNT: Final = rf"\d+|{'|'.join(NUMBER_WORDS)}"
_SPAN: Final = re.compile(
    rf"\b(?P<way>last|past|previous|recent|trailing|next|coming|following|upcoming|ahead)?\s*"
    rf"(?:(?P<count>{_COUNT}|half(?:\s+a)?)[\s-]+)?(?P<unit>day|week|fortnight|month|quarter|year|yr|wk|mo)s?\b"
    r"(?P<after>\s+(?:ahead|from now|ago))?",
    re.IGNORECASE,
)
_SHORT_SPAN: Final = re.compile(r"(?<![\w.,])(?P<count>\d{1,3})(?P<unit>[yd])\b(?<!\b[23]d)")
"""Days and years as a letter: ``7d``; what has three dimensions is no span."""

_NEAR: Final = re.compile(r"\b(?P<word>tomorrow|yesterday)\b", re.IGNORECASE)
_FUTURE_WORDS: Final = frozenset({"next", "coming", "following", "upcoming", "ahead"})

_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MOMENT: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?\b")
_YEAR: Final = re.compile(r"(?<![\d.$-])(?:19|20|21)\d{2}(?![\d%-]|\.\d)")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_URL: Final = re.compile(r"https?://\S+")
_ZONE: Final = re.compile(
    r"\b(?:(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|"
    r"Europe|Indian|Mexico|Pacific|US)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC)\b"
)
"""The regions of the time zone database; SEK/PLN is something else."""

_PHONE: Final = re.compile(r"(?<![\w+])\+\d[\d ().-]{6,17}\d\b")
_IP: Final = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)|"
    r"(?<![\w:.])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){7})[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}"
    r"(?![\w:])"
)
"""Four numbers, or groups of hexadecimal digits that no time of day has."""
_DOMAIN: Final = re.compile(
    r"(?<![\w@/.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!(?:txt|csv|json|md|html?|pdf|png|jpe?g|"
    r"mp[34]|wav|docx?|py|js)\b)[a-z]{2,12}\b"
)
_HASH: Final = re.compile(
    r"\b0x[0-9a-zA-Z]{5,}\b|\bbc1[0-9a-z]{6,}\b|\b(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])[1-9A-HJ-NP-Za-km-z]{30,}\b|"
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


def mentions_in(text: str, *, closed: Sequence[Mention] | None = None) -> tuple[Mention, ...]:
    """Find every value in ``text``; literal material comes first and hides what it holds.

    Args:
        text: A request.
        closed: The material, where it is known already.
    """
    literal = literals_in(text) if closed is None else tuple(closed)
    return _mentions(text, literal) if literal else _without_literals(text)


@lru_cache(maxsize=64)
def _without_literals(text: str) -> tuple[Mention, ...]:
    """The same of plain words, remembered: each part of a reading asks for its values anew."""
    return _mentions(text, ())


def _mentions(text: str, literal: tuple[Mention, ...]) -> tuple[Mention, ...]:
    rest = masked(text, literal)
    found: list[Mention] = [*literal]
    addresses = tuple(addresses_in(rest))
    found.extend(addresses)
    years = {Kind.YEAR, Kind.MONTH}
    rest = masked(rest, tuple(one for one in addresses if one.kind not in years))
    for finder in (_spans, numbers_in, _names, _lower_names, _tables):
        found.extend(finder(rest))
    return tuple(one for one in found if not _belongs_to_another(one, found))


def _belongs_to_another(one: Mention, found: Sequence[Mention]) -> bool:
    """Whether a number stands in a name, or either of them in a month."""
    hosts = {Kind.NUMBER: {Kind.NAME, Kind.MONTH}, Kind.NAME: {Kind.MONTH}}.get(one.kind, set())
    return any(
        other.kind in hosts and other.start <= one.start and one.end <= other.end for other in found
    )


def _days(text: str, whole: str) -> Iterator[Dated]:
    """Days that are written out, and those that are told by one before them."""
    found = tuple(dates_in(text))
    known = [*found, *(Dated(*match.span(), match[0]) for match in _DATE.finditer(whole))]
    yield from found
    for day in later_days_in(whole, known):
        if not any(one.start < day.end and day.start < one.end for one in known):
            yield day


def addresses_in(text: str) -> Iterator[Mention]:
    """Find what has a form that nothing else has: addresses, days, codes."""
    whole = text
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
            value = match[0].rstrip(".,:;!?)>\"'")
            if kind is Kind.CODE and len(value) < _MIN_CODE_CHARACTERS:
                continue
            if kind is Kind.MOMENT:
                value = value.replace(" ", "T")
            end = match.start() + len(value)
            yield Mention(kind=kind, start=match.start(), end=end, value=value)
            text = text[: match.start()] + " " * len(value) + text[end:]
    for one in _days(text, whole):
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
        amount = NUMBER_WORDS.get(count) if not count.isdigit() else int(count)
        after = (match["after"] or "").strip().lower()
        ahead = way in _FUTURE_WORDS or after in {"ahead", "from now"}
        kind = Kind.FUTURE if ahead else Kind.PAST if way or after == "ago" else Kind.SPAN
        days = (1 if amount is None else amount) * _DAYS_IN[unit]
        days = days // 2 if count.startswith("half") else days
        yield Mention(kind=kind, start=match.start(), end=match.end(), value=days, unit=f"{unit}s")
    for match in _SHORT_SPAN.finditer(text):
        unit = "year" if match["unit"] == "y" else "day"
        days = int(match["count"]) * _DAYS_IN[unit]
        start, end = match.span()
        yield Mention(kind=Kind.SPAN, start=start, end=end, value=days, unit=f"{unit}s")
    for match in _NEAR.finditer(text):
        kind = Kind.PAST if match["word"].lower() == "yesterday" else Kind.FUTURE
        yield Mention(kind=kind, start=match.start(), end=match.end(), value=1, unit="days")


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
    return plain(word) in SILENT | _WEEKDAYS or plain(word) in NUMBER_WORDS


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
