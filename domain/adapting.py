"""Fit a fallback into a step that was written for another service, or say why it does not fit.

A fallback may call its inputs and outputs otherwise. A name stands for another one only where that
is certain: both say the same in general English, what goes in or comes out is of one kind, and no
second name would do as well. Topics are not enough for that: somebody who asks for the mean may
read a text about medians, but must not be given one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pydantic import JsonValue

from domain import schemas
from domain.catalogue import ServiceListing
from domain.plan import Adaptation, Binding, MapStep, Output, PaidStep, Step, bindings_of
from domain.schemas import Schema
from domain.words import alike

_SAME: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(group.split())
    for group in (
        "place city town location locality",
        "text content body passage",
        "query q search question",
        "url link uri href",
        "language lang locale",
        "country nation",
        "date day",
        "from source",
        "from start since begin",
        "to target destination",
        "to end until till",
        "latitude lat",
        "longitude lon lng",
        "temperature temp",
        "result answer response output",
        "summary abstract gist synopsis",
        "image picture photo",
        "symbol ticker",
        "price cost",
        "title headline heading",
        "sentiment mood",
        "email mail",
        "phone telephone",
        "postcode zip zipcode",
        "items entries records rows",
        "forecast prediction outlook",
        "id identifier",
        "description details",
    )
)
"""Names that mean the same wherever programs exchange data. General English, nobody's API."""

_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""Words of a name in any of the usual spellings: ``start_date``, ``startDate``, ``start-date``."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class DoesNotFit(ValueError):
    """A fallback cannot stand in; the message says why."""


def adapt(
    step: PaidStep,
    *,
    chosen: ServiceListing,
    alternate: ServiceListing,
    used: Collection[str] | None,
) -> Adaptation:
    """Find the names under which ``alternate`` does what ``step`` asks of ``chosen``.

    Args:
        step: Its arguments and all that use its output are written for ``chosen``.
        chosen: The service that was planned with.
        alternate: The fallback.
        used: Names of ``chosen``'s output that other steps use; ``None`` where none uses any of it.

    Raises:
        DoesNotFit: A name has no counterpart, or more than one.
    """
    return Adaptation(
        service=alternate.id,
        inputs=_inputs(step, chosen, alternate),
        outputs={} if used is None else _outputs(chosen, alternate, used),
    )


def used_names(step: PaidStep, chosen: ServiceListing, plan: Iterable[Step]) -> frozenset[str]:
    """Names of the output of ``step`` that other steps use."""
    listed = schemas.properties_of(chosen.output_schema)
    always = schemas.required_names(chosen.output_schema)
    used: set[str] = set()
    for consumer in plan:
        for binding in bindings_of(consumer).values():
            if binding.kind == "output" and binding.step == step.id:
                mentioned = _mentioned(binding, consumer) & listed.keys()
                # Nobody can tell what is used of a whole: all that is always there must be.
                used |= mentioned or (set(always) & listed.keys()) or listed.keys()
    return frozenset(used)


def presented(schema: Schema, names: Mapping[str, str]) -> Schema:
    """The schema of an output once it also answers to the names it was planned under."""
    properties: dict[str, JsonValue] = {**schemas.properties_of(schema)}
    properties |= {ours: properties[theirs] for ours, theirs in names.items()}
    always = schemas.required_names(schema)
    required = [*always, *(ours for ours, theirs in names.items() if theirs in always)]
    return {**schema, "properties": properties, "required": list[JsonValue](required)}


def same_name(one: str, other: str) -> bool:
    """Whether two names of inputs or outputs say the same."""
    left, right = _parts(one), _parts(other)
    if not left or len(left) != len(right):
        return False
    return all(any(_same_word(a, b) for b in right) for a in left) and all(
        any(_same_word(a, b) for a in left) for b in right
    )


