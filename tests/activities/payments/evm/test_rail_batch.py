"""One deposit pays for many calls: real chain, unmodified package, our own channel contracts.

The package publishes no contract for channels; those on the test chain are doubles made from its
ABI and typed data. So these tests prove our side of the protocol, not the contract's.
"""

import pytest

from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.exchanges import Landed
from activities.payments.ports import ChannelRail
from domain.errors import OfferRefused, SignatureRefused, WalletUnfunded
from tests.activities.payments.evm.bench import FUNDS, KEY, OTHER, PAYER, Bench
from tests.activities.payments.evm.channel_buyer import CALL, KEYS, PATH, Buyer, buyer_at
from tests.activities.payments.evm.node import EvmNode
from tests.activities.payments.evm.shop import Shop


async def test_one_deposit_pays_for_ten_calls(buyer: Buyer) -> None:
    paid = [await buyer.buy(key) for key in KEYS[:10]]

    outcomes = [await buyer.outcome(evidence) for evidence in paid]

    assert buyer.shop.handed_out == 10
    landed = [each for each in outcomes if isinstance(each, Landed)]
    assert [each.moved for each in landed] == [CALL] * 10
    assert [each.piece for each in landed] == [str(CALL * n) for n in range(1, 11)]
    assert len({each.transaction for each in landed}) == 1
    assert buyer.bench.balances()[0] == FUNDS - 10 * CALL
    assert buyer.held() == 10 * CALL


async def test_the_eleventh_call_brings_the_next_deposit(buyer: Buyer) -> None:
    for key in KEYS[:10]:
        await buyer.buy(key)
    eleventh = await buyer.outcome(await buyer.buy(KEYS[10]))
    tenth = await buyer.outcome(await buyer.buy(KEYS[11]))

    assert isinstance(eleventh, Landed)
    assert isinstance(tenth, Landed)
    assert eleventh.transaction == tenth.transaction
    assert buyer.held() == 20 * CALL


def test_only_the_rail_of_channels_is_one(buyer: Buyer) -> None:
    assert isinstance(buyer.rail, ChannelRail)
    assert not isinstance(buyer.bench.rail, ChannelRail)


async def test_a_seller_that_charges_less_is_paid_less(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    buyer.shop.charge = CALL // 4
    less = await buyer.outcome(await buyer.buy(KEYS[1]))
    buyer.shop.charge = None
    after = await buyer.outcome(await buyer.buy(KEYS[2]))

    assert isinstance(less, Landed)
    assert isinstance(after, Landed)
    assert (less.moved, less.piece) == (CALL // 4, str(CALL + CALL // 4))
    assert (after.moved, after.piece) == (CALL, str(2 * CALL + CALL // 4))


async def test_what_is_at_risk_counts_the_deposit(buyer: Buyer) -> None:
    first, signed = await buyer.signed(KEYS[0])
    assert (await buyer.rail.at_risk(first)).base_units == 10 * CALL
    await buyer.pay(first, signed)
    second, _ = await buyer.signed(KEYS[1])
    assert (await buyer.rail.at_risk(second)).base_units == CALL


@pytest.mark.parametrize(("cap", "deposit"), [(10, 10), (4, 4), (1, 1), (50, 10)])
async def test_a_deposit_stays_within_the_cap(
    bench: Bench, node: EvmNode, store: SqlChannels, cap: int, deposit: int
) -> None:
    shop = Shop(node, price=CALL)
    buyer = buyer_at(bench, shop, store, max_unspent=cap * CALL)

    await buyer.buy()

    assert buyer.held() == deposit * CALL
    await shop.close()


async def test_a_wallet_that_cannot_cover_the_call_is_refused(buyer: Buyer) -> None:
    buyer.bench.node.transfer(PAYER.address, OTHER.address, FUNDS - CALL + 1)

    with pytest.raises(WalletUnfunded):
        await buyer.signed()


async def test_a_small_wallet_deposits_what_it_has(buyer: Buyer) -> None:
    buyer.bench.node.transfer(PAYER.address, OTHER.address, FUNDS - 2 * CALL)

    await buyer.buy(KEYS[0])
    await buyer.buy(KEYS[1])

    assert buyer.held() == 2 * CALL
    assert buyer.bench.balances()[0] == 0


async def test_a_wallet_outside_cannot_use_a_channel(buyer: Buyer) -> None:
    challenge = await buyer.shop.ask(PATH)

    with pytest.raises(OfferRefused, match="own wallet"):
        await buyer.rail.prepare(challenge.demands[0], challenge, key=KEY, payer=OTHER.address)
    unsigned = await buyer.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )
    with pytest.raises(SignatureRefused):
        buyer.rail.attach(unsigned, "0x" + "11" * 65)


async def test_a_seller_that_may_keep_money_for_weeks_gets_none(
    bench: Bench, buyer: Buyer, store: SqlChannels
) -> None:
    strict = buyer_at(bench, buyer.shop, store, max_withdraw_delay_seconds=899)

    with pytest.raises(OfferRefused, match="900 s"):
        await strict.signed()
