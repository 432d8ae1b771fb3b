"""Leaving a run while it waits for an answer: how it stands, and how to answer later."""

from domain.approval import ApprovalRequest
from domain.runs import RunSnapshot
from starter.boundary import Problem, tell
from starter.document import ErrorEntry, RunDocument
from starter.exits import ExitCode
from starter.finishing import document_of, hint, show_document
from starter.render_approval import budget_page
from starter.render_plan import plan_page
from starter.session import Session
from starter.wording import moment


def leave_waiting(session: Session, snapshot: RunSnapshot, *, url: str | None) -> int:
    """Say how to decide later."""
    run, request = snapshot.report.request_id, snapshot.approval_request
    if session.json:
        show_document(session, document_of(snapshot, url=url))
    until = f", until {moment(request.expires_at)}" if request else ""
    hint(session, f"Nothing was paid. Approve{until}: caravan approve {run}")
    hint(session, f"Or drop it: caravan reject {run}")
    if request is not None and request.approvals_needed > 1:
        hint(session, f"{request.approvals_needed} different people must approve it.")
    return ExitCode.DONE


def leave_held(session: Session, snapshot: RunSnapshot, *, url: str | None) -> int:
    """Say what a person must look at before anything may be paid."""
    run, request = snapshot.report.request_id, snapshot.approval_request
    problem = Problem(
        "held_for_a_person",
        f"--yes does not cover this: {_held(request)}",
        f"Look at it and decide: caravan approve {run}, or caravan reject {run}",
        ExitCode.NOT_WANTED,
    )
    return _leave(session, snapshot, problem, url=url)


def leave_short(session: Session, snapshot: RunSnapshot, *, url: str | None) -> int:
    """Say how much more is needed, and how to give it."""
    run, request = snapshot.report.request_id, snapshot.budget_request
    if snapshot.plan is not None:
        session.show(plan_page(snapshot))
    if request is not None:
        session.show(budget_page(request))
    needed = request.needed.to_decimal() if request else "AMOUNT"
    problem = Problem(
        "over_budget",
        request.why if request else "the plan costs more than the budget",
        f"Give it more: caravan budget {run} {needed}. Or not: caravan budget {run} --refuse",
        ExitCode.FAILED,
    )
    return _leave(session, snapshot, problem, url=url)


def _leave(session: Session, snapshot: RunSnapshot, problem: Problem, *, url: str | None) -> int:
    if session.json:
        show_document(session, _with(document_of(snapshot, url=url), problem))
    tell(problem, session.notes)
    return problem.exit_code


def _with(document: RunDocument, problem: Problem) -> RunDocument:
    error = ErrorEntry(code=problem.code, message=problem.message, next=problem.next_step)
    return document.model_copy(update={"error": error})


def _held(request: ApprovalRequest | None) -> str:
    return "; ".join(request.holds) if request else "it waits for a person"
