"""A channel's line is never sold twice, and a deposit never passes its cap."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from activities.payments.evm.channel import (
    Channel,
    Deposit,
    Voucher,
    attributed,
    check_same_terms,
    deposit_for,
    deposit_size,
    opened,
    voucher_digest,
    voucher_message,
)
from domain.catalogue import ChannelTerms
from domain.errors import OfferRefused, WalletUnfunded
from domain.ids import Digest, PaymentKey
from tests.activities.payments.evm.bench import AUTHORIZER, OTHER, PAYER, USDC, demand, low

DEPOSIT = Deposit(base_units=10, salt="0x01", nonce="0x01", first_block=1, valid_before=1)
TERMS = demand(
    scheme="batch-settlement",
    channel=ChannelTerms(receiver_authorizer=AUTHORIZER.address, withdraw_delay_seconds=900),
).terms
UNITS = st.integers(0, 30)
KEYS = st.binary(min_size=32, max_size=32).map(lambda raw: PaymentKey(raw.hex()))


def voucher(base: int, total: int, number: int = 0) -> Voucher:
    return Voucher(
        key=PaymentKey(f"{number:064x}"),
        digest=Digest(f"{number:064x}"),
        channel="0x00",
        base=base,
        total=total,
        funding=DEPOSIT,
        deposits=False,
        prepared_at=number,
    )


def channel(number: int = 0) -> Channel:
    return opened(TERMS, payer=low(PAYER), number=number, asset=USDC, first_block=1)


@given(
    conceded=UNITS, reached=UNITS, pieces=st.lists(st.tuples(UNITS, st.integers(1, 9)), max_size=9)
)
def test_no_piece_of_the_line_is_charged_to_two_payments(
    conceded: int, reached: int, pieces: list[tuple[int, int]]
) -> None:
    before = channel().model_copy(update={"conceded": conceded})
    waiting = [voucher(base, base + size, n) for n, (base, size) in enumerate(pieces)]

    after, charged = attributed(before, reached, waiting)

    assert after.conceded == max(conceded, reached)
    line = [at for each in charged for at in range(each.base, each.base + (each.charged or 0))]
    assert len(line) == len(set(line))
    assert all(conceded <= at < reached for at in line)
    assert all(0 < (each.charged or 0) <= each.total - each.base for each in charged)


@given(
    price=st.integers(1, 50),
    need=st.integers(1, 50),
    wish=st.integers(0, 500),
    room=st.integers(0, 200),
    held=st.integers(0, 500),
)
def test_a_deposit_covers_the_call_and_stays_within_cap_and_wallet(
    price: int, need: int, wish: int, room: int, held: int
) -> None:
    assume(need <= price)

    try:
        size = deposit_size(price=price, need=need, wish=wish, room=room, held=held)
    except (OfferRefused, WalletUnfunded):
        assert need > held or need > max(room, price)
        return

    assert need <= size <= min(max(room, need), held)


@given(key=KEYS, other=KEYS)
def test_every_payment_has_a_deposit_nonce_and_a_name_of_its_own(
    key: PaymentKey, other: PaymentKey
) -> None:
    message = voucher_message(channel().id, 5, network=USDC.network)

    def nonce(of: PaymentKey) -> str:
        return deposit_for(channel(), of, base_units=1, since=1, until=2).nonce

    assert (nonce(key) == nonce(other)) is (key == other)
    assert (voucher_digest(message, key) == voucher_digest(message, other)) is (key == other)


def test_each_next_channel_has_another_id() -> None:
    assert len({channel(number).id for number in range(5)}) == 5
    assert channel().id == channel().id


@pytest.mark.parametrize("delay", [0, 899, 2_592_001])
def test_a_delay_that_no_contract_takes_is_refused(delay: int) -> None:
    asked = ChannelTerms(receiver_authorizer=AUTHORIZER.address, withdraw_delay_seconds=delay)
    terms = TERMS.model_copy(update={"channel": asked})

    with pytest.raises(OfferRefused, match="delay"):
        opened(terms, payer=low(PAYER), number=0, asset=USDC, first_block=1)


@pytest.mark.parametrize(("authorizer", "delay"), [(OTHER.address, 900), (AUTHORIZER.address, 901)])
def test_changed_channel_terms_open_no_second_channel(authorizer: str, delay: int) -> None:
    asked = ChannelTerms(receiver_authorizer=authorizer, withdraw_delay_seconds=delay)

    with pytest.raises(OfferRefused, match="refund"):
        check_same_terms(channel(), TERMS.model_copy(update={"channel": asked}))
