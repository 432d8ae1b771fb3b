"""What a retry takes over from the runs before it: whatever was delivered and not refunded."""

import re
from collections.abc import Sequence
from typing import Final

from domain.execution import StepState, StepView
from domain.ids import RequestId, StepId
from domain.money import Amount, total
from domain.runs import (
    FINAL_STATES,
    FulfilRequest,
    ReusedStep,
    RunReport,
    RunSnapshot,
    RunState,
)
from starter.errors import NotNow
from starter.exits import money_open

_BOUGHT_KINDS: Final = frozenset({"service_call", "map"})
"""Other kinds are pure work on outputs; they are done again, from what is there then."""

_NOTHING_UNDER_WAY: Final = frozenset(
    {
        RunState.PLANNING,
        RunState.AWAITING_BUDGET,
        RunState.AWAITING_APPROVAL,
        RunState.APPROVED,
    }
)
"""A run that waits for its person has let every payment end first."""

_RETRY_SUFFIX: Final = re.compile(r"-r\d+$")


def first_of(report: RunReport) -> RequestId:
    """Id of the run at which a chain of retries began."""
    if report.retry_of is None:
        return report.request_id
    return RequestId(_RETRY_SUFFIX.sub("", report.request_id))


def retry_id(first: RequestId, number: int) -> RequestId:
    """Id of the ``number``-th try of a request, counted from 1."""
    return first if number == 1 else RequestId(f"{first}-r{number}")


def refuse_unless_retryable(report: RunReport, *, closed: bool) -> None:
    """Accept a run that ended without its result.

    Args:
        report: How the run stands.
        closed: Whether Temporal has closed its workflow.

    Raises:
        NotNow: It goes on, completed, or was stopped with money under way.
    """
    run = report.request_id
    if not closed:
        raise NotNow(
            f"{run} is still going ({_words(report.state)})",
            next_step=f"`caravan watch {run}` follows it; `caravan cancel {run}` ends it.",
        )
    if report.state is RunState.COMPLETED:
        raise NotNow(
            f"{run} completed; there is nothing to retry",
            next_step=f"`caravan show {run}` has its results.",
        )
    waited = report.state in _NOTHING_UNDER_WAY and not money_open(report)
    if report.state not in FINAL_STATES and not waited:
        # Terminated from outside: a payment may have landed that its report does not know of.
        raise NotNow(
            f"{run} was stopped from outside while it was {_words(report.state)}, so what it paid "
            "is not accounted for; a new run could buy the same again",
            next_step="`caravan payments --unsettled` shows what is open; it is settled within "
            "half an hour. Or reset the run in Temporal's Web UI, so that it ends by itself.",
        )


def retry_request(
    chain: Sequence[RunSnapshot],
    *,
    request_id: RequestId,
    policy_maximum: Amount,
    may_ask: bool = True,
    loss_allowance: Amount | None = None,
    wallet: str | None = None,
) -> FulfilRequest:
    """Build the next try.

    Args:
        chain: The runs so far, newest first; none of them still going.
        request_id: Id of the new run.
        policy_maximum: Largest budget of one request.
        may_ask: Somebody answers when prices change.
        loss_allowance: Most that may be lost; the policy's without it.
        wallet: Address of the person's own wallet; the installation's without it.
    """
    newest = chain[0].report
    plan = next((snapshot.plan for snapshot in chain if snapshot.plan is not None), None)
    return FulfilRequest(
        request_id=request_id,
        text=newest.text,
        budget=newest.budget,
        policy_maximum=policy_maximum,
        may_ask=may_ask,
        loss_allowance=loss_allowance,
        wallet=wallet,
        plan=plan,
        reuse=reusable_steps([snapshot.report for snapshot in chain]) if plan else (),
        retry_of=newest.request_id,
    )


def reusable_steps(reports: Sequence[RunReport]) -> tuple[ReusedStep, ...]:
    """Steps that some run of a chain, newest first, delivered and that were not refunded."""
    decided: dict[StepId, ReusedStep | None] = {}
    for report in reports:
        for view in report.steps:
            if view.id in decided or not _was_delivered_by(view) or view.output is None:
                continue
            reused = ReusedStep(
                step_id=view.id,
                output=view.output,
                paid=view.cost,
                delivered_by=view.delivered_by,
            )
            decided[view.id] = None if _refunded(view, report) else reused
    return tuple(reused for reused in decided.values() if reused is not None)


def _was_delivered_by(view: StepView) -> bool:
    return view.kind in _BOUGHT_KINDS and view.state is not StepState.REUSED


def _refunded(view: StepView, report: RunReport) -> bool:
    """Whether all the money came back; of a partly refunded ``map`` the outputs stay ours."""
    entries = [entry for entry in report.rollback if entry.step_id == view.id]
    asset = report.budget.asset
    paid = total([entry.paid for entry in entries], asset)
    returned = total([entry.returned for entry in entries], asset)
    return bool(entries) and returned >= paid


def _words(state: RunState) -> str:
    return state.replace("_", " ")
