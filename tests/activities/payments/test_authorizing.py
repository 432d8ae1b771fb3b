"""What is checked, held and recorded before signing, and what a failure leaves behind."""

from typing import Any

import pytest

from activities.payments.exchanges import SignedPayment
from activities.payments.rails import RailsByWay
from domain.bindings import BoundInputs
from domain.catalogue import Terms
from domain.chains import SOLANA_DEVNET
from domain.errors import (
    AddressForbidden,
    BudgetExceeded,
    DataError,
    EngineError,
    OfferRefused,
    PolicyForbids,
    RecordsDisagree,
    SignatureRefused,
    TermsChanged,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.payments import Authorization, FreeDelivery, PaymentState
from domain.plan import Value
from domain.purchases import AuthorizePurchase
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import offer, terms, usdc
from tests.fakes.rails import FakeChannelRail
from tests.fakes.sellers import answer, challenge

OTHER = "Other11111111111111111111111111111111111111"


async def held(counter: Counter) -> list[str]:
    """States of everything the ledger knows."""
    found = await counter.ledger.entries(limit=100)
    return [entry.state.value for entry, _ in found]


async def test_the_price_is_held_before_anything_is_built(counter: Counter) -> None:
    seen: list[list[str]] = []
    prepare = counter.rail.prepare

    async def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(await held(counter))
        return await prepare(*args, **kwargs)

    counter.rail.prepare = watched  # type: ignore[method-assign]

    await counter.authorized()

    assert seen == [["reserved"]]
    assert counter.seller.payments == []


async def test_signed_bytes_are_returned_again_and_never_made_anew(counter: Counter) -> None:
    first = await counter.authorized()
    counter.seller.asked = [UpstreamUnavailable("gone")]

    assert await counter.authorized() == first
    assert len(counter.rail.signed) == 1


@pytest.mark.parametrize(
    "failure",
    [
        OfferRefused("the destination account is missing"),
        WalletUnfunded("too little"),
        UpstreamUnavailable("no node"),
    ],
)
async def test_what_cannot_be_built_leaves_no_reservation(
    counter: Counter, failure: EngineError
) -> None:
    counter.rail.fails = [failure]

    with pytest.raises(type(failure)):
        await counter.authorized(cap=usdc("0.50"))

    assert await held(counter) == ["unpaid"]
    assert await counter.authorized(cap=usdc("0.50"))  # the cap is free again


@pytest.mark.parametrize("failure", [SignatureRefused("no"), UpstreamUnavailable("no answer")])
async def test_a_signer_that_does_not_sign_leaves_no_reservation(
    counter: Counter, failure: EngineError
) -> None:
    real = counter.rail.sign

    async def refuses(*_: Any, **__: Any) -> SignedPayment:
        raise failure

    counter.rail.sign = refuses  # type: ignore[method-assign]
    with pytest.raises(type(failure)):
        await counter.authorized(cap=usdc("0.50"))
    assert await held(counter) == ["unpaid"]

    counter.rail.sign = real  # type: ignore[method-assign]
    assert await counter.authorized(cap=usdc("0.50"))


async def test_a_crash_after_signing_keeps_the_money_held_for_the_next_attempt(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any, **__: Any) -> str:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(counter.instruments.sealer, "seal", dies)
        with pytest.raises(RuntimeError):
            await counter.authorized(cap=usdc("0.50"))
    assert await held(counter) == ["reserved"]

    again = await counter.authorized(cap=usdc("0.50"))

    assert await held(counter) == ["signed"]
    assert again.evidence.message_digest == counter.rail.built[-1].evidence.message_digest


async def test_what_the_ledger_does_not_know_to_be_signed_is_parked(counter: Counter) -> None:
    counter.rail.fails = [RecordsDisagree("the nonce is used up already")]

    with pytest.raises(RecordsDisagree):
        await counter.authorized()
    with pytest.raises(RecordsDisagree, match="waits for you: the nonce"):
        await counter.authorized()

    assert await held(counter) == ["reserved"]
    assert counter.rail.signed == []


@pytest.mark.parametrize(
    ("live", "error", "words"),
    [
        ([terms(base_units=45_000_000)], TermsChanged, "the price is 45000000"),
        ([terms(pay_to=OTHER)], TermsChanged, f"pay_to is {OTHER}"),
        ([terms(scheme="upto")], TermsChanged, "scheme is upto"),
        ([terms(flow="upfront")], TermsChanged, "flow is upfront"),
        ([terms(max_timeout_seconds=10**8)], OfferRefused, "timeout of 100000000 s"),
        ([terms(fee_payer=None)], OfferRefused, "no fee payer"),
        ([terms(asset=OTHER)], TermsChanged, f"asset is {OTHER}"),
    ],
)
async def test_other_terms_than_the_approved_ones_are_never_signed(
    counter: Counter, live: list[Terms], error: type[EngineError], words: str
) -> None:
    counter.seller.asked = [challenge(*live)]

    with pytest.raises(error, match=words):
        await counter.authorized()

    assert await held(counter) == []
    assert counter.rail.built == []


async def test_a_402_without_any_way_to_pay_is_a_question_for_the_person(counter: Counter) -> None:
    counter.seller.asked = [challenge().model_copy(update={"demands": ()})]

    with pytest.raises(TermsChanged, match="names no way to pay"):
        await counter.authorized()


async def test_the_order_of_the_list_decides_nothing(counter: Counter) -> None:
    dear, fair = terms(base_units=45_000_000), terms()
    paid: set[int] = set()
    for ordinal, live in enumerate([(dear, fair), (fair, dear)]):
        counter.seller.asked = [challenge(*live)]
        made = await counter.authorized(slot=slot(ordinal))
        paid.add(made.amount.base_units)

    assert paid == {fair.base_units}


async def test_every_difference_of_every_seller_is_named(counter: Counter) -> None:
    one, other = offer("one"), offer("other")
    counter.seller.by_url = {
        one.url: [challenge(terms(base_units=700_000))],
        other.url: [challenge(terms(pay_to=OTHER))],
    }

    with pytest.raises(TermsChanged) as refused:
        await counter.authorized(one, other)

    assert "one no longer asks what was approved: the price is 700000" in str(refused.value)
    assert f"other no longer asks what was approved: pay_to is {OTHER}" in str(refused.value)


async def test_a_changed_price_is_no_question_while_another_seller_keeps_its_word(
    counter: Counter,
) -> None:
    one, other = offer("one"), offer("other")
    counter.seller.by_url = {one.url: [challenge(terms(base_units=700_000))]}

    assert (await counter.authorized(one, other)).listing_id == other.listing_id


async def test_a_seller_that_may_come_back_is_waited_for_before_a_person_is_asked(
    counter: Counter,
) -> None:
    one, other = offer("one"), offer("other")
    counter.seller.by_url = {
        one.url: [challenge(terms(base_units=700_000))],
        other.url: [UpstreamUnavailable("it is down")],
    }

    with pytest.raises(UpstreamUnavailable, match="the price is 700000"):
        await counter.authorized(one, other)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"deny": {"hosts": ["weather.example"]}}, "forbids host weather.example"),
        ({"allow": {"hosts": ["good.example"]}}, "not among those the policy allows"),
        ({"deny": {"pay_to": [terms().pay_to]}}, "forbids payee"),
        ({"deny": {"networks": [SOLANA_DEVNET]}}, "forbids network"),
        ({"max_timeout_seconds": 30}, "good for 60 s is asked"),
        ({"caps": {"payment": "0.49"}}, "above the policy's 0.49 USDC per payment"),
    ],
)
async def test_what_a_rule_forbids_is_neither_held_nor_signed(
    counter: Counter, rules: dict[str, Any], words: str
) -> None:
    counter.rule(**rules)

    with pytest.raises(PolicyForbids, match=words):
        await counter.authorized()

    assert await held(counter) == []


