"""Gates on what a listing says of itself, the order of candidates, and who does the same job."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ranking
from domain.catalogue import RankedListing, ServiceListing, Terms
from domain.chains import SOLANA_MAINNET, USDC_DEVNET, USDC_MAINNET
from domain.ids import listing_id
from domain.money import Amount
from domain.ranking import Policy
from domain.scoring import Evidence, Match, score, told_of
from tests.fakes import builders

POLICY = Policy(asset=USDC_DEVNET)
LOCAL = Policy(asset=USDC_DEVNET, allow_private_hosts=True)
SERIES = {"type": "array", "items": {"type": "object"}}


def usdc(base_units: int) -> Amount:
    return Amount(asset=USDC_DEVNET, base_units=base_units)


def listing(
    url: str = "https://seller.example/a", *accepts: Terms, **changes: Any
) -> ServiceListing:
    fields: dict[str, Any] = {
        "id": listing_id(method="POST", url=url),
        "url": url,
        "input_schema": {"type": "object", "properties": {"series": SERIES}},
        "output_schema": {"type": "object", "properties": {"analysis": {"type": "object"}}},
        "accepts": accepts or (builders.terms(),),
    }
    return builders.listing(**fields | changes)


def terms(base_units: int, **changes: Any) -> Terms:
    return builders.terms(base_units=base_units, **changes)


def test_only_payable_terms_pass() -> None:
    good, foreign = terms(50_000), terms(1, asset="SCAM")
    offered = listing("https://seller.example/a", foreign, good)

    assert ranking.payable_terms(offered, POLICY) == (good,)


def test_who_names_no_way_to_pay_is_refused() -> None:
    assert ranking.payable_terms(listing(accepts=()), POLICY) == "it names no way to pay"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scheme": "upto"}, "scheme upto"),
        ({"network": SOLANA_MAINNET, "asset": USDC_MAINNET.address}, "paid on solana:5eykt"),
        ({"asset": "SCAM"}, "token SCAM"),
        ({"flow": "upfront"}, "takes the money before the work"),
    ],
)
def test_terms_that_cannot_be_paid_are_refused_with_the_reason(
    changed: dict[str, object], said: str
) -> None:
    problem = ranking.payable_terms(
        listing("https://seller.example/a", terms(1, **changed)), POLICY
    )

    assert said in problem


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:80/a",
        "http://127.0.0.1/a",
        "http://[::1]/a",
        "http://10.0.0.5/a",
        "http://192.168.1.4/a",
        "http://169.254.169.254/latest",
        "http://2130706433/a",
        "http://0x7f.0.0.0x1/a",
        "http://intranet/a",
        "http://db.internal/a",
        "http://[::ffff:127.0.0.1]/a",
        "http://localhost./a",
    ],
)
def test_private_addresses_are_refused_unless_allowed(url: str) -> None:
    assert "private or loopback" in str(ranking.host_problem(url, POLICY))
    assert ranking.host_problem(url, LOCAL) is None


def test_addresses_that_are_no_plain_http_are_refused() -> None:
    assert "not an HTTP URL" in str(ranking.host_problem("ftp://seller.example/a", LOCAL))
    assert "user name" in str(ranking.host_problem("https://me:secret@seller.example/a", LOCAL))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, "does not say what it takes"),
        ({"type": "array"}, "not an object"),
        ({"type": "object", "properties": [1]}, "names no properties"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "requires a without"),
    ],
)
def test_inputs_that_nobody_could_fill_are_refused(schema: dict[str, object], said: str) -> None:
    assert said in str(ranking.schema_problem(listing(input_schema=schema)))


def test_a_price_above_the_budget_is_refused_with_both_figures() -> None:
    dear = listing("https://seller.example/a", terms(2_000_000))

    assert ranking.price_problem(dear, usdc(2_000_000)) is None
    problem = ranking.price_problem(dear, usdc(1_999_999))
    assert problem == "its price of 2.00 USDC is above the budget of 1.999999 USDC"


def test_likeness_alone_does_not_make_a_rival() -> None:
    one = listing("https://seller.example/a")
    other = listing(
        "https://seller.example/b",
        output_schema={"type": "object", "properties": {"charts": {"type": "array"}}},
    )

    assert ranking.does_same_job(one, one, cosine=0.7)
    assert not ranking.does_same_job(one, one, cosine=0.6)
    assert not ranking.does_same_job(one, other, cosine=1.0)


@given(st.permutations([3, 1, 4, 1, 5, 9, 2, 6]))
def test_order_does_not_depend_on_how_candidates_come_in(order: list[int]) -> None:
    ranked = {
        at: RankedListing(
            listing=(one := listing(f"https://seller.example/{at}", terms(price))),
            score=score(
                one,
                match=Match(meaning=0.4, words=0.4),
                told=told_of(one.quality, Evidence(), now=builders.NOW),
                same_job=[],
                asset=USDC_DEVNET,
            ),
        )
        for at, price in enumerate([3, 1, 4, 1, 5, 9, 2, 6])
    }
    shuffled = sorted(ranked, key=lambda at: order[at])

    found = ranking.best_first(ranked[at] for at in shuffled)

    assert [one.listing.id for one in found] == [
        one.listing.id for one in ranking.best_first(ranked.values())
    ]
