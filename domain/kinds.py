"""The sorts of values that a request mentions."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue


class Kind(StrEnum):
    """What sort of value a mention is."""

    LITERAL = "literal"
    """Material to work on: quoted, or given after a colon."""
    PAST = "past"
    """A span of time that ends now, in days."""
    FUTURE = "future"
    """A span of time that starts now, in days."""
    SPAN = "span"
    """A span of time without a direction, in days."""
    NUMBER = "number"
    PERCENT = "percent"
    DATE = "date"
    MOMENT = "moment"
    YEAR = "year"
    MONTH = "month"
    """A month of a year, as ``2026-03``; its year is mentioned too."""
    EMAIL = "email"
    URL = "url"
    ZONE = "zone"
    PHONE = "phone"
    DOMAIN = "domain"
    IP = "ip"
    HASH = "hash"
    """An address, a transaction or another long number written in letters and digits."""
    HANDLE = "handle"
    CODE = "code"
    """An identifier of capitals and digits."""
    LANGUAGE = "language"
    CURRENCY = "currency"
    COUNTRY = "country"
    """The last three hold the code; what was written is found at its place."""
    NAME = "name"
    """Capitalised words, or what stands after a word like ``in``."""


class Mention(BaseModel):
    """One value and where it stands in the text."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    start: int
    end: int
    value: JsonValue
    unit: str = ""
    """The word after a number, plain."""
    lead: str = ""
    """The word before a name, plain."""
