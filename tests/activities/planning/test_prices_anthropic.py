"""What thinking costs."""

import pytest

from activities.planning.prices_anthropic import DEAREST, RATES, is_known, rates_of
from activities.planning.pricing import priced


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-opus-5", "claude-opus-5"),
    ],
)
def test_a_model_costs_what_its_row_says_with_or_without_its_date(model: str, row: str) -> None:
    usage = priced(rates_of(model), read=0, cache_write=0, cache_read=0, written=1_000_000)

    assert is_known(model)
    assert usage.cost_micro_usd == RATES[row].write


@pytest.mark.parametrize("model", ["claude-opus-5-9", "claude-fable-5-2", "gpt", ""])
def test_an_unknown_model_is_never_thought_cheap(model: str) -> None:
    usage = priced(rates_of(model), read=1_000_000, cache_write=0, cache_read=0, written=1_000_000)

    assert not is_known(model)
    assert usage.cost_micro_usd == DEAREST.read + DEAREST.write
    assert all(DEAREST[part] >= row[part] for row in RATES.values() for part in range(4))


def test_a_fraction_of_a_micro_dollar_counts_as_one() -> None:
    usage = priced(rates_of("claude-haiku-5-5"), read=1, cache_write=0, cache_read=0, written=0)

    assert usage.cost_micro_usd == 1
