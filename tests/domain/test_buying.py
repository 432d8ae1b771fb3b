"""One paid call as a plan of one step."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from domain.buying import ANY_MEDIA_TYPE, CALL_STEP, BuyRequest, plan_of_call
from domain.catalogue import Terms
from domain.chains import USDC_BASE_SEPOLIA, USDC_DEVNET
from domain.errors import UnknownAsset
from domain.ids import RequestId, listing_id
from domain.plan import ServiceCall, Value
from tests.fakes.builders import evm_terms, terms, usdc

URL = "https://weather.example/run?day=1"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abcö \U0001f42a", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=5,
)


def buy(**changes: Any) -> BuyRequest:
    fields: dict[str, Any] = {
        "request_id": RequestId("20261121-weather-k3"),
        "method": "POST",
        "url": URL,
        "maximum": usdc("0.80"),
    }
    return BuyRequest(**fields | changes)


@given(arguments=st.dictionaries(st.text("abc", min_size=1), json_values, max_size=4))
def test_a_call_sends_exactly_what_was_asked(arguments: dict[str, JsonValue]) -> None:
    plan = plan_of_call(buy(arguments=arguments), terms(), asset=USDC_DEVNET)
    (step,) = plan.steps

    assert isinstance(step, ServiceCall)
    assert step.arguments == {name: Value(value=value) for name, value in arguments.items()}
    assert (step.id, step.after, step.when, step.alternates) == (CALL_STEP, (), None, ())


def test_a_call_buys_from_its_address_and_nowhere_else() -> None:
    plan = plan_of_call(buy(method="GET"), terms(), asset=USDC_DEVNET)
    (step,) = plan.steps
    assert isinstance(step, ServiceCall)
    (offer,) = plan.offers_for(step)

    assert plan.offers == (offer,)
    assert offer.listing_id == listing_id(method="GET", url=URL)
    assert (offer.method, offer.url, offer.media_type) == ("GET", URL, ANY_MEDIA_TYPE)
    assert plan.request == step.title == f"GET {URL}"


@pytest.mark.parametrize(
    ("asked", "cost", "undo"),
    [
        (terms(), "0.50", "none"),
        (evm_terms(), "0.50", "none"),
        (evm_terms(scheme="batch-settlement"), "0.50", "channel_refund"),
        (None, "0.00", "none"),
    ],
)
def test_a_call_costs_its_terms_in_the_token_that_is_spent(
    asked: Terms | None, cost: str, undo: str
) -> None:
    plan = plan_of_call(buy(), asked, asset=USDC_DEVNET)
    (step,) = plan.steps

    assert plan.estimated_cost == plan.maximum_cost_of(plan.steps[0]) == usdc(cost)
    assert plan.offers[0].terms == asked
    assert isinstance(step, ServiceCall)
    assert step.undo is not None
    assert step.undo.action == undo


def test_a_call_on_the_other_chain_is_budgeted_there_too() -> None:
    plan = plan_of_call(buy(), terms(), asset=USDC_BASE_SEPOLIA)

    assert plan.estimated_cost.asset == USDC_BASE_SEPOLIA
    assert plan.estimated_cost.base_units == 500_000


def test_a_call_priced_in_an_unknown_token_has_no_price() -> None:
    with pytest.raises(UnknownAsset):
        _ = plan_of_call(buy(), terms(asset="fake"), asset=USDC_DEVNET).estimated_cost


def test_another_price_method_address_or_argument_is_another_plan() -> None:
    calls = [
        plan_of_call(buy(), terms(), asset=USDC_DEVNET),
        plan_of_call(buy(), terms(base_units=1), asset=USDC_DEVNET),
        plan_of_call(buy(method="GET"), terms(), asset=USDC_DEVNET),
        plan_of_call(buy(url=URL + "0"), terms(), asset=USDC_DEVNET),
        plan_of_call(buy(arguments={"a": 1}), terms(), asset=USDC_DEVNET),
        plan_of_call(buy(arguments={"a": "1"}), terms(), asset=USDC_DEVNET),
    ]

    assert len({plan.digest for plan in calls}) == len(calls)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "post"},
        {"method": "POST\n"},
        {"method": "GO"},
        {"url": "https://a.example/" + "x" * 2_000},
        {"arguments": {"a": float("nan")}},
        {"arguments": {"\ud800": 1}},
        {"arguments": [1]},
    ],
)
def test_a_call_that_cannot_be_made_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        buy(**change)
