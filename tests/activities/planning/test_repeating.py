"""One call for each thing that was named: none forgotten, none bought twice."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.planning.linking import Link
from activities.planning.parts import Feed, Key, Part, Parts
from activities.planning.repeating import MAX_CALLS, repeated
from domain.catalogue import ServiceListing
from domain.limits import MAX_STEPS
from domain.schemas import Schema
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import listing

TEXT: Schema = {"type": "string"}
CITIES = (
    *("Oslo", "Rome", "Paris", "Berlin", "Madrid"),
    *("Lisbon", "Vienna", "Prague", "Warsaw", "Athens"),
)


def takes(name: str, *inputs: str) -> ServiceListing:
    schema: Schema = {
        "type": "object",
        "properties": dict.fromkeys(inputs, TEXT),
        "required": list(inputs),
    }
    return listing(name, description=f"The {name} of a place", input_schema=schema)


WEATHER = takes("weather", "city")
SUMMARY = takes("summary", "report")
ROUTE = takes("route", "city", "country")


def first_call(text: str, *fed: ServiceListing) -> tuple[Parts, Parts]:
    """The parts of one weather call, what it feeds one after the other, and what comes of them."""
    known = candidates(text, WEATHER, *fed)
    key = Key(WEATHER.id)
    parts = {key: Part(key, known.fills(key))}
    for one in fed:
        feed = Feed(key, Link("report", 1.0))
        key = Key(one.id)
        parts[key] = Part(key, {}, {"report": feed})
    return parts, repeated(known, parts)


def bought(parts: Parts, service: ServiceListing = WEATHER, name: str = "city") -> list[object]:
    return [part.fills[name].value for key, part in parts.items() if key.listing == service.id]


@given(st.lists(st.sampled_from(CITIES), min_size=1, max_size=MAX_CALLS, unique=True), st.data())
def test_each_thing_of_an_enumeration_is_bought_once_in_its_order(
    cities: Sequence[str], data: st.DataObject
) -> None:
    joint = data.draw(st.sampled_from([", ", " and ", "; ", " & ", ", and in "]))

    _, parts = first_call("the weather in " + joint.join(cities))

    assert bought(parts) == list(cities)


@given(st.lists(st.sampled_from(CITIES), min_size=1, max_size=len(CITIES)))
def test_no_enumeration_buys_one_thing_twice_or_more_than_allowed(cities: Sequence[str]) -> None:
    _, parts = first_call("the weather in " + ", ".join(cities), SUMMARY)

    found = bought(parts)
    assert len(set(found)) == len(found) <= MAX_CALLS
    assert len(parts) <= MAX_STEPS


def test_repeating_again_adds_nothing() -> None:
    known = candidates("the weather in Oslo, Rome and Paris", WEATHER)
    once = repeated(known, {Key(WEATHER.id): Part(Key(WEATHER.id), known.fills(Key(WEATHER.id)))})

    assert repeated(known, once) == once


@pytest.mark.parametrize(
    "text",
    [
        "the weather in Oslo. Compare it with what people say of Rome",
        "the weather in Oslo for somebody who comes from Rome",
    ],
)
def test_what_is_named_elsewhere_is_no_second_thing_to_buy(text: str) -> None:
    _, parts = first_call(text)

    assert bought(parts) == ["Oslo"]


def test_what_feeds_on_the_first_call_is_bought_for_each_and_from_its_own() -> None:
    read = takes("reading", "report")

    _, parts = first_call("the weather in Oslo and Rome", SUMMARY, read)

    for variant in (0, 1):
        assert parts[Key(SUMMARY.id, variant)].sources == {Key(WEATHER.id, variant)}
        assert parts[Key(read.id, variant)].sources == {Key(SUMMARY.id, variant)}
    assert len(parts) == 6


def test_producers_come_before_what_they_feed() -> None:
    _, parts = first_call("the weather in Oslo, Rome and Paris", SUMMARY)

    seen: set[Key] = set()
    for key, part in parts.items():
        assert part.sources <= seen
        seen.add(key)


def test_a_comparison_that_takes_two_calls_is_not_itself_repeated() -> None:
    both = takes("comparison", "report", "other_report")
    known = candidates("the weather in Oslo and Rome", WEATHER, both)
    one, two, compared = Key(WEATHER.id), Key(WEATHER.id, 1), Key(both.id)
    link = Link("report", 1.0)
    parts = {
        one: Part(one, known.fills(one)),
        two: Part(two, known.fills(two)),
        compared: Part(compared, {}, {"report": Feed(one, link), "other_report": Feed(two, link)}),
    }

    assert repeated(known, parts) == parts
