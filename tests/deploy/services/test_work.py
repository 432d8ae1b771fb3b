"""The services compute what they claim, and refuse what they cannot."""

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from deploy.services.catalogue import LISTINGS
from deploy.services.families import figures
from deploy.services.families.calendars import easter
from deploy.services.families.figures import Dated
from deploy.services.families.sample_data import LENGTH_DAYS, days
from deploy.services.listing import Unworkable

ZONES = {"time": "2026-01-01T00:00", "from_timezone": "../x", "to_timezone": "UTC"}
BY_PATH = {listing.path: listing for listing in LISTINGS}


def call(path: str, **body: Any) -> Any:
    listing = BY_PATH[path]
    made = listing.run(listing.takes.model_validate_json(json.dumps(body)))
    return made.decode() if isinstance(made, bytes) else json.loads(made.model_dump_json())


def table(*columns: str, rows: list[list[Any]]) -> dict[str, Any]:
    return {"columns": list(columns), "rows": rows}


def series(values: list[float]) -> list[dict[str, Any]]:
    return [
        {"date": day.isoformat(), "value": value}
        for day, value in zip(days(len(values)), values, strict=True)
    ]


def test_the_line_through_a_line_is_that_line() -> None:
    fitted = figures.line(Dated(tuple(days(10)), np.arange(5.0, 35.0, 3.0)))

    assert fitted.slope == pytest.approx(3)
    assert fitted.intercept == pytest.approx(5)
    assert fitted.fit == pytest.approx(1)


def test_gaps_in_time_count_as_time() -> None:
    ten = days(10)
    fitted = figures.line(Dated((ten[0], ten[4], ten[9]), np.array([0.0, 4.0, 9.0])))

    assert fitted.slope == pytest.approx(1)


def test_a_moving_average_starts_with_what_there_is() -> None:
    averages = figures.moving_average(np.array([2.0, 4.0, 6.0, 8.0]), 2)

    assert list(averages) == [2, 3, 5, 7]


def test_the_trend_names_direction_growth_and_the_day_that_stands_out() -> None:
    rng = np.random.default_rng(1)
    values = [100 + index * 2 + float(rng.normal()) for index in range(28)]
    values[20] = 400.0
    analysis = call("/analytics/trend", series=series(values), title="Visits")["analysis"]

    assert analysis["title"] == "Visits"
    assert analysis["statistics"]["direction"] == "rising"
    assert analysis["statistics"]["maximum"] == 400
    assert analysis["statistics"]["anomalies"][0]["value"] == 400
    assert analysis["statistics"]["growth_percent"] > 0


def test_growth_and_volatility_are_null_where_they_mean_nothing() -> None:
    analysis = call("/analytics/trend", series=series([0.0] * 14))["analysis"]

    assert analysis["statistics"]["growth_percent"] is None
    assert analysis["statistics"]["daily_volatility_percent"] is None
    assert analysis["statistics"]["direction"] == "flat"


def test_correlation_of_a_series_with_its_mirror_is_minus_one() -> None:
    up, down = series([1, 2, 3, 4]), series([4, 3, 2, 1])
    analysis = call("/analytics/correlation", series=up, other_series=down)["analysis"]

    assert analysis["statistics"]["pearson"] == pytest.approx(-1)


def test_sample_data_is_the_same_every_time_and_covers_a_year() -> None:
    assert call("/dex/volume", days=365) == call("/dex/volume", days=365)
    assert LENGTH_DAYS >= 365
    short, long = call("/dex/volume", days=7), call("/dex/volume", days=30)
    assert long["series"][-7:] == short["series"]


def test_a_breakdown_adds_up_to_the_series() -> None:
    volume = call("/dex/volume", chain="base", days=10)
    total = sum(point["value"] for point in volume["series"])

    assert sum(row[1] for row in volume["by_protocol"]["rows"]) == pytest.approx(total, rel=1e-6)
    assert sum(row[2] for row in volume["by_protocol"]["rows"]) == pytest.approx(100, abs=0.2)


def test_a_loan_is_paid_off_exactly() -> None:
    plan = call("/finance/loan", amount="10000.00", rate_percent="5", months=24)
    paid = sum(row[1] for row in plan["table"]["rows"])

    assert plan["monthly_payment"] == "438.71"
    assert plan["table"]["rows"][-1][3] == 0
    assert paid == pytest.approx(10000 + float(plan["total_interest"]), abs=0.005)


def test_tax_can_be_added_and_taken_out_again() -> None:
    added = call("/finance/vat", amount="80.00", country="DE")
    removed = call("/finance/vat", amount=added["gross"], country="DE", includes_tax=True)

    assert (added["net"], added["tax"], added["gross"]) == ("80.00", "15.20", "95.20")
    assert removed["net"] == "80.00"


