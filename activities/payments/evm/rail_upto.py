"""EVM ``upto``: sign a maximum through Permit2; the seller's facilitator takes as much or less.

The signature binds who is paid and which facilitator may settle, and its nonce is derived from
the payment's key. Permit2's ``nonceBitmap`` is the truth about that nonce. Permit2 emits no event
that names it, so the transaction is found among the token's transfers by what it asked for.

A seller that charges nothing settles nothing: such a payment ends as one that never landed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.crypto import keccak
from pydantic import JsonValue
from x402.mechanisms.evm.constants import (
    ERC20_ALLOWANCE_ABI,
    PERMIT2_ADDRESS,
    UPTO_PERMIT2_WITNESS_TYPES,
    X402_UPTO_PERMIT2_PROXY_ADDRESS,
)

from activities.payments.evm import signing
from activities.payments.evm.chain import Use, chain_id_of, missing
from activities.payments.evm.node import Block, EvmNode, TxReceipt
from activities.payments.evm.paying import (
    EvmRail,
    check_affordable,
    evm_evidence,
    expired,
    is_transaction,
    now_on,
    settled,
    sign_with,
)
from activities.payments.evm.token import TRANSFER, encoded, hexed, topic_of, word, words
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
from domain.errors import OfferRefused, RecordsDisagree, WalletUnfunded
from domain.ids import PaymentKey
from domain.limits import MAX_TIMEOUT_SECONDS
from domain.payments import Evidence, EvmEvidence, Receipt

NONCE_BITMAP_ABI: Final[list[dict[str, Any]]] = [
    {
        "type": "function",
        "name": "nonceBitmap",
        "inputs": [{"name": "owner", "type": "address"}, {"name": "word", "type": "uint256"}],
        "outputs": [{"name": "", "type": "uint256"}],
        "stateMutability": "view",
    }
]
"""Which nonces of an owner are used, 256 to a word. Source: Permit2, ``ISignatureTransfer``."""

NONCES_INVALIDATED: Final = keccak(text="UnorderedNonceInvalidation(address,uint256,uint256)")
"""What Permit2 says when an owner calls nonces off. Source: Permit2, ``ISignatureTransfer``."""

_PURPOSE: Final = "caravan/permit2"

_WORD_BYTES: Final = 32

_NONCE: Final = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True)
class _Settling:
    """One settling as its call data asks for it: what follows a permit's nonce."""

    deadline: int
    base_units: int
    owner: str
    pay_to: str


