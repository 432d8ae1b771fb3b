"""What a quote says before anybody approves: policy, funds by network, payees that are new."""

from collections.abc import Sequence
from typing import Any

import pytest

from activities.payments.exchanges import Challenge
from domain.buying import CALL_STEP, BuyRequest, QuoteCall
from domain.catalogue import Offer
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_BASE_SEPOLIA
from domain.errors import AddressForbidden, OfferRefused, PolicyForbids, WalletUnfunded
from domain.ids import RequestId, StepId
from domain.plan import ServiceCall
from domain.purchases import PlanQuoted, QuotePlan
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import call, evm_terms, listing, offer, plan, terms, usdc
from tests.fakes.rails import FakeRail
from tests.fakes.sellers import answer, challenge

OTHER = "Other11111111111111111111111111111111111111"


async def quoted(counter: Counter, *offers: Offer, done: Sequence[str] = ()) -> PlanQuoted:
    chosen, *spare = offers or (offer(),)
    step = call(service=listing(chosen.name)).model_copy(
        update={"alternates": tuple(each.listing_id for each in spare)}
    )
    ask = QuotePlan(
        plan=plan(step, offers=(chosen, *spare)),
        budget=usdc("10.00"),
        done=tuple(StepId(each) for each in done),
    )
    found: PlanQuoted = await counter.run(counter.payments.quote, ask)
    return found


def service(found: PlanQuoted) -> Any:
    (step,) = found.plan.steps
    assert isinstance(step, ServiceCall)
    return step.service


async def test_a_first_payment_names_who_is_paid(counter: Counter) -> None:
    found = await quoted(counter)

    assert found.new_payees == (f"weather is paid for the first time, at {terms().pay_to}",)
    assert found.holds == ()


async def test_whom_we_paid_before_is_not_new(counter: Counter) -> None:
    await counter.authorized()

    assert (await quoted(counter)).new_payees == ()


async def test_a_first_payment_is_held_where_the_rule_says_so(counter: Counter) -> None:
    counter.rule(first_seen_payee="hold")

    found = await quoted(counter)

    assert found.holds == found.new_payees != ()


@pytest.mark.parametrize("rule", ["show", "hold", "refuse"])
async def test_a_changed_payee_is_shown_held_or_refused(counter: Counter, rule: str) -> None:
    await counter.authorized()
    counter.rule(changed_payee=rule)
    counter.seller.asked = [challenge(terms(pay_to=OTHER))]
    moved = offer(terms=terms(pay_to=OTHER))

    if rule == "refuse":
        with pytest.raises(OfferRefused, match="refuses changed payees"):
            await quoted(counter, moved)
        return
    found = await quoted(counter, moved)
    words = f"weather was paid at {terms().pay_to} before and now wants it at {OTHER}"
    assert found.holds == ((words,) if rule == "hold" else ())
    assert found.new_payees == (() if rule == "hold" else (words,))


async def test_what_a_rule_forbids_gives_way_to_the_next_service(counter: Counter) -> None:
    counter.rule(deny={"hosts": ["one.example"]})
    one, other = offer("one"), offer("other")

    found = await quoted(counter, one, other)

    assert service(found) == other.listing_id
    assert found.policy.deny.hosts == ("one.example",)


async def test_the_last_service_is_refused_in_the_words_of_the_rule(counter: Counter) -> None:
    counter.rule(caps={"payment": "0.10"})

    with pytest.raises(OfferRefused, match=r"above the policy's 0\.10 USDC per payment"):
        await quoted(counter)


async def test_a_forbidden_network_gives_way_to_an_allowed_one(counter: Counter) -> None:
    counter.use(FakeRail(asset=USDC_BASE_SEPOLIA, payer="0xours"))
    counter.rule(deny={"networks": [SOLANA_DEVNET]})
    counter.seller.asked = [challenge(terms(), evm_terms())]

    found = await quoted(counter)

    assert found.plan.offers[0].terms == evm_terms()
    assert found.wallet == "0xours"