@pytest.mark.parametrize(
    ("value", "here", "there", "expected"),
    [
        (1, "mi", "km", 1.609344),
        (100, "C", "F", 212),
        (0, "K", "C", -273.15),
        (2, "lb", "g", 907.18474),
    ],
)
def test_units_convert_exactly(value: float, here: str, there: str, expected: float) -> None:
    made = call("/convert/units", value=value, from_unit=here, to_unit=there)

    assert made["value"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("year", "expected"), [(2000, "2000-04-23"), (2024, "2024-03-31"), (2026, "2026-04-05")]
)
def test_easter_falls_where_the_church_says(year: int, expected: str) -> None:
    assert easter(year).isoformat() == expected


def test_business_days_skip_weekends() -> None:
    made = call("/calendar/between", start="2026-11-06", end="2026-11-10")

    assert (made["days"], made["business_days"]) == (4, 2)


def test_time_zones_know_summer_time() -> None:
    made = call(
        "/calendar/timezone",
        time="2026-07-01T12:00",
        from_timezone="Europe/Berlin",
        to_timezone="America/New_York",
    )

    assert made["time"] == "2026-07-01T06:00:00-04:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat is on the table and it was happy with that", "en"),
        ("Der Hund ist nicht auf dem Tisch und das ist auch gut", "de"),
        ("Le chat est dans la maison et il ne sort pas", "fr"),
        ("El perro está en la casa y no quiere salir", "es"),
    ],
)
def test_languages_are_told_apart(text: str, expected: str) -> None:
    assert call("/text/language", text=text)["language"] == expected


def test_a_negation_turns_praise_round() -> None:
    assert call("/text/sentiment", text="This is good.")["sentiment"] == "positive"
    assert call("/text/sentiment", text="This is not good.")["sentiment"] == "negative"


def test_a_summary_keeps_sentences_whole_and_in_order() -> None:
    text = "Volume grew. Volume of the market grew a lot. Cats sleep. The market volume grew again."
    kept = call("/text/summarize", text=text, sentences=2)["text"]

    assert kept == "Volume of the market grew a lot. The market volume grew again."


def test_extraction_returns_each_match_once() -> None:
    made = call("/text/extract", text="a@b.io, c@d.org and a@b.io", kind="emails")

    assert made["matches"] == ["a@b.io", "c@d.org"]


def test_markdown_does_not_let_raw_html_through() -> None:
    assert "<script>" not in call("/documents/markdown", text="# Hi\n\n<script>alert(1)</script>")


def test_distance_is_symmetric_and_plausible() -> None:
    there = call("/places/distance", place="London", other_place="Paris")["kilometers"]

    assert there == call("/places/distance", place="paris", other_place="LONDON")["kilometers"]
    assert 330 < there < 355


@pytest.mark.parametrize(
    ("email", "valid"),
    [("ana@example.com", True), ("ana@example", False), ("a..b@x.org", False), ("@x.org", False)],
)
def test_addresses_are_checked(email: str, valid: bool) -> None:
    assert call("/checks/email", email=email)["valid"] is valid


def test_broken_json_is_located() -> None:
    made = call("/data/validate-json", text='{"a": 1,}')

    assert made["valid"] is False
    assert "line 1" in made["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/analytics/trend", {"series": series([1.0, 2.0])}),
        ("/analytics/trend", {"series": [{"date": "2026-10-01", "value": 1}] * 9}),
        ("/documents/pdf-text", {"document": {"media_type": "application/pdf", "base64": "AAAA"}}),
        ("/images/info", {"image": {"media_type": "image/png", "base64": "AAAA"}}),
        ("/images/info", {"image": {"media_type": "image/png", "base64": "not base64!"}}),
        ("/places/geocode", {"place": "Atlantis"}),
        ("/convert/units", {"value": 1, "from_unit": "kg", "to_unit": "m"}),
        ("/calendar/timezone", ZONES),
        ("/tables/from-csv", {"text": "a,b\n1"}),
        (
            "/tables/to-series",
            {"table": table("a", rows=[]), "date_column": "d", "value_column": "a"},
        ),
        (
            "/charts/bars",
            {"table": table("a", rows=[["x"]]), "label_column": "a", "value_column": "a"},
        ),
        ("/text/readability", {"text": "123"}),
    ],
)
def test_work_that_cannot_be_done_is_refused_in_words(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(Unworkable, match=r".+"):
        call(path, **body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dex/volume", {"days": 0}),
        ("/dex/volume", {"days": 366}),
        ("/dex/volume", {"chain": "dogechain"}),
        ("/dex/volume", {"dayz": 30}),
        ("/analytics/trend", {"series": [{"date": "2026-13-01", "value": 1}]}),
        ("/reports/html", {"title": "no analysis"}),
        ("/text/extract", {"text": "x", "kind": "secrets"}),
    ],
)
def test_input_outside_the_schema_is_refused(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        call(path, **body)
