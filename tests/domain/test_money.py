"""Amounts: exact, never below nothing, never mixed."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.chains import KNOWN_ASSETS, SOLANA_DEVNET, USDC_BASE, USDC_DEVNET, USDC_MAINNET
from domain.money import Amount, Asset, total
from tests.fakes.builders import usdc

units = st.integers(min_value=0, max_value=10**26)
decimals = st.integers(min_value=0, max_value=18)


def asset_with(places: int) -> Asset:
    return Asset(symbol="TOK", network=SOLANA_DEVNET, address="tok", decimals=places)


def of(count: int, asset: Asset = USDC_DEVNET) -> Amount:
    return Amount(asset=asset, base_units=count)


@given(count=st.integers(min_value=0, max_value=10**20 - 1), places=decimals)
def test_what_is_printed_reads_back_as_the_same_amount(count: int, places: int) -> None:
    amount = of(count, asset_with(places))

    assert Amount.from_decimal(amount.to_decimal(), amount.asset) == amount


@given(count=st.integers(min_value=0, max_value=10**60), places=decimals)
def test_printing_loses_no_digit(count: int, places: int) -> None:
    exact = Decimal(count).scaleb(-places, Context(prec=100))

    assert Decimal(of(count, asset_with(places)).to_decimal()) == exact


@given(whole=st.integers(0, 10**20 - 1), fraction=st.text("0123456789", max_size=6))
def test_parsing_is_exact(whole: int, fraction: str) -> None:
    text = f"{whole}.{fraction}" if fraction else str(whole)

    assert usdc(text).base_units == whole * 10**6 + int(fraction.ljust(6, "0"))


@pytest.mark.parametrize(
    ("text", "printed"),
    [("3.55", "3.55"), ("3", "3.00"), ("0", "0.00"), ("0.1", "0.10"), (" 1.234567 ", "1.234567")],
)
def test_amounts_print_with_at_least_two_digits_after_the_point(text: str, printed: str) -> None:
    assert usdc(text).to_decimal() == printed
    assert str(usdc(text)) == f"{printed} USDC"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "1e3",
        "1,5",
        ".5",
        "1.",
        "NaN",
        "inf",
        "1 000",
        "0x1",
        "1.2.3",
        "\u0661",
        "\uff11.5",
    ],
)
def test_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        usdc(text)


@given(text=st.text(max_size=30))
def test_any_text_is_an_amount_or_a_value_error(text: str) -> None:
    try:
        amount = usdc(text)
    except ValueError:
        return
    assert amount.base_units >= 0


def test_more_digits_than_the_asset_has_are_refused_unless_they_are_zeros() -> None:
    assert usdc("1.1000000000") == usdc("1.1")
    with pytest.raises(ValueError, match="more than 6 digits"):
        usdc("1.0000001")


@given(left=units, right=units)
def test_sums_and_differences_are_exact(left: int, right: int) -> None:
    together = of(left) + of(right)

    assert together.base_units == left + right
    assert together - of(right) == of(left)


@given(count=units, times=st.integers(min_value=0, max_value=1_000))
def test_a_multiple_is_repeated_addition(count: int, times: int) -> None:
    assert (of(count) * times).base_units == count * times
    assert total([of(count)] * min(times, 5), USDC_DEVNET) == of(count) * min(times, 5)


@given(left=units, right=units)
def test_no_difference_falls_below_zero(left: int, right: int) -> None:
    small, large = sorted((left, right))

    if small == large:
        assert of(small) - of(large) == Amount.zero(USDC_DEVNET)
    else:
        with pytest.raises(ValueError, match="below zero"):
            _ = of(small) - of(large)


def test_a_negative_multiple_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        _ = of(1) * -1


@given(left=units, right=units)
def test_order_is_the_order_of_base_units(left: int, right: int) -> None:
    one, other = of(left), of(right)

    assert (one < other) == (left < right)
    assert (one <= other) == (left <= right)
    assert (one > other) == (left > right)
    assert (one >= other) == (left >= right)


def test_assets_do_not_mix() -> None:
    ours, foreign = of(1), of(1, USDC_MAINNET)

    assert ours != foreign
    for operation in (
        lambda: ours + foreign,
        lambda: ours - foreign,
        lambda: ours < foreign,
        lambda: ours <= foreign,
        lambda: ours > foreign,
        lambda: ours >= foreign,
    ):
        with pytest.raises(ValueError, match="cannot mix"):
            operation()


@given(count=units, to=st.sampled_from(list(KNOWN_ASSETS.values())))
def test_a_value_is_the_same_on_every_network(count: int, to: Asset) -> None:
    there = of(count).valued_in(to)

    assert there == of(count, to)
    assert there.to_decimal() == of(count).to_decimal()
    assert there.valued_in(USDC_DEVNET) == of(count)


@pytest.mark.parametrize("change", [{"symbol": "EURC"}, {"decimals": 18}, {"decimals": 5}])
def test_another_token_has_no_fixed_value(change: dict[str, object]) -> None:
    other = USDC_DEVNET.model_copy(update=change)

    with pytest.raises(ValueError, match="has no fixed value in"):
        of(1).valued_in(other)
    with pytest.raises(ValueError, match="has no fixed value in"):
        total([of(1, other)], USDC_DEVNET)


@given(counts=st.lists(st.tuples(units, st.sampled_from(list(KNOWN_ASSETS.values()))), max_size=5))
def test_a_sum_over_networks_loses_nothing(counts: list[tuple[int, Asset]]) -> None:
    amounts = [of(count, asset) for count, asset in counts]

    assert total(amounts, USDC_BASE) == of(sum(count for count, _ in counts), USDC_BASE)


def test_the_sum_of_nothing_is_zero_of_the_asset() -> None:
    assert total([], USDC_DEVNET) == Amount.zero(USDC_DEVNET)


@pytest.mark.parametrize("count", [-1, 1.0, 0.5, True, "1", None])
def test_only_whole_counts_are_base_units(count: object) -> None:
    with pytest.raises(ValidationError):
        Amount.model_validate({"asset": USDC_DEVNET, "base_units": count})


def test_an_amount_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        of(1).base_units = 2  # type: ignore[misc] # the law under test
