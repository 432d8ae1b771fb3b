"""The words every service uses for the same thing, so that one's output is another's input."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_POINTS: Final = 5000
"""Longest series a service takes: more than thirteen years of days."""

MAX_TEXT_CHARACTERS: Final = 200_000
"""Longest text a service takes, about a hundred pages."""

MAX_BASE64_CHARACTERS: Final = 6_000_000
"""Largest file a service takes, about 4.5 MB before encoding."""

Number = Annotated[float, Field(allow_inf_nan=False)]


class Words(BaseModel):
    """Base of every input and output: frozen, and strict about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Point(Words):
    """One day's value."""

    date: date
    value: Number


Series = Annotated[
    list[Point],
    Field(max_length=MAX_POINTS, description="Time series: one date and one value per point."),
]

Cell = str | int | float | bool | None


class Table(Words):
    """Rows under named columns."""

    columns: list[str] = Field(min_length=1, max_length=200, description="Column names in order.")
    rows: list[list[Cell]] = Field(max_length=MAX_POINTS, description="Cells in column order.")


class Analysis(Words):
    """What an analysis found: in words, and in figures."""

    title: str = Field(max_length=300, description="What was analysed.")
    findings: list[str] = Field(max_length=100, description="Plain sentences with the figures.")
    statistics: dict[str, Any] = Field(description="Named figures behind the findings.")


class Chart(Words):
    """One drawing."""

    title: str = Field(max_length=300)
    media_type: Literal["image/svg+xml"] = "image/svg+xml"
    svg: str = Field(max_length=2_000_000, description="A complete SVG document.")


class Image(Words):
    """A bitmap image."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    base64: str = Field(max_length=MAX_BASE64_CHARACTERS)


class Document(Words):
    """A file with pages."""

    media_type: Literal["application/pdf"]
    base64: str = Field(max_length=MAX_BASE64_CHARACTERS)


class Dataset(Words):
    """Where figures come from."""

    name: str
    sample: Literal[True] = True
    """Every data set here is invented; none describes the world."""
    note: str


Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT_CHARACTERS, description="The text to work on."),
]
Title = Annotated[str | None, Field(max_length=200, description="Title for the result.")]
Days = Annotated[int, Field(ge=1, le=365, description="How many days, ending at the last one.")]
