"""Numbers for a service's inputs: spans of time, amounts, rates, sizes and counts."""

import re
from collections.abc import Iterator
from typing import Final

from domain import schemas
from domain.counted import (
    LATITUDES,
    LIMITS,
    LONGITUDES,
    LOWER,
    UPPER,
    Figures,
    number_of,
    plain_words,
)
from domain.counting import told_by_words
from domain.goals import Reading
from domain.kinds import Kind, Mention

_MONEY: Final = frozenset(
    [
        "amount",
        "price",
        "sum",
        "principal",
        "total",
        "money",
        "value",
        "number",
        "quantity",
        "loan",
        "cost",
        "fee",
        "worth",
        "budget",
        "salary",
        "wage",
        "income",
        "gross",
        "profit",
        "gain",
        "revenue",
        "capital",
        "balance",
        "deposit",
        "payment",
        "spend",
    ]
)
_RATES: Final = frozenset(["rate", "percent", "percentage", "interest", "apr"])
_FACTORS: Final = frozenset(["factor", "scale", "times", "multiplier", "ratio", "magnification"])
_SPANS: Final = frozenset(["days", "months", "weeks", "years", "horizon", "lookback"])
_LABEL: Final = re.compile(r"(?:\b[A-Z]{2,}|\b[Nn]o\.?|#)\s*$")
_PERCENT: Final = 0.5
"""An example below it is a share, not a percentage."""


def figures(
    reading: Reading, name: str, schema: schemas.Schema, *, said: str, nouns: frozenset[str]
) -> Iterator[tuple[float, Mention]]:
    """Yield numbers for one input, the most certain first, with where each stands.

    Args:
        reading: The request.
        name: The input's name.
        schema: The input's schema.
        said: What the service says of itself; tells whether its days lie ahead or behind.
        nouns: What the service gives; numbers of them are a limit.
    """
    words = plain_words(name)
    source = Figures(reading, name, words)
    if words & (LATITUDES | LONGITUDES):
        # Any other number would be a place that nobody named.
        yield from source.points()
        return
    yield from source.ranges()
    yield from source.bounds()
    if words in (frozenset({"day"}), frozenset({"month"})) or "age" in words:
        # Any other number would be a day or an age that nobody named.
        yield from told_by_words(reading.text, words)
        yield from source.months() if "month" in words else ()
        return
    yield from told_by_words(reading.text, words)
    yield from source.measured(str(schema.get("description", "")))
    if words & _SPANS:
        yield from source.spans(schema, said)
        yield from source.counts(words, limits=False)
    elif "year" in words:
        yield from source.years()
    elif words & _RATES:
        yield from ((_share(number_of(one), schema), one) for one in source.of(Kind.PERCENT))
        yield from source.rated()
    else:
        yield from _plain_numbers(source, words, nouns)


def _plain_numbers(
    source: "Figures", words: frozenset[str], nouns: frozenset[str]
) -> Iterator[tuple[float, Mention]]:
    if words & _FACTORS:
        yield from (
            (number_of(one), one) for one in source.of(Kind.NUMBER) if one.unit in {"x", "times"}
        )
    elif words & {"width", "height"}:
        yield from source.sizes()
    elif words & LIMITS and not words & {"price"} and not words & _MONEY - {"number"}:
        yield from source.counts(nouns | words, limits=True)
    elif words & _MONEY:
        yield from ((number_of(one), one) for one in source.amounts())
    else:
        yield from source.counts(words, limits=False)


def takes_any_number(name: str) -> bool:
    """Whether an input might mean the only number of a request, whatever stands around it."""
    return not plain_words(name) & (LATITUDES | LONGITUDES | LOWER | UPPER)


def is_label(before: str) -> bool:
    """Whether what stands before a number makes a name of it: ``IMO 9632064``, ``no. 12``."""
    return _LABEL.search(before) is not None


def _share(percent: float, schema: schemas.Schema) -> float:
    """A percentage as the input takes it: 5 % is 0.05 where nothing above 1 is taken."""
    most = schema.get("maximum")
    shown = schema.get("examples")
    example = shown[0] if isinstance(shown, list) and shown else None
    whole = isinstance(most, int | float) and most <= 1
    small = isinstance(example, float) and 0 < abs(example) < _PERCENT
    return float(f"{percent / 100:.9g}") if whole or (small and most is None) else percent
