import re
from collections import Counter

import pytest

from domain.goals import read_request
from tests.evals.asking import DOES_THE_JOB, Asked, Given, Need
from tests.evals.evaluated import EVALUATED, OWN, Evaluated
from tests.evals.fields import is_valid
from tests.evals.markets import BY_KEY
from tests.evals.selling import Sold

_REQUESTS = [asked for one in EVALUATED for asked in one.requests]
_PLANNABLE = [asked for asked in _REQUESTS if asked.shapes]

in_each = pytest.mark.parametrize("bazaar", EVALUATED, ids=lambda one: one.name)


@in_each
def test_there_are_enough_requests_of_each_kind(bazaar: Evaluated) -> None:
    counted = Counter(asked.kind for asked in bazaar.requests)

    assert len(bazaar.requests) >= 80
    assert counted["multi"] >= 15
    assert counted["each"] >= 4
    assert counted["conditional"] >= 4
    assert counted["unplannable"] >= 20


def test_requests_and_ids_are_given_once() -> None:
    assert len({asked.id for asked in _REQUESTS}) == len(_REQUESTS)
    assert len({asked.text.casefold() for asked in _REQUESTS}) == len(_REQUESTS)


@in_each
def test_labels_name_listings_that_are_for_sale(bazaar: Evaluated) -> None:
    for_sale = {sold.key for sold in bazaar.listings if sold.job != "noise"}

    for asked in bazaar.requests:
        named = {key for goal in asked.goals for key in goal.grades}
        bought = {key for shape in asked.shapes for need in shape.needs for key in need.services}
        assert named | bought <= for_sale, asked.id


@pytest.mark.parametrize("asked", _PLANNABLE, ids=lambda asked: asked.id)
def test_a_plannable_request_has_goals_with_somebody_who_does_the_job(asked: Asked) -> None:
    assert asked.goals
    assert all(DOES_THE_JOB in goal.grades.values() for goal in asked.goals)
    assert not asked.why_not


def test_an_unplannable_request_says_why() -> None:
    refused = [asked for asked in _REQUESTS if not asked.shapes]

    assert all(asked.kind == "unplannable" and asked.why_not for asked in refused)


@pytest.mark.parametrize("asked", _PLANNABLE, ids=lambda asked: asked.id)
def test_every_labelled_service_can_take_the_values_that_are_asked_for(asked: Asked) -> None:
    for shape in asked.shapes:
        for need in shape.needs:
            for key in need.services:
                assert _can_take(BY_KEY[key], need), (need.name, key)


@pytest.mark.parametrize(
    "asked", [asked for asked in OWN.requests if asked.shapes], ids=lambda asked: asked.id
)
def test_every_required_value_is_in_the_words_of_the_request(asked: Asked) -> None:
    given = [value for s in asked.shapes for need in s.needs for value in need.given]
    said = f"{asked.text} 365" if "past year" in asked.text else asked.text
    plain = said.casefold().replace(",", "")

    for value in given:
        spellings = [str(one).casefold().replace(",", "") for one in value.spellings]
        assert any(one in plain for one in spellings), value


@pytest.mark.parametrize("asked", _PLANNABLE, ids=lambda asked: asked.id)
def test_needs_feed_only_on_needs_of_the_same_shape(asked: Asked) -> None:
    for shape in asked.shapes:
        names = [need.name for need in shape.needs]
        referred = {*(s for n in shape.needs for s in n.feeds_on)}
        deciders = {n.only_if for n in shape.needs if n.only_if}

        assert len(set(names)) == len(names)
        assert referred | deciders <= set(names)
        assert all((need.runs_after is None) == (need.only_if is None) for need in shape.needs)


def test_requests_that_must_be_refused_use_the_words_of_listings() -> None:
    sold = {word for one in OWN.listings for word in _words(f"{one.name} {one.says}")}
    near = [
        asked
        for asked in OWN.requests
        if not asked.shapes and {word for word in _words(asked.text) if len(word) > 4} & sold
    ]

    assert len(near) >= 25


def test_requests_with_several_goals_are_read_as_at_least_one() -> None:
    assert all(read_request(asked.text).goals for asked in _REQUESTS)


def _can_take(sold: Sold, need: Need) -> bool:
    return all(_has_room(sold, value) for value in need.given)


def _has_room(sold: Sold, value: Given) -> bool:
    return any(
        re.search(value.named, name.rstrip("?"))
        and any(is_valid(one, field.get("items", field)) for one in value.spellings)
        for name, field in sold.takes.items()
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.casefold()))
