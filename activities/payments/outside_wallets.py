"""Payments that a person's own wallet signs: asking for the signature, and taking it.

What is asked for is on record before it is shown, so the same question is asked again after any
crash. Until the chain proves that it can never land, the money counts as reserved.
"""

from activities.payments.exchanges import NeverLands, Pending, Unsigned
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import Claim, LedgerEntry, Prepared
from activities.payments.sealing import sealed
from domain.artifacts import ArtifactRef
from domain.errors import RecordsDisagree, SignatureExpired, SignatureRefused
from domain.payments import Authorization, PaymentState, SignatureRequest
from domain.purchases import AttachSignature


class OutsideWallets:
    """Asks wallets outside of this installation to sign."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def ask(
        self, claim: Claim, unsigned: Unsigned, *, order: ArtifactRef
    ) -> SignatureRequest:
        """Record what is to be signed, and return the request for it that is on record."""
        request = SignatureRequest(
            key=claim.key,
            listing_id=claim.listing_id,
            amount=claim.terms.amount,
            pay_to=claim.terms.pay_to,
            payer=claim.payer,
            message=unsigned.message,
            reply_key=self._with.sealer.reply_key,
            evidence=unsigned.evidence,
            sign_within_seconds=unsigned.sign_within_seconds,
        )
        prepared = Prepared(request=request, unsigned=unsigned, order=order)
        return (await self._with.ledger.prepare(prepared)).request

    async def ask_again(self, entry: LedgerEntry, prepared: Prepared) -> SignatureRequest:
        """Return the request on record, as long as a signature can still do anything.

        Raises:
            SignatureExpired: It cannot; the payment ended unpaid.
            RecordsDisagree: It landed although no signature ever came here.
        """
        request = prepared.request
        if entry.state is PaymentState.UNPAID:
            raise _late(entry)
        rail = self._with.rails.of(entry.terms.network, entry.terms.scheme)
        outcome = await rail.outcome(request.evidence, request.pay_to)
        if isinstance(outcome, Pending):
            return request
        if isinstance(outcome, NeverLands):
            await self._with.ledger.settle(
                entry.key,
                PaymentState.UNPAID,
                receipt=None,
                reason=f"nobody signed in time; not paid: {outcome.reason}",
            )
            raise _late(entry)
        why = f"what was to be signed landed as {outcome.transaction}, but never came here"
        await self._with.ledger.park(entry.key, why)
        raise RecordsDisagree(f"payment {entry.key[:12]}: {why}")

    async def attach(self, ask: AttachSignature) -> Authorization:
        """Take a signature and return the signed bytes on record; repeatable.

        Raises:
            SignatureRefused: It is no signature of what was asked for; the request stays open.
            SignatureExpired: The payment ended unpaid before it came.
        """
        entry = await self._with.ledger.get(ask.key)
        if entry.authorization is not None:
            return entry.authorization
        prepared = entry.prepared
        if prepared is None:
            raise SignatureRefused(f"payment {ask.key[:12]} waits for no signature")
        if entry.state is PaymentState.UNPAID:
            raise _late(entry)
        signature = self._with.sealer.open_reply(ask.sealed_signature, key=ask.key)
        rail = self._with.rails.of(entry.terms.network, entry.terms.scheme)
        signed = rail.attach(prepared.unsigned, signature)
        return await self._with.ledger.sign(
            sealed(
                entry.claim,
                signed,
                evidence=prepared.unsigned.evidence,
                order=prepared.order,
                sealer=self._with.sealer,
            )
        )


def _late(entry: LedgerEntry) -> SignatureExpired:
    return SignatureExpired(f"nobody signed payment {entry.key[:12]} in time; ask afresh")
