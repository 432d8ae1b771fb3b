"""Putting services together: each takes what the text gives or what another one produces."""

from collections.abc import Mapping
from typing import Final

from activities.planning.candidates import POINTING_BACK, Candidates
from activities.planning.feeding import GOOD_FIT, PRODUCER_DEPTH, closest, recruits
from activities.planning.parts import Feed, Key, Lack, Part, Parts
from activities.planning.worth import asked_for, is_sure, may_answer, worth_of
from domain import schemas
from domain.limits import MAX_STEPS
from domain.values import Fill

FIT_WORTH: Final = 0.5
"""What a perfect fit adds to a producer's worth."""


def with_service(
    candidates: Candidates, key: Key, parts: Parts, *, path: frozenset[Key] = frozenset()
) -> Parts | Lack:
    """Add a service and whatever it needs; what is there already is used again."""
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
        if name in given and not _is_vague(given[name], parts):
            chosen[name] = given[name]
            continue
        if "default" in schema:
            chosen[name] = Fill(value=schema["default"])
            continue
        fed = _feed(candidates, key, name, schema, parts, path | {key}, feeds)
        if fed is None and name in given:
            chosen[name] = given[name]
            continue
        if fed is None:
            return Lack(key.listing, name)
        parts, feeds[name] = fed
    optional = {
        name: fill for name, fill in given.items() if name not in feeds and name not in chosen
    }
    part = Part(key=key, fills={**chosen, **optional}, feeds=feeds)
    if not feeds and not asked_for(candidates, part):
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
    earlier = [feed for feed in good if candidates.goal_of(feed.key) <= candidates.goal_of(key)]
    if earlier:
        return parts, closest(candidates, key, earlier, parts)
    best: tuple[float, Parts, Feed] | None = None
    for fed in recruits(candidates, key, name, schema, used, path):
        kinship = candidates.kinship(key, fed.key)
        part = Part(key=fed.key, fills=candidates.fills(fed.key))
        if not kinship and not asked_for(candidates, part):
            continue
        if not is_sure(candidates, part) and not may_answer(candidates, fed.key.listing):
            continue
        grown = with_service(candidates, fed.key, parts, path=path)
        if isinstance(grown, Lack):
            continue
        # Worth counts with what is being fed: words that it answers are answered already.
        rest = {one: Part(key=one, fills=candidates.fills(one)) for one in path}
        worth = worth_of(candidates, {**grown, **rest}) + kinship + FIT_WORTH * fed.link.fit
        if best is None or worth > best[0]:
            best = worth, grown, fed
    if best is not None:
        return best[1], best[2]
    if good or (present and candidates.points_back(key)):
        present = good or present
        return parts, closest(candidates, key, present, parts)
    return None


def _is_vague(fill: Fill, parts: Parts) -> bool:
    """Whether a value is only a word that points back to what others make."""
    return fill.guessed and bool(parts) and POINTING_BACK.fullmatch(str(fill.value)) is not None
