"""Channels and vouchers in SQL, written before anything signed for them leaves.

One row of a channel changes at a time: whoever read an older version has to read again.
"""

from contextlib import AsyncExitStack
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.payments.evm.channel import Channel, Voucher
from activities.payments.ledger.engines import AlreadyWritten, connect, reading_from, writing_to
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, PaymentKey

METADATA: Final = MetaData()

_CHANNELS: Final = Table(
    "evm_channels",
    METADATA,
    Column("id", String(66), primary_key=True),
    Column("place", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("place", "number"),
)

_VOUCHERS: Final = Table(
    "evm_vouchers",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("channel", String(66), nullable=False, index=True),
    Column("settled", Boolean, nullable=False),
    Column("content", Text, nullable=False),
)


class SqlChannels:
    """Channel storage beside the ledger; every write is durable when it returns.

    A database that does not answer is `LedgerUnavailable`, in reads and writes alike.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "SqlChannels":
        """Connect and create missing tables.

        Raises:
            LedgerUnavailable: The database does not answer.
        """
        engine = await connect(url)
        async with AsyncExitStack() as closing:
            closing.push_async_callback(engine.dispose)
            async with writing_to(engine) as connection:
                await connection.run_sync(METADATA.create_all)
            closing.pop_all()
        return cls(engine)

    async def close(self) -> None:
        """Release the connections."""
        await self._engine.dispose()

    async def newest(self, place: str) -> tuple[Channel | None, int]:
        """The newest channel of a place, and its version; ``None`` and 0 without one."""
        query = (
            select(_CHANNELS.c.content, _CHANNELS.c.version)
            .where(_CHANNELS.c.place == place)
            .order_by(_CHANNELS.c.number.desc())
            .limit(1)
        )
        async with reading_from(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return (None, 0) if row is None else (Channel.model_validate_json(row[0]), row[1])

    async def channel(self, channel_id: str) -> tuple[Channel | None, int]:
        """A channel by its id, and its version."""
        query = select(_CHANNELS.c.content, _CHANNELS.c.version).where(_CHANNELS.c.id == channel_id)
        async with reading_from(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return (None, 0) if row is None else (Channel.model_validate_json(row[0]), row[1])

    async def voucher(self, digest: Digest) -> Voucher | None:
        """A voucher by what names it in evidence."""
        return await self._voucher(_VOUCHERS.c.digest == digest)

    async def voucher_of(self, key: PaymentKey) -> Voucher | None:
        """The voucher of one payment."""
        return await self._voucher(_VOUCHERS.c.key == key)

    async def unsettled(self, channel_id: str) -> list[Voucher]:
        """Vouchers of a channel that we do not concede, oldest first."""
        query = select(_VOUCHERS.c.content).where(
            _VOUCHERS.c.channel == channel_id, _VOUCHERS.c.settled.is_(False)
        )
        async with reading_from(self._engine) as connection:
            rows = (await connection.execute(query)).scalars().all()
        found = [Voucher.model_validate_json(row) for row in rows]
        return sorted(found, key=lambda voucher: voucher.prepared_at)

    async def save(
        self, place: str, channel: Channel, *, version: int, vouchers: tuple[Voucher, ...] = ()
    ) -> None:
        """Write a channel and vouchers of it together.

        Raises:
            UpstreamUnavailable: Another payment changed the channel in between, or the database
                does not answer.
        """
        try:
            async with writing_to(self._engine) as connection:
                await _write_channel(connection, place, channel, version)
                for voucher in vouchers:
                    await _write_voucher(connection, voucher)
        except AlreadyWritten:
            raise UpstreamUnavailable("the channel's record is in use; try again") from None

    async def _voucher(self, condition: ColumnElement[bool]) -> Voucher | None:
        async with reading_from(self._engine) as connection:
            row = (
                await connection.execute(select(_VOUCHERS.c.content).where(condition))
            ).scalar_one_or_none()
        return None if row is None else Voucher.model_validate_json(row)


async def _write_channel(
    connection: AsyncConnection, place: str, channel: Channel, version: int
) -> None:
    content = channel.model_dump_json()
    if version == 0:
        await connection.execute(
            insert(_CHANNELS).values(
                id=channel.id, place=place, number=channel.number, version=1, content=content
            )
        )
        return
    changed = await connection.execute(
        update(_CHANNELS)
        .where(_CHANNELS.c.id == channel.id, _CHANNELS.c.version == version)
        .values(version=version + 1, content=content)
    )
    if changed.rowcount != 1:
        raise UpstreamUnavailable("another payment changed the channel; try again")


async def _write_voucher(connection: AsyncConnection, voucher: Voucher) -> None:
    # Prepared again at other terms before anything was sent: the earlier one counts no more.
    await connection.execute(
        delete(_VOUCHERS).where(
            _VOUCHERS.c.key == voucher.key, _VOUCHERS.c.digest != voucher.digest
        )
    )
    values = {
        "key": voucher.key,
        "channel": voucher.channel,
        "settled": voucher.charged is not None,
        "content": voucher.model_dump_json(),
    }
    changed = await connection.execute(
        update(_VOUCHERS).where(_VOUCHERS.c.digest == voucher.digest).values(**values)
    )
    if changed.rowcount == 0:
        await connection.execute(insert(_VOUCHERS).values(digest=voucher.digest, **values))
