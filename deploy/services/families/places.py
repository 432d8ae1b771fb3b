"""Places and their weather, from a small sample gazetteer."""

import math
from datetime import date, timedelta
from typing import Final

import numpy as np
from pydantic import Field

from deploy.services.families.sample_data import LAST_DAY, LENGTH_DAYS, dataset, generator
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Dataset, Days, Point, Series, Table, Words

GAZETTEER: Final[dict[str, tuple[str, float, float, str]]] = {
    "berlin": ("Germany", 52.52, 13.41, "Europe/Berlin"),
    "buenos aires": ("Argentina", -34.60, -58.38, "America/Argentina/Buenos_Aires"),
    "cairo": ("Egypt", 30.04, 31.24, "Africa/Cairo"),
    "cape town": ("South Africa", -33.92, 18.42, "Africa/Johannesburg"),
    "delhi": ("India", 28.61, 77.21, "Asia/Kolkata"),
    "helsinki": ("Finland", 60.17, 24.94, "Europe/Helsinki"),
    "lagos": ("Nigeria", 6.52, 3.38, "Africa/Lagos"),
    "lisbon": ("Portugal", 38.72, -9.14, "Europe/Lisbon"),
    "london": ("United Kingdom", 51.51, -0.13, "Europe/London"),
    "mexico city": ("Mexico", 19.43, -99.13, "America/Mexico_City"),
    "nairobi": ("Kenya", -1.29, 36.82, "Africa/Nairobi"),
    "new york": ("United States", 40.71, -74.01, "America/New_York"),
    "paris": ("France", 48.86, 2.35, "Europe/Paris"),
    "san francisco": ("United States", 37.77, -122.42, "America/Los_Angeles"),
    "sao paulo": ("Brazil", -23.55, -46.63, "America/Sao_Paulo"),
    "singapore": ("Singapore", 1.35, 103.82, "Asia/Singapore"),
    "sydney": ("Australia", -33.87, 151.21, "Australia/Sydney"),
    "tokyo": ("Japan", 35.68, 139.69, "Asia/Tokyo"),
    "zurich": ("Switzerland", 47.37, 8.54, "Europe/Zurich"),
}
"""Country, latitude, longitude and time zone of a few well-known cities."""

EARTH_RADIUS_KM: Final = 6371.0
"""Mean radius of the Earth."""


def known(place: str) -> tuple[str, float, float, str]:
    """Look a place up.

    Raises:
        Unworkable: The sample gazetteer does not have it.
    """
    found = GAZETTEER.get(place.strip().lower())
    if found is None:
        names = ", ".join(name.title() for name in GAZETTEER)
        raise Unworkable(f"unknown place; the sample gazetteer has {names}")
    return found


class PlaceInput(Words):
    """A place."""

    place: str = Field(min_length=1, max_length=100, description="Name of a city.")


class PlaceOutput(Words):
    """Where a place is."""

    place: str
    country: str
    latitude: float
    longitude: float
    timezone: str


def geocode(request: PlaceInput) -> PlaceOutput:
    """Return a place's coordinates."""
    country, latitude, longitude, zone = known(request.place)
    return PlaceOutput(
        place=request.place.strip().title(),
        country=country,
        latitude=latitude,
        longitude=longitude,
        timezone=zone,
    )


class DistanceInput(Words):
    """Two places."""

    place: str = Field(min_length=1, max_length=100, description="Name of the first city.")
    other_place: str = Field(min_length=1, max_length=100, description="Name of the second city.")


class DistanceOutput(Words):
    """How far apart two places are."""

    kilometers: float


def distance(request: DistanceInput) -> DistanceOutput:
    """Measure along a great circle."""
    _, lat1, lon1, _ = known(request.place)
    _, lat2, lon2, _ = known(request.other_place)
    a = math.sin(math.radians(lat2 - lat1) / 2) ** 2 + (
        math.cos(math.radians(lat1))
        * math.cos(math.radians(lat2))
        * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return DistanceOutput(kilometers=round(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(a)), 1))


