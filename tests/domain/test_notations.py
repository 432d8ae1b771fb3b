"""What is written in a notation is found by it."""

import pytest

from domain.notations import notations_in, spaced_form_of


@pytest.mark.parametrize(
    ("text", "name", "example", "found"),
    [
        ("stars of acme/rocket, and/or forks", "repo", "", ["acme/rocket"]),
        ("is github.com/acme/rocket alive?", "repository", "", ["acme/rocket"]),
        ("https://a.example/b/c", "repo", "", []),
        ("what does tank-4 say", "sensor", "", ["tank-4"]),
        ("switch iron-plug off", "device", "", ["iron-plug"]),
        ("when does 0 22 * * 5 fire", "schedule", "0 5 * * 1", ["0 22 * * 5"]),
        ("when does 0 22 * * 5 fire", "schedule", "", []),
        (
            "balance C3H8 + O2 -> CO2 + H2O please",
            "equation",
            "Fe + O2 -> Fe2O3",
            ["C3H8 + O2 -> CO2 + H2O"],
        ),
        ("a dentist near nw3 2qg", "near", "SE1 7PB", ["NW3 2QG"]),
        ("read 29 CFR 1910.134 to me", "citation", "17 USC 107", ["29 CFR 1910.134"]),
        ("on 4 May 2027", "near", "SE1 7PB", []),
    ],
)
def test_notations_are_found(text: str, name: str, example: str, found: list[str]) -> None:
    schema = {"type": "string", "examples": [example]}

    assert [one for one, _ in notations_in(text, frozenset({name}), schema)] == found


@pytest.mark.parametrize(
    "example", ["", "red panda", "2026 05", "Apt 4", "AB12", "A" * 9 + " 123456789"]
)
def test_words_are_no_form_of_a_code(example: str) -> None:
    assert spaced_form_of(example) is None
