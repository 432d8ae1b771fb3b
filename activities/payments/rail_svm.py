"""Solana ``exact``: a transfer of our own making, and what the chain says became of it.

The buyer never learns the transaction's id from signing: that is the fee payer's signature. So a
payment is found by the digest of its message, among the transactions of the payer's token account.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from solana.rpc.commitment import Confirmed, Finalized
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments import svm_transfer
from activities.payments.ports import (
    Challenge,
    Demand,
    InboundTransfer,
    Landed,
    NeverLands,
    OutboundTransfer,
    Outcome,
    Pending,
    SignedPayment,
    Signer,
    Unsigned,
)
from activities.payments.svm_chain import SvmChain, Transaction
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
        self._chain, *self._witnesses = chains
        self._signer = signer
        self._owner = owner
        self._asset = asset

    @property
    def payer(self) -> str | None:
        """Whose money the installation spends."""
        return self._owner or (None if self._signer is None else self._signer.address)

    async def balance(self, payer: str) -> Amount:
        """Spendable balance of a wallet: of what is there, what our signer may move."""
        account = svm_transfer.token_account(_key(payer), self._asset)
        found = await self._chain.token_balance(account)
        if found is None:
            raise WalletUnfunded(
                f"wallet {payer} has no {self._asset.symbol} account on "
                f"{self._asset.network}; send it some {self._asset.symbol} first"
            )
        if self._signer is not None and payer == self._owner:
            delegate = _key(self._signer.address)
            found = min(found, await self._chain.allowance(account, delegate))
        return Amount(asset=self._asset, base_units=found)

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Build the transfer, under a blockhash of our own asking."""
        transfer = await self._transfer(demand, key, payer)
        blockhash = await self._chain.blockhash()
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
        del pay_to  # the message's digest binds it already
        wanted = _ours(evidence)
        outcome = await self._outcome_at(self._chain, wanted, hint)
        for witness in self._witnesses:
            # One node that has it is enough; that it never lands takes all of them.
            if not isinstance(outcome, NeverLands):
                break
            outcome = await self._outcome_at(witness, wanted, hint)
        return outcome

    async def _outcome_at(self, chain: SvmChain, wanted: SvmEvidence, hint: str | None) -> Outcome:
        found = await _named(chain, hint, wanted) if hint is not None else None
        if found is not None and found.error is None:
            return _landed(found)
        # The position is read before the search: what landed within the window is then visible.
        reached = await chain.finalized()
        over = reached.height > wanted.last_valid_block_height
        # Presence is proof from any node, also one that lags; only absence needs a current one.
        found = await self._search(chain, wanted, as_of_slot=None)
        if over and (found is None or found.error is not None):
            found = await self._search(chain, wanted, as_of_slot=reached.slot)
        if found is not None and found.error is None:
            return _landed(found)
        if not over:
            # Also when it was seen to fail: on another fork it may still succeed.
            return Pending()
        failed = f"it failed on chain ({found.error})" if found else "it is not on chain"
        return NeverLands(
            reason=f"{failed}, and block {reached.height} is past its last valid block "
            f"{wanted.last_valid_block_height}"
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
        account = svm_transfer.token_account(_key(receipt.payer), self._asset)
        async for seen in self._chain.history(account, since_slot=receipt.slot):
            if seen.failed or str(seen.signature) == receipt.transaction:
                continue
            transfer = await self._inbound(seen.signature, receipt)
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
        async for seen in self._chain.history(account, since_slot=0, commitment=Finalized):
            found = await self._chain.transaction(seen.signature)
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
            compute_price=svm_transfer.compute_price(key, forced_memo=terms.memo is not None),
        )
        ours = {transfer.payer, transfer.source, transfer.destination, transfer.authority}
        if fee_payer in ours:
            raise OfferRefused("the fee payer is one of the transfer's own accounts")
        if await self._chain.token_balance(transfer.destination) is None:
            raise OfferRefused(
                f"the seller {terms.pay_to} has no {self._asset.symbol} account; "
                "a payment to it could never land"
            )
        held = await self.balance(payer)
        if held.base_units < terms.base_units:
            raise WalletUnfunded(f"wallet {payer} can spend {held}, {terms.amount} is asked")
        return transfer

    def _authority(self, payer: str) -> Pubkey:
        if self._signer is not None and payer == self._owner:
            return _key(self._signer.address)
        return _key(payer)

    async def _search(
        self, chain: SvmChain, wanted: SvmEvidence, *, as_of_slot: int | None
    ) -> Transaction | None:
        """Find our message; with ``as_of_slot``, so thoroughly that not finding it is proof."""
        history = chain.history(
            svm_transfer.token_account(_key(wanted.payer), self._asset),
            since_slot=wanted.first_slot,
            commitment=Confirmed if as_of_slot is None else Finalized,
            as_of_slot=as_of_slot,
        )
        async for seen in history:
            if wanted.memo not in seen.memo:
                continue
            found = await chain.transaction(seen.signature)
            if found is None:
                raise UpstreamUnavailable(f"the node lists {seen.signature} but cannot show it")
            if _is(found, wanted):
                return found
        return None

    async def _inbound(self, signature: Signature, receipt: Receipt) -> InboundTransfer | None:
        found = await self._chain.transaction(signature)
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


async def _named(chain: SvmChain, signature: str, wanted: SvmEvidence) -> Transaction | None:
    try:
        name = Signature.from_string(signature)
    except ValueError:
        return None
    found = await chain.transaction(name)
    return found if found is not None and _is(found, wanted) else None


def _is(found: Transaction, wanted: SvmEvidence) -> bool:
    """Whether a transaction is the wanted one, and not a node's invention."""
    if found.message_digest != wanted.message_digest:
        return False
    if not found.authentic:
        raise UpstreamUnavailable(f"the node shows {found.signature} with signatures that are none")
    return True


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


def _landed(found: Transaction) -> Landed:
    return Landed(transaction=found.signature, slot=found.slot, block_time=found.block_time)
