"""What payments need besides a ledger: sellers to talk to, rails that move money, a seal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from activities.payments.exchanges import (
    Answer,
    Challenge,
    Demand,
    InboundTransfer,
    OutboundTransfer,
    Outcome,
    SignedPayment,
    Unsigned,
    WalletsNow,
)
from domain.catalogue import RefundOffer
from domain.ids import PaymentKey
from domain.money import Amount
from domain.payments import Evidence, Receipt, Wallets
from domain.purchases import Order


class Signer(Protocol):
    """Whoever holds a key of the installation; the key itself never leaves it."""

    @property
    def address(self) -> str:
        """Address that its signatures count for."""
        ...

    async def sign(self, message: str, *, key: PaymentKey) -> str:
        """Sign what ``Unsigned.message`` holds; asked twice under one key, it may refuse.

        Args:
            message: Solana: base64 of the message. EVM: EIP-712 typed data as JSON.
            key: The payment, so that a signing service can keep its own count.

        Returns:
            Solana: base58 signature. EVM: ``0x`` and 130 digits.

        Raises:
            UpstreamUnavailable: The signing service did not answer; nothing was signed.
            SignatureRefused: It will not sign this.
        """
        ...

    async def sign_text(self, text: str) -> str:
        """Sign a sentence that proves the wallet and moves nothing.

        Args:
            text: A sign-in-with-x message. Solana: signed as it is; EVM: as a personal message.

        Returns:
            Solana: base58 signature. EVM: ``0x`` and 130 digits.

        Raises:
            SignatureRefused: It does not sign sentences.
        """
        ...


class PaymentRail(Protocol):
    """Moves money by one scheme on one network, and reads that network's truth."""

    @property
    def payer(self) -> str | None:
        """The installation's own wallet; ``None`` when every payer signs outside."""
        ...

    async def refusal(self) -> str | None:
        """Why nothing should be signed now: nodes that it takes have failed again and again."""
        ...

    async def balance(self, payer: str) -> Amount:
        """Spendable balance of a wallet.

        Raises:
            WalletUnfunded: The wallet has no account for the asset.
        """
        ...

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Build what is to be signed, sending nothing.

        Raises:
            OfferRefused: What is asked could never land or is unsafe.
            WalletUnfunded: The wallet cannot pay it.
        """
        ...

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        """Have the installation's signer sign."""
        ...

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        """Put a signature from outside in its place.

        Raises:
            SignatureRefused: It is not the payer's signature of exactly this.
        """
        ...

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        """Read from the chain what became of what was, or may have been, signed.

        Args:
            evidence: Says what to look for; the bytes themselves are not needed.
            pay_to: Whom it pays.
            hint: Transaction the seller named, looked at first.
        """
        ...

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        ...

    async def inbound_refunds(self, receipt: Receipt) -> list[InboundTransfer]:
        """Transfers from the seller to us since ``receipt``, large enough to be its refund."""
        ...

    async def outbound(self, payer: str, *, since: datetime) -> list[OutboundTransfer]:
        """Every transfer of the asset out of a wallet, to find what no record explains."""
        ...


@runtime_checkable
class ChannelRail(PaymentRail, Protocol):
    """A rail whose payments draw on a channel: the seller's answers say how far it was drawn."""

    async def at_risk(self, evidence: Evidence) -> Amount:
        """Most that what is to be signed can move; with a deposit more than the price."""
        ...

    async def heard(
        self,
        evidence: Evidence,
        *,
        delivered: bool,
        settlement: Mapping[str, JsonValue] | None,
        challenge: Challenge | None,
    ) -> None:
        """Take note of what the seller answered; hearing it again changes nothing.

        Args:
            evidence: Of the payment that it answered.
            delivered: Whether it answered with success.
            settlement: What it says it settled.
            challenge: Its 402, if it was one.
        """
        ...

    async def refund_channel(self, receipt: Receipt) -> InboundTransfer | None:
        """Have the seller give back what the channel has left, and close it.

        Returns:
            What came back, as the chain shows it; ``None`` while it does not.

        Raises:
            UpstreamUnavailable: A payment is under way, or the seller does not answer.
            OfferRefused: The seller no longer offers the channel.
        """
        ...


class Rails(Protocol):
    """Every way to pay that this installation has."""

    def of(self, network: str, scheme: str) -> PaymentRail:
        """The rail for one scheme on one network.

        Raises:
            OfferRefused: There is none.
        """
        ...

    def all(self) -> tuple[PaymentRail, ...]:
        """Each rail once."""
        ...

    async def wallets(self, own: str | None) -> Wallets:
        """What can be spent where.

        Args:
            own: Address of the person's own wallet; the installation's without it.

        Raises:
            UpstreamUnavailable: A network's node does not answer.
        """
        ...

    async def wallets_now(self, own: str | None) -> WalletsNow:
        """What can be spent where at this moment; a silent node silences its own network only.

        Args:
            own: Address of the person's own wallet; the installation's without it.
        """
        ...


class Seller(Protocol):
    """Talks x402 over HTTP."""

    async def ask(self, order: Order) -> Challenge | Answer:
        """Make the request without paying.

        Raises:
            UpstreamUnavailable: No usable answer; nothing happened.
            OfferRefused: The seller refuses the request itself.
        """
        ...

    async def reaccess(self, order: Order, challenge: Challenge, proof: str) -> Answer:
        """Make the request again as someone who paid, proving the wallet instead of paying.

        Args:
            order: The request that was paid for.
            challenge: A live 402 that offers sign-in-with-x.
            proof: Value of the sign-in-with-x header.

        Raises:
            UpstreamUnavailable: No usable answer; nothing moved.
        """
        ...

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        """Make the request with payment; any answer is an ``Answer``.

        Raises:
            PaymentUnconfirmed: The answer was lost. Whether money moved is unknown.
        """
        ...

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        """Ask for money back and return what the seller says; it proves nothing.

        Raises:
            UpstreamUnavailable: No answer.
            OfferRefused: The seller refuses; the message says why.
        """
        ...


class Prover(Protocol):
    """Proves to a seller that a wallet of the installation is ours, moving nothing."""

    async def prove(self, challenge: Challenge, *, url: str, receipt: Receipt) -> str | None:
        """Value of the sign-in-with-x header.

        Args:
            challenge: A live 402.
            url: The approved address that it came from.
            receipt: Proof that the wallet paid there.

        Returns:
            ``None`` where the seller offers no such way, or the wallet is somebody else's.

        Raises:
            SignatureRefused: What is to be signed is not for that address, or not plainly so.
        """
        ...


class Sealer(Protocol):
    """Encrypts what must not be readable in histories and ledgers."""

    @property
    def reply_key(self) -> str:
        """X25519 public key to which outsiders seal signatures; base64."""
        ...

    def seal(self, signed: SignedPayment, *, key: PaymentKey) -> str:
        """Encrypt, bound to ``key``."""
        ...

    def open(self, sealed: str, *, key: PaymentKey) -> SignedPayment:
        """Decrypt.

        Raises:
            Misconfigured: The sealing key is another one.
        """
        ...

    def open_reply(self, sealed_signature: str, *, key: PaymentKey) -> str:
        """Decrypt a signature that was sealed to ``reply_key``.

        Raises:
            SignatureRefused: It was sealed to another key, or for another payment.
        """
        ...
