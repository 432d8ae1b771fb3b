"""Days and months are read as people write them, and never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import Dated, dates_in, later_days_in, months_in

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31))


@given(days, st.sampled_from(["%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%d.%m.%Y", "%Y/%m/%d"]))
def test_a_written_day_is_read_back(day: date, form: str) -> None:
    text = f"from {day.strftime(form)} on"

    (found,) = dates_in(text)

    assert found.value == day.isoformat()
    assert text[found.start : found.end] == day.strftime(form)


@pytest.mark.parametrize("text", ["03/04/2026", "31.02.2026", "14 August", "version 1.2.2026.4x"])
def test_a_day_that_could_be_another_or_none_is_not_read(text: str) -> None:
    assert list(dates_in(text)) == []


def test_slashes_are_read_where_only_one_day_can_be_meant() -> None:
    assert [one.value for one in dates_in("25/12/2026 and 12/25/2026")] == ["2026-12-25"] * 2


@given(days, st.sampled_from(["%B %Y", "%b %Y", "%Y-%m"]))
def test_a_written_month_is_read_back(day: date, form: str) -> None:
    assert [one.value for one in months_in(f"in {day.strftime(form)}?")] == [f"{day:%Y-%m}"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4 to 6 dec 2026", ["2026-12-04", "2026-12-06"]),
        ("the 18th-20th of June 2027", ["2027-06-18", "2027-06-20"]),
        ("between 1 March and 15 April 2024", ["2024-03-01", "2024-04-15"]),
        ("July 1-5, 2027", ["2027-07-01", "2027-07-05"]),
        ("March 30 to April 4 2027", ["2027-03-30", "2027-04-04"]),
        ("new year's day 2021", ["2021-01-01"]),
    ],
)
def test_a_month_and_a_year_may_be_said_for_two_days(text: str, found: list[str]) -> None:
    assert sorted(one.value for one in dates_in(text)) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2027-07-10 to 12; and more", "2027-07-12"),
        ("2027-07-10 there until the 16th", "2027-07-16"),
        ("2027-07-10 to 12 people", None),
        ("2027-07-10 to the 3rd", None),
        ("2027-07-10 to 12:30", None),
    ],
)
def test_a_later_day_may_be_told_by_the_day_before_it(text: str, value: str | None) -> None:
    found = later_days_in(text, [Dated(0, 10, "2027-07-10")])

    assert [one.value for one in found] == ([value] if value else [])
