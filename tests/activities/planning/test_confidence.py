"""When a plan is offered, and what no likeness makes up for."""

from typing import Any

import pytest

from activities.planning.assembly import with_service
from activities.planning.candidates import Candidates
from activities.planning.confidence import confidence, is_sure_enough, leaves_out, signs_of
from activities.planning.parts import Key, Lack, Parts
from domain.catalogue import ServiceListing
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import listing

TEXT = {"type": "string"}


def form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def service(name: str, does: str, takes: dict[str, Any] | None = None) -> ServiceListing:
    return listing(
        name, description=does, input_schema=takes or form(query=TEXT), output_schema=form(out=TEXT)
    )


TIDES = service("tides", "Tide table of a harbour", form(harbour=TEXT))


def bought(text: str, *services: ServiceListing) -> tuple[Candidates, Parts]:
    known = candidates(text, *services)
    parts: Parts = {}
    for one in services:
        grown = with_service(known, Key(one.id), parts)
        if not isinstance(grown, Lack):
            parts = grown
    return known, parts


def test_nothing_is_offered_for_nothing() -> None:
    known, _ = bought("tide table of Brest", TIDES)

    assert not is_sure_enough(known, {})


def test_what_answers_every_word_leaves_nothing_out() -> None:
    known, parts = bought("tide table of Brest", TIDES)

    assert parts
    assert not leaves_out(known, parts)
    assert signs_of(known, parts).share == 0


@pytest.mark.parametrize(
    "text",
    [
        "tide table of Brest as seen by Admiral Nelson",
        "email the tide table of Brest",
    ],
)
def test_a_name_or_a_deed_that_nobody_answers_cannot_be_left_out(text: str) -> None:
    known, parts = bought(text, TIDES)

    assert leaves_out(known, parts)
    assert not is_sure_enough(known, parts)


def test_a_service_that_feeds_nobody_costs_confidence() -> None:
    known, one = bought("tide table of Brest", TIDES)
    other = service("coin", "Tide of coins", form(harbour=TEXT))
    more, two = bought("tide table of Brest", TIDES, other)

    assert len(two) > len(one)
    assert confidence(more, two) < confidence(known, one)