async def test_a_service_that_was_paid_elsewhere_before_is_refused_by_the_rule(
    counter: Counter,
) -> None:
    await counter.authorized()
    counter.rule(changed_payee="refuse")
    counter.seller.asked = [challenge(terms(pay_to=OTHER))]
    moved = offer(terms=terms(pay_to=OTHER))

    with pytest.raises(PolicyForbids, match=f"now wants it at {OTHER}"):
        await counter.authorized(moved, slot=slot(1))


async def test_a_cap_over_all_runs_holds(counter: Counter) -> None:
    counter.rule(caps={"day": "1.20"})
    for run in ("run/a", "run/b"):
        await counter.authorized(slot=slot(run=run))

    with pytest.raises(BudgetExceeded, match=r"1\.20 USDC per day"):
        await counter.authorized(slot=slot(run="run/c"))

    assert len(counter.rail.signed) == 2


async def test_a_seller_gets_the_keys_name_where_it_takes_one(counter: Counter) -> None:
    declared = {"info": {"required": True}, "schema": {"type": "object"}}
    extensions = {"payment-identifier": declared, "bazaar": {"info": {}}}
    counter.seller.asked = [challenge(extensions=extensions)]

    made = await counter.authorized()

    signed = counter.instruments.sealer.open(made.sealed_payment, key=made.key)
    assert signed.extensions == {
        "payment-identifier": {
            "info": {"required": True, "id": made.key},
            "schema": {"type": "object"},
        },
        "bazaar": {"info": {}},
    }


