"""Joining what was chosen: each part takes from whom its own goal speaks of."""

import re
from dataclasses import replace
from typing import Final

from activities.planning.addresses import takes_address
from activities.planning.candidates import Candidates
from activities.planning.evidence import DISTINCT
from activities.planning.feeding import GOOD_FIT, STRUCTURES, closest
from activities.planning.linking import SAME_KIND
from activities.planning.parts import Feed, Key, Part, Parts, in_order, waits_for
from domain import schemas
from domain.roles import Role, role_of
from domain.schemas import types_of
from domain.values import Fill

MADE_OF_IT: Final = 0.7
"""Fit from which "it" is what a service made of a value, and not the value itself."""

_LOOSE: Final = frozenset({Role.QUERY, Role.NAME, Role.PLACE})
"""Inputs for which words of the request do as they stand."""

_BACK_WHOLE: Final = re.compile(
    r"\b(?:it|them|this|that|these|those|the\s+(?:result|output|summary|translation|text|file|"
    r"image|picture|transcript|rewritten|new|clean(?:ed)?)\w*)\b",
    re.IGNORECASE,
)
"""Words that stand for what was made; "its mood" is of what it was made of."""


def finished(candidates: Candidates, parts: Parts) -> Parts:
    """Let each part take from whom its own goal speaks of, and what else is there for it."""
    done: dict[Key, Part] = dict(parts)
    # What an earlier goal makes must be settled before a later one can take it.
    for key in sorted(parts, key=candidates.goal_of):
        inputs = schemas.properties_of(candidates.listing(key).input_schema)
        for name, schema in inputs.items():
            part = done[key]
            optional = name not in part.feeds
            if name in part.fills:
                feed = _made_of_it(candidates, part, name, schema, done) or _instead_of_guess(
                    candidates, part, name, schema, done
                )
                if feed is not None:
                    rest = {n: fill for n, fill in part.fills.items() if n != name}
                    done[key] = replace(part, fills=rest, feeds={**part.feeds, name: feed})
                continue
            if name in part.fills or (optional and not types_of(schema) & STRUCTURES):
                continue
            makers = _makers(candidates, part, name, schema, done)
            if makers:
                feed = closest(candidates, key, makers, done)
                done[key] = replace(part, feeds={**part.feeds, name: feed})
    return in_order(done)


def _is_from_before(candidates: Candidates, part: Part, name: str) -> bool:
    """Whether a value stands in an earlier goal, and this one speaks of what came of it."""
    goal = candidates.goal_of(part.key)
    reading = candidates.relevance.reading
    start = reading.spans[goal][0]
    spans = part.fills[name].spans
    schema = schemas.properties_of(candidates.listing(part.key).input_schema)[name]
    if role_of(name, schema) not in {Role.TEXT, Role.URL}:
        return False
    back = _BACK_WHOLE.search(reading.goals[goal])
    return goal > 0 and back is not None and bool(spans) and all(b <= start for _, b in spans)


def _made_of_it(
    candidates: Candidates, part: Part, name: str, schema: schemas.Schema, done: Parts
) -> Feed | None:
    """Who makes what "it" is out of the value that both could take."""
    spans = set(part.fills[name].spans)
    before = _is_from_before(candidates, part, name)
    makers = [
        Feed(maker, link)
        for maker, other in done.items()
        if not waits_for(maker, part.key, done)
        and any(
            spans & set(fill.spans)
            and (
                before
                or _is_named_by(candidates, maker, one, schema)
                or _is_changed_by(candidates, maker, one, part, name)
            )
            for one, fill in other.fills.items()
        )
        for link in candidates.links_to(other, part.key, name, schema)[:1]
        if link.fit >= MADE_OF_IT
    ]
    return closest(candidates, part.key, makers, done) if makers else None


def _is_changed_by(candidates: Candidates, maker: Key, taken: str, part: Part, name: str) -> bool:
    """Whether one changes a file that the other, asked for after it, would take as it was."""
    inputs = schemas.properties_of(candidates.listing(maker).input_schema)
    own = schemas.properties_of(candidates.listing(part.key).input_schema)
    files = takes_address(taken, inputs[taken]) and takes_address(name, own[name])
    return files and candidates.is_before(maker, part.key)


def _instead_of_guess(
    candidates: Candidates, part: Part, name: str, schema: schemas.Schema, done: Parts
) -> Feed | None:
    """Who makes what was only guessed from words: the spelling mistakes are no text to correct."""
    role, fill = role_of(name, schema), part.fills[name]
    if not fill.guessed or role in _LOOSE or _is_left_over(candidates, part, fill, done):
        return None
    goal = candidates.goal_of(part.key)
    makers = [
        Feed(maker, link)
        for maker, other in done.items()
        if candidates.goal_of(maker) <= goal
        and not waits_for(maker, part.key, done)
        # Who took the very same words only says them again.
        and all(one.value != fill.value for one in other.fills.values())
        for link in candidates.links_to(other, part.key, name, schema)[:1]
        if link.fit >= (GOOD_FIT if role is Role.TEXT else SAME_KIND)
    ]
    return closest(candidates, part.key, makers, done) if makers else None


def _is_left_over(candidates: Candidates, part: Part, fill: Fill, done: Parts) -> bool:
    """Whether a guess is a value that cannot be mistaken for words, and that nobody else takes."""
    others = [
        span
        for key, other in done.items()
        if key != part.key
        for one in other.fills.values()
        for span in one.spans
    ]
    return any(
        mention.kind in DISTINCT and start < mention.end and mention.start < end
        for mention in candidates.relevance.reading.mentions
        for start, end in fill.spans
        if not any(a < end and start < b for a, b in others)
    )


def _is_named_by(candidates: Candidates, maker: Key, name: str, wanted: schemas.Schema) -> bool:
    """Whether one takes as a name what the other would take as its material."""
    taken = schemas.properties_of(candidates.listing(maker).input_schema).get(name, {})
    return role_of(name, taken) in {Role.NAME, Role.QUERY} and types_of(wanted) == frozenset(
        {"string"}
    )


def _makers(
    candidates: Candidates, part: Part, name: str, schema: schemas.Schema, done: Parts
) -> list[Feed]:
    others = {(f.key, f.link.path) for other, f in part.feeds.items() if other != name}
    now = part.feeds.get(name)
    found: list[Feed] = [] if now is None else [now]
    for maker in done:
        if waits_for(maker, part.key, done):
            continue
        for link in candidates.links_to(done[maker], part.key, name, schema)[:1]:
            least = GOOD_FIT if now is not None else 1.0
            if link.fit >= least and (maker, link.path) not in others:
                found.append(Feed(maker, link))
    goal = candidates.goal_of(part.key)
    earlier = [feed for feed in found if candidates.goal_of(feed.key) <= goal]
    return list(dict.fromkeys(earlier or found))
