"""Which output fits which input, whatever their sellers call them."""

from typing import Any

import pytest

from activities.planning.linking import links
from domain.schemas import Schema

TEXT: Schema = {"type": "string"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def rows(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": thing(**properties)}


LIST = {"type": "array", "items": TEXT}
URL = {"type": "string", "format": "uri"}


@pytest.mark.parametrize(
    ("output", "name", "wanted", "path"),
    [
        (thing(transcript=TEXT, id=TEXT), "content", TEXT, "transcript"),
        (thing(lat={"type": "number"}), "latitude", {"type": "number"}, "lat"),
        (thing(image_url=URL), "photo_url", URL, "image_url"),
        (thing(series=rows(date=TEXT)), "series", rows(date=TEXT), "series"),
        (thing(history=rows(date=TEXT, value=TEXT)), "series", rows(date=TEXT), "history"),
        (
            thing(reviews=rows(text=TEXT)),
            "texts",
            {"type": "array", "items": TEXT},
            "reviews[*].text",
        ),
        (thing(summary=TEXT), "texts", {"type": "array", "items": TEXT}, "[summary]"),
        (thing(total={"type": "number"}), "text", TEXT, "to_string(@)"),
        (thing(lon={"type": "number"}), "lng", {"type": "number"}, "lon"),
        (thing(sha256=TEXT), "digest", TEXT, "sha256"),
        (thing(png=TEXT), "file", TEXT, "png"),
        (thing(text=TEXT), "draft", TEXT, "text"),
        (thing(message_id=TEXT), "body", TEXT, "to_string(@)"),
        (thing(found=rows(name=TEXT)), "lines", {"type": "array", "items": thing()}, "found"),
        (
            thing(days=LIST, closes={"type": "array", "items": {"type": "number"}}),
            "y",
            {"type": "array", "items": {"type": "number"}},
            "closes",
        ),
    ],
)
def test_the_best_link_leads_to_what_is_meant(
    output: dict[str, Any], name: str, wanted: dict[str, Any], path: str
) -> None:
    assert links(output, name, wanted)[0].path == path


def test_a_list_can_be_gone_over_or_put_together() -> None:
    found = links(thing(papers=rows(abstract=TEXT)), "text", TEXT)

    assert [(one.items, one.path) for one in found][:2] == [
        ("papers", "abstract"),
        (None, "join('\\n\\n', papers[*].abstract)"),
    ]


@pytest.mark.parametrize(
    ("output", "name", "wanted"),
    [
        (thing(pdf_url=URL), "image_url", URL),
        (thing(date={"type": "string", "format": "date"}), "check_in_date", TEXT),
        (thing(token=TEXT), "password", TEXT),
        (thing(count={"type": "integer"}), "table", {"type": "object"}),
        (thing(name=TEXT), "mode", {"type": "string", "enum": ["a", "b"]}),
    ],
)
def test_what_another_job_makes_is_no_match(
    output: dict[str, Any], name: str, wanted: dict[str, Any]
) -> None:
    assert links(output, name, wanted) == ()


def test_of_two_lists_of_numbers_neither_is_just_the_numbers() -> None:
    numbers = {"type": "array", "items": {"type": "number"}}

    assert links(thing(lows=numbers, highs=numbers), "values", numbers) == ()
