"""How terms are chosen from what a seller offers, whatever it writes and in whatever order."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.catalogue import ChannelTerms, Offer, Terms
from domain.chains import (
    BASE_MAINNET,
    BASE_SEPOLIA,
    SOLANA_DEVNET,
    SOLANA_MAINNET,
    USDC_BASE,
    USDC_MAINNET,
)
from domain.errors import OfferRefused, TermsChanged
from domain.payments import (
    BINDING_TERMS,
    Wallets,
    choose_quote,
    choose_terms,
    difference,
    signing_problem,
)
from tests.fakes.builders import EVM_FACILITATOR, evm_terms, offer, terms, wallets

THIEF = "Thief11111111111111111111111111111111111111"
RICH = wallets()

FOREIGN: list[dict[str, Any]] = [
    {"scheme": "upto"},
    {"network": SOLANA_MAINNET},
    {"asset": USDC_MAINNET.address},
    {"pay_to": THIEF},
    {"flow": "prepaid"},
    {"transfer_method": "permit2"},
    {"channel": ChannelTerms(receiver_authorizer=EVM_FACILITATOR, withdraw_delay_seconds=10**9)},
]

live_terms = st.builds(
    terms,
    base_units=st.integers(0, 10**9),
    pay_to=st.sampled_from([terms().pay_to, THIEF]),
    scheme=st.sampled_from(["exact", "upto"]),
    network=st.sampled_from([SOLANA_DEVNET, SOLANA_MAINNET]),
    flow=st.sampled_from(["authorization", "prepaid"]),
    max_timeout_seconds=st.sampled_from([0, 60, 100_000]),
    fee_payer=st.sampled_from([terms().fee_payer, None]),
    memo=st.sampled_from([None, "order 7", "x" * 1_000]),
)
any_terms = live_terms | st.builds(
    evm_terms,
    base_units=st.integers(0, 10**6),
    scheme=st.sampled_from(["exact", "upto", "batch-settlement"]),
    pay_to=st.sampled_from(["0x" + "a" * 40, "0x" + "b" * 40]),
    spender=st.sampled_from([EVM_FACILITATOR, None]),
)
hostile = st.lists(any_terms, max_size=6)


def chosen(offered: list[Terms], of: Offer | None = None, pays: Wallets = RICH) -> Terms | None:
    """The quote, if there is one."""
    try:
        return choose_quote(offered, of or offer(), pays)
    except OfferRefused:
        return None


def is_as_approved(live: Terms, approved: Terms) -> bool:
    """Whether ``live`` may be signed, told by fields instead of by the rules under test."""
    return (
        live.base_units <= approved.base_units
        and (live.pay_to, live.network) == (approved.pay_to, approved.network)
        and (live.scheme, live.flow) == ("exact", "authorization")
        and live.max_timeout_seconds == 60
        and live.fee_payer is not None
        and live.memo in {None, "order 7"}
    )


@pytest.mark.parametrize("change", FOREIGN)
def test_terms_differ_by_every_field_that_says_where_money_goes(change: dict[str, Any]) -> None:
    (field,) = change

    problem = difference(terms(**change), terms())

    assert problem is not None
    assert problem.startswith(f"{field} is {change[field]}")


def test_every_binding_field_is_tried() -> None:
    assert {field for change in FOREIGN for field in change} == set(BINDING_TERMS)


def test_a_lower_price_is_no_difference_and_a_higher_one_is() -> None:
    assert difference(terms(), terms()) is None
    assert difference(terms(base_units=1), terms()) is None
    assert difference(terms(base_units=500_001), terms()) is not None


def test_one_address_written_in_two_cases_is_no_difference() -> None:
    shouted = evm_terms(
        pay_to="0x" + "5E" * 20,
        asset=evm_terms().asset.upper().replace("X", "x"),
        channel=ChannelTerms(receiver_authorizer="0x" + "FA" * 20, withdraw_delay_seconds=900),
    )

    assert difference(shouted, evm_terms()) is None


@given(offered=st.lists(live_terms, max_size=6))
def test_no_money_goes_elsewhere_or_above_the_approved_price(offered: list[Terms]) -> None:
    approved = terms()
    honest = [live for live in offered if is_as_approved(live, approved)]

    try:
        taken = choose_terms(offered, offer())
    except (OfferRefused, TermsChanged):
        assert not honest
    else:
        assert taken in honest
        assert taken.base_units == min(live.base_units for live in honest)


@given(order=st.permutations([terms(), terms(base_units=400_000), terms(pay_to="other")]))
def test_the_dearest_put_first_is_never_signed(order: list[Terms]) -> None:
    dearest_first = [terms(base_units=90 * 500_000), *order]

    assert choose_terms(dearest_first, offer()) == terms(base_units=400_000)


@given(offered=hostile, data=st.data())
def test_the_order_of_the_list_changes_nothing(offered: list[Terms], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(offered))

    assert chosen(shuffled) == chosen(offered)
    try:
        taken = choose_terms(offered, offer())
    except (OfferRefused, TermsChanged) as err:
        with pytest.raises(type(err)):
            choose_terms(shuffled, offer())
    else:
        assert choose_terms(shuffled, offer()) == taken


def test_changed_terms_ask_again_and_unsafe_ones_never() -> None:
    with pytest.raises(TermsChanged, match="the price is 500001"):
        choose_terms([terms(base_units=500_001)], offer())
    with pytest.raises(OfferRefused, match="no fee payer"):
        choose_terms([terms(fee_payer=None)], offer())
    with pytest.raises(OfferRefused, match="no fee payer"):
        choose_terms([terms(base_units=600_000), terms(fee_payer=None)], offer())


@pytest.mark.parametrize("change", FOREIGN)
def test_what_differs_is_a_change_even_when_it_is_unsafe_too(change: dict[str, Any]) -> None:
    with pytest.raises(TermsChanged, match=f"{next(iter(change))} is"):
        choose_terms([terms(**change, fee_payer=None)], offer())


def test_a_refusal_names_each_difference() -> None:
    offered = [terms(base_units=600_000), terms(pay_to="Thief"), terms(flow="prepaid")]

    with pytest.raises(TermsChanged) as refused:
        choose_terms(offered, offer())

    for said in ("the price is 600000", "pay_to is Thief", "flow is prepaid"):
        assert said in refused.value.message


def test_a_hundred_differences_make_a_short_message() -> None:
    with pytest.raises(TermsChanged) as refused:
        choose_terms([terms(pay_to=f"Thief{n}") for n in range(100)], offer())

    assert "Thief3" in refused.value.message
    assert "Thief4" not in refused.value.message


def test_a_free_service_that_asks_for_money_is_refused() -> None:
    free = offer(terms=None)

    with pytest.raises(TermsChanged, match="approved as free"):
        choose_terms([terms(base_units=0)], free)
    with pytest.raises(OfferRefused, match="listed as free"):
        choose_quote([terms(base_units=0)], free, RICH)


def test_a_seller_that_names_no_way_to_pay_is_refused() -> None:
    with pytest.raises(TermsChanged, match="names no way to pay"):
        choose_terms([], offer())
    with pytest.raises(OfferRefused, match="names no way to pay"):
        choose_quote([], offer(), RICH)


@given(offered=st.lists(live_terms, max_size=6))
def test_a_quote_is_the_cheapest_that_pays_the_listed_seller(offered: list[Terms]) -> None:
    listed = terms()
    signable = [
        live
        for live in offered
        if is_as_approved(live.model_copy(update={"base_units": 0}), listed)
    ]

    taken = chosen(offered)

    assert (taken is None) == (not signable)
    if taken is not None:
        assert taken.pay_to == listed.pay_to
        covered = [live for live in signable if live.base_units <= 50_000_000]
        assert taken.base_units == min(live.base_units for live in covered or signable)


@given(offered=hostile)
def test_whatever_is_quoted_can_be_signed_and_is_paid_from_a_wallet(offered: list[Terms]) -> None:
    for pays in (RICH, {SOLANA_DEVNET: RICH[SOLANA_DEVNET]}, {BASE_SEPOLIA: RICH[BASE_SEPOLIA]}):
        taken = chosen(offered, pays=pays)
        assert taken is None or (
            taken in offered and signing_problem(taken) is None and taken.network in pays
        )


@given(offered=hostile)
def test_a_quote_that_was_approved_is_found_again(offered: list[Terms]) -> None:
    quoted = chosen(offered)
    assume(quoted is not None)

    again = choose_terms(offered[::-1], offer(terms=quoted))

    assert difference(again, quoted or terms()) is None


def test_a_quote_may_be_dearer_than_listed_but_pays_nobody_else() -> None:
    dearer = terms(base_units=900_000)

    assert chosen([dearer]) == dearer
    with pytest.raises(OfferRefused, match="pay_to is Thief"):
        choose_quote([terms(base_units=1, pay_to="Thief")], offer(), RICH)
    on_base = offer(terms=evm_terms())
    with pytest.raises(OfferRefused, match="pay_to is 0xbad"):
        choose_quote([evm_terms(pay_to="0xBAD")], on_base, RICH)


def test_a_network_without_a_wallet_is_not_quoted() -> None:
    only_solana = {SOLANA_DEVNET: RICH[SOLANA_DEVNET]}

    with pytest.raises(OfferRefused, match=f"no wallet pays on {BASE_SEPOLIA}"):
        choose_quote([evm_terms()], offer(), only_solana)
    with pytest.raises(OfferRefused, match="no wallet pays"):
        choose_quote([terms()], offer(), {})


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            evm_terms(base_units=900_000), terms(base_units=800_000), id="covered-before-cheap"
        ),
        pytest.param(
            evm_terms(base_units=400_000, scheme="upto"),
            evm_terms(base_units=400_001),
            id="cheap-before-safe",
        ),
        pytest.param(evm_terms(), evm_terms(scheme="upto"), id="exact-before-upto"),
        pytest.param(
            evm_terms(scheme="upto"),
            evm_terms(scheme="batch-settlement"),
            id="upto-before-channels",
        ),
        pytest.param(
            terms(base_units=300_000), evm_terms(base_units=300_000), id="listed-network-first"
        ),
    ],
)
def test_quotes_are_preferred_by_policy(better: Terms, worse: Terms, *, turned: bool) -> None:
    offered = [better, worse] if turned else [worse, better]

    assert chosen(offered, pays=wallets(svm="0.70", evm="50")) == better


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (terms(memo="a"), terms(memo="b")),
        (evm_terms(pay_to="0xa"), evm_terms(pay_to="0xb")),
        (evm_terms(scheme="upto", spender="0xa"), evm_terms(scheme="upto", spender="0xb")),
    ],
)
def test_between_equals_the_sellers_order_decides_nothing(one: Terms, other: Terms) -> None:
    assert chosen([one, other]) == chosen([other, one])
    taken = [choose_terms(offered, offer(terms=one)) for offered in ([one, other], [other, one])]
    assert taken[0] == taken[1]


def test_when_no_wallet_covers_it_the_cheapest_is_still_quoted() -> None:
    offered = [terms(base_units=900_000), evm_terms(base_units=800_000)]

    assert chosen(offered, pays=wallets(svm="0.10", evm="0.10")) == offered[1]
    assert chosen(offered, pays=wallets(svm="0.90", evm="0.10")) == offered[0]


UNSAFE: list[tuple[Terms, str]] = [
    (terms(scheme="upto"), "scheme upto"),
    (terms(scheme="batch-settlement"), "scheme batch-settlement"),
    (terms(network=SOLANA_MAINNET), "is not one Caravan spends"),
    (terms(network="bip122:0"), "scheme exact on bip122:0 is not supported"),
    (terms(network=""), "is not supported"),
    (terms(asset="fake"), "token fake"),
    (terms(flow="prepaid"), "before the work"),
    (terms(max_timeout_seconds=0), "a timeout of 0 s"),
    (terms(max_timeout_seconds=-1), "a timeout of -1 s"),
    (terms(max_timeout_seconds=301), "is not within"),
    (terms(fee_payer=None), "no fee payer"),
    (terms(memo="x" * 257), "memo is longer"),
    (terms(memo="ø" * 129), "memo is longer"),
    (evm_terms(scheme="EXACT"), "scheme EXACT"),
    (evm_terms(scheme="deferred"), "scheme deferred"),
    (evm_terms(network=BASE_MAINNET), "is not one Caravan spends"),
    (evm_terms(asset="0xfake"), "token 0xfake"),
    (evm_terms(flow="prepaid"), "before the work"),
    (evm_terms(max_timeout_seconds=301), "is not within"),
    (evm_terms(transfer_method="permit2"), "transfer method permit2"),
    (evm_terms(scheme="upto", spender=None), "no facilitator"),
    (evm_terms(scheme="batch-settlement", channel=None), "payment channel"),
]

SAFE: list[Terms] = [
    *(terms(memo=memo) for memo in (None, "", "x" * 256)),
    *(terms(max_timeout_seconds=seconds) for seconds in (1, 300)),
    terms(network=SOLANA_MAINNET, asset=USDC_MAINNET.address),
    *(evm_terms(scheme=scheme) for scheme in ("exact", "upto", "batch-settlement")),
    evm_terms(spender=None, channel=None),
    evm_terms(network=BASE_MAINNET, asset=USDC_BASE.address.upper().replace("X", "x")),
    evm_terms(scheme="upto", channel=None, transfer_method="permit2"),
    evm_terms(scheme="batch-settlement", spender=None),
]


@pytest.mark.parametrize(("asked", "said"), UNSAFE)
def test_unsafe_terms_are_not_signed(asked: Terms, said: str) -> None:
    assert said in (signing_problem(asked) or "")
    with pytest.raises(OfferRefused):
        choose_terms([asked], offer(terms=asked))
    with pytest.raises(OfferRefused):
        choose_quote([asked], offer(terms=asked), RICH)


@pytest.mark.parametrize("asked", SAFE)
def test_terms_at_their_limits_are_signed(asked: Terms) -> None:
    assert signing_problem(asked) is None
    assert choose_terms([asked], offer(terms=asked)) == asked
