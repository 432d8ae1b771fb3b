"""What Anthropic's models cost, so that a run can say what thinking about it did."""

import re
from typing import Final

from activities.planning.pricing import Rates

RATES: Final = {
    "claude-fable-5-1": Rates(10_000_000, 12_500_000, 250_000, 50_000_000),
    "claude-mythos-5-1": Rates(10_000_000, 12_500_000, 250_000, 50_000_000),
    "claude-fable-5": Rates(10_000_000, 12_500_000, 1_000_000, 50_000_000),
    "claude-mythos-5": Rates(10_000_000, 12_500_000, 1_000_000, 50_000_000),
    "claude-opus-5-5": Rates(4_000_000, 5_000_000, 200_000, 20_000_000),
    "claude-opus-5": Rates(5_000_000, 6_250_000, 500_000, 25_000_000),
    "claude-opus-4-8": Rates(5_000_000, 6_250_000, 500_000, 25_000_000),
    "claude-opus-4-7": Rates(5_000_000, 6_250_000, 500_000, 25_000_000),
    "claude-opus-4-6": Rates(5_000_000, 6_250_000, 500_000, 25_000_000),
    "claude-opus-4-5": Rates(5_000_000, 6_250_000, 500_000, 25_000_000),
    "claude-opus-4-1": Rates(15_000_000, 18_750_000, 1_500_000, 75_000_000),
    "claude-sonnet-5-5": Rates(2_000_000, 2_500_000, 200_000, 10_000_000),
    "claude-sonnet-5": Rates(2_000_000, 2_500_000, 200_000, 10_000_000),
    "claude-sonnet-4-6": Rates(3_000_000, 3_750_000, 300_000, 15_000_000),
    "claude-sonnet-4-5": Rates(3_000_000, 3_750_000, 300_000, 15_000_000),
    "claude-haiku-5-5": Rates(100_000, 125_000, 10_000, 500_000),
    "claude-haiku-4-5": Rates(1_000_000, 1_250_000, 100_000, 5_000_000),
}
"""By model. Source: Anthropic, "Pricing" and the models' own pages at platform.claude.com.

Haiku 5.5 is dearer from 100,000 tokens of prompt, which a bounded prompt does not reach.
Sonnet 5.5's cache reads have been cheaper since October 2026; the earlier rate overstates."""

DEAREST: Final = max(RATES.values(), key=lambda rates: rates.write)
"""What a model without a row is charged at: a cost may be overstated, never understated."""

_DATED: Final = re.compile(r"[-@]\d{8}$")


def is_known(model: str) -> bool:
    """Whether the costs reported for ``model`` are its own."""
    return _DATED.sub("", model) in RATES


def rates_of(model: str) -> Rates:
    """The model's rates, by its own name or with its date; the dearest where they are unknown."""
    return RATES.get(_DATED.sub("", model), DEAREST)
