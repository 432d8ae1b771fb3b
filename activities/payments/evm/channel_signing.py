"""Signs what a payment channel sends, in the package's wire types."""

from pydantic import JsonValue
from x402.mechanisms.evm.batch_settlement.types import (
    DepositAuthorization,
    DepositFields,
    DepositPayload,
    Erc3009Authorization,
    RefundPayload,
    VoucherFields,
    VoucherPayload,
)

from activities.payments.evm import signing
from activities.payments.evm.channel import (
    Channel,
    Deposit,
    Voucher,
    config_of,
    deposit_message,
    voucher_message,
)
from activities.payments.evm.paying import sign_with
from activities.payments.ports import Signer
from domain.ids import PaymentKey, digest_bytes
from domain.money import Asset


class ChannelSigner:
    """Signs for the channels of one wallet."""

    def __init__(self, signer: Signer | None, asset: Asset) -> None:
        self._signer = signer
        self._asset = asset

    async def payment(
        self, channel: Channel, voucher: Voucher, *, key: PaymentKey
    ) -> dict[str, JsonValue]:
        """A voucher, with its deposit where it brings one."""
        config = config_of(channel, self._asset)
        fields = await self._voucher(channel, voucher.total, key)
        if not voucher.deposits:
            only = VoucherPayload()
            only.channel_config, only.voucher = config, fields
            return only.to_dict()
        both = DepositPayload()
        both.channel_config, both.voucher = config, fields
        both.deposit = await self._deposit(channel, voucher.funding, key)
        return both.to_dict()

    async def refund(self, channel: Channel) -> dict[str, JsonValue]:
        """A request for what a channel has left, above what we concede."""
        asked = RefundPayload()
        asked.channel_config = config_of(channel, self._asset)
        own = _key_for("caravan/refund", channel.id)
        asked.voucher = await self._voucher(channel, channel.conceded, own)
        return asked.to_dict()

    async def _voucher(self, channel: Channel, total: int, key: PaymentKey) -> VoucherFields:
        message = voucher_message(channel.id, total, network=self._asset.network)
        return VoucherFields(
            channel_id=channel.id,
            max_claimable_amount=str(total),
            signature=await self._signature(channel, message, key),
        )

    async def _deposit(self, channel: Channel, deposit: Deposit, key: PaymentKey) -> DepositFields:
        message = deposit_message(channel, deposit, self._asset)
        # A key of its own, so that a signer that counts does not take it for the voucher.
        signature = await self._signature(channel, message, _key_for("caravan/deposit", key))
        return DepositFields(
            amount=str(deposit.base_units),
            authorization=DepositAuthorization(
                erc3009_authorization=Erc3009Authorization(
                    valid_after="0",
                    valid_before=str(deposit.valid_before),
                    salt=deposit.salt,
                    signature=signature,
                )
            ),
        )

    async def _signature(self, channel: Channel, message: str, key: PaymentKey) -> str:
        signature = await sign_with(self._signer, message, key=key)
        return signing.signed_by(channel.payer, message, signature)


def _key_for(purpose: str, name: str) -> PaymentKey:
    return PaymentKey(digest_bytes(f"{purpose}{name}".encode()))
