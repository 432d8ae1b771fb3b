"""Days and months are read as people write them, and never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import dates_in, months_in

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
