"""Drawing charts."""

import io
import threading
from collections.abc import Callable
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from pydantic import Field

from deploy.services.families import figures
from deploy.services.families.analytics import EXAMPLE_SERIES
from deploy.services.families.figures import Dated
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Chart, Series, Table, Title, Words

INK: Final = "#1f2937"
"""Colour of text and axes."""

MAIN: Final = "#2563eb"
"""Colour of the data."""

ACCENT: Final = "#f59e0b"
"""Colour of what is drawn over the data."""

STYLE: Final[Any] = {  # Any: matplotlib types each setting's name as a literal
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "caravan",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    "xtick.color": INK,
    "ytick.color": INK,
}
"""One look for every drawing; a fixed salt makes equal requests give equal bytes."""

PNG_DOTS_PER_INCH: Final = 110
"""Sharp on a screen, about 60 kB."""

_drawing = threading.Lock()  # matplotlib's settings and font cache are shared by all threads


def drawn(draw: Callable[[Axes], None], *, kind: str) -> bytes:
    """Draw one figure."""
    with _drawing, mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.6), layout="constrained")
        draw(figure.add_subplot())
        stream = io.BytesIO()
        plain = {"Date": None, "Creator": None} if kind == "svg" else {}
        figure.savefig(stream, format=kind, metadata=plain, dpi=PNG_DOTS_PER_INCH)
    return stream.getvalue()


def _readable(axes: Axes, title: str) -> None:
    # A "$" starts a formula in matplotlib; a title is text.
    axes.set_title(title.replace("$", r"\$"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: figures.spoken(value)))


def draw_line(axes: Axes, series: Dated, title: str) -> None:
    """Draw the values, their weekly average and the fitted line."""
    days = np.array(series.days, dtype="datetime64[D]")
    axes.fill_between(days, series.values, series.values.min() * 0.97, color=MAIN, alpha=0.08)
    axes.plot(days, series.values, color=MAIN, linewidth=1.8, label="Daily value")
    average = figures.moving_average(series.values, figures.WEEK_DAYS)
    axes.plot(days, average, color=ACCENT, linewidth=2.2, label="7-day average")
    fitted = figures.line(series)
    offsets = (days - days[0]).astype(np.float64)
    axes.plot(
        days, fitted.intercept + fitted.slope * offsets, color=INK, linestyle=":", label="Trend"
    )
    axes.legend(frameon=False, loc="upper left", ncols=3, fontsize=9)
    axes.margins(x=0.01, y=0.15)
    axes.tick_params(axis="x", labelrotation=25)
    _readable(axes, title)


def draw_weekdays(axes: Axes, series: Dated, title: str) -> None:
    """Draw each weekday's average."""
    means = figures.weekday_means(series)
    top = max(means, key=means.__getitem__)
    colours = [ACCENT if name == top else MAIN for name in means]
    axes.bar([name[:3] for name in means], list(means.values()), color=colours, width=0.65)
    axes.grid(visible=False, axis="x")
    _readable(axes, title)


def draw_distribution(axes: Axes, series: Dated, title: str) -> None:
    """Draw how often values occur."""
    axes.hist(series.values, bins="auto", color=MAIN, alpha=0.85, edgecolor="white")
    axes.axvline(float(np.median(series.values)), color=ACCENT, linewidth=2.2, label="Median")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _at: figures.spoken(value)))
    axes.tick_params(axis="x", labelrotation=15)
    axes.legend(frameon=False, fontsize=9)
    axes.set_ylabel("Days")
    axes.set_title(title.replace("$", r"\$"))


class SeriesChartInput(Words):
    """A series to draw."""

    series: Series
    title: Title = None


class ChartsOutput(Words):
    """Drawings."""

    charts: list[Chart]


def _chart(title: str, draw: Callable[[Axes], None]) -> Chart:
    return Chart(title=title, svg=drawn(draw, kind="svg").decode())


def timeseries(request: SeriesChartInput) -> ChartsOutput:
    """Draw a series three ways."""
    series = figures.in_order(request.series, at_least=2)
    name = request.title or "Time series"
    line, week, spread = f"{name}: trend", f"{name}: by weekday", f"{name}: distribution"
    return ChartsOutput(
        charts=[
            _chart(line, lambda axes: draw_line(axes, series, line)),
            _chart(week, lambda axes: draw_weekdays(axes, series, week)),
            _chart(spread, lambda axes: draw_distribution(axes, series, spread)),
        ]
    )


