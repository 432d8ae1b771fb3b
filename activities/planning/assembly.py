"""Putting services together: each takes what the text gives or what another one produces."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from activities.planning.candidates import POINTING_BACK, Candidates
from activities.planning.feeding import GOOD_FIT, PRODUCER_DEPTH, closest, recruits
from activities.planning.linking import SAME_KIND, SAME_NAME
from activities.planning.parts import Feed, Key, Lack, Part, Parts
from activities.planning.worth import asked_for, is_sure, may_answer, worth_of
from activities.planning.writing import subject
from domain import schemas
from domain.catalogue import ServiceListing
from domain.kinds import Kind
from domain.limits import MAX_STEPS
from domain.producing import is_coordinate, is_telling
from domain.roles import Role, name_words, role_of
from domain.schemas import types_of
from domain.values import Fill

HEADINGS: Final = frozenset({"subject", "title", "heading", "headline"})
"""What an input is called that only says in a line what its text is about."""

_TEXT: Final = re.compile(r"\b(?:text|sentences?|message|article|document)\b", re.IGNORECASE)

FIT_WORTH: Final = 0.5
"""What a perfect fit adds to a producer's worth."""


def with_service(
    candidates: Candidates,
    key: Key,
    parts: Parts,
    *,
    path: frozenset[Key] = frozenset(),
    unasked: bool = False,
) -> Parts | Lack:
    """Add a service and whatever it needs; what is there already is used again.

    Args:
        candidates: The services that could be bought.
        key: The one to add.
        parts: What is there.
        path: What it is added for, the nearest and those beyond.
        unasked: Whether it may be one that nothing in the request asks for: nobody who wants the
            weather of a place asks for its latitude.
    """
    if key in parts:
        return parts
    if key in path or len(path) > PRODUCER_DEPTH or len(parts) >= MAX_STEPS:
        return Lack(key.listing)
    listing, given = candidates.listing(key), candidates.fills(key)
    inputs = schemas.properties_of(listing.input_schema)
    feeds: dict[str, Feed] = {}
    chosen: dict[str, Fill] = {}
    for name in schemas.required_names(listing.input_schema):
        schema = inputs.get(name, {})
        if name in given and not _is_vague(candidates, key, name, given[name], parts):
            chosen[name] = given[name]
            surer = _surer(candidates, key, name, schema, parts, path | {key}, feeds)
            if surer is not None:
                parts, feeds[name] = surer
                del chosen[name]
            continue
        usual = _usual(candidates, listing, name)
        if usual is not None:
            chosen[name] = usual
            continue
        fed = _feed(candidates, key, name, schema, parts, path | {key}, feeds)
        if fed is not None:
            parts, feeds[name] = fed
        elif name in given and not is_coordinate(name):
            chosen[name] = given[name]
        else:
            return Lack(key.listing, name)
    optional = {
        name: fill for name, fill in given.items() if name not in feeds and name not in chosen
    }
    part = Part(key=key, fills={**chosen, **optional}, feeds=feeds)
    if not feeds and not asked_for(candidates, part) and not unasked:
        return Lack(key.listing)
    return {**parts, key: part}


def _feed(
    candidates: Candidates,
    key: Key,
    name: str,
    schema: schemas.Schema,
    parts: Parts,
    path: frozenset[Key],
    feeds: Mapping[str, Feed],
) -> tuple[Parts, Feed] | None:
    """Find who produces an input: a part that is there, or else the most fitting service."""
    used = {(feed.key, feed.link.path) for feed in feeds.values()}
    present = [
        Feed(part.key, link)
        for part in parts.values()
        if part.key not in path
        for link in candidates.links_to(part, key, name, schema)[:1]
        if (part.key, link.path) not in used
    ]
    good = [feed for feed in present if feed.link.fit >= GOOD_FIT]
    # The labels of a chart and its values, or both numbers of a point, are one maker's.
    beside = {feed.key for feed in feeds.values()}
    good = [feed for feed in good if feed.key in beside] or good
    earlier = [feed for feed in good if candidates.goal_of(feed.key) <= candidates.goal_of(key)]
    if earlier:
        return parts, closest(candidates, key, earlier, parts)
    best: tuple[float, Parts, Feed] | None = None
    for fed in recruits(candidates, key, name, schema, used, path):
        kinship = candidates.kinship(key, fed.key)
        part = Part(key=fed.key, fills=candidates.fills(fed.key))
        sure = is_sure(candidates, part)
        plain = is_telling(name, schema) and fed.link.fit >= SAME_KIND
        if not kinship and not asked_for(candidates, part) and not (plain and sure):
            continue
        if not sure and not may_answer(candidates, fed.key.listing):
            continue
        grown = with_service(candidates, fed.key, parts, path=path, unasked=plain and sure)
        if isinstance(grown, Lack):
            continue
        # Worth counts with what is being fed: words that it answers are answered already.
        rest = {one: Part(key=one, fills=candidates.fills(one)) for one in path}
        rest[key] = replace(rest[key], feeds={**feeds, name: fed})
        own = {fed.key: _without_guesses(candidates, grown[fed.key])} if plain else {}
        worth = worth_of(candidates, {**grown, **rest, **own}) + kinship + FIT_WORTH * fed.link.fit
        if best is None or worth > best[0]:
            best = worth, grown, fed
    if best is not None:
        return best[1], best[2]
    # Who shall be told is given, and not what: it is what was found before.
    told = [
        feed
        for feed in present
        if candidates.goal_of(feed.key) < candidates.goal_of(key)
        and types_of(schema) == {"string"}
        and role_of(name, schema) is Role.TEXT
    ]
    if good or told or (present and candidates.points_back(key)):
        present = good or told or present
        return parts, closest(candidates, key, present, parts)
    return None


