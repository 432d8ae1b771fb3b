"""Numbers go where their words say."""

from typing import Any

import pytest

from domain.arguments import fills_from
from domain.goals import read_request
from tests.fakes import builders

NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}


def filled(request: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    service = builders.listing(description="Does it.", input_schema=schema)
    return {name: fill.value for name, fill in fills_from(read_request(request), service).items()}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("lots above 5 on the hill", 5, None),
        ("lots under 62k on the hill", None, 62_000),
        ("lots up to 90 on the hill", None, 90),
    ],
)
def test_the_least_and_the_most_are_said_so(text: str, low: int | None, high: int | None) -> None:
    found = filled(text, min_value=NUMBER, max=NUMBER)

    assert (found.get("min_value"), found.get("max")) == (low, high)


def test_a_rate_may_be_said_without_its_sign() -> None:
    found = filled(
        "pay back 310,000 at 4.6 over 27 years", amount=NUMBER, rate=NUMBER, years=INTEGER
    )

    assert found == {"amount": 310_000, "rate": 4.6, "years": 27}


def test_a_time_of_day_is_no_rate() -> None:
    assert "rate" not in filled("pay 200 back at 4 pm or at 5 pm", rate=NUMBER)


def test_two_points_are_where_one_starts_and_where_one_ends() -> None:
    found = filled(
        "straight from 60.1,24.9 to 59.3,18.1",
        lat1=NUMBER,
        lon1=NUMBER,
        lat2=NUMBER,
        lon2=NUMBER,
    )

    assert found == {"lat1": 60.1, "lon1": 24.9, "lat2": 59.3, "lon2": 18.1}


def test_days_may_be_a_letter() -> None:
    assert filled("Crete 7d", days=INTEGER) == {"days": 7}


def test_a_number_sign_stands_before_a_number_of_something() -> None:
    assert filled("who has #77 of these", token_id={"type": "string"}) == {"token_id": "77"}