async def test_each_network_must_hold_its_own_part(counter: Counter) -> None:
    counter.use(FakeRail(asset=USDC_BASE_SEPOLIA, payer="0xours", held=200_000))
    counter.seller.asked = [challenge(evm_terms())]

    with pytest.raises(WalletUnfunded, match=rf"0xours holds 0\.20 USDC on {BASE_SEPOLIA}") as poor:
        await quoted(counter)

    assert "send it 0.30 USDC more" in str(poor.value)


async def test_a_seller_on_two_networks_is_paid_where_there_is_money(counter: Counter) -> None:
    counter.rail.held = 10
    counter.use(FakeRail(asset=USDC_BASE_SEPOLIA, payer="0xours"))
    for live in ((terms(), evm_terms()), (evm_terms(), terms())):
        counter.seller.asked = [challenge(*live)]

        found = await quoted(counter)

        assert found.plan.offers[0].terms == evm_terms()


async def test_steps_that_are_bought_are_not_asked_about(counter: Counter) -> None:
    found = await quoted(counter, done=["weather"])

    assert counter.seller.orders == []
    assert found.new_payees == ()


async def test_a_redirecting_seller_gives_way(counter: Counter) -> None:
    one, other = offer("one"), offer("other")
    counter.seller.by_url = {one.url: [AddressForbidden("redirects to evil.example")]}

    assert service(await quoted(counter, one, other)) == other.listing_id


async def call_of(counter: Counter, *said: Challenge) -> PlanQuoted:
    counter.seller.asked = list(said)
    request = BuyRequest(
        request_id=RequestId("r"),
        method="POST",
        url="https://unlisted.example/x",
        arguments={"place": "Oslo"},
        maximum=usdc("1.00"),
    )
    found: PlanQuoted = await counter.run(counter.payments.quote_call, QuoteCall(request=request))
    return found


async def test_one_call_is_quoted_with_its_real_arguments_at_the_cheapest_way(
    counter: Counter,
) -> None:
    dear, fair = terms(base_units=45_000_000), terms(pay_to=OTHER)

    for live in ((dear, fair), (fair, dear)):
        found = await call_of(counter, challenge(*live))

        (bought,) = found.plan.offers
        assert bought.terms == fair
        assert bought.quoted_at is not None
        assert found.plan.steps[0].id == CALL_STEP
    assert counter.seller.orders[0].arguments == {"place": "Oslo"}
    assert counter.seller.payments == []


async def test_a_free_call_costs_nothing(counter: Counter) -> None:
    counter.seller.asked = [answer()]
    request = BuyRequest(
        request_id=RequestId("r"), method="GET", url="https://f.example/", maximum=usdc("1.00")
    )

    found: PlanQuoted = await counter.run(counter.payments.quote_call, QuoteCall(request=request))

    assert found.plan.offers[0].terms is None
    assert found.plan.estimated_cost == usdc("0")


async def test_a_call_that_a_rule_forbids_says_which(counter: Counter) -> None:
    counter.rule(allow={"hosts": ["good.example"]})

    with pytest.raises(PolicyForbids, match="not among those the policy allows"):
        await call_of(counter, challenge())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (challenge(terms(asset=OTHER)), "is not one Caravan spends"),
        (challenge(evm_terms()), "no wallet pays on"),
        (challenge().model_copy(update={"demands": ()}), "names no way to pay"),
    ],
)
async def test_a_call_that_cannot_be_paid_says_why(
    counter: Counter, said: Challenge, words: str
) -> None:
    with pytest.raises(OfferRefused, match=words):
        await call_of(counter, said)


async def test_a_quoted_call_can_be_bought_as_any_step(counter: Counter) -> None:
    found = await call_of(counter, challenge())
    bought = found.plan.offers[0]
    counter.seller.paid = [answer(media_type="text/plain", body=b"anything at all")]

    settlement = await counter.bought(bought, slot=slot(step="call"))

    assert settlement.output is not None