def _inputs(step: PaidStep, chosen: ServiceListing, alternate: ServiceListing) -> dict[str, str]:
    ours = schemas.properties_of(chosen.input_schema)
    theirs = schemas.properties_of(alternate.input_schema)
    if not theirs:
        return {}  # it names none: they are sent as they are
    free = {name: schema for name, schema in theirs.items() if name not in step.arguments}
    found: dict[str, str] = {}
    for name, binding in step.arguments.items():
        if name not in theirs:
            fitting = [
                other
                for other, schema in free.items()
                if same_name(name, other) and _takes(binding, ours.get(name, {}), schema)
            ]
            found[name] = _only(fitting, f"input {name}", alternate)
    return _one_to_one(found, alternate)


def _outputs(
    chosen: ServiceListing, alternate: ServiceListing, used: Collection[str]
) -> dict[str, str]:
    if _kind(alternate) != _kind(chosen):
        raise DoesNotFit(f"{alternate.name} gives {_kind(alternate)}, not {_kind(chosen)}")
    ours = schemas.properties_of(chosen.output_schema)
    theirs = schemas.properties_of(alternate.output_schema)
    found: dict[str, str] = {}
    for name in sorted(used):
        if name in theirs:
            problem = schemas.mismatch(theirs[name], ours[name], where=f"its {name}")
            if problem:
                raise DoesNotFit(problem)
            continue
        fitting = [
            other
            for other, schema in theirs.items()
            if other not in ours and same_name(name, other) and _stands_for(schema, ours[name])
        ]
        found[name] = _only(fitting, f"output {name}", alternate)
    return _one_to_one(found, alternate)


def _only(fitting: list[str], wanted: str, alternate: ServiceListing) -> str:
    if not fitting:
        raise DoesNotFit(f"{alternate.name} has nothing that stands for {wanted}")
    if len(fitting) > 1:
        several = " and ".join(sorted(fitting)[:3])
        raise DoesNotFit(f"{several} of {alternate.name} could both stand for {wanted}")
    return fitting[0]


def _one_to_one(found: dict[str, str], alternate: ServiceListing) -> dict[str, str]:
    for theirs in found.values():
        several = sorted(ours for ours, other in found.items() if other == theirs)
        if len(several) > 1:
            raise DoesNotFit(f"{theirs} of {alternate.name} cannot stand for {several[:3]} at once")
    return found


def _takes(binding: Binding, ours: Schema, theirs: Schema) -> bool:
    if binding.kind == "value" and schemas.problem_with(binding.value, theirs) is not None:
        return False
    return _stands_for(ours, theirs, chosen=binding.kind == "value")


def _stands_for(produced: Schema, wanted: Schema, *, chosen: bool = False) -> bool:
    """Whether what is of one kind is also of the other; ``chosen`` values need no shared list."""
    if schemas.mismatch(produced, wanted) is not None:
        return False
    form = wanted.get("format")
    if form is not None and form != produced.get("format"):
        return False
    listed, own = wanted.get("enum"), produced.get("enum")
    if chosen or not isinstance(listed, list):
        return True
    return isinstance(own, list) and all(value in listed for value in own)


def _kind(listing: ServiceListing) -> str:
    return listing.media_type.partition(";")[0].strip().lower()


def _mentioned(binding: Output, consumer: Step) -> set[str]:
    texts = [binding.path]
    if binding.path is None and not isinstance(consumer, PaidStep):
        texts = [consumer.expression]
    elif isinstance(consumer, MapStep) and binding is consumer.over:
        items = consumer.arguments.values()
        texts += [one.path for one in items if one.kind == "item"]
    return {name for text in texts for name in _NAME.findall(text or "")}


def _parts(name: str) -> list[str]:
    return [part.lower() for part in _PART.findall(name)]


def _same_word(one: str, other: str) -> bool:
    return alike(one, other) or any(
        any(alike(one, word) for word in group) and any(alike(other, word) for word in group)
        for group in _SAME
    )
