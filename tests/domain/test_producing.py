"""What others may have to produce, and under which names it is found."""

from typing import Any

import pytest

from domain.producing import is_telling, output_names, produced_inputs

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def inputs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("name", "schema", "other"),
    [
        ("lat", NUMBER, "latitude"),
        ("longitude", NUMBER, "lng"),
        ("document_text", TEXT, "transcript"),
    ],
)
def test_one_thing_is_found_by_the_names_that_others_give_it(
    name: str, schema: dict[str, Any], other: str
) -> None:
    assert output_names(name, schema)[0] == name
    assert other in output_names(name, schema)


def test_what_is_called_nothing_else_is_found_by_its_own_name_alone() -> None:
    assert output_names("smiles", TEXT) == ("smiles",)


def test_what_a_person_says_is_nothing_to_be_produced() -> None:
    schema = inputs(
        city=TEXT,
        query=TEXT,
        email=TEXT,
        title=TEXT,
        date=TEXT,
        amount=NUMBER,
        unit={"type": "string", "enum": ["c", "f"]},
    )

    assert list(produced_inputs(schema)) == []


def test_coordinates_codes_structures_and_texts_may_come_from_others() -> None:
    schema = inputs(lat=NUMBER, hs_code=TEXT, rows={"type": "array"}, content=TEXT)

    assert [name for name, _ in produced_inputs(schema)] == ["lat", "hs_code", "rows", "content"]


def test_an_optional_input_needs_nobody() -> None:
    assert list(produced_inputs({"type": "object", "properties": {"lat": NUMBER}})) == []


def test_an_equal_name_tells_of_a_number_and_not_of_a_text() -> None:
    assert is_telling("lat", NUMBER)
    assert not is_telling("content", TEXT)
    assert not is_telling("rows", {"type": "array"})
