"""Where channels and vouchers are kept tells nobody of them."""

import traceback
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from activities.payments.evm.channels_sql import SqlChannels
from domain.ids import Digest

SECRET = "d0" * 32


async def test_a_statement_that_fails_quotes_nothing_it_was_given(tmp_path: Path) -> None:
    channels = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'channels.sqlite'}")
    async with channels._engine.begin() as connection:
        await connection.execute(text("DROP TABLE evm_vouchers"))

    with pytest.raises(SQLAlchemyError) as caught:
        await channels.voucher(Digest(SECRET))

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    await channels.close()
