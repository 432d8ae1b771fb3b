"""Addresses with parameters in their path, however they are written, and those that lie."""

from typing import Any

import pytest

from activities.discovery.bazaar_items import listing_from
from activities.discovery.bazaar_values import Malformed
from domain.addresses import path_names, split_arguments
from domain.schemas import properties_of, required_names
from tests.activities.discovery.demo import accept

CITY = {"type": "object", "properties": {"city": {"type": "string", "description": "Where"}}}


def item(url: str, *, template: str | None = None, **parts: Any) -> dict[str, Any]:
    info: dict[str, Any] = {"type": "http", "method": "GET"}
    properties: dict[str, Any] = {}
    if "path" in parts:
        properties["pathParams"] = parts["path"]
    if "example" in parts:
        info["pathParams"] = parts["example"]
    if "query" in parts:
        properties["queryParams"] = parts["query"]
    declared: dict[str, Any] = {
        "info": {"input": info},
        "schema": {"properties": {"input": {"properties": properties}}},
    }
    if template is not None:
        declared["routeTemplate"] = template
    return {
        "resource": url,
        "type": "http",
        "accepts": [accept(1_000)],
        "extensions": {"bazaar": declared},
    }


def read(*args: Any, **kwargs: Any) -> Any:
    return listing_from(item(*args, **kwargs), bazaar="http://bazaar.test")


@pytest.mark.parametrize(
    "written",
    ["{city}", ":city", "[city]", "<city>", "<string:city>", "{city:str}"],
)
def test_every_spelling_of_a_parameter_is_one(written: str) -> None:
    listing = read(f"https://a.example/weather/{written}/now", path=CITY, example={"city": "Rome"})

    assert listing.url == "https://a.example/weather/{city}/now"
    assert listing.id == "GET https://a.example/weather/{city}/now"
    assert required_names(listing.input_schema) == ("city",)
    assert properties_of(listing.input_schema)["city"]["description"] == "Where"
    assert listing.input_example == {"city": "Rome"}


def test_parameters_of_path_and_query_are_asked_together() -> None:
    query = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]}

    listing = read("https://a.example/{city}", path=CITY, query=query)

    assert properties_of(listing.input_schema).keys() == {"city", "days"}
    assert required_names(listing.input_schema) == ("days", "city")


def test_a_template_describes_what_one_caller_asked() -> None:
    listing = read("https://a.example/weather/S%C3%A3o%20Paulo", template="/weather/:city")

    assert listing.url == "https://a.example/weather/{city}"
    assert listing.input_example == {"city": "São Paulo"}


def test_two_calls_of_one_template_are_one_service() -> None:
    rome = read("https://a.example/weather/rome", template="/weather/{city}")
    oslo = read("https://a.example/weather/oslo", template="/weather/{city}")

    assert rome.id == oslo.id


def test_a_parameter_with_a_hyphen_gets_a_name_that_expressions_can_use() -> None:
    path = {"properties": {"user-id": {"type": "integer", "example": 7}}}

    listing = read("https://a.example/users/{user-id}", path=path)

    assert path_names(listing.url) == ("user_id",)
    assert properties_of(listing.input_schema)["user_id"] == {"type": "integer", "example": 7}
    assert listing.input_example == {"user_id": 7}


def test_every_path_can_be_filled_with_its_own_example() -> None:
    listing = read("https://a.example/{a}/x/{b}")

    url, rest = split_arguments(listing.url, listing.input_example)

    assert url == "https://a.example/example/x/example"
    assert rest == {}


@pytest.mark.parametrize(
    ("url", "parts", "said"),
    [
        ("https://a.example/{city}/{city}", {}, "names city twice"),
        ("https://a.example/[...rest]", {}, "takes the rest"),
        ("https://a.example/{rest:path}", {}, "takes the rest"),
        ("https://a.example/{}", {}, "cannot be told apart"),
        ("https://a.example/{a b}", {}, "without a usable name"),
        ("https://a.example/{7}", {}, "without a usable name"),
        ("https://a.example/x}", {}, "cannot be told apart"),
        ("https://a.example/x?q={q}", {}, "outside the path"),
        ("https://{host}.example/x", {}, "outside the path"),
        ("https://a.example/x", {"path": CITY}, "no place for 'city'"),
        ("https://a.example/x", {"example": {"city": 1}}, "no place for 'city'"),
        ("https://a.example/{city}", {"query": CITY}, "in its path and beside it"),
        ("https://a.example/w/rome", {"template": "/pay/:me"}, "does not fit its address"),
        ("https://a.example/w/rome", {"template": "/w/:a/b"}, "does not fit its address"),
        ("https://a.example/w/x", {"template": "https://b.example/w/:a"}, "another host"),
        ("https://a.example/w/x", {"template": "https://[/w"}, "cannot be read"),
        ("https://a.example/" + "".join(f"{{p{n}}}" for n in range(11)), {}, "more than 10"),
    ],
)
def test_what_cannot_be_described_is_refused(url: str, parts: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read(url, **parts)