def line_only(request: SeriesChartInput) -> ChartsOutput:
    """Draw a series as a line and by weekday."""
    return ChartsOutput(charts=timeseries(request).charts[:2])


def png(request: SeriesChartInput) -> bytes:
    """Draw a series as a bitmap."""
    series = figures.in_order(request.series, at_least=2)
    title = request.title or "Time series"
    return drawn(lambda axes: draw_line(axes, series, title), kind="png")


class BarChartInput(Words):
    """A table to draw."""

    table: Table
    label_column: str = Field(description="Column whose cells name the bars.")
    value_column: str = Field(description="Column whose cells give the bars' lengths.")
    title: Title = None


def bars(request: BarChartInput) -> ChartsOutput:
    """Draw one bar for each row."""
    columns = request.table.columns
    if request.label_column not in columns or request.value_column not in columns:
        raise Unworkable(f"the table has the columns {', '.join(columns)}")
    label, value = columns.index(request.label_column), columns.index(request.value_column)
    rows = [row for row in request.table.rows[:50] if len(row) == len(columns)]
    pairs = [
        (str(row[label])[:40].replace("$", r"\$"), float(cell))
        for row in rows
        if isinstance(cell := row[value], int | float)
    ]
    if not pairs:
        raise Unworkable(f"no row has a number under {request.value_column}")
    title = request.title or f"{request.value_column} by {request.label_column}"

    def draw(axes: Axes) -> None:
        axes.barh([name for name, _ in pairs][::-1], [v for _, v in pairs][::-1], color=MAIN)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _at: figures.spoken(v)))
        axes.grid(visible=False, axis="y")
        axes.set_title(title.replace("$", r"\$"))

    return ChartsOutput(charts=[_chart(title, draw)])


EXAMPLE_CHARTS: Final = [
    {
        "title": "Daily volume: trend",
        "media_type": "image/svg+xml",
        "svg": "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 4'>"
        "<path d='M0 4 8 0'/></svg>",
    }
]
"""A drawing short enough for a header."""

LISTINGS: Final = (
    Listing(
        path="/charts/timeseries",
        name="Atelier Time Series Charts",
        description="Draws a time series as clean SVG charts: line with moving average and "
        "trend, averages by weekday, and distribution. Refundable.",
        tags=("charts", "visualization", "svg", "time series", "graph"),
        price="0.50",
        seller="atelier",
        takes=SeriesChartInput,
        run=timeseries,
        gives=ChartsOutput,
        example={"series": EXAMPLE_SERIES, "title": "Daily volume"},
        answer={"charts": EXAMPLE_CHARTS},
    ),
    Listing(
        path="/northwind/charts",
        name="Northwind Plotter",
        description="Plots a time series as SVG charts: a line chart and weekday bars.",
        tags=("charts", "visualization", "svg"),
        price="0.65",
        seller="northwind",
        takes=SeriesChartInput,
        run=line_only,
        gives=ChartsOutput,
        example={"series": EXAMPLE_SERIES},
        answer={"charts": EXAMPLE_CHARTS},
    ),
    Listing(
        path="/charts/bars",
        name="Atelier Bar Chart",
        description="Draws one column of a table as a horizontal SVG bar chart. Refundable.",
        tags=("charts", "bar chart", "svg", "table"),
        price="0.25",
        seller="atelier",
        takes=BarChartInput,
        run=bars,
        gives=ChartsOutput,
        example={
            "table": {"columns": ["protocol", "share"], "rows": [["Orca", 27.5], ["Raydium", 42]]},
            "label_column": "protocol",
            "value_column": "share",
        },
        answer={"charts": EXAMPLE_CHARTS},
    ),
    Listing(
        path="/charts/png",
        name="Atelier Chart Image",
        description="Draws a time series as a PNG line chart, ready to paste. Refundable.",
        tags=("charts", "image", "png", "time series"),
        price="0.35",
        seller="atelier",
        takes=SeriesChartInput,
        run=png,
        media_type="image/png",
        example={"series": EXAMPLE_SERIES},
        answer="(PNG bytes)",
    ),
)
