"""Solana ``exact``: a transfer of our own making, signed by whoever holds the key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from solana.rpc.commitment import Finalized
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments import svm_transfer
from activities.payments.exchanges import (
    Challenge,
    Demand,
    InboundTransfer,
    OutboundTransfer,
    Outcome,
    SignedPayment,
    Unsigned,
)
from activities.payments.ports import Signer
from activities.payments.serving import refusals, serving
from activities.payments.svm_chain import SvmChain, Transaction
from activities.payments.svm_outcomes import SvmOutcomes
from domain.errors import (
    IllegalTransition,
    Misconfigured,
    OfferRefused,
    SignatureRefused,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import PaymentKey
from domain.money import Amount, Asset
from domain.payments import Evidence, Receipt, SvmEvidence

REFUND_MEMO_CHARACTERS: Final = 32
"""Leading characters of the refunded transaction that a seller's memo repeats."""

_BLOCKHASH_SECONDS: Final = 60
"""About how long a blockhash lives: 150 blocks of 0.4 s."""


class SvmRail:
    """Pays in one asset on one Solana network."""

    def __init__(
        self,
        chains: Sequence[SvmChain],
        *,
        asset: Asset,
        signer: Signer | None,
        owner: str | None = None,
    ) -> None:
        """Pay in ``asset``.

        Args:
            chains: The network's node, and witnesses: that a payment never lands counts only when
                every one of them says so.
            asset: A token of ``domain.chains.KNOWN_ASSETS``.
            signer: The installation's wallet; ``None`` when every payer signs outside.
            owner: Whose money the signer spends as a delegate, under a cap that the chain keeps.
        """
        self._chains = tuple(chains)
        self._outcomes = SvmOutcomes(chains, asset=asset)
        self._signer = signer
        self._owner = owner
        self._asset = asset

    @property
    def payer(self) -> str | None:
        """Whose money the installation spends."""
        return self._owner or (None if self._signer is None else self._signer.address)

    async def refusal(self) -> str | None:
        """Why nothing should be signed now: that takes the word of every node."""
        return next((one for one in await refusals(self._chains) if one is not None), None)

    async def balance(self, payer: str) -> Amount:
        """Spendable balance of a wallet: of what is there, what our signer may move."""
        account = svm_transfer.token_account(_key(payer), self._asset)
        found = await (await serving(self._chains)).token_account(account)
        if found is None:
            raise WalletUnfunded(
                f"wallet {payer} has no {self._asset.symbol} account on "
                f"{self._asset.network}; send it some {self._asset.symbol} first"
            )
        spendable = found.spendable_by(self._authority(payer))
        return Amount(asset=self._asset, base_units=spendable)

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Build the transfer, under a blockhash of our own asking."""
        transfer = await self._transfer(demand, key, payer)
        blockhash = await self._outcomes.window(await self._chains[0].blockhash())
        message = svm_transfer.message_of(transfer, blockhash.value)
        return Unsigned(
            demand=demand,
            resource=challenge.resource,
            extensions=challenge.extensions,
            message=svm_transfer.message_text(message),
            evidence=SvmEvidence(
                payer=payer,
                message_digest=svm_transfer.message_digest(message),
                memo=transfer.memo,
                first_slot=blockhash.slot,
                last_valid_block_height=blockhash.last_valid_block_height,
            ),
            sign_within_seconds=_BLOCKHASH_SECONDS,
        )

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        """Have the installation's signer sign."""
        if self._signer is None:
            raise Misconfigured(f"the installation has no wallet on {self._asset.network}")
        signature = await self._signer.sign(unsigned.message, key=key)
        return self._signed(unsigned, signature, _key(self._signer.address))

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        """Put the payer's own signature in its place."""
        return self._signed(unsigned, signature, _key(unsigned.evidence.payer))

    def _signed(self, unsigned: Unsigned, signature: str, signer: Pubkey) -> SignedPayment:
        message = svm_transfer.message_from(unsigned.message)
        try:
            given = Signature.from_string(signature)
            transaction = svm_transfer.with_signature(message, given, signer)
        except ValueError as err:
            raise SignatureRefused(
                f"this is not {signer}'s signature of the payment: {err}"
            ) from None
        return SignedPayment(
            x402_version=unsigned.demand.terms.x402_version,
            accepted=unsigned.demand.raw,
            resource=unsigned.resource,
            extensions=unsigned.extensions,
            payload={"transaction": transaction},
        )

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        """Read from the chain what became of what was, or may have been, signed."""
        return await self._outcomes.of(_ours(evidence), pay_to, hint=hint)

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        try:
            named = Signature.from_string(receipt.transaction)
        except ValueError:
            return False
        found = await (await serving(self._chains)).transaction(named)
        left, arrived = (
            svm_transfer.token_account(_key(owner), receipt.amount.asset)
            for owner in (receipt.payer, receipt.pay_to)
        )
        return (
            found is not None
            and found.error is None
            and found.moved.get(str(arrived), 0) >= receipt.amount.base_units
            and found.moved.get(str(left), 0) <= -receipt.amount.base_units
        )

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund.

        A transfer whose memo names this payment comes first; one that names another is left out.
        """
        named: list[InboundTransfer] = []
        unnamed: list[InboundTransfer] = []
        account = svm_transfer.token_account(_key(receipt.payer), self._asset)
        chain = await serving(self._chains)
        async for seen in chain.history(account, since_slot=receipt.slot):
            if seen.failed or str(seen.signature) == receipt.transaction:
                continue
            transfer = self._inbound(await chain.transaction(seen.signature), receipt)
            if transfer is None:
                continue
            if receipt.transaction[:REFUND_MEMO_CHARACTERS] in seen.memo:
                named.append(transfer)
            elif "refund:" not in seen.memo:
                unnamed.append(transfer)
        return named + unnamed

    async def outbound(self, payer: str, *, since: datetime) -> list[OutboundTransfer]:
        """Every transfer of the asset out of a wallet since ``since``, newest first."""
        account = svm_transfer.token_account(_key(payer), self._asset)
        transfers: list[OutboundTransfer] = []
        chain = await serving(self._chains)
        async for seen in chain.history(account, since_slot=0, commitment=Finalized):
            found = await chain.transaction(seen.signature)
            if found is None:
                raise UpstreamUnavailable(f"the node lists {seen.signature} but cannot show it")
            if found.block_time is not None and found.block_time < since:
                break
            left = -found.deltas.get((payer, self._asset.address), 0)
            if found.error is None and left > 0:
                transfers.append(
                    OutboundTransfer(
                        network=self._asset.network,
                        transaction=found.signature,
                        pay_to=_receiver(found, payer, self._asset),
                        amount=Amount(asset=self._asset, base_units=left),
                        at=found.block_time,
                    )
                )
        return transfers

    async def _transfer(self, demand: Demand, key: PaymentKey, payer: str) -> svm_transfer.Transfer:
        terms = demand.terms
        if (terms.network, terms.asset) != (self._asset.network, self._asset.address):
            raise OfferRefused(f"{terms.asset} on {terms.network} is not paid here")
        try:
            pay_to = Pubkey.from_string(terms.pay_to)
            fee_payer = Pubkey.from_string(terms.fee_payer or "")
        except ValueError as err:
            raise OfferRefused(f"the seller names an address that is none: {err}") from err
        transfer = svm_transfer.Transfer(
            payer=_key(payer),
            pay_to=pay_to,
            fee_payer=fee_payer,
            asset=self._asset,
            base_units=terms.base_units,
            memo=terms.memo or svm_transfer.memo_for(key),
            authority=self._authority(payer),
        )
        if transfer.memo == terms.memo:
            # Our own memo is unique; under the seller's, two equal calls would be one transaction.
            transfer = replace(
                transfer,
                compute_price=svm_transfer.compute_price(key),
                spare_units=svm_transfer.spare_units(key),
            )
        if transfer.source == transfer.destination:
            raise OfferRefused("the seller asks to be paid into the paying account itself")
        ours = {transfer.payer, transfer.source, transfer.destination, transfer.authority}
        if fee_payer in ours:
            raise OfferRefused("the fee payer is one of the transfer's own accounts")
        theirs = await self._chains[0].token_account(transfer.destination)
        if theirs is None or theirs.frozen:
            raise OfferRefused(
                f"the seller {terms.pay_to} has no {self._asset.symbol} account that can be paid; "
                "a payment to it could never land"
            )
        if theirs.owner != pay_to:
            raise OfferRefused(
                f"the {self._asset.symbol} account of the seller {terms.pay_to} belongs to "
                f"{theirs.owner}"
            )
        held = await self.balance(payer)
        if held.base_units < terms.base_units:
            raise WalletUnfunded(f"{self._spendable(payer)} {held}, {terms.amount} is asked")
        return transfer

    def _authority(self, payer: str) -> Pubkey:
        """Who signs for a payer's money: itself, or the delegate that it allowed to."""
        if self._signer is not None and payer == self._owner:
            return _key(self._signer.address)
        return _key(payer)

    def _spendable(self, payer: str) -> str:
        delegate = str(self._authority(payer))
        if delegate == payer:
            return f"wallet {payer} can spend"
        return f"of what wallet {payer} has and lets the delegate {delegate} spend there are"

    def _inbound(self, found: Transaction | None, receipt: Receipt) -> InboundTransfer | None:
        if found is None or found.error is not None:
            return None
        mint = self._asset.address
        arrived = found.deltas.get((receipt.payer, mint), 0)
        left = -found.deltas.get((receipt.pay_to, mint), 0)
        if min(arrived, left) < receipt.amount.base_units:
            return None
        return InboundTransfer(
            transaction=found.signature, amount=Amount(asset=self._asset, base_units=arrived)
        )


def _receiver(found: Transaction, payer: str, asset: Asset) -> str:
    gained = {
        owner: delta
        for (owner, mint), delta in found.deltas.items()
        if mint == asset.address and owner != payer and delta > 0
    }
    return max(gained, key=lambda owner: gained[owner], default="nobody")


def _ours(evidence: Evidence) -> SvmEvidence:
    if not isinstance(evidence, SvmEvidence):
        raise IllegalTransition(f"{evidence.kind} evidence was brought to Solana")
    return evidence


def _key(address: str) -> Pubkey:
    try:
        return Pubkey.from_string(address)
    except ValueError as err:
        raise Misconfigured(f"{address} is not a Solana address") from err
