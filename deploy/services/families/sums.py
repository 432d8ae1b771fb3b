"""Money and measures."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from pydantic import Field

from deploy.services.families.sample_data import dataset
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Dataset, Number, Table, Words

CENT: Final = Decimal("0.01")
"""Smallest step of an amount of money here."""

UNITS: Final[dict[str, tuple[str, float]]] = {
    "mm": ("length", 0.001),
    "cm": ("length", 0.01),
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "in": ("length", 0.0254),
    "ft": ("length", 0.3048),
    "mi": ("length", 1609.344),
    "g": ("mass", 0.001),
    "kg": ("mass", 1.0),
    "lb": ("mass", 0.45359237),
    "oz": ("mass", 0.028349523125),
    "ml": ("volume", 0.001),
    "l": ("volume", 1.0),
    "gal": ("volume", 3.785411784),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "B": ("data", 1.0),
    "kB": ("data", 1000.0),
    "MiB": ("data", 1048576.0),
}
"""What each unit measures, and how many base units it is; exact by definition."""

Unit = Literal[
    "mm", "cm", "m", "km", "in", "ft", "mi", "g", "kg", "lb", "oz", "ml", "l", "gal",
    "s", "min", "h", "B", "kB", "MiB", "C", "F", "K",
]  # fmt: skip

VAT_PERCENT: Final = {"DE": "19", "FR": "20", "ES": "21", "IT": "22", "PT": "23", "CH": "8.1"}
"""Sample standard rates; check the law before you use one."""


class UnitInput(Words):
    """A quantity."""

    value: Number = Field(description="Number to convert.")
    from_unit: Unit = Field(description="Unit of the number.")
    to_unit: Unit = Field(description="Unit wanted.")


class UnitOutput(Words):
    """A converted quantity."""

    value: float
    unit: str


def _kelvin(value: float, unit: str) -> float:
    return {"C": value + 273.15, "F": (value + 459.67) * 5 / 9, "K": value}[unit]


def convert_units(request: UnitInput) -> UnitOutput:
    """Convert through the base unit, or through kelvin."""
    degrees = {"C", "F", "K"}
    here, there = request.from_unit, request.to_unit
    if here in degrees and there in degrees:
        kelvin = _kelvin(request.value, here)
        value = {"C": kelvin - 273.15, "F": kelvin * 9 / 5 - 459.67, "K": kelvin}[there]
    elif here in degrees or there in degrees or UNITS[here][0] != UNITS[there][0]:
        raise Unworkable(f"{here} and {there} measure different things")
    else:
        value = request.value * UNITS[here][1] / UNITS[there][1]
    return UnitOutput(value=round(value, 10), unit=there)


class VatInput(Words):
    """An amount to tax."""

    amount: Decimal = Field(ge=0, max_digits=18, decimal_places=2, description="Amount of money.")
    country: Literal["DE", "FR", "ES", "IT", "PT", "CH"] = Field(description="Country code.")
    includes_tax: bool = Field(default=False, description="Whether the amount includes the tax.")


class VatOutput(Words):
    """An amount with its tax."""

    dataset: Dataset
    net: str
    tax: str
    gross: str
    rate_percent: str


def vat(request: VatInput) -> VatOutput:
    """Split an amount into net and tax, to the cent."""
    rate = Decimal(VAT_PERCENT[request.country]) / 100
    net = request.amount / (1 + rate) if request.includes_tax else request.amount
    net = net.quantize(CENT, ROUND_HALF_UP)
    gross = request.amount if request.includes_tax else net + net * rate
    gross = gross.quantize(CENT, ROUND_HALF_UP)
    return VatOutput(
        dataset=dataset("Sample VAT rates"),
        net=str(net),
        tax=str(gross - net),
        gross=str(gross),
        rate_percent=VAT_PERCENT[request.country],
    )


class LoanInput(Words):
    """A loan."""

    amount: Decimal = Field(gt=0, max_digits=15, decimal_places=2, description="Amount borrowed.")
    rate_percent: Decimal = Field(ge=0, le=100, description="Interest per year in percent.")
    months: int = Field(ge=1, le=480, description="Number of monthly payments.")


class LoanOutput(Words):
    """What a loan costs."""

    monthly_payment: str
    total_interest: str
    table: Table


def loan(request: LoanInput) -> LoanOutput:
    """Write the plan of payments; the last one takes up the rounding."""
    rate = request.rate_percent / 1200
    power = (1 + rate) ** request.months
    exact = request.amount * rate * power / (power - 1) if rate else request.amount / request.months
    payment = exact.quantize(CENT, ROUND_HALF_UP)
    rest, interest_sum = request.amount, Decimal(0)
    rows: list[list[str | int | float | bool | None]] = []
    for month in range(1, request.months + 1):
        interest = (rest * rate).quantize(CENT, ROUND_HALF_UP)
        paid = rest + interest if month == request.months else min(payment, rest + interest)
        rest = rest + interest - paid
        interest_sum += interest
        rows.append([month, float(paid), float(interest), float(rest)])
    columns = ["month", "payment", "interest", "remaining"]
    return LoanOutput(
        monthly_payment=str(payment),
        total_interest=str(interest_sum),
        table=Table(columns=columns, rows=rows),
    )


LISTINGS: Final = (
    Listing(
        path="/convert/units",
        name="Abacus Unit Converter",
        description="Converts length, mass, volume, time, data and temperature units. Refundable.",
        tags=("units", "convert", "calculator"),
        price="0.001",
        seller="abacus",
        takes=UnitInput,
        run=convert_units,
        gives=UnitOutput,
        example={"value": 26.2, "from_unit": "mi", "to_unit": "km"},
    ),
    Listing(
        path="/finance/vat",
        name="Ledgerly VAT Calculator",
        description="Adds or removes value added tax at sample rates.",
        tags=("tax", "vat", "calculator", "money"),
        price="0.002",
        seller="ledgerly",
        takes=VatInput,
        run=vat,
        gives=VatOutput,
        example={"amount": "100.00", "country": "DE"},
    ),
    Listing(
        path="/finance/loan",
        name="Ledgerly Loan Planner",
        description="Amortisation plan of a loan: monthly payment, interest and remaining debt.",
        tags=("loan", "finance", "calculator", "table"),
        price="0.02",
        seller="ledgerly",
        takes=LoanInput,
        run=loan,
        gives=LoanOutput,
        example={"amount": "1200.00", "rate_percent": "6", "months": 3},
    ),
)
