"""How a payment ends, told from the chain and the record; the seller's word decides nothing."""

from activities.payments.exchanges import Landed, NeverLands, Outcome, Pending
from activities.payments.ledger.ports import Ledger, LedgerEntry
from domain.errors import PaymentUnconfirmed, RecordsDisagree
from domain.ids import StepId
from domain.money import Amount
from domain.payments import Authorization, PaymentState, Receipt, Settlement

OPEN: frozenset[PaymentState] = frozenset(
    {
        PaymentState.QUOTED,
        PaymentState.RESERVED,
        PaymentState.SIGNED,
        PaymentState.SENT,
        PaymentState.UNKNOWN,
    }
)
"""States without an ending."""


async def concluded(
    ledger: Ledger, authorization: Authorization, entry: LedgerEntry, outcome: Outcome
) -> Settlement:
    """Record the ending that the chain shows.

    Raises:
        PaymentUnconfirmed: It shows none yet.
    """
    if isinstance(outcome, Pending):
        raise PaymentUnconfirmed(
            f"payment {entry.key[:12]} of step {entry.slot.step_id} is neither on chain nor ruled "
            f"out; {entry.reason or 'no answer'}"
        )
    try:
        if isinstance(outcome, NeverLands):
            said = entry.reason or ("no answer" if entry.sends else "never sent")
            ended = await ledger.settle(
                entry.key,
                PaymentState.UNPAID,
                receipt=None,
                reason=f"{said}; not paid: {outcome.reason}",
            )
        else:
            ended = await _paid(ledger, authorization, entry, outcome)
    except RecordsDisagree as err:
        return await parked(ledger, entry, err.message)
    return settlement_of(ended)


async def parked(ledger: Ledger, entry: LedgerEntry, why: str) -> Settlement:
    """Leave a payment to an operator, and say so."""
    return settlement_of(await ledger.park(entry.key, why))


def settlement_of(entry: LedgerEntry) -> Settlement:
    """What the ledger says about a payment."""
    return Settlement(
        key=entry.key,
        listing_id=entry.listing_id,
        state=entry.state,
        output=entry.answer,
        receipt=entry.receipt,
        http_status=entry.http_status,
        reason=entry.parked or entry.reason,
        parked=bool(entry.parked),
    )


def receipt_of(entry: LedgerEntry, authorization: Authorization, landed: Landed) -> Receipt:
    """What the chain proves about a payment that landed.

    Raises:
        RecordsDisagree: More moved than was signed for.
    """
    amount = authorization.amount
    if landed.moved is not None:
        if landed.moved > amount.base_units:
            raise RecordsDisagree(
                f"{landed.transaction} moved {landed.moved} base units, {amount} was signed"
            )
        amount = Amount(asset=amount.asset, base_units=landed.moved)
    return Receipt(
        key=authorization.key,
        step_id=StepId(entry.slot.step_id.partition("#")[0]),  # items of a map share their step
        listing_id=authorization.listing_id,
        amount=amount,
        network=amount.asset.network,
        pay_to=authorization.pay_to,
        payer=authorization.evidence.payer,
        scheme=authorization.scheme,
        transaction=landed.transaction,
        piece=landed.piece,
        slot=landed.slot,
        block_time=landed.block_time,
        response_digest=entry.answer.digest if entry.answer else None,
    )


async def _paid(
    ledger: Ledger, authorization: Authorization, entry: LedgerEntry, landed: Landed
) -> LedgerEntry:
    receipt = receipt_of(entry, authorization, landed)
    delivered = entry.answer is not None
    return await ledger.settle(
        entry.key,
        PaymentState.DELIVERED if delivered else PaymentState.PAID_UNDELIVERED,
        receipt=receipt,
        reason="" if delivered else entry.reason or "the answer was lost",
    )
