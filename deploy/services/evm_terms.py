"""What a seller asks on the EVM network, and who verifies it there."""

from dataclasses import dataclass
from typing import Any, Final

from eth_utils.address import to_checksum_address
from x402.http.types import DynamicPayTo, DynamicPrice, PaymentOption
from x402.mechanisms.evm.exact.server import ExactEvmScheme
from x402.schemas import AssetAmount
from x402.server import x402ResourceServer

from deploy.services.evm_wallets import EvmWallet
from deploy.services.refunds import RefundDesk
from domain.chains import EIP712_DOMAINS, usdc_on

MAX_TIMEOUT_SECONDS: Final = 60
"""How long a payment may be on its way."""


@dataclass(frozen=True, kw_only=True)
class EvmSide:
    """What sellers need to be paid on an EVM network as well."""

    network: str
    wallets: dict[str, EvmWallet]
    desk: RefundDesk

    def amount(self, base_units: int) -> AssetAmount:
        """Return a price in the network's USDC."""
        asset = usdc_on(self.network).address
        name, version = EIP712_DOMAINS[(self.network, asset)]
        said = {"name": name, "version": version}
        return AssetAmount(amount=str(base_units), asset=to_checksum_address(asset), extra=said)

    def option(
        self,
        price: AssetAmount | DynamicPrice,
        pay_to: str | DynamicPayTo,
        *,
        scheme: str = "exact",
        max_timeout_seconds: int = MAX_TIMEOUT_SECONDS,
    ) -> PaymentOption:
        """Return one way to pay."""
        return PaymentOption(
            scheme=scheme,
            pay_to=pay_to,
            price=price,
            network=self.network,
            max_timeout_seconds=max_timeout_seconds,
        )

    def accept_exact(self, server: x402ResourceServer) -> None:
        """Let a seller take exact payments here."""
        make: Any = ExactEvmScheme  # the package's own protocol does not match its own class
        server.register(self.network, make())
