"""What has the form of a seller's example is its value; what has not is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import schemas
from domain.forms import (
    denies,
    form_of,
    is_lower,
    is_notation,
    is_phrase,
    most_words,
    of_form,
)


@pytest.mark.parametrize(
    ("text", "example", "found"),
    [
        ("prices for bidding zone NO2, please", "SE3", ["NO2"]),
        ("rent in 73301 for two rooms", "10001", ["73301"]),
        ("is CVE-2021-44228 fixed?", "CVE-2024-1234", ["CVE-2021-44228"]),
        ("is lodash 4.17.20 safe?", "1.2.3", ["4.17.20"]),
        ("a mortgage of $73301", "10001", []),
        ("rent in Austin", "10001", []),
        ("which model is that", "gpt-4o", []),
        ("on 2026-10-01", "2025-01-31", []),
    ],
)
def test_a_word_of_the_examples_form_is_found(text: str, example: str, found: list[str]) -> None:
    assert [word for word, _ in of_form(text, {"examples": [example]})] == found


def test_a_pattern_counts_only_where_it_tells_words_apart() -> None:
    text = "please look up part Q77-x in the shelf"

    assert [w for w, _ in of_form(text, {"pattern": r"^[A-Z]\d\d-[a-z]$"})] == ["Q77-x"]
    assert list(of_form(text, {"pattern": "^.+$"})) == []


@given(st.text(max_size=60), st.text(max_size=45))
def test_what_is_found_stands_where_it_is_said_to(text: str, example: str) -> None:
    for word, start in of_form(text, {"examples": [example]}):
        assert text[start : start + len(word)] == word


@given(st.from_regex(r"[A-Z]{1,3}-?\d{2,6}", fullmatch=True))
def test_an_identifier_has_its_own_form(example: str) -> None:
    form = form_of(example)

    assert form is not None
    assert form.fullmatch(example)


def test_a_word_is_no_number() -> None:
    assert denies("Austin", {"examples": ["10001"]})
    assert not denies("73301", {"examples": ["10001"]})
    assert not denies("Austin", {"examples": ["Boise", "10001"]})
    assert not denies("Austin", {})


def test_examples_tell_names_from_sorts_and_titles() -> None:
    assert is_phrase({"examples": ["Data engineer"]})
    assert not is_phrase({"examples": ["Hades"]})
    assert is_lower({"examples": ["bakery"]})
    assert not is_lower({"examples": ["Bakery"]})
    assert most_words({"examples": ["sertraline"]}) == 2


def test_a_word_is_no_path() -> None:
    assert denies("fix", {"examples": ["owner/project"]})
    assert not denies("acme/anvil", {"examples": ["owner/project"]})


@pytest.mark.parametrize(
    "example",
    [
        "CC(=O)Oc1ccccc1C(=O)O",
        "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
        "(a+b)^2=c",
    ],
)
def test_a_phrase_is_no_notation(example: str) -> None:
    schema: schemas.Schema = {"type": "string", "examples": [example]}

    assert denies("a red panda on a bench", schema)
    assert not denies(example, schema)


@pytest.mark.parametrize("example", ["Report (2024)", "https://a.example/b/c/d", "Either/or"])
def test_a_few_signs_are_no_notation(example: str) -> None:
    assert not is_notation(example)
