"""Tables: reading, writing, describing."""

import csv
import io
import json
from datetime import date
from typing import Any, Final

import numpy as np
from pydantic import Field

from deploy.services.families.figures import spoken
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import MAX_POINTS, Analysis, Cell, Point, Series, Table, Text, Words

MAX_COLUMNS: Final = 200
"""Most columns of a table, as the vocabulary says."""

EXAMPLE_TABLE: Final[dict[str, Any]] = {
    "columns": ["day", "volume"],
    "rows": [["2026-10-01", 210], ["2026-10-02", 224], ["2026-10-03", 219]],
}
"""Three days."""


class CsvInput(Words):
    """Comma-separated text."""

    text: Text
    separator: str = Field(",", pattern=r"^[,;\t|]$", description="Character between cells.")


class TableOutput(Words):
    """A table."""

    table: Table


def _cell(text: str) -> Cell:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text or None
    return number if np.isfinite(number) else text


def from_csv(request: CsvInput) -> TableOutput:
    """Read a header line and rows."""
    try:
        lines = list(csv.reader(io.StringIO(request.text), delimiter=request.separator))
    except csv.Error as err:
        raise Unworkable(f"not CSV: {err}") from err
    lines = [row for row in lines if row]
    if not lines or len(lines) > MAX_POINTS + 1 or len(lines[0]) > MAX_COLUMNS:
        raise Unworkable(f"needs a header and at most {MAX_POINTS} rows")
    uneven = next((n for n, row in enumerate(lines, 1) if len(row) != len(lines[0])), None)
    if uneven:
        raise Unworkable(f"line {uneven} does not have {len(lines[0])} cells")
    rows = [[_cell(text.strip()) for text in row] for row in lines[1:]]
    return TableOutput(table=Table(columns=lines[0], rows=rows))


class TableInput(Words):
    """A table."""

    table: Table


def to_csv(request: TableInput) -> bytes:
    """Write a table as a CSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(request.table.columns)
    writer.writerows(request.table.rows)
    return stream.getvalue().encode()


class AnalysisOutput(Words):
    """An analysis."""

    analysis: Analysis


def _column(table: Table, index: int) -> list[Cell]:
    return [row[index] for row in table.rows if len(row) == len(table.columns)]


def _described(cells: list[Cell]) -> dict[str, Any]:
    numbers = [c for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
    base = {"filled": sum(c is not None for c in cells), "distinct": len(set(cells))}
    if not numbers:
        return base
    values = np.array(numbers, dtype=np.float64)
    return {
        **base,
        "mean": float(values.mean()),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "median": float(np.median(values)),
        "standard_deviation": float(values.std()),
    }


def statistics(request: TableInput) -> AnalysisOutput:
    """Describe every column."""
    table = request.table
    found = {name: _described(_column(table, i)) for i, name in enumerate(table.columns)}
    words = [
        f"{name}: {stats['filled']} values from {spoken(stats['minimum'])} to "
        f"{spoken(stats['maximum'])}, on average {spoken(stats['mean'])}."
        if "mean" in stats
        else f"{name}: {stats['filled']} values, {stats['distinct']} different."
        for name, stats in found.items()
    ]
    return AnalysisOutput(
        analysis=Analysis(title="Table statistics", findings=words[:100], statistics=found)
    )


class TableSeriesInput(Words):
    """A table with a column of dates."""

    table: Table
    date_column: str = Field(description="Column of dates (YYYY-MM-DD).")
    value_column: str = Field(description="Column of numbers.")


class SeriesOutput(Words):
    """A series."""

    series: Series


def to_series(request: TableSeriesInput) -> SeriesOutput:
    """Read two columns as a series."""
    table = request.table
    if not {request.date_column, request.value_column} <= set(table.columns):
        raise Unworkable(f"the table has the columns {', '.join(table.columns)}")
    dates = _column(table, table.columns.index(request.date_column))
    values = _column(table, table.columns.index(request.value_column))
    try:
        points = [
            Point(date=date.fromisoformat(str(day)), value=float(str(value)))
            for day, value in zip(dates, values, strict=True)
        ]
    except ValueError as err:
        raise Unworkable("a cell is not a date or not a number") from err
    return SeriesOutput(series=points)


class JsonOutput(Words):
    """Whether a text is JSON."""

    valid: bool
    error: str | None
    text: str | None
    """The same JSON, indented."""


class JsonInput(Words):
    """A text that should be JSON."""

    text: Text


def check_json(request: JsonInput) -> JsonOutput:
    """Parse, and say where it fails."""
    try:
        value = json.loads(request.text)
    except json.JSONDecodeError as err:
        where = f"line {err.lineno}, column {err.colno}: {err.msg}"
        return JsonOutput(valid=False, error=where, text=None)
    except (ValueError, RecursionError):
        return JsonOutput(valid=False, error="too deep or too large a number", text=None)
    return JsonOutput(valid=True, error=None, text=json.dumps(value, indent=2))


LISTINGS: Final = (
    Listing(
        path="/tables/from-csv",
        name="Gridworks CSV Reader",
        description="Converts CSV text to a table with typed cells.",
        tags=("csv", "table", "convert", "data"),
        price="0.006",
        seller="gridworks",
        takes=CsvInput,
        run=from_csv,
        gives=TableOutput,
        example={"text": "day,volume\n2026-10-01,210\n2026-10-02,224"},
    ),
    Listing(
        path="/tables/to-csv",
        name="Gridworks CSV Writer",
        description="Writes a table as a CSV file.",
        tags=("csv", "table", "export"),
        price="0.004",
        seller="gridworks",
        takes=TableInput,
        run=to_csv,
        media_type="text/csv",
        example={"table": EXAMPLE_TABLE},
    ),
    Listing(
        path="/tables/statistics",
        name="Gridworks Table Statistics",
        description="Descriptive statistics for every column of a table.",
        tags=("table", "csv", "statistics", "analytics"),
        price="0.05",
        seller="gridworks",
        takes=TableInput,
        run=statistics,
        gives=AnalysisOutput,
        example={"table": EXAMPLE_TABLE},
    ),
    Listing(
        path="/tables/to-series",
        name="Gridworks Table to Series",
        description="Reads a date column and a value column of a table as a time series.",
        tags=("table", "time series", "convert"),
        price="0.005",
        seller="gridworks",
        takes=TableSeriesInput,
        run=to_series,
        gives=SeriesOutput,
        example={"table": EXAMPLE_TABLE, "date_column": "day", "value_column": "volume"},
    ),
    Listing(
        path="/data/validate-json",
        name="Gridworks JSON Check",
        description="Validates JSON text, says where it breaks, and returns it indented.",
        tags=("json", "validation", "format"),
        price="0.002",
        seller="gridworks",
        takes=JsonInput,
        run=check_json,
        gives=JsonOutput,
        example={"text": '{"a": [1, 2]}'},
    ),
)
