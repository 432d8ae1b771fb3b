"""What belongs to a closed set is taken from it, and nothing else is."""

from typing import Any

import pytest

from domain.vocabularies import members_in, vocabulary_of

TEXT = {"type": "string"}


def members(text: str, name: str, schema: dict[str, Any], said: str = "") -> list[str] | None:
    known = vocabulary_of(name, schema, said)
    return None if known is None else [value for value, _ in members_in(text, known)]


@pytest.mark.parametrize(
    ("text", "name", "example", "found"),
    [
        ("how popular is left-pad on npm", "registry", "pypi", ["npm"]),
        ("requests 2.19.0 (pip)", "ecosystem", "npm", ["pypi"]),
        ("we are on Postgres", "dialect", "mysql", ["postgres"]),
        ("a class in C#, or in C++", "language", "python", ["csharp", "cpp"]),
        ("go and write it in Go", "language", "python", ["go"]),
        ("cover it with go tests", "framework", "pytest", ["go test"]),
        ("the SHA-256 of it", "algo", "md5", ["sha256"]),
        ("26.2 miles in kilometres", "to", "km", ["mi", "km"]),
        ("350 fahrenheit", "unit", "C", ["F"]),
        ("dotjs, node.js and jsx", "language", "python", []),
    ],
)
def test_members_are_found_by_what_people_write(
    text: str, name: str, example: str, found: list[str]
) -> None:
    assert members(text, name, TEXT | {"examples": [example]}) == found


@pytest.mark.parametrize(
    ("name", "schema", "said"),
    [
        ("ecosystem", TEXT | {"examples": ["wetland"]}, "Describes ecosystems."),
        ("framework", TEXT, "Builds a strategy."),
        ("language", TEXT, "Reads scripts aloud: speech in 40 languages."),
        ("language", TEXT | {"examples": ["de"]}, "Explains a program."),
        ("to", TEXT, "Sends mail."),
        ("title", TEXT | {"examples": ["python"]}, ""),
    ],
)
def test_what_a_seller_says_otherwise_is_no_closed_set(
    name: str, schema: dict[str, Any], said: str
) -> None:
    assert members("in python", name, schema, said) is None


def test_the_language_of_a_program_is_asked_where_programs_are_worked_on() -> None:
    assert members("in Rust", "language", TEXT, "Reviews a snippet.") == ["rust"]


@pytest.mark.parametrize(
    ("text", "units"), [("5 F in c", ["F", "C"]), ("20 mb in GB", ["MB", "GB"])]
)
def test_symbols_of_units_are_found_in_capitals_and_without(text: str, units: list[str]) -> None:
    unit = {"type": "string", "examples": ["kg"]}
    known = vocabulary_of("unit", unit, "Converts units.")

    assert known is not None
    assert [name for name, _ in members_in(text, known)] == units
