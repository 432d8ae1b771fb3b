"""Writing chosen services down as the steps of a draft."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.linking import Link
from activities.planning.mapping import cap_of
from activities.planning.parts import Feed, Key, Part, Parts
from activities.planning.relevance import COVERED
from domain import schemas
from domain.catalogue import ServiceListing
from domain.expression_types import infer, result_problem
from domain.fallbacks import proven_first
from domain.goals import Reading, read_request
from domain.ids import ListingId, StepId
from domain.kinds import Kind
from domain.limits import MAX_ALTERNATES
from domain.money import Amount
from domain.offers import listed_offer
from domain.plan import Binding, Item, MapStep, Output, ServiceCall, Value
from domain.purchases import undo_of
from domain.words import ACTIONS, SILENT, SOFT, plain

MAX_TITLE_CHARACTERS: Final = 80
"""A title is a line."""

_DANGLING: Final = re.compile(
    r"\b(?:for|over|of|in|during|within|from|about|on)?\s*(?:the|this|these)?\s*$", re.IGNORECASE
)
_FORM: Final = re.compile(r"\bas (?:an? )?[A-Za-z ]{2,20}$", re.IGNORECASE)
"""How something shall be delivered is not what it is about."""

_PUNCTUATION: Final = " .,:;?!-"

Jobs = Mapping[ListingId, Sequence[ListingId]]


def write_steps(
    candidates: Candidates, parts: Parts, jobs: Jobs, budget: Amount
) -> tuple[ServiceCall | MapStep, ...]:
    """Write one step for each part, in an order in which producers come first."""
    services = affordable(candidates, parts, jobs, budget)
    ids = step_ids(candidates, services)
    title = subject(candidates.relevance.reading)
    written: list[ServiceCall | MapStep] = []
    for key, part in parts.items():
        listing = candidates.ranked[services[key]].listing
        call = ServiceCall(
            id=ids[key],
            title=step_title(listing),
            service=services[key],
            alternates=_alternates(candidates, key, services[key], parts, jobs),
            arguments=_arguments(candidates, part, ids, title),
            undo=undo_of(listed_offer(listing, budget)),
        )
        over = part.over
        written.append(call if over is None else _mapped(call, candidates, over, parts, ids))
    return tuple(written)


def _mapped(
    call: ServiceCall, candidates: Candidates, over: Feed, parts: Parts, ids: Mapping[Key, StepId]
) -> MapStep:
    return MapStep(
        id=call.id,
        title=f"{call.title[: MAX_TITLE_CHARACTERS - 12]} (each)",
        over=_output(ids[over.key], over.link.items or "@"),
        service=call.service,
        alternates=call.alternates,
        arguments=call.arguments,
        max_items=cap_of(candidates, over, parts),
        undo=call.undo,
    )


def affordable(
    candidates: Candidates, parts: Parts, jobs: Jobs, budget: Amount
) -> dict[Key, ListingId]:
    """Choose each part's service, changing to cheaper equals while the sum is too high."""
    services = {key: _best_equal(candidates, key, parts, jobs) for key in parts}

    def price(listing: ListingId) -> int:
        found = candidates.ranked[listing].listing.price
        return found.base_units if found else 0

    while sum(price(listing) for listing in services.values()) > budget.base_units:
        savings = [
            (price(services[key]) - price(other), key, other)
            for key in parts
            for other in (key.listing, *_equals(candidates, key, parts, jobs))
            if price(other) < price(services[key])
        ]
        if not savings:
            return services
        _, key, other = max(savings)
        services[key] = other
    return services


def _best_equal(candidates: Candidates, key: Key, parts: Parts, jobs: Jobs) -> ListingId:
    """The best scored of those that do the job and answer the same words."""
    relevance = candidates.relevance
    asked = [worth >= COVERED for worth in relevance.meaning(candidates.listing(key))]

    def answers(other: ListingId) -> bool:
        meaning = relevance.meaning(candidates.ranked[other].listing)
        return all(worth >= COVERED for worth, needed in zip(meaning, asked, strict=True) if needed)

    equals = [i for i in _equals(candidates, key, parts, jobs) if answers(i)]
    return max([key.listing, *equals], key=lambda i: candidates.ranked[i].score.total)


def _equals(candidates: Candidates, key: Key, parts: Parts, jobs: Jobs) -> Iterator[ListingId]:
    for other in jobs.get(key.listing, ()):
        if _fits(candidates, key, candidates.ranked[other].listing, parts):
            yield other


