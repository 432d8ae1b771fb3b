"""Weather, sea, air, sun and space."""

from typing import Final

from tests.evals.fields import choice, flag, many, number, rows, text, thing, whole
from tests.evals.selling import Sold, sells, twin

_NOW: Final = sells(
    "t-skycast-now",
    "t.weather.now",
    "SkyCast Current Conditions",
    "Returns the current temperature, humidity, wind and sky condition for any city on Earth. "
    "Updated every 10 minutes from 40k stations.",
    at="api.skycast.example/v1/current",
    price="0.002",
    tags="weather, current, temperature",
    method="GET",
    takes={
        "q": text("City name, or lat,lon", eg="Lisbon"),
        "units?": choice("", "metric", "imperial"),
    },
    gives={
        "city": text(),
        "temp": number(),
        "humidity": whole(),
        "wind_kph": number(),
        "raining": flag(),
        "condition": text(eg="light rain"),
    },
)

SKIES: Final[tuple[Sold, ...]] = (
    _NOW,
    twin(_NOW, key="t-skycast-now-eu", at="eu.skycast.example/v1/current"),
    sells(
        "t-nimbus-live",
        "t.weather.now",
        "Nimbus Live",
        "live weather obs. pay per call, no api key!!",
        at="nimbus.example/obs",
        price="0.001",
        tags="weather, live",
        shape="drifted",
        takes={"location": text("place name", eg="Nairobi")},
        gives={
            "temperature_c": number(),
            "wind_kmh": number(),
            "precip_mm": number(),
            "summary": text(),
        },
    ),
    sells(
        "t-gridpoint-now",
        "t.weather.now-at",
        "Gridpoint nowcast",
        "Point nowcast by coordinates. Input lat/lon in decimal degrees, output temperature, dew "
        "point, wind, precipitation rate.",
        at="gridpoint.example/nowcast",
        price="0.003",
        method="GET",
        shape="v1",
        tags="nowcast, coordinates",
        takes={"lat": number("latitude", eg=60.39), "lon": number("longitude", eg=5.32)},
        gives={"t2m": number(), "dewpoint": number(), "wind_ms": number(), "precip_rate": number()},
    ),
    sells(
        "t-skycast-week",
        "t.weather.forecast",
        "SkyCast 10-day Forecast",
        "Daily forecast up to ten days out: highs, lows, chance of rain and wind per day.",
        at="api.skycast.example/v1/forecast",
        price="0.004",
        method="GET",
        tags="weather, forecast, daily",
        takes={
            "q": text("City name, or lat,lon", eg="Lisbon"),
            "days?": whole("1 to 10, default 5", eg=5, least=1, most=10),
        },
        gives={
            "city": text(),
            "daily": rows(
                date=text(eg="2026-11-22"),
                high=number(),
                low=number(),
                rain_chance=whole("percent"),
                wind_kph=number(),
            ),
        },
    ),
    sells(
        "t-barometer-fc",
        "t.weather.forecast",
        "Barometer.ai Forecasts",
        "Our neural weather model predicts what the sky will do next. Ask for a place and how "
        "many days ahead, and get temperatures, precipitation and gusts.",
        at="barometer.example/api/predict",
        price="0.006",
        shape="v2-two-chains",
        takes={"place": text(eg="Gdansk"), "horizon_days?": whole("", eg=3, least=1, most=14)},
        gives={
            "place": text(),
            "days": rows(
                day=text(), t_max=number(), t_min=number(), precip_mm=number(), gust_ms=number()
            ),
        },
    ),
    sells(
        "t-almanac-past",
        "t.weather.past",
        "Weather Almanac",
        "What was the weather on a given day? Historical daily observations since 1940 for 90 "
        "000 places.",
        at="almanac.example/history",
        price="0.005",
        tags="weather, historical, archive",
        takes={"place": text("City", eg="Vienna"), "date": text("YYYY-MM-DD", eg="1989-11-09")},
        gives={
            "place": text(),
            "date": text(),
            "t_max": number(),
            "t_min": number(),
            "precip_mm": number(),
            "sunshine_h": number(),
        },
    ),
    sells(
        "t-tidebook",
        "t.sea.tides",
        "Tidebook",
        "High and low water times and heights for 7,000 ports.",
        at="tidebook.example/v2/tides",
        price="0.003",
        method="GET",
        tags="tides, ocean, sailing",
        takes={"port": text(eg="Saint-Malo"), "date": text("ISO date", eg="2026-12-01")},
        gives={
            "port": text(),
            "tides": rows(kind=text(eg="high"), at=text(eg="06:14"), metres=number()),
        },
    ),
    sells(
        "t-swellwatch",
        "t.sea.surf",
        "SwellWatch surf report",
        "Surf height, swell period, wind direction + star rating for surf spots worldwide",
        at="swellwatch.example/report",
        price="0.004",
        shape="v2-terse",
        takes={"spot": text("surf spot", eg="Ericeira")},
        gives={"wave_m": number(), "period_s": number(), "wind": text(), "stars": whole()},
    ),
    sells(
        "t-breathe-aqi",
        "t.air.quality",
        "Breathe AQI",
        "Real-time US AQI with PM2.5, PM10, ozone and NO2 for a city.",
        at="breathe.example/aqi",
        price="0.002",
        method="GET",
        tags="air quality, aqi, pollution",
        takes={"city": text(eg="Delhi"), "country?": text("ISO 3166 code", eg="IN")},
        gives={
            "aqi": whole(),
            "category": text(eg="unhealthy"),
            "pm25": number(),
            "pm10": number(),
            "ozone": number(),
        },
    ),
    sells(
        "t-particulate",
        "t.air.quality",
        "Particulate",
        "pollution index endpoint. returns index (US EPA scale) and dominant pollutant",
        at="particulate.example/index",
        price="0.001",
        shape="v1",
        takes={"location": text(eg="Krakow")},
        gives={"index": whole(eg=74), "dominant": text(eg="pm25")},
    ),
    sells(
        "t-sneezecast",
        "t.air.pollen",
        "SneezeCast",
        "Grass, birch and ragweed pollen levels today and tomorrow, for hay fever sufferers.",
        at="sneezecast.example/pollen",
        price="0.003",
        tags="pollen, allergy",
        takes={"town": text(eg="Basel")},
        gives={"grass": text(eg="high"), "tree": text(), "weed": text(), "tomorrow": text()},
    ),
    sells(
        "t-sunclock",
        "t.sky.sun",
        "SunClock",
        "Sunrise, sunset, golden hour and day length.",
        at="sunclock.example/times",
        price="0.0005",
        method="GET",
        tags="sunrise, sunset, astronomy",
        takes={
            "place": text(eg="Tromso"),
            "date?": text("YYYY-MM-DD, today if left out", eg="2026-12-21"),
        },
        gives={
            "sunrise": text(eg="07:58"),
            "sunset": text(eg="16:01"),
            "golden_hour": text(),
            "day_length": text(),
        },
    ),
    sells(
        "t-overhead-iss",
        "t.sky.passes",
        "Overhead",
        "When will the International Space Station be visible from where I stand? Visible passes "
        "over the next ten days.",
        at="overhead.example/iss/passes",
        price="0.002",
        tags="iss, satellite, space",
        takes={"city": text(eg="Madrid"), "limit?": whole("", eg=3)},
        gives={
            "passes": rows(rises=text(), sets=text(), max_elevation=number(), magnitude=number())
        },
    ),
    sells(
        "t-nearrock",
        "t.sky.asteroids",
        "NearRock NEO feed",
        "Near-Earth objects with closest approach between two dates; miss distance in lunar "
        "distances, diameter, hazard flag.",
        at="nearrock.example/feed",
        price="0.002",
        method="GET",
        shape="drifted",
        takes={"start_date": text(eg="2026-11-20"), "end_date": text(eg="2026-11-27")},
        gives={
            "count": whole(),
            "objects": many(
                thing(name=text(), miss_ld=number(), diameter_m=number(), hazardous=flag())
            ),
        },
    ),
)
