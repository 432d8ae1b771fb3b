"""Parameters in paths: every value stays one segment, whatever it holds."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import path_names, split_arguments
from domain.errors import DataError

URL = "https://shop.example/weather/{city}/{day}?units=si"


def test_the_path_is_filled_and_the_rest_is_left() -> None:
    url, rest = split_arguments(URL, {"city": "São Paulo", "day": 3, "hourly": True})

    assert url == "https://shop.example/weather/S%C3%A3o%20Paulo/3?units=si"
    assert rest == {"hourly": True}
    assert path_names(URL) == ("city", "day")


def test_an_address_without_parameters_stays_as_it_is() -> None:
    url = "https://shop.example/run?x={y}"
    assert split_arguments(url, {"y": 1}) == (url, {"y": 1})


@given(city=st.text(max_size=40))
def test_no_value_can_climb_in_the_path_or_leave_it(city: str) -> None:
    try:
        url, _ = split_arguments("https://shop.example/a/{city}/b", {"city": city})
    except DataError:
        return
    parts = urlsplit(url)
    assert parts.netloc == "shop.example"
    assert (parts.query, parts.fragment) == ("", "")
    before, segment, after = parts.path.removeprefix("/").split("/")
    assert (before, after) == ("a", "b")
    assert unquote(segment) == city.strip()


@pytest.mark.parametrize("value", [None, "", "  ", ".", "..", True, ["x"], {"a": 1}, "x" * 501])
def test_a_value_that_is_no_segment_is_refused(value: object) -> None:
    with pytest.raises(DataError):
        split_arguments("https://shop.example/{city}", {"city": value})  # type: ignore[dict-item]
