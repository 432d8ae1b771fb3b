"""Services as found: strangers' words, checked before anything is built on them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.catalogue import (
    ChannelTerms,
    Quality,
    RankedListing,
    Score,
    ScorePart,
    ServiceListing,
    Terms,
    Weights,
)
from domain.chains import SOLANA_MAINNET, USDC_BASE_SEPOLIA, USDC_MAINNET
from domain.errors import UnknownAsset
from domain.money import Amount
from tests.fakes.builders import evm_terms, listing, offer, terms, usdc

HALF = ScorePart(value=0.5, why="")
parts = st.builds(ScorePart, value=st.floats(0, 1), why=st.just(""))
scores = st.builds(Score, semantic=parts, reputation=parts, price=parts, latency=parts)


def test_the_price_of_terms_has_the_decimals_of_our_own_table() -> None:
    assert terms(base_units=1).amount == usdc("0.000001")
    foreign = terms(network=SOLANA_MAINNET, asset=USDC_MAINNET.address, base_units=1)
    assert foreign.amount == Amount(asset=USDC_MAINNET, base_units=1)


def test_terms_in_an_unknown_token_have_no_price() -> None:
    with pytest.raises(UnknownAsset):
        _ = terms(asset="fake").amount


@pytest.mark.parametrize(
    "change", [{"base_units": -1}, {"base_units": 0.5}, {"x402_version": 3}, {"memo": "\ud800"}]
)
def test_terms_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        terms(**change)


def test_half_a_character_in_a_listing_is_refused_however_deep_it_lies() -> None:
    whole = listing().model_dump()
    for broken in (
        {"name": "\ud800"},
        {"tags": ["\udfff"]},
        {"accepts": [{**terms().model_dump(), "memo": "\ud800"}]},
    ):
        with pytest.raises(ValidationError):
            ServiceListing.model_validate(whole | broken)


def test_what_was_checked_once_stays_as_it_is_in_another_model() -> None:
    one = listing()
    score = Score(semantic=HALF, reputation=HALF, price=HALF, latency=HALF)

    assert RankedListing(listing=one, score=score).listing is one


@given(
    one=st.text("0123456789abcdefABCDEF", min_size=40, max_size=40),
    other=st.text("0123456789abcdefABCDEF", min_size=40, max_size=40),
)
def test_evm_terms_are_equal_whatever_the_case_of_their_addresses(one: str, other: str) -> None:
    def written(change: Callable[[str], str]) -> Terms:
        return evm_terms(
            asset="0x" + change(USDC_BASE_SEPOLIA.address[2:]),
            pay_to="0x" + change(one),
            spender="0x" + change(other),
            channel=ChannelTerms(
                receiver_authorizer="0x" + change(other), withdraw_delay_seconds=900
            ),
        )

    assert written(str) == written(str.lower) == written(str.upper)
    assert written(str).amount.asset == USDC_BASE_SEPOLIA
    assert Terms.model_validate_json(written(str).model_dump_json()) == written(str)


@given(address=st.text("123ABCabc", min_size=1))
def test_solana_terms_keep_their_addresses_as_they_are(address: str) -> None:
    written = terms(asset=address, pay_to=address, spender=address)

    assert (written.asset, written.pay_to, written.spender) == (address, address, address)


@pytest.mark.parametrize("field", ["network", "asset", "pay_to", "scheme", "base_units"])
def test_terms_without_a_name_for_what_moves_are_refused(field: str) -> None:
    content = terms().model_dump()
    del content[field]

    with pytest.raises(ValidationError, match=field):
        Terms.model_validate(content)


def test_a_channel_cannot_be_taken_out_of_before_it_was_asked() -> None:
    with pytest.raises(ValidationError):
        ChannelTerms(receiver_authorizer="0xa", withdraw_delay_seconds=-1)


@given(prices=st.lists(st.integers(0, 10**9), max_size=4))
def test_a_service_costs_its_lowest_price(prices: list[int]) -> None:
    found = listing(accepts=tuple(terms(base_units=price) for price in prices)).price

    assert (found.base_units if found else None) == min(prices, default=None)


@pytest.mark.parametrize(("milliseconds", "seconds"), [(None, 1.0), (0, 1.0), (250, 0.25)])
def test_a_service_takes_its_median_time_or_a_second(
    milliseconds: int | None, seconds: float
) -> None:
    assert listing(quality=Quality(latency_p50_ms=milliseconds)).seconds == seconds


@given(score=scores)
def test_a_score_is_the_weighted_mean_of_its_four_parts(score: Score) -> None:
    values = [getattr(score, name).value for name in Weights.model_fields]

    assert min(values) - 1e-9 <= score.total <= max(values) + 1e-9


def test_each_part_of_a_score_has_its_own_weight() -> None:
    nothing = ScorePart(value=0, why="")
    weights = Weights(semantic=0.1, reputation=0.2, price=0.3, latency=0.4)
    for name, weight in weights.model_dump().items():
        only = dict.fromkeys(Weights.model_fields, nothing) | {name: ScorePart(value=1, why="")}
        assert Score(**only, weights=weights).total == pytest.approx(weight)


def test_weights_are_those_promised_unless_somebody_sets_others() -> None:
    assert Weights().model_dump() == {
        "semantic": 0.4,
        "reputation": 0.3,
        "price": 0.2,
        "latency": 0.1,
    }


@pytest.mark.parametrize("semantic", [0.39, 0.41, 0.0])
def test_weights_that_do_not_sum_to_one_are_refused(semantic: float) -> None:
    with pytest.raises(ValidationError, match="not to 1"):
        Weights(semantic=semantic)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_part_of_a_score_is_between_nothing_and_everything(value: float) -> None:
    with pytest.raises(ValidationError):
        ScorePart(value=value, why="")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "half \ud800"},
        {"description": "half \udfff"},
        {"tags": ("\ud800",)},
        {"input_schema": {"default": float("nan")}},
        {"output_schema": {"\ud800": {}}},
        {"input_example": {"place": "\ud800"}},
    ],
)
def test_what_json_cannot_store_makes_no_listing(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        listing(**change)


def test_an_offer_that_json_cannot_store_is_refused() -> None:
    content = offer().model_dump() | {"example": float("inf")}

    with pytest.raises(ValidationError):
        type(offer()).model_validate(content)
