"""What a seller says of a channel is believed as far as the chain shows it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.exchanges import InboundTransfer, Landed, NeverLands, Pending
from domain.errors import RecordsDisagree, SignatureRefused, UpstreamUnavailable
from domain.ids import Digest
from domain.payments import EvmEvidence
from tests.activities.payments.evm.bench import FUNDS, OTHER, Bench, low
from tests.activities.payments.evm.channel_buyer import (
    CALL,
    KEYS,
    PATH,
    Buyer,
    buyer_at,
    receipt_of,
)


async def test_what_the_channel_has_left_comes_back(buyer: Buyer) -> None:
    paid = [await buyer.buy(key) for key in KEYS[:3]]
    landed = await buyer.outcome(paid[0])
    receipt = receipt_of(landed)

    back = await buyer.rail.refund_channel(receipt)

    assert isinstance(back, InboundTransfer)
    assert back.amount.base_units == 7 * CALL
    assert buyer.bench.balances()[0] == FUNDS - 3 * CALL
    assert await buyer.rail.refund_channel(receipt) == back
    assert [type(await buyer.outcome(each)) for each in paid] == [Landed] * 3
    assert await buyer.rail.proves(receipt)


async def test_a_seller_that_refuses_a_refund_is_not_believed_to_have_given_one(
    buyer: Buyer,
) -> None:
    receipt = receipt_of(await buyer.outcome(await buyer.buy()))
    buyer.door.broken = True

    assert await buyer.rail.refund_channel(receipt) is None
    with pytest.raises(SignatureRefused):  # closed for good, so that no money follows
        await buyer.again(buyer.sent)
    buyer.door.broken = False
    back = await buyer.rail.refund_channel(receipt)

    assert back is not None
    assert back.amount.base_units == 9 * CALL


async def test_what_was_delivered_on_a_deposit_that_never_came_was_free(buyer: Buyer) -> None:
    evidence, _ = await buyer.signed(KEYS[0])
    await buyer.rail.heard(evidence, delivered=True, settlement=None, challenge=None)

    assert await buyer.outcome(evidence) == Pending()
    buyer.bench.node.advance_seconds(400)
    assert isinstance(await buyer.outcome(evidence), NeverLands)

    assert isinstance(await buyer.outcome(await buyer.buy(KEYS[1])), Landed)
    assert isinstance(await buyer.outcome(evidence), NeverLands)
    assert buyer.held() == 10 * CALL


async def test_a_refund_waits_for_a_payment_under_way(buyer: Buyer) -> None:
    receipt = receipt_of(await buyer.outcome(await buyer.buy(KEYS[0])))
    await buyer.signed(KEYS[1])

    with pytest.raises(UpstreamUnavailable, match="under way"):
        await buyer.rail.refund_channel(receipt)


async def test_one_piece_charged_for_two_payments_is_conceded_once(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    late, _ = await buyer.signed(KEYS[1])
    buyer.seconds += 200
    taken = await buyer.buy(KEYS[2])

    await buyer.rail.heard(late, delivered=True, settlement=None, challenge=None)

    assert isinstance(await buyer.outcome(taken), Landed)
    assert isinstance(await buyer.outcome(late), NeverLands)


async def test_after_a_refund_old_vouchers_cannot_draw_on_new_money(buyer: Buyer) -> None:
    first = await buyer.buy(KEYS[0])
    buyer.shop.status = 500
    lost, signed = await buyer.signed(KEYS[1])
    await buyer.pay(lost, signed)
    buyer.shop.status = 200
    await buyer.rail.refund_channel(receipt_of(await buyer.outcome(first)))

    buyer.bench.node.advance_seconds(400)
    never = await buyer.outcome(lost)
    second = await buyer.buy(KEYS[2])

    assert isinstance(never, NeverLands)
    assert isinstance(first, EvmEvidence)
    assert isinstance(second, EvmEvidence)
    assert first.nonce != second.nonce


async def test_a_seller_cannot_move_the_channel_by_words_alone(buyer: Buyer) -> None:
    evidence = await buyer.buy(KEYS[0])
    second, signed = await buyer.signed(KEYS[1])
    del signed
    challenge = await buyer.shop.ask(PATH)
    raw = dict(challenge.demands[0].raw)
    raw["extra"] = {
        **raw["extra"],  # type: ignore[dict-item]
        "channelState": {"chargedCumulativeAmount": str(9 * CALL)},
        "voucherState": {"signedMaxClaimable": str(9 * CALL), "signature": "0x" + "11" * 65},
    }
    lie = challenge.model_copy(
        update={"demands": (challenge.demands[0].model_copy(update={"raw": raw}),)}
    )

    await buyer.rail.heard(second, delivered=False, settlement=None, challenge=lie)

    assert isinstance(await buyer.outcome(evidence), Landed)
    assert await buyer.outcome(second) == Pending()
    third = await buyer.buy(KEYS[2])
    assert isinstance(third, EvmEvidence)
    assert third.piece == str(2 * CALL)


async def test_records_older_than_the_sellers_are_brought_up_to_it(
    bench: Bench, buyer: Buyer, tmp_path: Path
) -> None:
    await buyer.buy(KEYS[0])
    backup = tmp_path / "backup.sqlite"
    # The file alone lacks what is still in the log beside it.
    kept = sqlite3.connect(tmp_path / "channels.sqlite")
    with closing(kept), closing(sqlite3.connect(backup)) as copied:
        kept.backup(copied)
    for key in KEYS[1:3]:
        await buyer.buy(key)
    restored = await SqlChannels.open(f"sqlite+aiosqlite:///{backup}")
    after = buyer_at(bench, buyer.shop, restored)

    evidence, signed = await after.signed(KEYS[5])
    refused = await after.pay(evidence, signed)
    next_ = await after.buy(KEYS[6])

    assert refused.status_code == 402
    landed = await after.outcome(next_)
    assert isinstance(landed, Landed)
    assert (landed.piece, landed.moved) == (str(4 * CALL), CALL)
    assert isinstance(await after.outcome(evidence), NeverLands)
    await restored.close()


async def test_a_channel_that_no_record_explains_is_for_a_person_to_look_at(
    bench: Bench, buyer: Buyer, tmp_path: Path
) -> None:
    await buyer.buy(KEYS[0])
    empty = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}")

    with pytest.raises(RecordsDisagree, match="no record"):
        await buyer_at(bench, buyer.shop, empty).signed(KEYS[5])
    await empty.close()


async def test_a_payment_without_a_record_is_for_a_person_to_look_at(buyer: Buyer) -> None:
    evidence = await buyer.buy()
    assert isinstance(evidence, EvmEvidence)
    unknown = evidence.model_copy(update={"message_digest": Digest("0" * 64)})

    with pytest.raises(RecordsDisagree):
        await buyer.outcome(unknown)


async def test_a_receipt_is_proven_only_as_it_was(buyer: Buyer) -> None:
    receipt = receipt_of(await buyer.outcome(await buyer.buy()))

    assert await buyer.rail.proves(receipt)
    for change in (
        {"pay_to": low(OTHER)},
        {"payer": low(OTHER)},
        {"transaction": "0x" + "11" * 32},
        {"piece": str(11 * CALL)},
        {"piece": ""},
    ):
        assert not await buyer.rail.proves(receipt.model_copy(update=change)), change
