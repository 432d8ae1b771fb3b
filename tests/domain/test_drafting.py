"""Requests that can be taken, and what drafting hands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.catalogue import RankedListing, Score, ScorePart
from domain.drafting import SearchServices, Shortlist, TokenUsage, check_request
from domain.errors import RequestRejected
from domain.limits import MAX_REQUEST_CHARACTERS
from domain.money import Amount
from tests.fakes.builders import listing, usdc


def check(text: str, *, budget: str = "5.00") -> str:
    return check_request(text, budget=usdc(budget), policy_maximum=usdc("100.00"))


def test_a_request_is_returned_without_the_space_around_it() -> None:
    assert check("\n  sort this:\n\ta,b\n\tc,d ") == "sort this:\n\ta,b\n\tc,d"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2003"])
def test_an_empty_request_is_rejected(text: str) -> None:
    with pytest.raises(RequestRejected, match="is empty"):
        check(text)


def test_a_request_of_8001_characters_is_rejected_and_of_8000_taken() -> None:
    assert len(check("a" * MAX_REQUEST_CHARACTERS)) == 8_000
    with pytest.raises(RequestRejected, match="has 8,001 characters, more than 8,000"):
        check("a" * (MAX_REQUEST_CHARACTERS + 1))


@pytest.mark.parametrize("text", ["?!", "...", "123 456", "€ 5,00", "🙂", "\x00\x01"])
def test_a_request_without_a_letter_is_rejected(text: str) -> None:
    with pytest.raises(RequestRejected, match="has no words"):
        check(text)


@pytest.mark.parametrize("text", ["天气", "погода", "weer?"])
def test_letters_of_every_script_are_words(text: str) -> None:
    assert check(text) == text


def test_a_budget_of_nothing_is_rejected() -> None:
    with pytest.raises(RequestRejected, match="the budget is 0"):
        check("the weather", budget="0.00")


def test_a_budget_above_the_policy_is_rejected_and_one_at_it_taken() -> None:
    assert check("the weather", budget="100.00")
    with pytest.raises(RequestRejected, match=r"100\.000001 USDC is above the policy's 100\.00"):
        check("the weather", budget="100.000001")


@given(text=st.text(), budget=st.integers(0, 10**12))
def test_any_request_is_taken_within_its_limits_or_rejected(text: str, budget: int) -> None:
    maximum = usdc("100.00")
    asked = Amount(asset=maximum.asset, base_units=budget)

    try:
        taken = check_request(text, budget=asked, policy_maximum=maximum)
    except RequestRejected:
        return
    assert 0 < len(taken) <= MAX_REQUEST_CHARACTERS
    assert taken == taken.strip()
    assert 0 < asked.base_units <= maximum.base_units


def test_half_a_character_in_a_request_is_rejected_before_anything_is_stored() -> None:
    with pytest.raises(RequestRejected, match="cannot be read"):
        check("the weather in \udcff")


counts = st.integers(0, 10**9)
usages = st.builds(
    TokenUsage,
    input_tokens=counts,
    output_tokens=counts,
    cached_input_tokens=counts,
    cost_micro_usd=counts,
)


@given(one=usages, other=usages)
def test_usage_adds_up_field_by_field(one: TokenUsage, other: TokenUsage) -> None:
    both = one + other

    for field in TokenUsage.model_fields:
        assert getattr(both, field) == getattr(one, field) + getattr(other, field)
    assert one + TokenUsage() == one


def test_a_shortlist_gives_its_candidates_by_id() -> None:
    part = ScorePart(value=0.5, why="known")
    score = Score(semantic=part, reputation=part, price=part, latency=part)
    candidates = tuple(
        RankedListing(listing=listing(name), score=score) for name in ("weather", "news")
    )

    known = Shortlist(text="the weather", candidates=candidates).catalogue()

    assert {one.name for one in known.values()} == {"weather", "news"}
    assert all(one == found.id for one, found in known.items())


@pytest.mark.parametrize("limit", [0, 201])
def test_a_search_asks_for_one_to_two_hundred_services(limit: int) -> None:
    with pytest.raises(ValidationError):
        SearchServices(limit=limit)
