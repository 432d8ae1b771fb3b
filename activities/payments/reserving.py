"""Holding money before anything is built, and letting go of it when nothing came of that."""

import asyncio
from collections.abc import Sequence

from activities.payments.exchanges import Challenge, Demand, SignedPayment, Unsigned
from activities.payments.ledger.ports import Claim, Ledger
from activities.payments.ports import ChannelRail, PaymentRail
from domain.errors import EngineError, IllegalTransition, RecordsDisagree
from domain.policy import Cap


class Reserved:
    """Money held for one payment until it is signed for or let go."""

    def __init__(self, ledger: Ledger, claim: Claim, caps: Sequence[Cap]) -> None:
        self._ledger = ledger
        self._caps = caps
        self.claim = claim

    async def hold(self) -> None:
        """Hold the price, atomically against every cap.

        Raises:
            BudgetExceeded: A cap would be passed.
        """
        await self._ledger.reserve(self.claim, self._caps)

    async def prepare(self, rail: PaymentRail, demand: Demand, challenge: Challenge) -> Unsigned:
        """Build what is to be signed; a failure leaves no reservation.

        Raises:
            RecordsDisagree: Something was signed under this key before; an operator must look.
        """
        try:
            unsigned = await rail.prepare(
                demand, challenge, key=self.claim.key, payer=self.claim.payer
            )
            if isinstance(rail, ChannelRail):
                await self._hold_deposit(rail, unsigned)
        except RecordsDisagree as err:
            await self._ledger.park(self.claim.key, err.message)
            raise
        except (EngineError, asyncio.CancelledError) as err:
            await self._let_go(err)
            raise
        return unsigned

    async def sign(self, rail: PaymentRail, unsigned: Unsigned) -> SignedPayment:
        """Have it signed; a signer that refuses or fails signed nothing, and nothing is held."""
        try:
            return await rail.sign(unsigned, key=self.claim.key)
        except EngineError as err:
            await self._let_go(err)
            raise

    async def _hold_deposit(self, rail: ChannelRail, unsigned: Unsigned) -> None:
        risk = (await rail.at_risk(unsigned.evidence)).base_units
        if risk > self.claim.most:
            await self._ledger.release(self.claim.key, "a deposit is needed; more must be held")
            self.claim = self.claim.model_copy(update={"at_risk": risk})
            await self.hold()

    async def _let_go(self, why: BaseException) -> None:
        words = str(why)[:200] or "called off"
        try:
            await self._ledger.release(self.claim.key, f"nothing was signed: {words}")
        except IllegalTransition:
            # Another attempt at the same payment got further meanwhile; what it holds is its own.
            return
