"""Lessons as bazaars that can be searched and planned with, for fitting what the planner weighs."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.evals.asking import DOES_THE_JOB, Asked, Given, Goal, Kind, Need, Shape
from tests.evals.evaluated import Evaluated
from tests.evals.fields import Schema, anything, choice, flag, many, number, text, whole
from tests.evals.selling import Sold, sells

CENTS: Final = 40
"""Prices are spread up to so many tenths of a cent, by the listing's name."""


def bazaar(path: Path) -> Evaluated:
    """Make a bazaar with labelled requests of one file of lessons."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    listings = tuple(_sold(one) for one in lines if one["kind"] == "listing")
    asked = (one for one in lines if one["kind"] == "request")
    requests = tuple(_asked(f"{path.stem}-{at}", one) for at, one in enumerate(asked))
    return Evaluated(path.stem, listings, requests)


def _sold(one: Mapping[str, Any]) -> Sold:
    dice = hashlib.sha256(one["id"].encode()).digest()
    return sells(
        one["id"],
        one["id"],
        one["name"],
        one["description"],
        at=f"{one['id']}.example/x402",
        price=f"{(1 + dice[0] % CENTS) / 1000:.3f}",
        takes={name: _field(told) for name, told in one["takes"].items()},
        gives={name.rstrip("?"): _field([kind]) for name, kind in one["gives"].items()},
        tags=", ".join(one.get("tags", ())),
    )


def _field(told: list[Any]) -> Schema:
    kind, says, example = [*told, "", None][:3] if len(told) == 1 else told
    if kind.startswith("choice"):
        return choice(says, *(one.strip() for one in kind.partition(":")[2].split("|")))
    if kind.startswith("list of"):
        of = text() if kind.endswith("text") else number()
        return many(of, says, example if isinstance(example, list) else None)
    if kind == "table":
        return many(anything(), says)
    if kind == "whole":
        return whole(says, example if isinstance(example, int) else None)
    if kind == "number":
        return number(says, example if isinstance(example, int | float) else None)
    return flag(says) if kind == "flag" else text(says, None if example is None else str(example))


def _asked(name: str, one: Mapping[str, Any]) -> Asked:
    needs = tuple(
        need for at, step in enumerate(one["steps"], start=1) for need in _needs(at, step)
    )
    return Asked(
        id=name,
        text=one["text"],
        kind=_kind(one["steps"]),
        goals=tuple(Goal(dict.fromkeys(need.services, DOES_THE_JOB)) for need in needs),
        shapes=(Shape(needs, len(needs)),) if needs else (),
        why_not=one.get("why", ""),
    )


def _needs(at: int, step: Mapping[str, Any]) -> Iterator[Need]:
    """What a step asks for: where it goes over several values that are given, one call of each."""
    values = [*_values(step["args"])]
    fed = [one for one in values if isinstance(one, str) and _is_output(one)]
    told = [Given((one,)) for one in values if one not in fed]
    over = next((v for v in step["args"].values() if _is_told(v)), []) if step.get("each") else []
    condition = step.get("if")
    for nth, value in enumerate(over or [None]):
        yield Need(
            name=f"step {at}" + (f" again {nth}" if nth else ""),
            services=frozenset(step["service"]),
            given=(*told, *([Given((value,))] if value is not None else [])),
            feeds_on=tuple(dict.fromkeys(f"step {one[1]}" for one in fed)),
            each=bool(step.get("each")) and not over,
            only_if=f"step {condition['step']}" if condition else None,
        )


def _is_told(value: object) -> bool:
    """Whether a value is a list that the request itself gives."""
    return isinstance(value, list) and not any(_is_output(str(one)) for one in value)


def _values(arguments: Mapping[str, Any]) -> Iterator[str | float]:
    for value in arguments.values():
        # Lists are judged by what feeds them: in which form they are given is the service's.
        if isinstance(value, str | int | float):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str) and _is_output(one))


def _is_output(value: str) -> bool:
    """Whether a value stands for what an earlier step gives: ``<1>``."""
    return value[:1] == "<" and value[1:2].isdigit()


def _kind(steps: Sequence[Mapping[str, Any]]) -> Kind:
    if not steps:
        return "unplannable"
    if any(step.get("if") for step in steps):
        return "conditional"
    if any(step.get("each") for step in steps):
        return "each"
    return "single" if len(steps) == 1 else "multi"
