"""Labelled requests to invented marketplaces, each written by somebody who saw no other.

None of them is a bazaar of ``tests.evals``: what is measured there was never taught.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from activities.discovery.phrasing import asked_for
from activities.discovery.texts import description_text

FOLDER: Final = Path(__file__).parent / "lessons"

HELD_OUT: Final = ("agents", "chains", "curious", "edges", "letters", "mixed", "trade")
"""Markets that the model is not taught by: on them is fitted what discovery and planning weigh, for
it is surer of what it was taught."""


@dataclass(frozen=True)
class Step:
    """What somebody asks for in one clause, and who sells it."""

    services: frozenset[str]
    words: str
    """The clause, verbatim; empty where a step is needed but not asked for."""


@dataclass(frozen=True)
class Request:
    """What somebody typed; without steps nobody in its market can serve it."""

    text: str
    steps: tuple[Step, ...]
    near: frozenset[str]
    """Services that look as if they served it."""
    context: tuple[str, ...]
    """Clauses that ask for nothing."""


@dataclass(frozen=True)
class Market:
    """Listings of one marketplace, by name, and the requests put to it."""

    name: str
    texts: Mapping[str, str]
    """What of each listing is compared by meaning."""
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Query:
    """A text to compare with listings."""

    text: str
    right: frozenset[str]
    """Services that serve it, or a part of it."""
    near: frozenset[str] = field(default_factory=frozenset)


def markets(folder: Path = FOLDER) -> tuple[Market, ...]:
    """Read all lessons that the model is taught by.

    Raises:
        ValueError: A line is not as it should be; the message says which and why.
    """
    taught = (path for path in sorted(folder.glob("*.jsonl")) if path.stem not in HELD_OUT)
    return tuple(_market(path) for path in taught)


def queries(market: Market) -> list[Query]:
    """Whole requests and their clauses as they are searched for, each with who serves it."""
    made: dict[str, Query] = {}
    for request in market.requests:
        everything = frozenset[str]().union(*(step.services for step in request.steps))
        asked = [Query(request.text, everything, request.near)]
        asked += [Query(s.words, s.services, request.near - s.services) for s in request.steps]
        # Of what asks for nothing nothing is right, and nobody is near.
        asked += [Query(text, frozenset()) for text in request.context]
        for query in asked:
            text = asked_for(query.text)
            if text:
                before = made.get(text, Query(text, frozenset()))
                right = before.right | query.right
                made[text] = Query(text, right, (before.near | query.near) - right)
    return list(made.values())


def _market(path: Path) -> Market:
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    texts = {
        one["id"]: description_text(one["name"], one["description"], one.get("tags", ()))
        for one in lines
        if one["kind"] == "listing"
    }
    asked = [one for one in lines if one["kind"] == "request"]
    return Market(path.stem, texts, tuple(_request(one, texts, path.stem) for one in asked))


def _request(one: Mapping[str, Any], texts: Mapping[str, str], name: str) -> Request:
    steps = tuple(Step(frozenset(s["service"]), s["words"]) for s in one["steps"])
    near, context = frozenset(one.get("near", ())), tuple(one.get("context", ()))
    unknown = [*_unknown((near, *(s.services for s in steps)), texts)]
    foreign = [said for said in (*(s.words for s in steps), *context) if said not in one["text"]]
    if unknown or foreign:
        raise ValueError(f"{name}: {one['text']!r}: unknown {unknown}, not said {foreign}")
    return Request(one["text"], steps, near, context)


def _unknown(named: Iterable[frozenset[str]], texts: Mapping[str, str]) -> Iterable[str]:
    return (one for names in named for one in sorted(names) if one not in texts)
