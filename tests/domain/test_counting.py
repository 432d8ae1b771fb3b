"""Numbers are taken for what the words around them say."""

import pytest

from domain.counting import bounds_in, told_by_words


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("my 6 year old asks", "age", [6]),
        ("58 y/o woman", "age", [58]),
        ("a man aged 40, 3 kids", "age", [40]),
        ("wait 6 years", "age", []),
        ("what happened on 9 november", "day", [9]),
        ("what happened on March 3rd", "month", [3]),
        ("30 days in November 2026", "day", []),
        ("marks out of 20", "scale", [20]),
        ("a 24 character password", "length", [24]),
        ("predict 3 more", "steps", [3]),
        ("predict 3 more", "count", []),
    ],
)
def test_numbers_have_the_sense_of_their_words(text: str, name: str, found: list[int]) -> None:
    assert [value for value, _ in told_by_words(text, frozenset({name}))] == found


@pytest.mark.parametrize("text", ["tickets 1001 to 1380", "tickets 1001-1380", "from 1001..1380"])
def test_a_range_has_two_ends(text: str) -> None:
    assert [value for value, _ in bounds_in(text, lower=True)] == [1001]
    assert [value for value, _ in bounds_in(text, lower=False)] == [1380]


@pytest.mark.parametrize("text", ["4-5 Dec 2026", "2026-12-04", "+47 900-112", "10-3", "at 1:2-3"])
def test_days_and_numbers_of_other_kinds_are_no_ranges(text: str) -> None:
    assert list(bounds_in(text, lower=True)) == []