class WeatherInput(Words):
    """Where, and for how long."""

    place: str = Field(min_length=1, max_length=100, description="Name of a city.")
    days: Days = 30


class WeatherOutput(Words):
    """Mean temperatures in degrees Celsius."""

    dataset: Dataset
    series: Series


def _season(latitude: float, day: date) -> float:
    phase = math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365.25)
    swing = abs(latitude) / 4.5 * (1 if latitude >= 0 else -1)
    return 27 - abs(latitude) * 0.35 + swing * phase


def weather(request: WeatherInput) -> WeatherOutput:
    """Return invented temperatures: a season by latitude, and noise by name."""
    _, latitude, _, _ = known(request.place)
    noise = generator(f"weather/{request.place.strip().lower()}").normal(0, 2.2, LENGTH_DAYS)
    first = LAST_DAY - timedelta(days=request.days - 1)
    kept = noise[-request.days :]
    series = [
        Point(date=day, value=round(_season(latitude, day) + float(kept[index]), 1))
        for index in range(request.days)
        for day in (first + timedelta(days=index),)
    ]
    name = f"Sample temperatures, {request.place.strip().title()}, degrees Celsius"
    return WeatherOutput(dataset=dataset(name), series=series)


class ForecastInput(Words):
    """Where, and how far ahead."""

    place: str = Field(min_length=1, max_length=100, description="Name of a city.")
    days: int = Field(5, ge=1, le=14, description="How many days ahead.")


class ForecastOutput(Words):
    """Expected temperatures and conditions."""

    dataset: Dataset
    series: Series
    table: Table


def forecast(request: ForecastInput) -> ForecastOutput:
    """Return the season's temperatures after the last sample day, with invented conditions."""
    _, latitude, _, _ = known(request.place)
    rng = generator(f"forecast/{request.place.strip().lower()}")
    chance = np.round(rng.beta(2, 4, 14) * 100)
    series = [
        Point(date=day, value=round(_season(latitude, day), 1))
        for day in (LAST_DAY + timedelta(days=step) for step in range(1, request.days + 1))
    ]
    rows = [
        [point.date.isoformat(), point.value, int(rain), "rain" if rain > 50 else "dry"]  # noqa: PLR2004 - likelier than not
        for point, rain in zip(series, chance, strict=False)
    ]
    columns = ["date", "celsius", "rain_percent", "condition"]
    return ForecastOutput(
        dataset=dataset(f"Sample forecast, {request.place.strip().title()}"),
        series=series,
        table=Table(columns=columns, rows=rows),
    )


LISTINGS: Final = (
    Listing(
        path="/places/geocode",
        name="Almanac Geocoder",
        description="Finds the coordinates, country and time zone of a city (sample gazetteer).",
        tags=("geocode", "place", "coordinates", "maps"),
        price="0.002",
        seller="almanac",
        takes=PlaceInput,
        run=geocode,
        gives=PlaceOutput,
        example={"place": "Lisbon"},
    ),
    Listing(
        path="/places/distance",
        name="Almanac Distance",
        description="Great-circle distance between two cities.",
        tags=("distance", "place", "maps"),
        price="0.002",
        seller="almanac",
        takes=DistanceInput,
        run=distance,
        gives=DistanceOutput,
        example={"place": "Lisbon", "other_place": "Berlin"},
    ),
    Listing(
        path="/weather/history",
        name="Almanac Weather History",
        description="Daily mean temperatures of a city as a time series. Sample data.",
        tags=("weather", "temperature", "history", "time series"),
        price="0.01",
        seller="almanac",
        takes=WeatherInput,
        run=weather,
        gives=WeatherOutput,
        example={"place": "Lisbon", "days": 2},
    ),
    Listing(
        path="/weather/forecast",
        name="Almanac Weather Forecast",
        description="Weather forecast for a city, up to 14 days ahead. Sample data.",
        tags=("weather", "forecast", "temperature"),
        price="0.012",
        seller="almanac",
        takes=ForecastInput,
        run=forecast,
        gives=ForecastOutput,
        example={"place": "Lisbon", "days": 2},
    ),
)
