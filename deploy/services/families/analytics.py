"""Analysis of time series."""

from typing import Any, Final

import numpy as np
from pydantic import Field

from deploy.services.families import figures
from deploy.services.families.figures import Dated, Line, spoken
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Analysis, Point, Series, Title, Words

MIN_POINTS: Final = 7
"""A week: fewer days cannot show a weekday from a trend."""

FLAT_FIT: Final = 0.1
"""Below this R squared a line says nothing about direction."""

EXAMPLE_SERIES: Final = [
    {"date": f"2026-10-{day:02d}", "value": value}
    for day, value in enumerate((210, 224, 219, 240, 236, 251, 247, 268), start=1)
]
"""Eight days that rise."""


class TrendInput(Words):
    """A series to analyse."""

    series: Series
    title: Title = None
    window: int = Field(7, ge=2, le=90, description="Days in the moving average.")


class AnalysisOutput(Words):
    """An analysis."""

    analysis: Analysis


def trend(request: TrendInput) -> AnalysisOutput:
    """Describe where a series goes, how steadily, and what stands out."""
    series = figures.in_order(request.series, at_least=MIN_POINTS)
    fitted = figures.line(series)
    odd = figures.outliers(series.values)
    averages = figures.moving_average(series.values, request.window)
    weekdays = figures.weekday_means(series)
    return AnalysisOutput(
        analysis=Analysis(
            title=request.title or f"Trend of {len(series.days)} days",
            findings=_findings(series, fitted, weekdays, odd),
            statistics={
                **_summary(series),
                "direction": direction(fitted),
                "slope_per_day": fitted.slope,
                "r_squared": fitted.fit,
                "growth_percent": growth_percent(series),
                "daily_volatility_percent": figures.volatility_percent(series.values),
                "moving_average_days": request.window,
                "moving_average_last": float(averages[-1]),
                "weekday_means": weekdays,
                "anomalies": [_anomaly(series, index, score) for index, score in odd],
            },
        )
    )


def _summary(series: Dated) -> dict[str, Any]:
    values = series.values
    return {
        "points": len(values),
        "first_date": series.days[0].isoformat(),
        "last_date": series.days[-1].isoformat(),
        "total": float(values.sum()),
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "standard_deviation": float(values.std(ddof=1)),
        "minimum": float(values.min()),
        "minimum_date": series.days[int(values.argmin())].isoformat(),
        "maximum": float(values.max()),
        "maximum_date": series.days[int(values.argmax())].isoformat(),
    }


def direction(fitted: Line) -> str:
    """Name the direction, or say there is none."""
    if fitted.fit < FLAT_FIT or fitted.slope == 0:
        return "flat"
    return "rising" if fitted.slope > 0 else "falling"


