"""The lessons are whole, and what is measured by was not taught."""

import json
from pathlib import Path

import pytest

from domain.goals import goals_in, read_request
from tests.evals.evaluated import EVALUATED
from tests.tuning.lessons import FOLDER, HELD_OUT, markets, queries
from tests.tuning.marketplace import bazaar

FILES = sorted(FOLDER.glob("*.jsonl"))


def test_markets_that_weights_are_fitted_on_are_not_taught() -> None:
    taught = {market.name for market in markets()}

    assert taught.isdisjoint(HELD_OUT)
    assert taught | set(HELD_OUT) == {path.stem for path in FILES}


def test_no_request_that_is_measured_by_is_taught() -> None:
    measured = {asked.text.strip().casefold() for one in EVALUATED for asked in one.requests}

    for market in markets():
        assert measured.isdisjoint(asked.text.strip().casefold() for asked in market.requests)


def test_no_listing_that_is_measured_by_is_taught() -> None:
    measured = {sold.says.strip().casefold() for one in EVALUATED for sold in one.listings}

    for path in FILES:
        lines = map(json.loads, path.read_text().splitlines())
        said = {one["description"].strip().casefold() for one in lines if one["kind"] == "listing"}
        assert measured.isdisjoint(said), path.stem


def test_a_request_counts_for_all_its_services_and_a_clause_for_its_own(tmp_path: Path) -> None:
    listings = [
        {"kind": "listing", "id": name, "name": name, "description": f"It does {name}."}
        for name in ("rain", "mail", "post")
    ]
    request = {
        "kind": "request",
        "text": "Will it rain? Mail me. Thanks.",
        "steps": [
            {"service": ["rain"], "words": "Will it rain?", "args": {}},
            {"service": ["mail"], "words": "Mail me.", "args": {}},
        ],
        "near": ["post"],
        "context": ["Thanks."],
    }
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, [*listings, request])))

    (market,) = markets(tmp_path)

    assert {one.text: (set(one.right), set(one.near)) for one in queries(market)} == {
        "Will it rain? Mail me. Thanks.": ({"rain", "mail"}, {"post"}),
        "Will it rain?": ({"rain"}, {"post"}),
        "Mail me.": ({"mail"}, {"post"}),
        "Thanks.": (set(), set()),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lessons_make_a_bazaar_with_labelled_requests(path: Path) -> None:
    made = bazaar(path)

    assert len({sold.key for sold in made.listings}) == len(made.listings)
    kinds = {asked.kind for asked in made.requests}
    assert {"single", "multi", "unplannable"} <= kinds
    for asked in made.requests:
        for shape in asked.shapes:
            names = [need.name for need in shape.needs]
            for need in shape.needs:
                earlier = names[: names.index(need.name)]
                assert set(need.feeds_on) <= set(earlier), asked.text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_short_way_to_the_goals_of_a_request_finds_the_same(path: Path) -> None:
    lines = map(json.loads, path.read_text().splitlines())
    asked = [one["text"] for one in lines if one["kind"] == "request"]

    assert asked
    for text in asked:
        assert goals_in(text) == read_request(text).goals


def test_a_line_that_names_an_unknown_service_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(
        json.dumps(
            {
                "kind": "request",
                "text": "any rain in Bergen",
                "steps": [{"service": ["nobody"], "words": "any rain", "args": {}}],
            }
        )
    )

    with pytest.raises(ValueError, match="nobody"):
        markets(tmp_path)
