"""Dates, holidays and time zones."""

from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Table, Words

FIXED: Final = {
    "US": ((1, 1, "New Year's Day"), (7, 4, "Independence Day"), (12, 25, "Christmas Day")),
    "DE": (
        (1, 1, "New Year's Day"),
        (5, 1, "Labour Day"),
        (10, 3, "German Unity Day"),
        (12, 25, "Christmas Day"),
        (12, 26, "Second Day of Christmas"),
    ),
    "FR": (
        (1, 1, "New Year's Day"),
        (5, 1, "Labour Day"),
        (7, 14, "Bastille Day"),
        (11, 11, "Armistice Day"),
        (12, 25, "Christmas Day"),
    ),
    "GB": ((1, 1, "New Year's Day"), (12, 25, "Christmas Day"), (12, 26, "Boxing Day")),
}
"""Nationwide holidays on a fixed day."""

EASTER_OFFSETS: Final = {
    "US": (),
    "DE": ((-2, "Good Friday"), (1, "Easter Monday"), (39, "Ascension Day"), (50, "Whit Monday")),
    "FR": ((1, "Easter Monday"), (39, "Ascension Day"), (50, "Whit Monday")),
    "GB": ((-2, "Good Friday"), (1, "Easter Monday")),
}
"""Holidays counted in days from Easter Sunday."""


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


class HolidayInput(Words):
    """Which country and year."""

    country: Literal["US", "DE", "FR", "GB"] = Field(description="Country code.")
    year: int = Field(ge=1900, le=2200, description="Calendar year.")


class TableOutput(Words):
    """A table."""

    table: Table


def holidays(request: HolidayInput) -> TableOutput:
    """Return the fixed and the Easter holidays, in order."""
    fixed = [(date(request.year, m, d), name) for m, d, name in FIXED[request.country]]
    sunday = easter(request.year)
    moving = [
        (sunday + timedelta(days=days), name) for days, name in EASTER_OFFSETS[request.country]
    ]
    rows = [[day.isoformat(), day.strftime("%A"), name] for day, name in sorted(fixed + moving)]
    return TableOutput(
        table=Table(columns=["date", "weekday", "holiday"], rows=[list(row) for row in rows])
    )


class ZoneInput(Words):
    """A moment in one zone."""

    time: datetime = Field(description="Local time without offset, as YYYY-MM-DDTHH:MM.")
    from_timezone: str = Field(max_length=60, description="IANA zone of the time.")
    to_timezone: str = Field(max_length=60, description="IANA zone wanted.")


class ZoneOutput(Words):
    """The same moment in another zone."""

    time: str
    offset_hours: float


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise Unworkable(f"unknown time zone {name!r}") from err


def convert_zone(request: ZoneInput) -> ZoneOutput:
    """Convert a local time."""
    if request.time.tzinfo is not None:
        raise Unworkable("time carries an offset; give local time and from_timezone")
    try:
        moment = request.time.replace(tzinfo=_zone(request.from_timezone))
        there = moment.astimezone(_zone(request.to_timezone))
    except OverflowError as err:
        raise Unworkable("the time is outside the calendar") from err
    offset = there.utcoffset() or timedelta()
    return ZoneOutput(time=there.isoformat(), offset_hours=offset.total_seconds() / 3600)


class DateInput(Words):
    """Two dates."""

    start: date = Field(description="First date (YYYY-MM-DD).")
    end: date = Field(description="Last date (YYYY-MM-DD).")


class DateOutput(Words):
    """What lies between two dates."""

    days: int
    weeks: float
    business_days: int
    weekday_of_start: str
    weekday_of_end: str


def between(request: DateInput) -> DateOutput:
    """Count days; business days are Mondays to Fridays from start up to, not including, end."""
    days = (request.end - request.start).days
    full, rest = divmod(abs(days), 7)
    first = min(request.start, request.end)
    extra = sum((first + timedelta(days=i)).weekday() < 5 for i in range(rest))  # noqa: PLR2004 - Saturday
    sign = -1 if days < 0 else 1
    return DateOutput(
        days=days,
        weeks=round(days / 7, 2),
        business_days=sign * (5 * full + extra),
        weekday_of_start=request.start.strftime("%A"),
        weekday_of_end=request.end.strftime("%A"),
    )


LISTINGS: Final = (
    Listing(
        path="/calendar/holidays",
        name="Almanac Holidays",
        description="Nationwide fixed-date and Easter holidays of the US, Germany, France or the "
        "UK in a year.",
        tags=("calendar", "holidays", "dates"),
        price="0.003",
        seller="almanac",
        takes=HolidayInput,
        run=holidays,
        gives=TableOutput,
        example={"country": "DE", "year": 2027},
    ),
    Listing(
        path="/calendar/timezone",
        name="Almanac Time Zones",
        description="Converts a local time from one time zone to another.",
        tags=("timezone", "time", "convert"),
        price="0.001",
        seller="almanac",
        takes=ZoneInput,
        run=convert_zone,
        gives=ZoneOutput,
        example={
            "time": "2026-11-02T09:30",
            "from_timezone": "Europe/Berlin",
            "to_timezone": "Asia/Tokyo",
        },
    ),
    Listing(
        path="/calendar/between",
        name="Almanac Date Calculator",
        description="Days, weeks and business days between two dates.",
        tags=("dates", "calculator", "business days"),
        price="0.001",
        seller="almanac",
        takes=DateInput,
        run=between,
        gives=DateOutput,
        example={"start": "2026-11-02", "end": "2026-12-24"},
    ),
)
