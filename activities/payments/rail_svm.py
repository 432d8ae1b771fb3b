"""Solana ``exact``: sign a transfer of our own making, read from the chain what became of it.

The buyer never learns the transaction's id from signing: that is the fee payer's signature. So a
payment is found by the digest of its message, among the transactions of our own token account.
"""

from typing import Final

from solana.rpc.commitment import Confirmed, Finalized
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments import svm_transfer
from activities.payments.ports import (
    Challenge,
    Demand,
    InboundTransfer,
    Landed,
    NeverLands,
    Outcome,
    Pending,
    SignedPayment,
)
from activities.payments.svm_chain import SvmChain, Transaction
from domain.chains import known_asset
from domain.errors import OfferRefused, UpstreamUnavailable, WalletUnfunded
from domain.ids import PaymentKey
from domain.money import Amount, Asset
from domain.payments import Authorization, Receipt

REFUND_MEMO_CHARACTERS: Final = 32
"""Leading characters of the refunded transaction that a seller's memo repeats."""


class SvmRail:
    """Pays in one asset from one wallet on one Solana network."""

    def __init__(self, chain: SvmChain, *, signer: Keypair, asset: Asset) -> None:
        self._chain = chain
        self._signer = signer
        self._asset = asset
        self._account = svm_transfer.token_account(signer.pubkey(), asset)

    @property
    def payer(self) -> str:
        """Address of the wallet that pays."""
        return str(self._signer.pubkey())

    async def balance(self) -> Amount:
        """Spendable balance of the wallet's token account."""
        found = await self._chain.token_balance(self._account)
        if found is None:
            raise WalletUnfunded(
                f"wallet {self.payer} has no {self._asset.symbol} account on "
                f"{self._asset.network}; send it some {self._asset.symbol} first"
            )
        return Amount(asset=self._asset, base_units=found)

    async def sign(self, demand: Demand, challenge: Challenge, *, key: PaymentKey) -> SignedPayment:
        """Build and sign, sending nothing."""
        transfer = await self._transfer(demand, key)
        blockhash = await self._chain.blockhash()
        message = svm_transfer.message_of(transfer, blockhash.value)
        return SignedPayment(
            x402_version=demand.terms.x402_version,
            accepted=demand.raw,
            resource=challenge.resource,
            extensions=challenge.extensions,
            payload={"transaction": svm_transfer.sign(message, self._signer)},
            message_digest=svm_transfer.message_digest(message),
            memo=transfer.memo,
            first_slot=blockhash.slot,
            last_valid_block_height=blockhash.last_valid_block_height,
        )

    async def outcome(self, authorization: Authorization, *, hint: str | None = None) -> Outcome:
        """Read from the chain what became of signed bytes."""
        found = await self._ours(hint, authorization) if hint is not None else None
        if found is not None and found.error is None:
            return _landed(found)
        # The position is read before the search: what landed within the window is then visible.
        reached = await self._chain.finalized()
        over = reached.height > authorization.last_valid_block_height
        # Presence is proof from any node, also one that lags; only absence needs a current one.
        found = await self._search(authorization, as_of_slot=None)
        if over and (found is None or found.error is not None):
            found = await self._search(authorization, as_of_slot=reached.slot)
        if found is not None and found.error is None:
            return _landed(found)
        if not over:
            # Also when it was seen to fail: on another fork it may still succeed.
            return Pending()
        failed = f"it failed on chain ({found.error})" if found else "it is not on chain"
        return NeverLands(
            reason=f"{failed}, and block {reached.height} is past its last valid block "
            f"{authorization.last_valid_block_height}"
        )

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        found = await self._chain.transaction(Signature.from_string(receipt.transaction))
        mint = receipt.amount.asset.address
        return (
            found is not None
            and found.error is None
            and found.deltas.get((receipt.pay_to, mint), 0) >= receipt.amount.base_units
            and found.deltas.get((receipt.payer, mint), 0) <= -receipt.amount.base_units
        )

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund.

        A transfer whose memo names this payment comes first; one that names another is left out.
        """
        named: list[InboundTransfer] = []
        unnamed: list[InboundTransfer] = []
        async for seen in self._chain.history(self._account, since_slot=receipt.slot):
            if seen.failed or seen.signature == Signature.from_string(receipt.transaction):
                continue
            transfer = await self._inbound(seen.signature, receipt)
            if transfer is None:
                continue
            if receipt.transaction[:REFUND_MEMO_CHARACTERS] in seen.memo:
                named.append(transfer)
            elif "refund:" not in seen.memo:
                unnamed.append(transfer)
        return named + unnamed

    async def _transfer(self, demand: Demand, key: PaymentKey) -> svm_transfer.Transfer:
        terms = demand.terms
        try:
            pay_to = Pubkey.from_string(terms.pay_to)
            fee_payer = Pubkey.from_string(terms.fee_payer or "")
        except ValueError as err:
            raise OfferRefused(f"the seller names an address that is none: {err}") from err
        transfer = svm_transfer.Transfer(
            payer=self._signer.pubkey(),
            pay_to=pay_to,
            fee_payer=fee_payer,
            asset=known_asset(network=terms.network, address=terms.asset),
            base_units=terms.base_units,
            memo=terms.memo or svm_transfer.memo_for(key),
        )
        if fee_payer in {transfer.payer, transfer.source, transfer.destination}:
            raise OfferRefused("the fee payer is one of the transfer's own accounts")
        if await self._chain.token_balance(transfer.destination) is None:
            raise OfferRefused(
                f"the seller {terms.pay_to} has no {self._asset.symbol} account; "
                "a payment to it could never land"
            )
        held = await self.balance()
        if held.base_units < terms.base_units:
            raise WalletUnfunded(f"wallet {self.payer} holds {held}, {terms.amount} is asked")
        return transfer

    async def _search(self, wanted: Authorization, *, as_of_slot: int | None) -> Transaction | None:
        """Find our message; with ``as_of_slot``, so thoroughly that not finding it is proof."""
        history = self._chain.history(
            self._account,
            since_slot=wanted.first_slot,
            commitment=Confirmed if as_of_slot is None else Finalized,
            as_of_slot=as_of_slot,
        )
        async for seen in history:
            if wanted.memo not in seen.memo:
                continue
            found = await self._chain.transaction(seen.signature)
            if found is None:
                raise UpstreamUnavailable(f"the node lists {seen.signature} but cannot show it")
            if found.message_digest == wanted.message_digest:
                return found
        return None

    async def _ours(self, signature: str, wanted: Authorization) -> Transaction | None:
        try:
            named = Signature.from_string(signature)
        except ValueError:
            return None
        found = await self._chain.transaction(named)
        same = found is not None and found.message_digest == wanted.message_digest
        return found if same else None

    async def _inbound(self, signature: Signature, receipt: Receipt) -> InboundTransfer | None:
        found = await self._chain.transaction(signature)
        if found is None or found.error is not None:
            return None
        mint = self._asset.address
        arrived = found.deltas.get((self.payer, mint), 0)
        left = -found.deltas.get((receipt.pay_to, mint), 0)
        if min(arrived, left) < receipt.amount.base_units:
            return None
        return InboundTransfer(
            transaction=found.signature, amount=Amount(asset=self._asset, base_units=arrived)
        )


def _landed(found: Transaction) -> Landed:
    return Landed(transaction=found.signature, slot=found.slot, block_time=found.block_time)
