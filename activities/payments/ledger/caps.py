"""What counts against a cap, added up inside the transaction that reserves."""

from collections.abc import Sequence
from datetime import UTC

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.payments.ledger.ports import Claim
from activities.payments.ledger.reading import UNSETTLED
from activities.payments.ledger.rows import step_of
from activities.payments.ledger.tables import PAYMENTS
from domain.errors import BudgetExceeded
from domain.money import Amount
from domain.payments import PaymentState
from domain.policy import Cap, CapScope, host_of

_HOLDS_NOTHING = (PaymentState.UNPAID.value, PaymentState.REFUNDED.value)
"""Proven not to have moved, or proven to have come back."""


async def refuse_over(connection: AsyncConnection, claim: Claim, caps: Sequence[Cap]) -> None:
    """Refuse a reservation that would pass any of ``caps``.

    Raises:
        BudgetExceeded: It would; the message names the cap and what is left of it.
    """
    wanted = claim.most
    asked = claim.terms.amount.model_copy(update={"base_units": wanted})
    for cap in caps:
        held = await _held(connection, claim, cap)
        if held + wanted > cap.limit.base_units:
            left = Amount(asset=cap.limit.asset, base_units=max(0, cap.limit.base_units - held))
            raise BudgetExceeded(
                f"step {claim.slot.step_id}: {asked} would pass {cap.name}; {left} is left of it"
            )


async def _held(connection: AsyncConnection, claim: Claim, cap: Cap) -> int:
    # USDC has six decimals on every network we know, so base units add up as they are.
    query = select(func.coalesce(func.sum(PAYMENTS.c.base_units), 0)).where(
        PAYMENTS.c.state.not_in(_HOLDS_NOTHING), _scope(claim, cap.scope)
    )
    if cap.since is not None:
        # Whatever may still move counts today, however long ago it was begun.
        recent = PAYMENTS.c.begun_at >= cap.since.astimezone(UTC)
        query = query.where(or_(recent, PAYMENTS.c.state.in_(UNSETTLED)))
    return 0 if cap.scope is CapScope.PAYMENT else int((await connection.scalar(query)) or 0)


def _scope(claim: Claim, scope: CapScope) -> ColumnElement[bool]:
    run = and_(
        PAYMENTS.c.workflow_id == claim.slot.workflow_id,
        PAYMENTS.c.first_run_id == claim.slot.first_run_id,
    )
    host = PAYMENTS.c.host == host_of(claim.url)
    return {
        CapScope.PAYMENT: true(),
        CapScope.STEP: and_(run, PAYMENTS.c.step_id == step_of(claim.slot.step_id)),
        CapScope.RUN: run,
        CapScope.SERVICE: and_(host, PAYMENTS.c.listing_id == claim.listing_id),
        CapScope.HOST: host,
        CapScope.INSTALLATION: true(),
    }[scope]