def growth_percent(series: Dated) -> float | None:
    """Compare the last week's average with the first week's."""
    week = min(figures.WEEK_DAYS, len(series.values) // 2)
    first, last = float(series.values[:week].mean()), float(series.values[-week:].mean())
    return (last - first) / abs(first) * 100 if first else None


def _anomaly(series: Dated, index: int, score: float) -> dict[str, Any]:
    return {
        "date": series.days[index].isoformat(),
        "value": float(series.values[index]),
        "score": round(score, 2),
    }


def _findings(
    series: Dated, fitted: Line, weekdays: dict[str, float], odd: list[tuple[int, float]]
) -> list[str]:
    growth = growth_percent(series)
    volatility = figures.volatility_percent(series.values)
    found = [
        (
            f"The trend from {series.days[0]} to {series.days[-1]} is {direction(fitted)}: the "
            f"fitted line changes by {spoken(fitted.slope)} a day and explains {fitted.fit:.0%} of "
            "the variance."
        ),
        (
            f"The average day is {spoken(float(series.values.mean()))}; the total is "
            f"{spoken(float(series.values.sum()))}."
        ),
        (
            f"The highest day is {series.days[int(series.values.argmax())]} with "
            f"{spoken(float(series.values.max()))}, the lowest "
            f"{series.days[int(series.values.argmin())]} with {spoken(float(series.values.min()))}."
        ),
    ]
    if growth is not None:
        verb = "above" if growth >= 0 else "below"
        found.append(
            f"The last week's average is {abs(growth):.1f}% {verb} the first week's average."
        )
    if volatility is not None:
        found.append(f"Day to day the value moves by {volatility:.1f}% (standard deviation).")
    found.append(_weekday_finding(series, weekdays))
    if odd:
        named = ", ".join(
            f"{series.days[i]} ({spoken(float(series.values[i]))})" for i, _ in odd[:5]
        )
        found.append(f"{len(odd)} day(s) stand out from the days around them: {named}.")
    else:
        found.append("No day stands out from the days around it.")
    return found


def _weekday_finding(series: Dated, weekdays: dict[str, float]) -> str:
    mean = float(series.values.mean())
    best, worst = max(weekdays, key=weekdays.__getitem__), min(weekdays, key=weekdays.__getitem__)
    if mean == 0 or best == worst:
        return "No weekday differs from the others."
    return (
        f"{best} is the strongest weekday ({(weekdays[best] / mean - 1) * 100:+.1f}% against the "
        f"average), {worst} the weakest ({(weekdays[worst] / mean - 1) * 100:+.1f}%)."
    )


class AnomalyInput(Words):
    """A series in which to look for outliers."""

    series: Series
    threshold: float = Field(3.5, ge=1, le=20, description="Modified z-score of an outlier.")


def anomalies(request: AnomalyInput) -> AnalysisOutput:
    """Name the days that do not fit their week."""
    series = figures.in_order(request.series, at_least=MIN_POINTS)
    odd = figures.outliers(series.values, score=request.threshold)
    found = [_anomaly(series, index, score) for index, score in odd]
    words = [f"{a['date']}: {spoken(a['value'])} (score {a['score']})." for a in found]
    return AnalysisOutput(
        analysis=Analysis(
            title="Anomalies",
            findings=words or ["No anomaly found."],
            statistics={"anomalies": found, "checked": len(series.days)},
        )
    )


class ForecastInput(Words):
    """A series to continue."""

    series: Series
    days: int = Field(7, ge=1, le=90, description="How many days to forecast.")


class ForecastOutput(Words):
    """A continued series and how it was made."""

    series: Series
    analysis: Analysis


def forecast(request: ForecastInput) -> ForecastOutput:
    """Continue the fitted line, with each weekday's usual deviation from it."""
    series = figures.in_order(request.series, at_least=2 * MIN_POINTS)
    fitted = figures.line(series)
    offsets = np.array([(day - series.days[0]).days for day in series.days])
    residual = series.values - (fitted.intercept + fitted.slope * offsets)
    effect = figures.weekday_means(Dated(series.days, residual))
    start = int(offsets[-1])
    ahead = [
        np.datetime64(series.days[-1]) + np.timedelta64(step, "D")
        for step in range(1, request.days + 1)
    ]
    points = []
    for step, moment in enumerate(ahead, start=1):
        day = moment.item()
        usual = effect.get(figures.WEEKDAY_NAMES[day.weekday()], 0.0)
        value = fitted.intercept + fitted.slope * (start + step) + usual
        points.append(Point(date=day, value=round(value, 6)))
    return ForecastOutput(
        series=points,
        analysis=Analysis(
            title=f"Forecast of {request.days} days",
            findings=[
                (
                    f"The line continues {direction(fitted)} at {spoken(fitted.slope)} a day; "
                    f"its typical error so far was {spoken(float(residual.std()))}."
                )
            ],
            statistics={"slope_per_day": fitted.slope, "typical_error": float(residual.std())},
        ),
    )


class CorrelationInput(Words):
    """Two series to compare."""

    series: Series
    other_series: Series


def correlation(request: CorrelationInput) -> AnalysisOutput:
    """Correlate two series over the dates they share."""
    first = {point.date: point.value for point in request.series}
    second = {point.date: point.value for point in request.other_series}
    shared = sorted(first.keys() & second.keys())
    if len(shared) < 3:  # noqa: PLR2004 - two points always lie on a line
        raise Unworkable("the two series share fewer than 3 dates")
    a, b = np.array([first[d] for d in shared]), np.array([second[d] for d in shared])
    if a.std() == 0 or b.std() == 0:
        raise Unworkable("one of the series never changes")
    value = float(np.corrcoef(a, b)[0, 1])
    return AnalysisOutput(
        analysis=Analysis(
            title="Correlation",
            findings=[f"Over {len(shared)} shared dates the correlation is {value:+.2f}."],
            statistics={"pearson": value, "shared_dates": len(shared)},
        )
    )


EXAMPLE_ANALYSIS: Final[dict[str, Any]] = {
    "analysis": {
        "title": "Daily volume",
        "findings": ["The trend from 2026-10-01 to 2026-10-08 is rising: ..."],
        "statistics": {"direction": "rising", "slope_per_day": 7.2, "mean": 236.9},
    }
}
"""A short answer; the real one names every figure."""

LISTINGS: Final = (
    Listing(
        path="/analytics/trend",
        name="Abacus Trend Analysis",
        description="Trend analysis of a time series: direction, growth, volatility, moving "
        "averages, weekday effect and anomalies, with findings in plain words. Refundable.",
        tags=("analytics", "trend", "statistics", "time series", "analyze"),
        price="2.00",
        seller="abacus",
        takes=TrendInput,
        run=trend,
        gives=AnalysisOutput,
        example={"series": EXAMPLE_SERIES, "title": "Daily volume"},
        answer=EXAMPLE_ANALYSIS,
    ),
    Listing(
        path="/northwind/trend",
        name="Northwind Trend Desk",
        description="Finds the trend, growth and volatility of a time series and explains them.",
        tags=("analytics", "trend", "time series"),
        price="2.40",
        seller="northwind",
        takes=TrendInput,
        run=trend,
        gives=AnalysisOutput,
        example={"series": EXAMPLE_SERIES},
        answer=EXAMPLE_ANALYSIS,
    ),
    Listing(
        path="/analytics/anomalies",
        name="Abacus Anomaly Finder",
        description="Detects anomalies and outliers in a time series. Refundable.",
        tags=("analytics", "anomaly", "outliers", "time series"),
        price="0.40",
        seller="abacus",
        takes=AnomalyInput,
        run=anomalies,
        gives=AnalysisOutput,
        example={"series": EXAMPLE_SERIES},
    ),
    Listing(
        path="/analytics/forecast",
        name="Abacus Forecast",
        description="Forecasts the next days of a time series from its trend and weekday "
        "pattern. Refundable.",
        tags=("analytics", "forecast", "prediction", "time series"),
        price="0.90",
        seller="abacus",
        takes=ForecastInput,
        run=forecast,
        gives=ForecastOutput,
        example={
            "series": [{"date": f"2026-10-{d:02d}", "value": 100 + d} for d in range(1, 15)],
            "days": 2,
        },
    ),
    Listing(
        path="/analytics/correlation",
        name="Abacus Correlation",
        description="Correlation between two time series over the dates they share. Refundable.",
        tags=("analytics", "correlation", "statistics"),
        price="0.30",
        seller="abacus",
        takes=CorrelationInput,
        run=correlation,
        gives=AnalysisOutput,
        example={"series": EXAMPLE_SERIES[:4], "other_series": EXAMPLE_SERIES[:4]},
    ),
)
