"""The package's own sellers deliver for what is signed, and the chain says what became of it."""

from activities.payments.exchanges import Landed, NeverLands, Pending
from tests.activities.payments.evm.bench import FUNDS, KEY, PAYER, PRICE, SELLER, Bench, low
from tests.activities.payments.evm.shop import Shop, said_settlement


async def test_a_seller_delivers_and_the_chain_shows_it_paid(bench: Bench, shop: Shop) -> None:
    challenge = await shop.ask("/exact")
    unsigned = await bench.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )
    signed = await bench.rail.sign(unsigned, key=KEY)

    answer = await shop.pay("/exact", signed)

    assert (answer.status_code, answer.text) == (200, "the answer of exact")
    outcome = await bench.rail.outcome(unsigned.evidence, low(SELLER))
    assert isinstance(outcome, Landed)
    assert outcome.transaction == said_settlement(answer)["transaction"]
    assert bench.balances() == (FUNDS - PRICE, PRICE)


async def test_a_resend_after_a_lost_reply_does_not_pay_twice(bench: Bench, shop: Shop) -> None:
    challenge = await shop.ask("/exact")
    unsigned = await bench.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )
    signed = await bench.rail.sign(unsigned, key=KEY)

    await shop.pay("/exact", signed)
    again = await shop.pay("/exact", signed)

    assert again.status_code == 402
    assert isinstance(await bench.rail.outcome(unsigned.evidence, low(SELLER)), Landed)
    assert bench.balances() == (FUNDS - PRICE, PRICE)


async def test_a_seller_whose_handler_fails_takes_nothing(bench: Bench, shop: Shop) -> None:
    challenge = await shop.ask("/exact")
    unsigned = await bench.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )
    shop.status = 500

    answer = await shop.pay("/exact", await bench.rail.sign(unsigned, key=KEY))

    assert answer.status_code == 500
    assert await bench.rail.outcome(unsigned.evidence, low(SELLER)) == Pending()
    bench.node.advance_seconds(70)
    assert isinstance(await bench.rail.outcome(unsigned.evidence, low(SELLER)), NeverLands)
    assert bench.balances() == (FUNDS, 0)
