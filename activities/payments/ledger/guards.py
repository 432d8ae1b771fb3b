"""What the ledger refuses to record, because it cannot be true or would free money at risk."""

from typing import Final

from activities.payments.ledger.booking import same_transaction, transaction_name
from activities.payments.ledger.ports import Claim, LedgerEntry
from activities.payments.ledger.rows import held
from domain.errors import IllegalTransition, RecordsDisagree
from domain.ids import PaymentKey
from domain.payments import Authorization, PaymentState, Receipt

_S: Final = PaymentState

_ENDS: Final = {_S.UNKNOWN: False, _S.UNPAID: False, _S.DELIVERED: True, _S.PAID_UNDELIVERED: True}
"""How a payment may be settled, and whether that takes the chain's proof."""


def came_back_in(entry: LedgerEntry, network: str, name: str) -> bool:
    """Whether ``entry`` is recorded as paid back by this transaction."""
    known = entry.refund_transaction
    return known is not None and transaction_name(network, known) == name


def holds(earlier: LedgerEntry, claim: Claim) -> bool:
    """Whether reserving ``claim`` again would change nothing."""
    if earlier.key != claim.key:
        return False
    if may_be_signed(earlier):
        return True
    # A price that rose since, or a deposit found to be needed, has to be held as well.
    same = (earlier.terms, earlier.claim.payer) == (claim.terms, claim.payer)
    return earlier.state is _S.RESERVED and same and earlier.claim.most >= claim.most


def may_be_signed(entry: LedgerEntry) -> bool:
    """Whether a signature exists or was asked for, so that money may move."""
    return entry.prepared is not None or entry.authorization is not None


def refuse_parked(entry: LedgerEntry) -> None:
    """Leave a payment alone that waits for its operator."""
    if entry.parked:
        raise IllegalTransition(f"payment {entry.key[:12]} waits for its operator: {entry.parked}")


def refuse_unheld(entry: LedgerEntry, authorization: Authorization) -> None:
    """Refuse signed bytes that could move what is not reserved for them."""
    # Another attempt may have replaced the reservation that these bytes were signed for.
    fits = (authorization.listing_id, authorization.pay_to, authorization.amount.asset) == (
        entry.listing_id,
        entry.terms.pay_to,
        entry.terms.amount.asset,
    )
    if not fits or authorization.amount.base_units > held(entry):
        raise IllegalTransition(f"what was signed for payment {entry.key[:12]} was not reserved")


def refuse_unproven(key: PaymentKey, state: PaymentState, receipt: Receipt | None) -> None:
    """Refuse an ending that comes without the proof it takes, or with a needless one."""
    if _ENDS.get(state) is not (receipt is not None):
        raise IllegalTransition(f"payment {key[:12]} cannot be settled as {state} on this proof")
    if receipt is not None and receipt.key != key:
        raise IllegalTransition(f"payment {key[:12]} was brought another payment's receipt")


def refuse_other(entry: LedgerEntry, receipt: Receipt | None) -> None:
    """Refuse a second transaction for what another one paid."""
    if receipt is None or entry.receipt is None or same_transaction(receipt, entry.receipt):
        return
    raise RecordsDisagree(
        f"payment {entry.key[:12]} was paid by {entry.receipt.transaction}, "
        f"now {receipt.transaction} is said to have paid it"
    )
