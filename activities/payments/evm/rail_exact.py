"""EVM ``exact``: sign one EIP-3009 authorization, read from the token what became of it.

The authorization's nonce is derived from the payment's key, so whatever is signed twice under one
key can move money once only. The token's ``authorizationState`` is the truth about that nonce.
"""

from typing import Final

from eth_utils.crypto import keccak
from pydantic import JsonValue
from x402.mechanisms.evm.constants import AUTHORIZATION_STATE_ABI
from x402.mechanisms.evm.types import AUTHORIZATION_TYPES

from activities.payments.evm import signing
from activities.payments.evm.chain import Use, missing
from activities.payments.evm.node import Block, EvmNode, Log, TxReceipt
from activities.payments.evm.paying import (
    EvmRail,
    check_affordable,
    evm_evidence,
    expired,
    is_transaction,
    now_on,
    settled,
    sign_with,
    token_domain,
)
from activities.payments.evm.token import (
    Transfer,
    address_in,
    encoded,
    hexed,
    topic_of,
    word,
)
from activities.payments.exchanges import (
    Challenge,
    Demand,
    Landed,
    NeverLands,
    Outcome,
    Pending,
    SignedPayment,
    Unsigned,
)
from domain.errors import RecordsDisagree
from domain.ids import PaymentKey
from domain.limits import MAX_TIMEOUT_SECONDS
from domain.payments import Evidence, EvmEvidence, Receipt

AUTHORIZATION_USED: Final = keccak(text="AuthorizationUsed(address,bytes32)")
AUTHORIZATION_CANCELED: Final = keccak(text="AuthorizationCanceled(address,bytes32)")
"""What a token says when a nonce is used up. Source: EIP-3009."""

_PURPOSE: Final = "caravan/eip3009"


