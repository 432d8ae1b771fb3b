"""What one service answers, another takes, under the same name."""

import json
from typing import Any

import pytest

from deploy.services.catalogue import LISTINGS

BY_PATH = {listing.path: listing for listing in LISTINGS}


def call(path: str, **body: Any) -> Any:
    listing = BY_PATH[path]
    made = listing.run(listing.takes.model_validate_json(json.dumps(body)))
    return made.decode() if isinstance(made, bytes) else json.loads(made.model_dump_json())


@pytest.mark.parametrize("data", ["/dex/volume", "/northwind/dex-volumes"])
@pytest.mark.parametrize("analyst", ["/analytics/trend", "/northwind/trend"])
@pytest.mark.parametrize("drawer", ["/charts/timeseries", "/northwind/charts"])
@pytest.mark.parametrize("writer", ["/reports/html", "/northwind/report"])
def test_any_four_competitors_make_the_report_of_the_example(
    data: str, analyst: str, drawer: str, writer: str
) -> None:
    volume = call(data, chain="solana", days=30)
    analysis = call(analyst, series=volume["series"])["analysis"]
    charts = call(drawer, series=volume["series"])["charts"]
    page = call(writer, title="Solana DEX volume", analysis=analysis, charts=charts)

    assert len(volume["series"]) == 30
    assert volume["dataset"]["sample"] is True
    assert "Solana DEX volume" in page
    assert page.count("<svg") == len(charts)
    assert "sample" in page
    assert "<script" not in page


def test_csv_becomes_a_series_a_forecast_and_a_drawing() -> None:
    lines = "\n".join(f"2026-10-{day:02d},{day * 3}" for day in range(1, 21))
    table = call("/tables/from-csv", text=f"day,sold\n{lines}")["table"]
    series = call("/tables/to-series", table=table, date_column="day", value_column="sold")
    ahead = call("/analytics/forecast", series=series["series"], days=3)["series"]
    drawn = call("/charts/timeseries", series=ahead)["charts"]

    assert [point["value"] for point in ahead] == pytest.approx([63, 66, 69])
    assert all("</svg>" in chart["svg"] for chart in drawn)


def test_news_can_be_summarised_and_rated() -> None:
    text = call("/news/headlines", topic="markets", limit=5)["text"]

    assert call("/text/summarize", text=text, sentences=2)["text"]
    assert call("/text/sentiment", text=text)["sentiment"] in {"positive", "neutral", "negative"}


def test_a_breakdown_can_be_drawn_as_bars() -> None:
    table = call("/dex/volume", days=7)["by_protocol"]
    charts = call("/charts/bars", table=table, label_column="protocol", value_column="volume_usd")[
        "charts"
    ]

    assert "Raydium" in charts[0]["svg"]


def test_a_resized_image_can_be_described_and_put_on_a_page() -> None:
    image = call("/images/resize", **BY_PATH["/images/resize"].example)["image"]

    assert call("/images/info", image=image)["width"] == 2
    listing = BY_PATH["/images/to-pdf"]
    made = listing.run(listing.takes.model_validate({"image": image}))
    assert isinstance(made, bytes)
    assert made.startswith(b"%PDF")
