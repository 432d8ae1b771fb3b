"""One paid call by its address, with everything a run has: caps, proofs, undo, report."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.payments.service import PaymentActivities
from domain.advice import advice_for
from domain.buying import BuyRequest, QuoteCall
from domain.errors import EngineError
from domain.purchases import PlanQuoted
from domain.runs import FulfilRequest, RunError, RunReport, RunState
from workflows import _policies as policy
from workflows._failures import reason_of
from workflows._pursuit import Pursuit
from workflows._run_doors import RunDoors


@workflow.defn
class BuyCallWorkflow(RunDoors):
    """Ends in one final state, as a run does. Naming a maximum approves any price up to it."""

    @workflow.init
    def __init__(self, request: BuyRequest) -> None:
        as_run = _as_run(request)
        super().__init__(as_run)
        self._pursuit = Pursuit(as_run, progress=self._progress, desk=self._desk)

    @workflow.run
    async def run(self, request: BuyRequest) -> RunReport:
        """Ask for the price, pay at most the maximum, prove, and undo if need be."""
        try:
            quoted = await self._quote(request)
        except asyncio.CancelledError:
            quoted = None
            self._end(RunState.CANCELLED, "cancelled", "the call was cancelled; nothing was paid")
        if quoted is not None:
            await self._pursuit.follow(quoted.plan, quoted)
        await self._finished()
        return self._progress.report()

    async def _quote(self, request: BuyRequest) -> PlanQuoted | None:
        try:
            return await workflow.execute_activity_method(
                PaymentActivities.quote_call,
                QuoteCall(request=request),
                **policy.named(policy.QUOTE, f"ask {request.url} for its price"),
            )
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise asyncio.CancelledError from err
            self._end(RunState.FAILED, *reason_of(err))
        except EngineError as err:
            self._end(RunState.FAILED, err.code, err.message)
        return None

    def _end(self, state: RunState, code: str, message: str) -> None:
        self._progress.error = RunError(code=code, message=message, next=advice_for(code))
        self._progress.enter(state)


def _as_run(request: BuyRequest) -> FulfilRequest:
    return FulfilRequest(
        request_id=request.request_id,
        text=f"{request.method} {request.url}",
        budget=request.maximum,
        policy_maximum=request.maximum,
        anchor=False,
        may_ask=False,
        approved_up_to=request.maximum,
        wallet=request.wallet,
    )
