"""Numbers keep what they measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.measures import converted, dimension_of, points_in, ranges_in


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "result"),
    [
        (2, "km", "m", 2000),
        (90, "min", "hours", 1.5),
        (1, "mile", "m", 1609.344),
        (3, "kg", "m", None),
    ],
)
def test_a_quantity_is_converted_within_its_dimension(
    value: float, unit: str, wanted: str, result: float | None
) -> None:
    assert converted(value, unit, wanted) == result
    assert dimension_of("parsnip") == ""


@given(
    st.decimals(-90, 90, places=4).map(float),
    st.decimals(-180, 180, places=4).map(float),
    st.sampled_from([", ", ",", " "]),
)
def test_a_point_is_read_in_order(lat: float, lon: float, joint: str) -> None:
    (found,) = points_in(f"near {lat:.4f}{joint}{lon:.4f}.")

    assert (found.first, found.second) == (lat, lon)


def test_letters_say_the_half_of_the_globe() -> None:
    (found,) = points_in("33.8688 S, 151.2093 E")

    assert (found.first, found.second) == (-33.8688, 151.2093)


@pytest.mark.parametrize("text", ["1.5, 2", "95.12, 10.5", "prices 3 and 4", "v1.2.3 4.5.6"])
def test_other_numbers_are_no_point(text: str) -> None:
    assert list(points_in(text)) == []


def test_a_range_has_two_ends() -> None:
    assert [(one.first, one.second) for one in ranges_in("from 10 to 2, between 1 and 6")] == [
        (2, 10),
        (1, 6),
    ]
    assert list(ranges_in("1 and 6")) == []
