"""What every EVM rail does alike: checks before signing, and reading of evidence."""

import re
import time
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import JsonValue

from activities.payments.evm import signing
from activities.payments.evm.chain import EvmChain, chain_id_of
from activities.payments.evm.node import Block, TxReceipt
from activities.payments.evm.token import EvmToken
from activities.payments.exchanges import Demand, InboundTransfer, OutboundTransfer
from activities.payments.ports import Signer
from domain.chains import EIP712_DOMAINS
from domain.errors import (
    IllegalTransition,
    Misconfigured,
    OfferRefused,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import PaymentKey
from domain.money import Amount, Asset
from domain.payments import Evidence, EvmEvidence, Receipt

MAX_CLOCK_LEAD_SECONDS: Final = 24 * 60 * 60
"""How far a chain's clock may run ahead of ours; test chains are sent ahead by hours."""

_TRANSACTION: Final = re.compile("0x[0-9a-fA-F]{64}")


class EvmRail:
    """One wallet's view of one asset on one EVM network; each scheme adds how it pays."""

    def __init__(self, chain: EvmChain, *, asset: Asset, signer: Signer | None) -> None:
        """Pay in ``asset``.

        Args:
            chain: The network.
            asset: A token of ``EIP712_DOMAINS``.
            signer: The installation's wallet; ``None`` when every payer signs outside.
        """
        self._chain = chain
        self._token = EvmToken(chain, asset)
        self._asset = asset
        self._signer = signer

    @property
    def payer(self) -> str | None:
        """Address of the installation's wallet."""
        return None if self._signer is None else self._signer.address.lower()

    async def refusal(self) -> str | None:
        """Why nothing should be signed now."""
        return await self._chain.refusal()

    async def balance(self, payer: str) -> Amount:
        """Spendable balance of a wallet."""
        return await self._token.balance(payer)

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund."""
        return await self._token.inbound(receipt)

    async def outbound(self, payer: str, *, since: datetime) -> list[OutboundTransfer]:
        """Every transfer of the asset out of a wallet."""
        return await self._token.outbound(payer, since=since)


def check_terms(asset: Asset, demand: Demand, *, scheme: str, payer: str) -> None:
    """Refuse what a rail does not pay, and what could never land.

    Raises:
        OfferRefused: The terms are not for this rail, or name no address that can be paid.
    """
    terms = demand.terms
    if (terms.scheme, terms.network, terms.asset) != (scheme, asset.network, asset.address):
        raise OfferRefused(
            f"{terms.scheme} in {terms.asset} on {terms.network} is not paid here; "
            f"{scheme} in {asset.address} on {asset.network} is"
        )
    if terms.base_units <= 0 or terms.max_timeout_seconds <= 0:
        raise OfferRefused("the seller asks for nothing, or for a payment that is over already")
    signing.address(terms.pay_to)
    if terms.pay_to in {payer.lower(), asset.address}:
        raise OfferRefused(f"a payment to {terms.pay_to} would not reach any seller")


async def check_affordable(token: EvmToken, demand: Demand, *, scheme: str, payer: str) -> None:
    """Check the terms, and that the wallet holds what is asked.

    Raises:
        OfferRefused: The terms are not for this rail, or name no address that can be paid.
        WalletUnfunded: The wallet holds less than is asked.
    """
    check_terms(token.asset, demand, scheme=scheme, payer=payer)
    held = await token.balance(payer)
    if held.base_units < demand.terms.base_units:
        raise WalletUnfunded(
            f"wallet {payer} holds {held} on {token.asset.network}, {demand.terms.amount} is asked"
        )


def token_domain(asset: Asset) -> dict[str, JsonValue]:
    """Under which name a token checks signatures: from our table, never from a seller.

    Raises:
        Misconfigured: The table does not know the token.
    """
    try:
        name, version = EIP712_DOMAINS[(asset.network, asset.address)]
    except KeyError:
        raise Misconfigured(
            f"how {asset.symbol} on {asset.network} checks signatures is not known"
        ) from None
    return {
        "name": name,
        "version": version,
        "chainId": chain_id_of(asset.network),
        "verifyingContract": signing.address(asset.address),
    }


def now_on(latest: Block) -> int:
    """Unix seconds from which a payment's lifetime counts.

    Raises:
        UpstreamUnavailable: The node's newest block is of a time to come; what is signed by such
            a clock could be used for as long as its liar pleases.
    """
    # A chain that mines on demand stands still between payments, so its time alone is not enough.
    here = int(time.time())
    if latest.timestamp > here + MAX_CLOCK_LEAD_SECONDS:
        raise UpstreamUnavailable(f"the EVM node's newest block is of {latest.timestamp}, too late")
    return max(latest.timestamp, here)


async def sign_with(signer: Signer | None, message: str, *, key: PaymentKey) -> str:
    """Have the installation's wallet sign.

    Raises:
        Misconfigured: It has none.
    """
    if signer is None:
        raise Misconfigured("this installation has no EVM wallet; the payer's own must sign")
    return await signer.sign(message, key=key)


def evm_evidence(
    evidence: Evidence, method: Literal["eip3009", "permit2", "voucher"]
) -> EvmEvidence:
    """Narrow evidence to what a rail made.

    Raises:
        IllegalTransition: Another rail made it.
    """
    if not isinstance(evidence, EvmEvidence) or evidence.method != method:
        raise IllegalTransition(f"this evidence is not of a payment by {method}")
    return evidence


async def settled(chain: EvmChain, transaction: str) -> TxReceipt | None:
    """A transaction that succeeded, deep enough to count."""
    if not is_transaction(transaction):
        return None
    found = await chain.receipt(transaction)
    if found is None or not found.succeeded:
        return None
    return found if found.block_number <= await chain.settled_height() else None


def is_transaction(text: str) -> bool:
    """Whether ``text`` can name a transaction at all."""
    return _TRANSACTION.fullmatch(text) is not None


def expired(wanted: EvmEvidence) -> str:
    """Words for a payment whose time is over."""
    until = datetime.fromtimestamp(wanted.valid_before, UTC).isoformat()
    return f"it was not used before {until}, after which it never can be"
