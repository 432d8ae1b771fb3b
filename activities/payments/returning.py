"""Coming back for what was paid for and never handed over, without paying or signing for it again.

The seller is asked as if for the first time. If it now gives the answer, that is the delivery; if
it offers to recognize the wallet that paid, the wallet is proven to it; anything else is a no.
"""

import asyncio
from typing import Final

from activities.payments.concluding import receipt_of
from activities.payments.deliveries import keep, problem_with
from activities.payments.exchanges import Answer, Landed
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from domain.errors import PaymentError, UpstreamUnavailable
from domain.payments import Authorization, Receipt
from domain.purchases import Order

_TRIES: Final = 3
"""A seller that lost its answer is often about to come back."""

_PAUSE_SECONDS: Final = 1.0


class Returning:
    """Fetches what a proven payment bought."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def fetch(
        self, authorization: Authorization, entry: LedgerEntry, landed: Landed
    ) -> LedgerEntry:
        """Record the answer if the seller hands it over now; else return ``entry`` as it is."""
        if self._with.prover is None:
            return entry
        order = Order.model_validate_json(await self._with.artifacts.get(authorization.order))
        receipt = receipt_of(entry, authorization, landed)
        for tries_left in range(_TRIES - 1, -1, -1):
            try:
                answer = await self._answer(order, receipt)
            except UpstreamUnavailable:
                if tries_left:
                    await asyncio.sleep(_PAUSE_SECONDS)
                continue
            except PaymentError:
                return entry  # what it offers is refused here, or it refuses; either is final
            if answer is None or problem_with(answer, order) is not None:
                return entry
            return await self._with.ledger.note_answer(
                entry.key,
                status=answer.status,
                body=await keep(self._with.artifacts, answer),
                hint=None,
                reason="",
            )
        return entry

    async def _answer(self, order: Order, receipt: Receipt) -> Answer | None:
        challenge = await self._with.seller.ask(order)
        if isinstance(challenge, Answer):
            return challenge
        if self._with.prover is None:
            return None
        proof = await self._with.prover.prove(challenge, url=order.url, receipt=receipt)
        if proof is None:
            return None
        return await self._with.seller.reaccess(order, challenge, proof)
