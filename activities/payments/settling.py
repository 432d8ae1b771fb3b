"""From signed bytes to a proven ending, however often this is begun.

Obligations, in order:

1. An ending on record is returned as it is.
2. The chain is asked before anything is sent.
3. Only the bytes on record are sent, and only while they may still be needed.
4. What the seller delivered is stored before its payment is judged.
5. Only the chain says paid or unpaid; the seller's word only says where to look.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from activities.artifacts.ports import ArtifactStore
from activities.payments.ports import (
    Answer,
    Landed,
    Ledger,
    LedgerEntry,
    NeverLands,
    Outcome,
    PaymentRail,
    Pending,
    Sealer,
    Seller,
)
from domain import schemas
from domain.artifacts import JSON_MEDIA_TYPE
from domain.errors import PaymentUnconfirmed
from domain.ids import StepId
from domain.payments import Authorization, PaymentState, Receipt, Settlement
from domain.purchases import Order, ReconcilePayment, SettlePurchase

_SENDS_AFTER_PAYING: Final = 2
"""Sends in all before a paid call counts as not delivered: a lost answer gets one more chance."""

_LOOKS: Final = 12
"""Looks at the chain after an answer, before the platform's own retry takes over."""

_LOOK_PAUSE_SECONDS: Final = 0.25
"""Between looks; a landed payment shows within a slot or two of the seller's answer."""

_ENDINGS: Final = frozenset(PaymentState) - {
    PaymentState.QUOTED,
    PaymentState.RESERVED,
    PaymentState.SIGNED,
    PaymentState.SENT,
    PaymentState.UNKNOWN,
}

