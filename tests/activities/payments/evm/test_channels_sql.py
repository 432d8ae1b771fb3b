"""Where channels and vouchers are kept says when it does not answer, and tells nobody of them."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from activities.payments.evm.channel import Channel
from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.ledger.engines import StatementRefused, connect
from activities.payments.ledger.ports import LedgerUnavailable
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, PaymentKey

SECRET = "d0" * 32
PASSWORD = "never-to-be-read"

CALLS: dict[str, Callable[[SqlChannels], Awaitable[object]]] = {
    "newest": lambda channels: channels.newest("place"),
    "channel": lambda channels: channels.channel(SECRET),
    "voucher": lambda channels: channels.voucher(Digest(SECRET)),
    "voucher_of": lambda channels: channels.voucher_of(PaymentKey(SECRET)),
    "unsettled": lambda channels: channels.unsettled(SECRET),
}
every_read = pytest.mark.parametrize("read", CALLS.values(), ids=CALLS)


@pytest.fixture
async def channels(tmp_path: Path) -> AsyncIterator[SqlChannels]:
    opened = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'channels.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
async def unreachable(unused_tcp_port: int) -> AsyncIterator[SqlChannels]:
    """Channels in a database that went away."""
    address = f"postgresql+asyncpg://caravan:{PASSWORD}@127.0.0.1:{unused_tcp_port}/ledger"
    opened = SqlChannels(await connect(address))
    yield opened
    await opened.close()


def channel(number: int, of: str = "ab") -> Channel:
    return Channel(
        id="0x" + of * 32,
        number=number,
        payer="0x" + "01" * 20,
        pay_to="0x" + "02" * 20,
        receiver_authorizer="0x" + "03" * 20,
        withdraw_delay_seconds=900,
        salt="0x" + "04" * 32,
        first_block=1,
    )


def words_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@every_read
async def test_a_database_that_does_not_answer_a_read_is_to_be_asked_again(
    unreachable: SqlChannels, read: Callable[[SqlChannels], Awaitable[object]]
) -> None:
    with pytest.raises(LedgerUnavailable, match="does not answer") as caught:
        await read(unreachable)

    assert caught.value.retryable
    assert PASSWORD not in words_of(caught.value)
    assert SECRET not in words_of(caught.value)


async def test_a_database_that_is_not_there_is_said_when_it_is_opened(unused_tcp_port: int) -> None:
    with pytest.raises(LedgerUnavailable):
        await SqlChannels.open(f"postgresql+asyncpg://caravan@127.0.0.1:{unused_tcp_port}/ledger")


async def test_a_write_that_nobody_answers_is_to_be_tried_again(unreachable: SqlChannels) -> None:
    with pytest.raises(LedgerUnavailable):
        await unreachable.save("place", channel(1), version=0)


@every_read
async def test_a_statement_that_is_refused_quotes_nothing_it_was_given(
    channels: SqlChannels, read: Callable[[SqlChannels], Awaitable[object]]
) -> None:
    async with channels._engine.begin() as connection:
        await connection.execute(text("DROP TABLE evm_vouchers"))
        await connection.execute(text("DROP TABLE evm_channels"))

    with pytest.raises(StatementRefused) as caught:
        await read(channels)

    assert SECRET not in words_of(caught.value)


async def test_of_two_that_begin_one_channel_one_has_to_read_again(channels: SqlChannels) -> None:
    await channels.save("place", channel(1), version=0)

    with pytest.raises(UpstreamUnavailable, match="try again"):
        await channels.save("place", channel(1, of="ef"), version=0)

    assert await channels.newest("place") == (channel(1), 1)