@pytest.mark.parametrize(
    "extensions", [None, {"payment-identifier": "yes"}, {"payment-identifier": {"info": []}}]
)
async def test_a_declaration_that_makes_no_sense_is_echoed_unchanged(
    counter: Counter, extensions: dict[str, Any] | None
) -> None:
    counter.seller.asked = [challenge(extensions=extensions)]

    made = await counter.authorized()

    assert (
        counter.instruments.sealer.open(made.sealed_payment, key=made.key).extensions == extensions
    )


async def test_what_is_free_is_delivered_without_a_payment(counter: Counter) -> None:
    counter.seller.asked = [answer()]

    made = await counter.authorize()

    assert isinstance(made, FreeDelivery)
    assert await held(counter) == []


async def test_a_free_answer_of_no_use_is_no_delivery(counter: Counter) -> None:
    spare = offer("spare")
    counter.seller.asked = [answer(body=b'{"ad": "buy me"}')]
    counter.seller.by_url = {spare.url: [challenge()]}

    made = await counter.authorize(offer(), spare)

    assert isinstance(made, Authorization)
    assert made.listing_id == spare.listing_id


async def test_bad_input_is_refused_before_any_seller_is_asked(counter: Counter) -> None:
    with pytest.raises(DataError, match="bad input"):
        await counter.authorized(place=7)

    assert counter.seller.orders == []


async def test_a_redirect_is_not_followed_and_another_seller_is_tried(counter: Counter) -> None:
    spare = offer("spare")
    counter.seller.asked = [AddressForbidden("it redirects to evil.example")]
    counter.seller.by_url = {spare.url: [challenge()]}

    assert (await counter.authorized(offer(), spare)).listing_id == spare.listing_id
    with pytest.raises(AddressForbidden, match=r"evil\.example"):
        await counter.authorized(slot=slot(1))


async def test_a_network_that_is_not_paid_on_here_is_refused(counter: Counter) -> None:
    counter.change(rails=RailsByWay({}))

    with pytest.raises(OfferRefused, match="cannot be paid here"):
        await counter.authorized()

    assert await held(counter) == []


async def test_a_deposit_is_held_whole(counter: Counter) -> None:
    counter.use(FakeChannelRail(deposit=2_000_000))

    made = await counter.authorized()

    entry = await counter.entry(made.key)
    assert made.amount == usdc("2.00")
    assert entry.claim.most == 2_000_000
    assert entry.terms.base_units == 500_000
    with pytest.raises(BudgetExceeded):
        await counter.authorized(slot=slot(1), cap=usdc("2.40"))


async def test_a_deposit_above_the_cap_is_not_signed_and_nothing_stays_held(
    counter: Counter,
) -> None:
    rail = FakeChannelRail(deposit=2_000_000)
    counter.use(rail)

    with pytest.raises(BudgetExceeded, match=r"2\.00 USDC would pass"):
        await counter.authorized(cap=usdc("1.00"))

    assert rail.signed == []
    assert await held(counter) == ["unpaid"]


async def test_an_ended_slot_is_not_bought_again(counter: Counter) -> None:
    bought = await counter.bought()

    again = await counter.authorized()

    assert bought.state is PaymentState.DELIVERED
    assert (await counter.settle(again)) == bought
    assert len(counter.seller.payments) == 1


async def test_a_cap_on_one_service_leaves_the_others_free(counter: Counter) -> None:
    counter.rule(caps={"service_per_day": "0.60"})
    one, other = offer("one"), offer("other")
    bought = [await counter.authorized(one, other, slot=slot(n)) for n in range(2)]

    assert [each.listing_id for each in bought] == [one.listing_id, other.listing_id]
    with pytest.raises(BudgetExceeded, match="per service and day"):
        await counter.authorized(one, other, slot=slot(2))


async def test_a_fallback_is_asked_by_its_own_names_and_held_to_its_own_schema(
    counter: Counter,
) -> None:
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    other = offer("other", input_schema=city)
    ask = AuthorizePurchase(
        slot=slot(),
        offers=(other,),
        inputs=BoundInputs(
            bindings={"place": Value(value="Oslo")},
            input_names={other.listing_id: {"place": "city"}},
        ),
        run_cap=usdc("10.00"),
    )

    await counter.run(counter.payments.authorize, ask)

    assert [order.arguments for order in counter.seller.orders] == [{"city": "Oslo"}]