def _without_guesses(candidates: Candidates, part: Part) -> Part:
    """A part without what was only guessed from the words around: it answers none of them."""
    named = [one.value for one in candidates.relevance.reading.mentions if one.kind is Kind.NAME]
    sure = {n: f for n, f in part.fills.items() if not f.guessed or f.value in named}
    return replace(part, fills=sure)


def _surer(
    candidates: Candidates,
    key: Key,
    name: str,
    schema: schemas.Schema,
    parts: Parts,
    path: frozenset[Key],
    feeds: Mapping[str, Feed],
) -> tuple[Parts, Feed] | None:
    """Who certainly knows what the text gives only by guess: a number plate says which car."""
    if not candidates.fills(key)[name].guessed or not is_telling(name, schema):
        return None
    used = {(feed.key, feed.link.path) for feed in feeds.values()}
    for fed in recruits(candidates, key, name, schema, used, path):
        own = schemas.required_names(candidates.listing(fed.key).input_schema)
        fills = candidates.fills(fed.key)
        certain = bool(own) and all(one in fills and not fills[one].guessed for one in own)
        if fed.link.fit < SAME_NAME or not certain or not candidates.kinship(key, fed.key):
            continue
        grown = with_service(candidates, fed.key, parts, path=path)
        if not isinstance(grown, Lack):
            return grown, fed
    return None


def _usual(candidates: Candidates, listing: ServiceListing, name: str) -> Fill | None:
    """What stands where nobody said anything: the seller's own value, or the subject as heading."""
    schema = schemas.properties_of(listing.input_schema).get(name, {})
    if "default" in schema:
        return Fill(value=schema["default"])
    headed = name not in candidates.fills(Key(listing.id)) and _is_heading(listing, name)
    title = subject(candidates.relevance.reading) if headed else ""
    return Fill(value=title) if title else None


def _is_heading(listing: ServiceListing, name: str) -> bool:
    """Whether an input only heads a text that is another input: nobody is paid to write it."""
    inputs = schemas.properties_of(listing.input_schema)
    heads = bool(set(name_words(name)) & HEADINGS) and types_of(inputs[name]) == {"string"}
    return heads and any(
        other != name and role_of(other, schema) is Role.TEXT for other, schema in inputs.items()
    )


def _is_vague(candidates: Candidates, key: Key, name: str, fill: Fill, parts: Parts) -> bool:
    """Whether a value is only a word that points back to what others make, or any number."""
    if not fill.guessed:
        return False
    if is_coordinate(name):
        return True
    if not parts:
        return False
    back = POINTING_BACK.fullmatch(str(fill.value)) is not None
    return back or (
        candidates.points_back(key)
        and (_is_elsewhere(candidates, key, fill) or _is_material(candidates, key, name))
    )


def _is_material(candidates: Candidates, key: Key, name: str) -> bool:
    """Whether an input is worked on as it is: words picked from an order are no text."""
    schema = schemas.properties_of(candidates.listing(key).input_schema)[name]
    said = str(schema.get("description", ""))
    return role_of(name, schema) is Role.TEXT or _TEXT.search(said) is not None


def _is_elsewhere(candidates: Candidates, key: Key, fill: Fill) -> bool:
    """Whether a value was taken from other sentences than the one that its service answers."""
    start, end = candidates.relevance.reading.spans[candidates.goal_of(key)]
    return bool(fill.spans) and all(b <= start or end <= a for a, b in fill.spans)
