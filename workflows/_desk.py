"""Where a run's questions to people wait for their answers."""

from datetime import datetime

from domain.approval import (
    Approval,
    ApprovalRequest,
    BudgetRaise,
    BudgetRequest,
    Decision,
    Verdict,
    check_decision,
    check_raise,
    verdict_of,
)
from domain.errors import DecisionRefused
from domain.ids import PaymentKey
from domain.payments import SignatureRequest
from domain.purchases import AttachSignature


class Desk:
    """Questions of one run. An answer counts once, for the question it was given to."""

    def __init__(self) -> None:
        self.approval_request: ApprovalRequest | None = None
        self.budget_request: BudgetRequest | None = None
        self.budget_answer: BudgetRaise | None = None
        self._approvals: list[Approval] = []
        self._raises: dict[str, BudgetRaise] = {}
        self._wanted: dict[PaymentKey, SignatureRequest] = {}
        self._given: dict[PaymentKey, AttachSignature] = {}

    @property
    def approval(self) -> Approval | None:
        """The latest decision on what is asked now."""
        return self._approvals_now()[-1] if self._approvals_now() else None

    @property
    def verdict(self) -> Verdict | None:
        """What the decisions come to; ``None`` while more are needed."""
        request = self.approval_request
        return None if request is None else verdict_of(request, self._approvals_now())

    @property
    def was_approved(self) -> bool:
        """Whether anybody ever approved anything of this run."""
        return any(approval.decision.verdict == "approve" for approval in self._approvals)

    def earlier(self, decision: Decision) -> Approval | None:
        """The answer to the same decision when it was first sent."""
        return next((a for a in self._approvals if a.decision == decision), None)

    def check(self, decision: Decision, *, now: datetime) -> None:
        """Refuse a decision that does not fit what is asked.

        Raises:
            DecisionRefused: It does not.
        """
        if self.earlier(decision) is None:
            check_decision(
                decision,
                request=self.approval_request,
                earlier=self._approvals_now(),
                now=now,
            )

    def take(self, decision: Decision, *, now: datetime) -> Approval:
        """Count a decision that fits; the same one sent again is answered as it was before."""
        known = self.earlier(decision)
        request = self.approval_request
        if known is not None or request is None:
            return _existing(known)
        approval = Approval(
            decision=decision,
            round=request.round,
            decided_at=now,
            still_needed=_still_needed(request, decision, len(self._approvals_now())),
        )
        self._approvals.append(approval)
        return approval

    def check_raise(self, answer: BudgetRaise, *, now: datetime) -> None:
        """Refuse an answer that does not fit the budget that is asked for.

        Raises:
            DecisionRefused: It does not.
        """
        if self._raises.get(answer.decision_id) != answer:
            answered = self.budget_answer is not None
            check_raise(answer, request=None if answered else self.budget_request, now=now)

    def take_raise(self, answer: BudgetRaise) -> None:
        """Count an answer that fits; the first one to fit decides."""
        if answer.decision_id not in self._raises:
            self._raises[answer.decision_id] = answer
            self.budget_answer = answer

    @property
    def signature_requests(self) -> tuple[SignatureRequest, ...]:
        """What waits for a signature."""
        return tuple(self._wanted.values())

    def want(self, request: SignatureRequest) -> None:
        """Ask for one signature."""
        self._wanted[request.key] = request

    def give(self, signature: AttachSignature) -> None:
        """Take a signature.

        Raises:
            DecisionRefused: Nobody asked for it.
        """
        if signature.key not in self._wanted:
            raise DecisionRefused(f"payment {signature.key[:12]} waits for no signature")
        self._given[signature.key] = signature

    def given(self, key: PaymentKey) -> AttachSignature | None:
        """The signature that came for a payment."""
        return self._given.get(key)

    def refuse(self, key: PaymentKey) -> None:
        """Go on waiting: the signature that came does not fit."""
        self._given.pop(key, None)

    def done_with(self, key: PaymentKey) -> None:
        """Ask no longer."""
        self._wanted.pop(key, None)
        self._given.pop(key, None)

    def _approvals_now(self) -> list[Approval]:
        request = self.approval_request
        return [a for a in self._approvals if request is not None and a.round == request.round]


def _still_needed(request: ApprovalRequest, decision: Decision, before: int) -> int:
    return 0 if decision.verdict == "reject" else request.approvals_needed - before - 1


def _existing(approval: Approval | None) -> Approval:
    if approval is None:
        raise DecisionRefused("this run has no plan waiting for a decision")
    return approval
