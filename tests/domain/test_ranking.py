"""Gates before the score, and the score's arithmetic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ranking
from domain.catalogue import Quality, RankedListing, ServiceListing, Terms
from domain.chains import SOLANA_MAINNET, USDC_DEVNET, USDC_MAINNET
from domain.ids import listing_id
from domain.money import Amount
from domain.ranking import OwnRecord, Policy
from tests.fakes import builders

POLICY = Policy(asset=USDC_DEVNET)
LOCAL = Policy(asset=USDC_DEVNET, allow_private_hosts=True)
SERIES = {"type": "array", "items": {"type": "object"}}

counts = st.integers(min_value=0, max_value=10**9)
qualities = st.builds(
    Quality,
    calls=counts,
    successful_calls=counts,
    unique_payers=counts,
    latency_p50_ms=st.none() | counts,
    latency_p95_ms=st.none() | counts,
    source=st.sampled_from(["measured", "sample", "none"]),
)
records = st.builds(OwnRecord, delivered=st.integers(0, 1000), failed=st.integers(0, 1000))
units = st.integers(min_value=0, max_value=10**12)


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


def reason(one: ServiceListing, policy: Policy = POLICY) -> str:
    outcome = ranking.passable(one, policy)
    assert isinstance(outcome, str)
    return outcome


@given(
    quality=qualities,
    own=records,
    similarity=st.none() | st.floats(-1, 1),
    price=units,
    others=st.lists(units, max_size=5),
)
def test_every_part_and_the_total_stay_within_zero_and_one(
    quality: Quality, own: OwnRecord, similarity: float | None, price: int, others: list[int]
) -> None:
    one = listing("https://seller.example/a", terms(price), quality=quality)

    score = ranking.score(
        one,
        similarity=similarity,
        own=own,
        same_job=[usdc(other) for other in others],
        asset=USDC_DEVNET,
    )

    parts = (score.semantic, score.reputation, score.price, score.latency)
    assert all(0 <= part.value <= 1 and part.why for part in parts)
    assert 0 <= score.total <= 1
    assert score.total == pytest.approx(
        0.4 * parts[0].value + 0.3 * parts[1].value + 0.2 * parts[2].value + 0.1 * parts[3].value
    )


@given(quality=qualities, own=records)
def test_one_more_delivery_never_lowers_a_reputation(quality: Quality, own: OwnRecord) -> None:
    better = OwnRecord(delivered=own.delivered + 1, failed=own.failed)
    worse = OwnRecord(delivered=own.delivered, failed=own.failed + 1)

    now = ranking.reputation_part(quality, own).value

    assert ranking.reputation_part(quality, better).value >= now
    assert ranking.reputation_part(quality, worse).value <= now


def test_our_own_failures_outweigh_any_hearsay() -> None:
    praised = Quality(calls=10**9, successful_calls=10**9, unique_payers=10**9, source="measured")

    after = ranking.reputation_part(praised, OwnRecord(failed=5)).value

    assert after < 0.5 < ranking.reputation_part(praised, OwnRecord()).value


def test_many_payers_say_more_than_many_calls() -> None:
    washed = Quality(
        calls=1_000_000, successful_calls=1_000_000, unique_payers=1, source="measured"
    )
    honest = Quality(calls=400, successful_calls=398, unique_payers=90, source="measured")

    assert (
        ranking.reputation_part(honest, OwnRecord()).value
        > ranking.reputation_part(washed, OwnRecord()).value
    )


@given(quality=qualities)
def test_hearsay_is_capped_and_samples_lower(quality: Quality) -> None:
    sample = quality.model_copy(update={"source": "sample"})

    assert ranking.hearsay_calls(quality) <= ranking.HEARSAY_CAP_CALLS
    assert ranking.hearsay_calls(sample) <= ranking.SAMPLE_CAP_CALLS


@given(price=units, others=st.lists(units, min_size=1, max_size=6))
def test_the_cheapest_of_a_job_has_the_full_price_part(price: int, others: list[int]) -> None:
    part = ranking.price_part(usdc(price), [usdc(other) for other in others])

    assert (part.value == 1.0) == (max(price, 1) <= max(min(price, *others), 1))


def test_price_falls_by_the_same_step_for_the_same_ratio() -> None:
    two, four, eight = (
        ranking.price_part(usdc(price), [usdc(1_000)]).value for price in (2_000, 4_000, 8_000)
    )

    assert two - four == pytest.approx(four - eight)


def test_explanations_carry_their_figures() -> None:
    quality = Quality(
        calls=1_200, successful_calls=1_180, unique_payers=40, latency_p95_ms=420, source="sample"
    )
    one = listing("https://seller.example/a", terms(80_000), quality=quality)

    score = ranking.score(
        one,
        similarity=0.52,
        own=OwnRecord(delivered=3, failed=1),
        same_job=[usdc(50_000)],
        asset=USDC_DEVNET,
    )

    assert "0.52" in score.semantic.why
    assert "3 of our own 4" in score.reputation.why
    assert "sample figures count 1,180 of 1,200" in score.reputation.why
    assert "0.08 USDC, 1.60 times the cheapest of 2" in score.price.why
    assert "420 ms" in score.latency.why


@given(st.permutations([3, 1, 4, 1, 5, 9, 2, 6]))
def test_order_does_not_depend_on_how_candidates_come_in(order: list[int]) -> None:
    ranked = {
        at: RankedListing(
            listing=(one := listing(f"https://seller.example/{at}", terms(price))),
            score=ranking.score(
                one, similarity=0.4, own=OwnRecord(), same_job=[], asset=USDC_DEVNET
            ),
        )
        for at, price in enumerate([3, 1, 4, 1, 5, 9, 2, 6])
    }
    shuffled = sorted(ranked, key=lambda at: order[at])

    found = ranking.best_first(ranked[at] for at in shuffled)

    assert [one.listing.id for one in found] == [
        one.listing.id for one in ranking.best_first(ranked.values())
    ]


def test_only_payable_terms_survive_the_gate() -> None:
    good, foreign = terms(50_000), terms(1, asset="SCAM")

    passed = ranking.passable(listing("https://seller.example/a", foreign, good), POLICY)

    assert isinstance(passed, ServiceListing)
    assert passed.accepts == (good,)
    assert passed.price == usdc(50_000)


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
    assert said in reason(listing("https://seller.example/a", terms(1, **changed)))


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
    assert "private or loopback" in reason(listing(url))
    assert isinstance(ranking.passable(listing(url), LOCAL), ServiceListing)


def test_addresses_that_are_no_plain_http_are_refused() -> None:
    assert "not an HTTP URL" in reason(listing("ftp://seller.example/a"), LOCAL)
    assert "user name" in reason(listing("https://me:secret@seller.example/a"), LOCAL)


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
    assert said in reason(listing(input_schema=schema))


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