class EvmExactRail(EvmRail):
    """Pays in one asset on one EVM network by transfers that the seller's side submits."""

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Build the authorization, sending nothing."""
        terms = demand.terms
        await check_affordable(self._token, demand, scheme="exact", payer=payer)
        nonce = signing.nonce_of(key, _PURPOSE)
        if word(await self._chain.call(self._asset.address, _state_of(payer, nonce))) != 0:
            # Nothing is signed beside it: a second signature under this key is worthless at best.
            raise RecordsDisagree(f"payment {key[:12]} was made or called off already, by {nonce}")
        latest = await self._chain.latest()
        lifetime = min(terms.max_timeout_seconds, MAX_TIMEOUT_SECONDS)
        valid_before = now_on(latest) + lifetime
        message = signing.typed_data(
            AUTHORIZATION_TYPES,
            "TransferWithAuthorization",
            domain=token_domain(self._asset),
            message={
                "from": signing.address(payer),
                "to": signing.address(terms.pay_to),
                "value": str(terms.base_units),
                "validAfter": "0",
                "validBefore": str(valid_before),
                "nonce": nonce,
            },
        )
        return Unsigned(
            demand=demand,
            resource=challenge.resource,
            extensions=challenge.extensions,
            message=message,
            evidence=EvmEvidence(
                payer=payer.lower(),
                method="eip3009",
                contract=self._asset.address,
                nonce=nonce,
                message_digest=signing.digest_of(message),
                first_block=latest.number,
                valid_before=valid_before,
            ),
            sign_within_seconds=lifetime,
        )

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        """Have the installation's signer sign."""
        return self.attach(unsigned, await sign_with(self._signer, unsigned.message, key=key))

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        """Put a signature in its place."""
        payload: dict[str, JsonValue] = {
            "authorization": signing.content(unsigned.message),
            "signature": signing.checked(unsigned, signature),
        }
        return signing.assembled(unsigned, payload)

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        """Read from the token what became of an authorization."""
        wanted = evm_evidence(evidence, "eip3009")
        named = None if hint is None else await self._named(hint, wanted)
        if named is not None:
            return await self._landed(named, wanted, pay_to)

        call = _state_of(wanted.payer, wanted.nonce)

        async def is_used(node: EvmNode, at: Block | None) -> bool:
            return word(await node.call(wanted.contract, call, at=at)) != 0

        use = await self._chain.use(is_used, valid_before=wanted.valid_before)
        if use is Use.USED:
            return await self._landed(await self._search(wanted), wanted, pay_to)
        if use is Use.OPEN:
            return Pending()
        return NeverLands(reason=expired(wanted))

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        found = await settled(self._chain, receipt.transaction)
        if found is None:
            return False
        move = self._moved(found, receipt.payer, receipt.piece)
        return move is not None and (move.pay_to, move.base_units) == (
            receipt.pay_to.lower(),
            receipt.amount.base_units,
        )

    async def _named(self, transaction: str, wanted: EvmEvidence) -> TxReceipt | None:
        """The transaction that a seller names, when it is one that used our nonce."""
        if not is_transaction(transaction):
            return None
        found = await self._chain.receipt(transaction)
        if found is None or not found.succeeded:
            return None
        return found if self._position(found, wanted.payer, wanted.nonce) is not None else None

    async def _search(self, wanted: EvmEvidence) -> TxReceipt:
        """The transaction that used our nonce up."""
        either: list[JsonValue] = [hexed(AUTHORIZATION_USED), hexed(AUTHORIZATION_CANCELED)]
        topics: list[JsonValue] = [either, topic_of(wanted.payer), wanted.nonce]
        last = (await self._chain.latest()).number
        async for log in self._chain.logs(
            wanted.contract, topics, first=wanted.first_block, last=last
        ):
            found = await self._chain.receipt(log.transaction_hash)
            if found is None:
                raise missing(f"{log.transaction_hash} used a nonce")
            return found
        raise missing(f"nonce {wanted.nonce} is used")

    async def _landed(self, found: TxReceipt, wanted: EvmEvidence, pay_to: str) -> Outcome:
        if found.block_number > await self._chain.settled_height():
            return Pending()
        if self._canceled(found, wanted):
            return NeverLands(reason=f"it was called off in {found.transaction_hash}")
        move = self._moved(found, wanted.payer, wanted.nonce)
        if move is None:
            raise missing(f"nonce {wanted.nonce} moved money in {found.transaction_hash}")
        if move.pay_to != pay_to.lower():
            # Signed by us, under this key, for somebody else: money left, so it is no "never".
            raise RecordsDisagree(
                f"{found.transaction_hash} used this payment's nonce to pay {move.pay_to}, "
                f"not {pay_to}"
            )
        return Landed(
            transaction=found.transaction_hash,
            piece=wanted.nonce,
            slot=found.block_number,
            block_time=await self._chain.time_of(found.block_number),
            moved=move.base_units,
        )

    def _canceled(self, found: TxReceipt, wanted: EvmEvidence) -> bool:
        return any(
            self._is_mark(log, AUTHORIZATION_CANCELED, wanted.payer, wanted.nonce)
            for log in found.logs
        )

    def _moved(self, found: TxReceipt, payer: str, nonce: str) -> Transfer | None:
        """The transfer that belongs to a nonce: the payer's next one after its mark.

        Several authorizations may share one transaction, and each may pay the same seller.
        """
        position = self._position(found, payer, nonce)
        if position is None:
            return None
        moves = (move for move in self._token.transfers(found) if move.payer == payer.lower())
        return next((move for move in moves if move.log.log_index > position), None)

    def _position(self, found: TxReceipt, payer: str, nonce: str) -> int | None:
        for log in found.logs:
            if self._is_mark(log, AUTHORIZATION_USED, payer, nonce):
                return log.log_index
        return None

    def _is_mark(self, log: Log, event: bytes, payer: str, nonce: str) -> bool:
        return (
            log.address.lower() == self._asset.address
            and len(log.topics) == len(("event", "authorizer", "nonce"))
            and log.topics[0] == event
            and address_in(log.topics[1]) == payer.lower()
            and hexed(log.topics[2]) == nonce
        )


def _state_of(payer: str, nonce: str) -> bytes:
    return encoded(AUTHORIZATION_STATE_ABI, "authorizationState", payer, bytes.fromhex(nonce[2:]))