class EvmUptoRail(EvmRail):
    """Pays at most a signed maximum in one asset on one EVM network."""

    async def prepare(
        self, demand: Demand, challenge: Challenge, *, key: PaymentKey, payer: str
    ) -> Unsigned:
        """Build the permit, sending nothing."""
        terms = demand.terms
        await check_affordable(self._token, demand, scheme="upto", payer=payer)
        await self._check_allowance(payer, terms.base_units)
        if terms.spender is None:
            raise OfferRefused("the seller names no facilitator that may settle")
        nonce = signing.nonce_of(key, _PURPOSE)
        if _bit(await self._chain.call(PERMIT2_ADDRESS, _word_of(payer, nonce)), nonce):
            # Nothing is signed beside it: a second signature under this key is worthless at best.
            raise RecordsDisagree(f"payment {key[:12]} was made or called off already, by {nonce}")
        latest = await self._chain.latest()
        lifetime = min(terms.max_timeout_seconds, MAX_TIMEOUT_SECONDS)
        deadline = now_on(latest) + lifetime
        message = signing.typed_data(
            UPTO_PERMIT2_WITNESS_TYPES,
            "PermitWitnessTransferFrom",
            domain={
                "name": "Permit2",
                "chainId": chain_id_of(terms.network),
                "verifyingContract": PERMIT2_ADDRESS,
            },
            message={
                "permitted": {
                    "token": signing.address(terms.asset),
                    "amount": str(terms.base_units),
                },
                "spender": X402_UPTO_PERMIT2_PROXY_ADDRESS,
                "nonce": str(int(nonce, 16)),
                "deadline": str(deadline),
                "witness": {
                    "to": signing.address(terms.pay_to),
                    "facilitator": signing.address(terms.spender),
                    "validAfter": "0",
                },
            },
        )
        return Unsigned(
            demand=demand,
            resource=challenge.resource,
            extensions=challenge.extensions,
            message=message,
            evidence=EvmEvidence(
                payer=payer.lower(),
                method="permit2",
                contract=PERMIT2_ADDRESS.lower(),
                nonce=nonce,
                message_digest=signing.digest_of(message),
                first_block=latest.number,
                # Permit2 still takes a permit in a block of exactly its deadline.
                valid_before=deadline + 1,
            ),
            sign_within_seconds=lifetime,
        )

    async def sign(self, unsigned: Unsigned, *, key: PaymentKey) -> SignedPayment:
        """Have the installation's signer sign."""
        return self.attach(unsigned, await sign_with(self._signer, unsigned.message, key=key))

    def attach(self, unsigned: Unsigned, signature: str) -> SignedPayment:
        """Put a signature in its place."""
        payload: dict[str, JsonValue] = {
            "permit2Authorization": {
                "from": signing.address(unsigned.evidence.payer),
                **signing.content(unsigned.message),
            },
            "signature": signing.checked(unsigned, signature),
        }
        return signing.assembled(unsigned, payload)

    async def outcome(self, evidence: Evidence, pay_to: str, *, hint: str | None = None) -> Outcome:
        """Read from Permit2 and the token what became of a permit."""
        wanted = evm_evidence(evidence, "permit2")
        call = _word_of(wanted.payer, wanted.nonce)

        async def is_used(node: EvmNode, at: Block | None) -> bool:
            return _bit(await node.call(wanted.contract, call, at=at), wanted.nonce)

        use = await self._chain.use(is_used, valid_before=wanted.valid_before)
        if use is Use.USED:
            return await self._used(wanted, pay_to, hint)
        if use is Use.OPEN:
            return Pending()
        return NeverLands(reason=expired(wanted))

    async def proves(self, receipt: Receipt) -> bool:
        """Whether the chain, read afresh, shows what ``receipt`` says."""
        found = await settled(self._chain, receipt.transaction)
        if found is None or not _NONCE.fullmatch(receipt.piece):
            return False
        used = await self._chain.call(PERMIT2_ADDRESS, _word_of(receipt.payer, receipt.piece))
        if not _bit(used, receipt.piece):
            return False
        moved = await self._moved(found, receipt.payer, receipt.pay_to, receipt.piece)
        return moved == receipt.amount.base_units

    async def _check_allowance(self, payer: str, base_units: int) -> None:
        answer = await self._chain.call(
            self._asset.address, encoded(ERC20_ALLOWANCE_ABI, "allowance", payer, PERMIT2_ADDRESS)
        )
        if word(answer) < base_units:
            raise WalletUnfunded(
                f"wallet {payer} lets Permit2 move too little of its {self._asset.symbol}; send "
                f"approve({PERMIT2_ADDRESS}, amount) to {self._asset.address} on "
                f"{self._asset.network} from that wallet once"
            )

    async def _used(self, wanted: EvmEvidence, pay_to: str, hint: str | None) -> Outcome:
        """Find the transaction that used our nonce up; the one that the seller names first."""
        if hint is not None and is_transaction(hint):
            named = await self._chain.receipt(hint)
            if named is not None and (landed := await self._landed(named, wanted, pay_to)):
                return landed
        last = (await self._chain.latest()).number
        paid: list[JsonValue] = [hexed(TRANSFER), topic_of(wanted.payer), topic_of(pay_to)]
        seen: set[str] = set()
        async for log in self._chain.logs(
            self._asset.address, paid, first=wanted.first_block, last=last
        ):
            if log.transaction_hash in seen:
                continue
            seen.add(log.transaction_hash)
            found = await self._chain.receipt(log.transaction_hash)
            if found is None:
                raise missing(f"{log.transaction_hash} paid the seller")
            if (landed := await self._landed(found, wanted, pay_to)) is not None:
                return landed
        called_off: list[JsonValue] = [hexed(NONCES_INVALIDATED), topic_of(wanted.payer)]
        async for log in self._chain.logs(
            wanted.contract, called_off, first=wanted.first_block, last=last
        ):
            place, mask = words(log.data, 2)
            if place == int(wanted.nonce, 16) >> 8 and _bit(mask.to_bytes(32), wanted.nonce):
                if log.block_number > await self._chain.settled_height():
                    return Pending()
                return NeverLands(reason=f"it was called off in {log.transaction_hash}")
        raise missing(f"nonce {wanted.nonce} is used")

    async def _landed(
        self, found: TxReceipt, wanted: EvmEvidence, pay_to: str
    ) -> Landed | Pending | None:
        moved = await self._moved(found, wanted.payer, pay_to, wanted.nonce)
        if moved is None:
            return None
        if found.block_number > await self._chain.settled_height():
            return Pending()
        return Landed(
            transaction=found.transaction_hash,
            piece=wanted.nonce,
            slot=found.block_number,
            block_time=await self._chain.time_of(found.block_number),
            moved=moved,
        )

    async def _moved(self, found: TxReceipt, payer: str, pay_to: str, nonce: str) -> int | None:
        """What a transaction moved from payer to seller under one nonce, if it did."""
        if not found.succeeded:
            return None
        moves = {
            move.base_units
            for move in self._token.transfers(found)
            if (move.payer, move.pay_to) == (payer.lower(), pay_to.lower())
        }
        for asked in _settlings(await self._chain.input_of(found.transaction_hash), nonce):
            same = (asked.owner, asked.pay_to) == (payer.lower(), pay_to.lower())
            if same and asked.base_units in moves:
                return asked.base_units
        return None


def _word_of(payer: str, nonce: str) -> bytes:
    return encoded(NONCE_BITMAP_ABI, "nonceBitmap", payer, int(nonce, 16) >> 8)


def _bit(content: bytes, nonce: str) -> bool:
    return bool(word(content) >> (int(nonce, 16) & 0xFF) & 1)


def _settlings(call_data: bytes, nonce: str) -> Iterator[_Settling]:
    """Every settling of one permit that call data asks for, at whatever depth it is nested.

    All of it is static, so deadline, amount, owner and payee follow the nonce in both forms of the
    proxy's call, and a nonce of 32 bytes that is a hash stands nowhere else.
    """
    sought = bytes.fromhex(nonce[2:])
    place = call_data.find(sought)
    while place >= 0:
        rest = call_data[place + _WORD_BYTES : place + 5 * _WORD_BYTES]
        if len(rest) == 4 * _WORD_BYTES:
            deadline, amount, owner, pay_to = words(rest, 4)
            yield _Settling(deadline, amount, f"0x{owner:040x}", f"0x{pay_to:040x}")
        place = call_data.find(sought, place + 1)