def _fits(candidates: Candidates, key: Key, other: ServiceListing, parts: Parts) -> bool:
    """Whether another service takes the very same arguments and gives what is used of this one."""
    part = parts[key]
    inputs = schemas.properties_of(other.input_schema)
    named = {*part.fills, *part.feeds}
    if not named <= inputs.keys() or not set(schemas.required_names(other.input_schema)) <= named:
        return False
    if any(schemas.problem_with(f.value, inputs[n]) for n, f in part.fills.items()):
        return False
    return all(
        _still_selects(other.output_schema, feed.link, _input(candidates, consumer.key, name))
        for consumer in parts.values()
        for name, feed in consumer.feeds.items()
        if feed.key == key
    ) and all(
        _still_selects(candidates.listing(feed.key).output_schema, feed.link, inputs[name])
        for name, feed in part.feeds.items()
        if parts[feed.key].over is None
    )


def _input(candidates: Candidates, key: Key, name: str) -> schemas.Schema:
    return schemas.properties_of(candidates.listing(key).input_schema)[name]


def _still_selects(output: schemas.Schema, link: Link, wanted: schemas.Schema) -> bool:
    """Whether a path into an output still leads to what fits."""
    path = link.path if link.items is None else f"{link.items}[0] | {link.path}"
    found = infer(path, output)
    return bool(found.shape) and result_problem(found, wanted) is None


def _alternates(
    candidates: Candidates, key: Key, chosen: ListingId, parts: Parts, jobs: Jobs
) -> tuple[ListingId, ...]:
    equals = [key.listing, *_equals(candidates, key, parts, jobs)]
    titled = _takes_title(candidates.ranked[chosen].listing)
    found = [
        other
        for other in equals
        if other != chosen and (not titled or _takes_title(candidates.ranked[other].listing))
    ]
    return proven_first(found, candidates.ranked)[:MAX_ALTERNATES]


def _arguments(
    candidates: Candidates, part: Part, ids: Mapping[Key, StepId], title: str
) -> dict[str, Binding]:
    arguments: dict[str, Binding] = {
        name: Value(value=fill.value) for name, fill in part.fills.items()
    }
    for name, feed in part.feeds.items():
        if feed.link.items is not None:
            arguments[name] = Item(path=None if feed.link.path == "@" else feed.link.path)
        else:
            arguments[name] = _output(ids[feed.key], feed.link.path)
    listing = candidates.listing(part.key)
    if title and "title" not in arguments and _takes_title(listing):
        arguments["title"] = Value(value=title)
    return arguments


def _output(step: StepId, path: str) -> Output:
    return Output(step=step, path=None if path == "@" else path)


def _takes_title(listing: ServiceListing) -> bool:
    schema = schemas.properties_of(listing.input_schema).get("title")
    return schema is not None and schemas.problem_with("A title", schema) is None


def step_ids(candidates: Candidates, services: Mapping[Key, ListingId]) -> dict[Key, StepId]:
    """Name steps after the last word of their service's name; equal names are numbered."""
    found: dict[Key, StepId] = {}
    for key, service in services.items():
        words = re.findall(r"[a-z0-9]+", candidates.ranked[service].listing.name.lower())
        base = words[-1][:40] if words else "step"
        name, number = base, 2
        while StepId(name) in found.values():
            name, number = f"{base}-{number}", number + 1
        found[key] = StepId(name)
    return found


def step_title(listing: ServiceListing) -> str:
    """Say what a step does in the first words of its service's own description."""
    sentence = re.split(r"(?<=[a-z)])[.:;]\s", listing.description.strip() or listing.name)[0]
    line = " ".join(sentence.split()).rstrip(_PUNCTUATION)
    return line if len(line) <= MAX_TITLE_CHARACTERS else line[: MAX_TITLE_CHARACTERS - 1] + "…"


def subject(reading: Reading) -> str:
    """What a request is about, as a title: its first goal without the order and the dates."""
    text = reading.text
    for one in sorted(reading.mentions, key=lambda one: -one.start):
        if one.kind in {Kind.LITERAL, Kind.PAST, Kind.FUTURE, Kind.SPAN, Kind.URL}:
            # Their preposition goes with them: "over the last 30 days".
            text = _DANGLING.sub(" ", text[: one.start]) + text[one.end :]
    # What comes after a comma adds to the subject or to the order.
    words = _FORM.sub(" ", _first_goal(text).partition(",")[0]).split()
    while words and _is_order(words[0]):
        words = words[1:]
    while words and plain(words[-1].strip(_PUNCTUATION)) in SILENT:
        words = words[:-1]
    title = " ".join(words).strip(_PUNCTUATION)[:MAX_TITLE_CHARACTERS]
    return title[:1].upper() + title[1:]


def _first_goal(text: str) -> str:
    # The text was changed, so its places no longer are those of the reading.
    return read_request(text).goals[0]


def _is_order(word: str) -> bool:
    bare = plain(word.strip(_PUNCTUATION))
    return bare in SILENT or bare in SOFT or bare in ACTIONS