_MAY_CHANGE: Final = frozenset(
    {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that the same bytes may not meet again."""

_JSON: Final = TypeAdapter[JsonValue](JsonValue)


class Settler:
    """Finds the one true ending of a signed payment."""

    def __init__(
        self,
        *,
        seller: Seller,
        rail: PaymentRail,
        ledger: Ledger,
        sealer: Sealer,
        artifacts: ArtifactStore,
    ) -> None:
        self._seller = seller
        self._rail = rail
        self._ledger = ledger
        self._sealer = sealer
        self._artifacts = artifacts

    async def settle(self, ask: SettlePurchase) -> Settlement:
        """Send, unless that is over, and return how the payment ended.

        Raises:
            PaymentUnconfirmed: Not decided yet. Calling again resends the same bytes.
        """
        authorization = ask.authorization
        entry = await self._ledger.get(authorization.key)
        if entry.state in _ENDINGS:
            return _settlement(entry)  # obligation 1
        outcome = await self._rail.outcome(authorization, hint=entry.hint)  # obligation 2
        while _worth_sending(entry, outcome):
            entry = await self._send(authorization)
            outcome = await self._look(authorization, entry)
            if isinstance(outcome, Pending):
                break
        return await self._conclude(ask.step_id, authorization, entry, outcome)

    async def reconcile(self, ask: ReconcilePayment) -> Settlement:
        """Decide from the chain and the record alone, sending nothing.

        Raises:
            PaymentUnconfirmed: The chain has not decided yet; the payment stays ``unknown``.
        """
        entry = await self._ledger.get(ask.key)
        authorization = entry.authorization
        if entry.state in _ENDINGS or authorization is None:
            return _settlement(entry)
        if entry.state is PaymentState.SENT:
            entry = await self._ledger.settle(
                ask.key, PaymentState.UNKNOWN, receipt=None, reason="the answer was lost"
            )
        outcome = await self._rail.outcome(authorization, hint=entry.hint)
        return await self._conclude(entry.slot.step_id, authorization, entry, outcome)

    async def _send(self, authorization: Authorization) -> LedgerEntry:
        key = authorization.key
        order = Order.model_validate_json(await self._artifacts.get(authorization.order))
        signed = self._sealer.open(authorization.sealed_payment, key=key)
        await self._ledger.note_send(key)  # obligation 3: on record before a byte leaves
        answer = await self._seller.pay(order, signed)
        problem = _problem_with(answer, order)
        body = None
        if problem is None:
            body = await self._artifacts.put(answer.body, answer.media_type)
        return await self._ledger.note_answer(
            key,
            status=answer.status,
            body=body,
            hint=answer.claimed_transaction,
            reason=problem or "",
        )  # obligation 4

    async def _look(self, authorization: Authorization, entry: LedgerEntry) -> Outcome:
        # A refusal usually moved nothing; waiting is for answers that claim a payment.
        looks = _LOOKS if entry.answer is not None or entry.hint is not None else 1
        outcome = await self._rail.outcome(authorization, hint=entry.hint)
        for _ in range(looks - 1):
            if not isinstance(outcome, Pending):
                break
            await asyncio.sleep(_LOOK_PAUSE_SECONDS)
            outcome = await self._rail.outcome(authorization, hint=entry.hint)
        return outcome

    async def _conclude(
        self,
        step_id: StepId,
        authorization: Authorization,
        entry: LedgerEntry,
        outcome: Outcome,
    ) -> Settlement:
        if isinstance(outcome, Pending):
            raise PaymentUnconfirmed(
                f"payment {entry.key[:12]} of step {step_id} is neither on chain nor ruled out; "
                f"{entry.reason or 'no answer'}"
            )
        if isinstance(outcome, NeverLands):
            said = entry.reason or ("no answer" if entry.sends else "never sent")
            reason = f"{said}; not paid: {outcome.reason}"
            settled = await self._ledger.settle(
                entry.key, PaymentState.UNPAID, receipt=None, reason=reason
            )
            return _settlement(settled)
        receipt = self._receipt(step_id, authorization, entry, outcome)  # obligation 5
        delivered = entry.answer is not None
        settled = await self._ledger.settle(
            entry.key,
            PaymentState.DELIVERED if delivered else PaymentState.PAID_UNDELIVERED,
            receipt=receipt,
            reason="" if delivered else entry.reason or "the answer was lost",
        )
        return _settlement(settled)

    def _receipt(
        self,
        step_id: StepId,
        authorization: Authorization,
        entry: LedgerEntry,
        landed: Landed,
    ) -> Receipt:
        return Receipt(
            key=authorization.key,
            step_id=step_id,
            listing_id=authorization.listing_id,
            amount=authorization.amount,
            network=authorization.amount.asset.network,
            pay_to=authorization.pay_to,
            payer=self._rail.payer,
            transaction=landed.transaction,
            slot=landed.slot,
            block_time=landed.block_time,
            response_digest=entry.answer.digest if entry.answer else None,
        )


def _worth_sending(entry: LedgerEntry, outcome: Outcome) -> bool:
    if entry.answer is not None or isinstance(outcome, NeverLands):
        return False
    if isinstance(outcome, Landed):
        return entry.sends < _SENDS_AFTER_PAYING and not _served(entry.http_status)
    return not _refused_for_good(entry.http_status)


def _served(status: int | None) -> bool:
    # What came was useless, but it came: the same bytes will not bring anything better.
    return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _refused_for_good(status: int | None) -> bool:
    # The same request will be refused again; what is left is to wait for the bytes to expire.
    if status is None or status in _MAY_CHANGE:
        return False
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _problem_with(answer: Answer, order: Order) -> str | None:
    if not answer.delivered:
        return answer.reason or f"the seller answered {answer.status}"
    if order.media_type != JSON_MEDIA_TYPE:
        promised = answer.media_type == order.media_type
        return None if promised else f"{order.media_type} was promised, {answer.media_type} came"
    try:
        value = _JSON.validate_json(answer.body)
    except ValidationError:
        return "JSON was promised, something else came"
    problem = schemas.problem_with(value, order.output_schema)
    return None if problem is None else f"the answer breaks the service's own schema: {problem}"


def _settlement(entry: LedgerEntry) -> Settlement:
    return Settlement(
        key=entry.key,
        listing_id=entry.listing_id,
        state=entry.state,
        output=entry.answer,
        receipt=entry.receipt,
        http_status=entry.http_status,
        reason=entry.reason,
    )
