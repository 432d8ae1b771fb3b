"""Filling a service's inputs with what a request's text clearly gives, and nothing else."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from domain import schemas
from domain.aliases import is_measure, names_no_place, places_of, symbols_in
from domain.catalogue import ServiceListing
from domain.figures import figures
from domain.goals import Reading
from domain.iso import COUNTRIES, LANGUAGES
from domain.mentions import Kind, Mention, is_place_like, masked
from domain.objects import listed_in, objects_in, residue_in, trimmed, without_form
from domain.roles import Role, examples_of, medium_of, medium_of_url, name_words, role_of
from domain.words import SILENT, alike, plain, vocabulary, words_in

Span = tuple[int, int]


class Fill(BaseModel):
    """A value for one input, and the text it was read from."""

    model_config = ConfigDict(frozen=True)

    value: JsonValue
    spans: tuple[Span, ...] = ()
    listed: bool = False
    """The value is one of those the service lists itself."""
    guessed: bool = False
    """The value only stands where such a value would: any name may be a place."""


Fills = Mapping[str, Fill]

MAX_NAME_CHARACTERS: Final = 80
"""A longer quotation is material, not a name."""

MIN_ADDRESS_CHARACTERS: Final = 20
"""An example that is shorter is a symbol, which says nothing of addresses."""

_FROM: Final = frozenset(
    "from origin source start departure base begin since first sender in".split()
)
_TO: Final = frozenset(
    "to destination target end arrival quote until till into out dest other last second".split()
)
_FROM_LEADS: Final = frozenset({"from", "between", "of"})
_TO_LEADS: Final = frozenset({"to", "into", "and", "until", "towards", "till"})
_TITLES: Final = frozenset({"title", "heading", "subject", "caption"})
_TYPED: Final[Mapping[Role, tuple[Kind, ...]]] = {
    Role.EMAIL: (Kind.EMAIL,),
    Role.PHONE: (Kind.PHONE,),
    Role.ZONE: (Kind.ZONE,),
    Role.MOMENT: (Kind.MOMENT,),
    Role.IP: (Kind.IP,),
    Role.HASH: (Kind.HASH,),
    Role.CODE: (Kind.CODE,),
}
_LATE: Final = {Role.NAME: 1, Role.QUERY: 2, Role.TEXT: 2}
"""Kinds that would take anything, and so are asked last."""

_FORMULAS: Final = frozenset({"expression", "equation", "formula", "problem"})
_FORMULA: Final = re.compile(
    r"(?<![\w.])(?=[^,;?]*\d)(?:[a-z]+\([^()]*\)|\([^()]+\)|\d*\.?\d*[a-z]?(?![a-z])|\d+(?:\.\d+)?)"
    r"(?:\s*(?:[-+*/^=<>%]|\*\*)\s*(?:[a-z]+\([^()]*\)|\([^()]+\)|\d+(?:\.\d+)?[a-z]?|[a-z](?![a-z])))+"
)
"""Numbers, letters and functions joined by operators."""

_ADDRESS: Final = re.compile(
    r"\b\d{1,5}\s+(?:[A-Z][\w'.-]*\s?)+(?:,\s*[A-Z][\w'.-]*(?:\s[A-Z0-9][\w'.-]*)*)*"
)
_CAPITALS: Final = re.compile(r"\b[A-Z]{2,6}(?:\.[A-Z]{1,3})?\b")


def fills_from(
    reading: Reading, listing: ServiceListing, *, variant: int = 0, goal: int | None = None
) -> dict[str, Fill]:
    """Fill what of a service's inputs the text gives; each value fits its schema.

    Args:
        reading: The request.
        listing: The service; names, types, listed values, examples and descriptions of its inputs
            say what fits them.
        variant: 1 for a second call of the same service about the next thing that was named.
        goal: The goal that the service answers; its own words come first.
    """
    source = _Source(reading, listing, variant, goal)
    inputs = schemas.properties_of(listing.input_schema)
    required = schemas.required_names(listing.input_schema)
    found: dict[str, Fill] = {}
    for name in sorted(inputs, key=lambda one: (source.stage(one), one not in required)):
        for fill in source.offers(name, inputs[name], needed=name in required):
            if schemas.problem_with(fill.value, inputs[name]) is None:
                found[name] = fill
                source.take(fill)
                break
    return {name: found[name] for name in inputs if name in found}


class _Source:
    """One request, read for one service."""

    def __init__(
        self, reading: Reading, listing: ServiceListing, variant: int, goal: int | None
    ) -> None:
        self._reading = reading
        self._listing = listing
        self._variant = variant
        self._goal = goal
        self._text = masked(reading.text, reading.literals)
        self._inputs = schemas.properties_of(listing.input_schema)
        self._roles = {n: role_of(n, s) for n, s in self._inputs.items() if _is_text(s)}
        self._taken: list[Span] = []

    def stage(self, name: str) -> int:
        """When an input is filled: what takes anything comes last."""
        return _LATE.get(self._roles.get(name, Role.DATE), 0)

    def take(self, fill: Fill) -> None:
        """Note what was used, so that nothing is used twice."""
        self._taken += fill.spans

    def offers(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        """Yield values for one input, the most certain first."""
        codes = listed_values(schema)
        kinds = _types_of(schema)
        if codes:
            yield from self._listed(name, codes)
        elif "array" in kinds:
            yield from self._lists(name, schema, needed=needed)
        elif "object" in kinds:
            yield from self._structures()
        elif kinds & {"integer", "number"}:
            yield from self._numbers(name, schema, needed=needed)
        elif "boolean" in kinds:
            yield from self._flags(name)
        else:
            yield from self._strings(name, schema, needed=needed)

    def _listed(self, name: str, codes: Sequence[str]) -> Iterator[Fill]:
        named = sorted((span, code) for code in codes for span in places_of(code, self._text))
        named += [
            ((one.start, one.end), code)
            for one in self._of(Kind.NUMBER)
            for code in codes
            if one.unit == code.lower() and self._text[one.start : one.start + 1] in "$€£¥"
        ]
        distinct: dict[str, list[Span]] = {}
        for span, code in named:
            distinct.setdefault(code, []).append(span)
        for code in self._directed_codes(name, distinct)[self._variant :]:
            yield Fill(value=code, spans=tuple(distinct[code]), listed=True)

    def _directed_codes(self, name: str, distinct: Mapping[str, Sequence[Span]]) -> list[str]:
        words = set(name_words(name))
        paired = sum(bool(set(name_words(other)) & (_FROM | _TO)) for other in self._inputs) > 1
        if paired and words & (_FROM | _TO):
            return self._one_way(from_side=bool(words & _FROM), distinct=distinct)
        return list(distinct)

    def _one_way(self, *, from_side: bool, distinct: Mapping[str, Sequence[Span]]) -> list[str]:
        """Tell what is converted from what it becomes: the former stands at the number."""
        numbers = self._of(Kind.NUMBER)

        def at_number(span: Span) -> bool:
            return any(
                0 <= span[0] - one.end <= 2  # noqa: PLR2004 - "5 °C"
                or span[0] == one.start
                or 0 <= one.start - span[1] <= 1
                for one in numbers
            )

        near = [code for code, spans in distinct.items() if any(at_number(s) for s in spans)]
        rest = [code for code in distinct if code not in near[:1]]
        if from_side:
            return near[:1] or (list(distinct)[:1] if len(distinct) > 1 else [])
        return rest[:1] if near else rest[-1:]

    def _lists(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        yield from self._structures()
        items = schema.get("items")
        kinds = _types_of(items) if isinstance(items, dict) else frozenset[str]()
        if kinds & {"integer", "number"}:
            numbers = self._of(Kind.NUMBER) or list(self._numbers_quoted())
            if len(numbers) > 1:
                yield Fill(
                    value=[one.value for one in numbers],
                    spans=tuple((one.start, one.end) for one in numbers),
                )
        elif isinstance(items, dict) and "string" in kinds:
            yield from self._text_lists(name, items, needed=needed)

    def _numbers_quoted(self) -> Iterator[Mention]:
        for literal in self._reading.literals:
            for match in re.finditer(r"-?\d+(?:\.\d+)?", str(literal.value)):
                value: JsonValue = float(match[0]) if "." in match[0] else int(match[0])
                yield literal.model_copy(update={"value": value})

    def _text_lists(self, name: str, items: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        role = role_of(name, items)
        kinds = _TYPED.get(role, (Kind.URL,) if role is Role.URL else ())
        found = self._of(*kinds) if kinds else self._reading.literals
        if len(found) > 1 or (kinds and found):
            yield Fill(
                value=[one.value for one in found],
                spans=tuple((one.start, one.end) for one in found),
            )
        if kinds or not needed:
            return
        spans = self._phrases()
        for span in [s for s in spans if len(listed_in(self._text[s[0] : s[1]])) > 1]:
            yield Fill(value=listed_in(self._text[span[0] : span[1]]), spans=(span,), guessed=True)

    def _structures(self) -> Iterator[Fill]:
        for literal in self._reading.literals:
            try:
                value: JsonValue = json.loads(str(literal.value))
            except (ValueError, RecursionError):
                continue
            if isinstance(value, list | dict):
                yield _fill(value, literal)

    def _numbers(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        whole = "number" not in _types_of(schema)
        nouns = vocabulary(" ".join([*self._listing.tags, *self._outputs()]).replace("_", " "))
        found = figures(self._reading, name, schema, said=self._listing.description, nouns=nouns)
        offers = [(value, one, False) for value, one in found]
        if needed:
            rest = self._of(Kind.NUMBER)
            offers += [(float(str(one.value)), one, True) for one in rest if len(rest) == 1]
        for value, mention, guessed in offers:
            span = self._with_unit(mention)
            exact = int(value) if float(value).is_integer() else value
            if (not whole or isinstance(exact, int)) and not self._is_taken(span):
                yield Fill(value=exact, spans=(span,), guessed=guessed)

    def _with_unit(self, mention: Mention) -> Span:
        """Take the unit along: in ``100 euros`` both words say how much."""
        after = re.match(r"\s?([A-Za-z°]+)", self._text[mention.end :])
        if mention.kind is Kind.NUMBER and after and is_measure(after[1]):
            return mention.start, mention.end + after.end()
        return mention.start, mention.end

    def _outputs(self) -> Iterator[str]:
        for name, schema in schemas.properties_of(self._listing.output_schema).items():
            yield name
            items = schema.get("items")
            if isinstance(items, dict):
                yield from schemas.properties_of(items)

    def _flags(self, name: str) -> Iterator[Fill]:
        wanted = [part for part in name_words(name) if part not in {"is", "with", "include"}]
        for match in words_in(self._text):
            if len(wanted) == 1 and alike(plain(match[0]), wanted[0]):
                yield Fill(value=True, spans=(match.span(),))

    def _strings(self, name: str, schema: schemas.Schema, *, needed: bool) -> Iterator[Fill]:
        role = self._roles.get(name, Role.NAME)
        if role is Role.SECRET:
            yield from (_fill(one.value, one) for one in self._reading.literals if needed)
            return
        if name == "period":
            for one in self._of(Kind.PAST, Kind.FUTURE):
                yield Fill(value=self._reading.text[one.start : one.end].strip())
        yield from self._labelled(name, role)
        readers: Mapping[Role, Callable[[str, schemas.Schema], Iterable[Fill]]] = {
            Role.URL: self._addresses,
            Role.PLACE: self._places,
            Role.COUNTRY: self._countries,
            Role.LANGUAGE: self._languages,
            Role.CURRENCY: self._currencies,
            Role.DATE: self._dates,
            Role.DOMAIN: self._domains,
            Role.TICKER: self._tickers,
            Role.TEXT: self._materials,
        }
        if role in readers:
            yield from readers[role](name, schema)
        for one in self._turn(name, role, self._of(*_TYPED.get(role, ()))):
            if role is not Role.HASH or _same_family(str(one.value), schema):
                yield _fill(one.value, one)
        if role is Role.HASH:
            yield from self._tickers(name, schema)
        if role in {Role.NAME, Role.QUERY, Role.CODE}:
            yield from self._named(name, schema, role, needed=needed)

    def _turn(self, name: str, role: Role, found: Sequence[Mention]) -> Sequence[Mention]:
        """Of several that would do, those that this input should have, by direction and order."""
        words = set(name_words(name))
        free = [one for one in found if not self._is_taken((one.start, one.end))]
        peers = [other for other, kind in self._roles.items() if kind is role]
        if len(peers) > 1 and words & _TO and not words & (_FROM - {"in"}):
            led = [one for one in free if self._lead(one) in _TO_LEADS]
            # What stands first belongs to the input that comes first.
            pending = any(set(name_words(p)) & _FROM for p in peers) and len(found) == len(free)
            return led or (free[1:] if pending else free)
        if len(peers) > 1 and words & _FROM:
            led = [one for one in free if self._lead(one) in _FROM_LEADS]
            return led or [one for one in free if self._lead(one) not in {"to", "into"}]
        return self._own_first(free)[self._variant :]

    def _own_first(self, found: Sequence[Mention]) -> Sequence[Mention]:
        if self._goal is None:
            return found
        start, end = self._reading.spans[self._goal]
        return sorted(found, key=lambda one: not start <= one.start < end)

    def _lead(self, one: Mention) -> str:
        before = [plain(w[0]) for w in words_in(self._text[max(0, one.start - 30) : one.start])]
        return before[-1] if before else ""

    def _is_taken(self, span: Span) -> bool:
        return any(a < span[1] and span[0] < b for a, b in self._taken)

    def _labelled(self, name: str, role: Role) -> Iterator[Fill]:
        """What is introduced by the input's own name: ``subject "Lunch"``, ``flight TP1234``."""
        for word in name_words(name):
            if word in SILENT or len(word) < 3 or role in {Role.PLACE, Role.DATE, Role.LANGUAGE}:  # noqa: PLR2004
                continue
            label = re.compile(
                rf"\b{re.escape(word)}s?\s*(?:is|of|for|named|called|number|line|:|=)?\s*$",
                re.IGNORECASE,
            )
            for one in self._turn("", role, self._reading.literals):
                if label.search(self._reading.text[max(0, one.start - 30) : one.start]):
                    yield _fill(one.value, one)
            if role not in {Role.NAME, Role.CODE, Role.TICKER, Role.TEXT}:
                continue
            for one in self._of(Kind.CODE, Kind.NAME, Kind.HANDLE, Kind.DOMAIN):
                if label.search(self._text[max(0, one.start - 30) : one.start]):
                    yield _fill(one.value, one)
            token = re.compile(
                rf"\b{re.escape(word)}s?\s+(?:named\s+|called\s+)?(?P<v>[a-z0-9][\w./@+-]*\w)", re.I
            )
            for match in token.finditer(self._text):
                plain_word = plain(match["v"])
                shouted = match["v"].isupper() or role is not Role.TEXT
                if plain_word not in SILENT and shouted and not self._is_own_word(plain_word):
                    yield Fill(value=match["v"], spans=(match.span("v"),), guessed=True)

    def _is_own_word(self, word: str) -> bool:
        return any(alike(word, known) for known in self._vocabulary())

    def _vocabulary(self) -> frozenset[str]:
        said = " ".join(
            [self._listing.name, self._listing.description, *self._listing.tags, *self._inputs]
        )
        return vocabulary(said.replace("_", " "))

    def _addresses(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        wanted = medium_of(name, schema)
        for one in self._turn(name, Role.URL, self._of(Kind.URL)):
            given = medium_of_url(str(one.value))
            around = self._text[max(0, one.start - 60) : one.start]
            said = medium_of("", {"description": around})
            if _leads_to(wanted, given if given != "page" else said, sure=given != "page"):
                yield _fill(one.value, one)
        if wanted == "page":
            for one in self._of(Kind.DOMAIN):
                yield _fill(f"https://{one.value}", one)

    def _places(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        if set(name_words(name)) & {"address", "location", "place"}:
            for match in _ADDRESS.finditer(self._text):
                value = match[0].strip(" ,.")
                yield Fill(value=value, spans=((match.start(), match.start() + len(value)),))
        names = [one for one in self._of(Kind.NAME) if not names_no_place(str(one.value))]
        capitalised = [one for one in names if self._text[one.start].isupper()]
        likely = [
            one for one in capitalised if is_place_like(one) or one.lead in {"is", "of", "for"}
        ]
        beside = [one for one in capitalised if self._text[: one.start].rstrip().endswith(",")]
        likely = [one for one in capitalised if one in likely or (likely and one in beside)]
        found = likely or capitalised or [one for one in names if is_place_like(one)]
        if len(self._turn(name, Role.PLACE, found)) == 0:
            found = capitalised
        for one in self._turn(name, Role.PLACE, found):
            yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _countries(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        for one in self._turn(name, Role.COUNTRY, self._of(Kind.COUNTRY)):
            yield _fill(_country(str(one.value), schema, self._text[one.start : one.end]), one)

    def _languages(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        source = bool(set(name_words(name)) & (_FROM - {"in"}))
        for one in self._own_first(self._of(Kind.LANGUAGE))[self._variant :]:
            if (self._lead(one) == "from") == source and not self._is_taken((one.start, one.end)):
                code = str(one.value)
                yield _fill(code if _wants_code(schema, 2) else LANGUAGES[code], one)
        if not source:
            for one in self._of(Kind.NAME):
                if one.lead in {"to", "into"}:
                    yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _currencies(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        distinct: dict[str, list[Span]] = {}
        for one in self._of(Kind.CURRENCY):
            distinct.setdefault(str(one.value), []).append((one.start, one.end))
        words = set(name_words(name))
        paired = sum(role is Role.CURRENCY for role in self._roles.values()) > 1
        codes = list(distinct)[self._variant :]
        if paired and words & (_FROM | _TO):
            codes = self._one_way(from_side=bool(words & _FROM), distinct=distinct)
        lower = next(examples_of(schema), "X").islower()
        for code in codes:
            yield Fill(value=code.lower() if lower else code, spans=tuple(distinct[code]))

    def _dates(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        # People also say "until the 24th from the 21st"; a start is the earlier one.
        dates = sorted(self._of(Kind.DATE), key=lambda one: str(one.value))
        words = set(name_words(name))
        later = bool(words & _TO) and not words & {"start", "from"}
        for one in dates[1 if later and len(dates) > 1 else 0 :]:
            if not self._is_taken((one.start, one.end)):
                yield _fill(one.value, one)

    def _domains(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        for one in self._turn(name, Role.DOMAIN, self._of(Kind.DOMAIN)):
            yield _fill(one.value, one)
        for one in self._of(Kind.URL):
            host = re.sub(r"^https?://", "", str(one.value)).partition("/")[0]
            yield _fill(host, one)

    def _tickers(self, name: str, schema: schemas.Schema) -> Iterator[Fill]:
        symbols = [(s, span) for s, span in symbols_in(self._text) if not self._is_taken(span)]
        for symbol, span in symbols[self._variant :]:
            yield Fill(value=symbol, spans=(span,))
        capitals = [
            match
            for match in _CAPITALS.finditer(self._text)
            if not self._is_taken(match.span()) and not self._is_own_word(plain(match[0]))
        ]
        for match in capitals[self._variant :]:
            yield Fill(value=match[0], spans=(match.span(),), guessed=True)
        if re.search(r"\bname\b", str(schema.get("description", "")), re.IGNORECASE):
            yield from self._names(name)

    def _materials(self, name: str, _: schemas.Schema) -> Iterator[Fill]:
        literals = self._turn(name, Role.TEXT, self._unlabelled(set(name_words(name))))
        yield from (_fill(one.value, one) for one in literals)

    def _unlabelled(self, words: set[str]) -> Sequence[Mention]:
        """Material that the request does not itself call a title or a subject of something."""
        found: list[Mention] = []
        for one in self._reading.literals:
            before = self._reading.text[max(0, one.start - 24) : one.start]
            label = re.search(
                r"\b(subject|title|heading|filename)(?:\s+line)?[\s:=]*$", before, re.I
            )
            if label is None or label[1].lower() in words:
                found.append(one)
        return found

    def _is_in_goal(self, one: Mention) -> bool:
        """Whether a value stands in this service's own goal, or where nothing is asked."""
        if self._goal is None:
            return True
        spans = self._reading.spans
        start = spans[self._goal][0] if self._goal else 0
        later = [a for a, _ in spans if a > start]
        return start <= one.start < min(later, default=len(self._reading.text)) or any(
            spans[at][0] <= one.start < spans[at][1] for at in self._reading.context
        )

    def _names(self, name: str) -> Iterator[Fill]:
        for one in self._turn(name, Role.NAME, self._of(Kind.NAME)):
            if self._text[one.start].isupper() and not self._is_own_word(plain(str(one.value))):
                yield Fill(value=one.value, spans=((one.start, one.end),), guessed=True)

    def _named(
        self, name: str, schema: schemas.Schema, role: Role, *, needed: bool
    ) -> Iterator[Fill]:
        words = set(name_words(name))
        texts = any(kind is Role.TEXT for kind in self._roles.values())
        if words & _TITLES and (texts or not needed):
            return  # What a thing is headed is written by whoever writes the plan.
        for one in self._turn(name, role, self._unlabelled(words)):
            if not self._is_in_goal(one):
                continue
            if role is Role.QUERY or len(str(one.value)) <= MAX_NAME_CHARACTERS:
                yield _fill(one.value, one)
        if "handle" in words or "channel" in words:
            for one in self._of(Kind.HANDLE):
                keep = next(examples_of(schema), "").startswith("@")
                yield _fill(one.value if keep else str(one.value).lstrip("@"), one)
        if "/" in next(examples_of(schema), ""):
            for match in re.finditer(r"(?<![\w/:.])[\w.-]+/[\w.-]*\w", self._text):
                yield Fill(value=match[0], spans=(match.span(),))
        if role is Role.NAME:
            yield from self._names(name)
        if needed and role is not Role.CODE:
            yield from self._about(words)

    def _about(self, words: set[str]) -> Iterator[Fill]:
        if "question" in words and self._goal is not None:
            start, end = self._reading.spans[self._goal]
            yield Fill(value=self._text[start:end].strip(), guessed=True)
        if words & _FORMULAS:
            for match in _FORMULA.finditer(self._text):
                value = match[0].strip(" .?,")
                yield Fill(value=value, spans=((match.start(), match.end()),))
        for start, end in self._phrases():
            value = without_form(self._text[start:end])
            if "prompt" in words:
                article = re.search(r"\b(?:an?|the)\s+$", self._text[:start], re.IGNORECASE)
                start -= len(article[0]) if article else 0
                value = (article[0] if article else "") + value
            yield Fill(value=value, spans=((start, start + len(value)),), guessed=True)

    def _phrases(self) -> list[Span]:
        goals = list(self._reading.spans)
        if self._goal is not None:
            goals = [goals[self._goal], *(goals[at] for at in self._reading.context)]
        found: list[Span] = []
        for goal in goals:
            values = self._reading.mentions
            hidden = [(m.start, m.end) for m in values if m.kind in {Kind.URL, Kind.EMAIL}]
            taken = [*self._taken, *hidden]
            about = objects_in(self._text, goal, values=values, taken=taken)
            known = self._vocabulary()
            residue = residue_in(self._text, goal, known=known, taken=taken)
            rest = [trimmed(self._text, span) for span in residue]
            kept = [s for s in about if any(s[0] < r[1] and r[0] < s[1] for r in residue)]
            found += [span for span in (*kept, *rest) if span is not None]
        return [span for span in found if not self._is_taken(span)]

    def _of(self, *kinds: Kind) -> Sequence[Mention]:
        return [one for one in self._reading.mentions if one.kind in kinds]


def listed_values(schema: schemas.Schema) -> tuple[str, ...]:
    """The texts a schema restricts an input to, if it does."""
    found = schema.get("enum")
    if isinstance(found, list):
        return tuple(value for value in found if isinstance(value, str))
    for choice in _choices(schema):
        values = listed_values(choice)
        if values:
            return values
    return ()


def _choices(schema: schemas.Schema) -> Iterator[schemas.Schema]:
    for key in ("anyOf", "oneOf"):
        choices = schema.get(key)
        if isinstance(choices, list):
            yield from (choice for choice in choices if isinstance(choice, dict))


def _types_of(schema: schemas.Schema) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    found: frozenset[str] = frozenset()
    for choice in _choices(schema):
        found |= _types_of(choice)
    return found


def _is_text(schema: schemas.Schema) -> bool:
    others = {"array", "object", "integer", "number", "boolean"}
    return not listed_values(schema) and not _types_of(schema) & others


def _leads_to(wanted: str, given: str, *, sure: bool) -> bool:
    """Whether an address of one medium may stand where another is asked."""
    if wanted == given:
        return True
    if sure:
        return wanted == "file" or (wanted == "page" and given == "file")
    return given == "page" and wanted == "hook"


def _same_family(value: str, schema: schemas.Schema) -> bool:
    """Whether an address looks like the seller's example: chains write theirs differently."""
    example = next(examples_of(schema), "")
    long = len(example) >= MIN_ADDRESS_CHARACTERS
    return not long or value.startswith("0x") == example.startswith("0x")


def _wants_code(schema: schemas.Schema, letters: int) -> bool:
    example = next(examples_of(schema), "")
    if example:
        return len(example) == letters
    said = str(schema.get("description", "")).lower()
    return " code" in f" {said}" or "iso" in said


def _country(code: str, schema: schemas.Schema, written: str) -> str:
    if _wants_code(schema, 2):
        return code
    example = next(examples_of(schema), "")
    names = COUNTRIES[code].split("|")
    if example and not any(example in said.split("|") for said in COUNTRIES.values()):
        return written
    return names[0]


def _fill(value: JsonValue, mention: Mention) -> Fill:
    return Fill(value=value, spans=((mention.start, mention.end),))
