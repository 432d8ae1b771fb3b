"""From signed bytes to a proven ending, however often this is begun.

Obligations, in order:

1. An ending on record is returned as it is, and a parked payment is left to its operator.
2. The chain is asked before anything is sent.
3. Only the bytes on record are sent, and only while they may still be needed. Whatever a seller
   asks for after it was paid, nothing is ever signed here but a proof of the wallet.
4. What the seller delivered is stored before its payment is judged, and so is useless evidence.
5. What was paid for and not delivered is asked for again with the same bytes, then by proof of the
   wallet, before it counts as lost.
6. Only the chain says paid or unpaid; the seller's word only says where to look.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from activities.payments.concluding import OPEN, concluded, parked, settlement_of
from activities.payments.deliveries import keep, keep_evidence, problem_with
from activities.payments.exchanges import Answer, Landed, NeverLands, Outcome, Pending
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ports import ChannelRail, PaymentRail
from activities.payments.returning import Returning
from domain.errors import RecordsDisagree
from domain.payments import Authorization, Settlement
from domain.purchases import Order, SettlePurchase

_SENDS_AFTER_PAYING: Final = 2
"""Sends in all before a paid call counts as not delivered: a lost answer gets one more chance."""

_LOOKS: Final = 12
"""Looks at the chain after an answer, before the platform's own retry takes over."""

_LOOK_PAUSE_SECONDS: Final = 0.25
"""Between looks; a landed payment shows within a slot or two of the seller's answer."""

_MAY_CHANGE: Final = frozenset(
    {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that the same bytes may not meet again."""


class Settler:
    """Finds the one true ending of a signed payment."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments
        self._returning = Returning(instruments)

    async def settle(self, ask: SettlePurchase) -> Settlement:
        """Send, unless that is over, and return how the payment ended.

        Raises:
            PaymentUnconfirmed: Not decided yet. Calling again resends the same bytes.
        """
        entry = await self._with.ledger.get(ask.authorization.key)
        if entry.state not in OPEN or entry.parked:
            return settlement_of(entry)  # obligation 1
        if entry.authorization is None:
            why = "the history holds signed bytes that the ledger does not know"
            return await parked(self._with.ledger, entry, why)
        try:
            return await self._settled(entry.authorization, entry)
        except RecordsDisagree as err:
            return await parked(self._with.ledger, entry, err.message)

    async def _settled(self, authorization: Authorization, entry: LedgerEntry) -> Settlement:
        rail = self._with.rails.of(authorization.amount.asset.network, authorization.scheme)
        await self._tell_again(rail, authorization, entry)
        outcome = await self._outcome(rail, authorization, entry)  # obligation 2
        while _worth_sending(entry, outcome):
            entry = await self._send(rail, authorization)
            outcome = await self._look(rail, authorization, entry)
            if isinstance(outcome, Pending):
                break
        if isinstance(outcome, Landed) and entry.answer is None:
            entry = await self._returning.fetch(authorization, entry, outcome)  # obligation 5
        return await concluded(self._with.ledger, authorization, entry, outcome)  # obligation 6

    async def _send(self, rail: PaymentRail, authorization: Authorization) -> LedgerEntry:
        key = authorization.key
        order = Order.model_validate_json(await self._with.artifacts.get(authorization.order))
        signed = self._with.sealer.open(authorization.sealed_payment, key=key)
        await self._with.ledger.note_send(key)  # obligation 3: on record before a byte leaves
        answer = await self._with.seller.pay(order, signed)
        entry = await self._note(authorization, order, answer)
        if isinstance(rail, ChannelRail):
            await rail.heard(
                authorization.evidence,
                delivered=_is_success(answer.status),
                settlement=answer.settlement,
                challenge=answer.challenge,
            )
        return entry

    async def _note(
        self, authorization: Authorization, order: Order, answer: Answer
    ) -> LedgerEntry:
        store, problem = self._with.artifacts, problem_with(answer, order)
        return await self._with.ledger.note_answer(
            authorization.key,
            status=answer.status,
            body=await keep(store, answer) if problem is None else None,
            evidence=None if problem is None else await keep_evidence(store, answer),
            hint=answer.claimed_transaction,
            reason=problem or "",
        )  # obligation 4

    async def _tell_again(
        self, rail: PaymentRail, authorization: Authorization, entry: LedgerEntry
    ) -> None:
        # A process may have died between noting an answer and telling a channel of it.
        if isinstance(rail, ChannelRail) and entry.http_status is not None:
            await rail.heard(
                authorization.evidence,
                delivered=_is_success(entry.http_status),
                settlement=None,
                challenge=None,
            )

    async def _outcome(
        self, rail: PaymentRail, authorization: Authorization, entry: LedgerEntry
    ) -> Outcome:
        return await rail.outcome(authorization.evidence, authorization.pay_to, hint=entry.hint)

    async def _look(
        self, rail: PaymentRail, authorization: Authorization, entry: LedgerEntry
    ) -> Outcome:
        # A refusal usually moved nothing; waiting is for answers that claim a payment.
        looks = _LOOKS if entry.answer is not None or entry.hint is not None else 1
        outcome = await self._outcome(rail, authorization, entry)
        for _ in range(looks - 1):
            if not isinstance(outcome, Pending):
                break
            await asyncio.sleep(_LOOK_PAUSE_SECONDS)
            outcome = await self._outcome(rail, authorization, entry)
        return outcome


def _worth_sending(entry: LedgerEntry, outcome: Outcome) -> bool:
    if entry.answer is not None or isinstance(outcome, NeverLands):
        return False
    if isinstance(outcome, Landed):
        # What came was useless, but it came: the same bytes will not bring anything better.
        return entry.sends < _SENDS_AFTER_PAYING and not _is_success(entry.http_status)
    return not _refused_for_good(entry.http_status)


def _is_success(status: int | None) -> bool:
    return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _refused_for_good(status: int | None) -> bool:
    # The same request will be refused again; what is left is to wait for the bytes to expire.
    if status is None or status in _MAY_CHANGE:
        return False
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
