"""What a listing offers before its seller is asked."""

from typing import Any

import pytest

from domain.chains import SOLANA_MAINNET, USDC_MAINNET
from domain.offers import listed_offer
from domain.reasons import ReasonCode
from tests.domain.drafts import BUDGET, compiled, reasons
from tests.fakes.builders import call, catalogue, listing, terms, usdc


@pytest.mark.parametrize(
    "accepted",
    [
        terms(asset="SomeOtherToken"),
        terms(network=SOLANA_MAINNET),
        terms(network=SOLANA_MAINNET, asset=USDC_MAINNET.address),
    ],
)
def test_a_service_that_cannot_be_paid_from_the_budget_is_not_free(accepted: Any) -> None:
    foreign = listing("foreign", accepts=(accepted,))

    assert listed_offer(foreign, BUDGET).terms is None
    assert reasons(call(service=foreign), known=catalogue(foreign)) == [
        (ReasonCode.UNKNOWN_SERVICE, "weather")
    ]


def test_a_service_that_asks_nothing_is_free() -> None:
    free = listing("free", accepts=())

    plan = compiled(call(service=free), known=catalogue(free), budget=usdc("0"))

    assert plan.offers[0].terms is None
    assert plan.estimated_cost == usdc("0")


def test_an_offer_is_made_at_the_cheapest_terms_in_the_budgets_asset() -> None:
    many = listing(
        accepts=(terms(base_units=9), terms(asset="x", base_units=1), terms(base_units=3))
    )

    made = listed_offer(many, BUDGET)

    assert made.terms == terms(base_units=3)
    assert made.quoted_at is None
    assert (made.name, made.url, made.seconds) == (many.name, many.url, many.seconds)
