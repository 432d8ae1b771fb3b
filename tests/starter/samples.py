"""A plan of four bought steps, and runs of it in every state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.approval import Approval, ApprovalRequest, BudgetRequest, Decision
from domain.artifacts import ArtifactRef
from domain.bookkeeping import PaymentView
from domain.catalogue import Offer, RefundOffer, Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.execution import StepState, StepView
from domain.ids import ListingId, PaymentKey, RequestId, StepId, digest_bytes
from domain.money import Amount
from domain.payments import PaymentState, Receipt
from domain.plan import Output, Plan, ServiceCall, Undo, Value, dependencies
from domain.policy import SpendPolicy
from domain.receipts import FIRST_LINK, ReceiptBook, ReceiptLine, bound
from domain.rollback import RollbackEntry, UndoOutcome
from domain.runs import RunReport, RunSnapshot, RunState
from domain.writes import WriteReceipt

RUN = RequestId("20261121-solana-dex-report-0a1b2c")
TEXT = "Analyze the last 30 days of Solana DEX volume and create a trend report"
STARTED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SELLER = "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB"
PAYER = "2KW2XRd9kwqet15Aha2oK3tYvd3nWbTFH1MBiRAv1BE1"
FACILITATOR = "5Z6Ay5NEcbg3xhopc522sBCRXQujkTiuDRnHGfQdcnSf"
TRANSACTION = "5VERYLongTransactionSignature" + "x" * 50 + "tail99"


def usdc(text: str) -> Amount:
    return Amount.from_decimal(text, USDC_DEVNET)


def offer(name: str, price: str | None, *, refund: bool = True, seconds: float = 2.0) -> Offer:
    url = f"https://{name.lower().replace(' ', '-')}.example/x"
    terms = price and Terms(
        x402_version=2,
        scheme="exact",
        network=SOLANA_DEVNET,
        asset=USDC_DEVNET.address,
        base_units=usdc(price).base_units,
        pay_to=SELLER,
        max_timeout_seconds=60,
        fee_payer=FACILITATOR,
    )
    return Offer(
        listing_id=ListingId(f"POST {url}"),
        name=name,
        method="POST",
        url=url,
        media_type="application/json",
        input_schema={},
        output_schema={},
        terms=terms or None,
        refund=RefundOffer(url=f"{url}/refund", window_seconds=3600) if refund else None,
        seconds=seconds,
    )


VOLUME, TREND = offer("DEX Volume", "0.10"), offer("Trend Analyst", "0.20", seconds=5.0)
CHARTS, REPORT = offer("Chart Maker", "0.15"), offer("Report Writer", "0.30", refund=False)
OTHER_REPORT = offer("Northwind Report", "0.35")


def call(
    name: str, bought: Offer, *, after: tuple[str, ...] = (), alternates: tuple[Offer, ...] = ()
) -> ServiceCall:
    arguments: dict[str, Any] = {wanted: Output(step=StepId(wanted)) for wanted in after}
    undo = (
        Undo(action="refund_claim", note="refund from the seller within 60 min")
        if bought.refund
        else Undo(action="none", note="no refund is offered; the money stays spent")
    )
    return ServiceCall(
        id=StepId(name),
        title=f"Do {name}",
        service=bought.listing_id,
        alternates=tuple(other.listing_id for other in alternates),
        arguments=arguments or {"days": Value(value=30)},
        undo=undo,
    )


PLAN = Plan(
    request=TEXT,
    asset=USDC_DEVNET,
    steps=(
        call("volume", VOLUME),
        call("trend", TREND, after=("volume",)),
        call("charts", CHARTS, after=("volume",)),
        call("report", REPORT, after=("charts", "trend"), alternates=(OTHER_REPORT,)),
    ),
    offers=tuple(
        sorted((VOLUME, TREND, CHARTS, REPORT, OTHER_REPORT), key=lambda one: one.listing_id)
    ),
)


def artifact(content: bytes, media_type: str = "application/json") -> ArtifactRef:
    return ArtifactRef(digest=digest_bytes(content), media_type=media_type, size_bytes=len(content))


def view(name: str, **changes: Any) -> StepView:
    step = PLAN.step(StepId(name))
    assert isinstance(step, ServiceCall)
    base = StepView(
        id=step.id,
        kind=step.kind,
        title=step.title,
        service=PLAN.offer(step.service).name,
        state=StepState.PENDING,
        depends_on=dependencies(step),
        estimated_cost=PLAN.estimated_cost_of(step),
        cost=usdc("0"),
    )
    return base.model_copy(update=changes)


def delivered(name: str, **changes: Any) -> StepView:
    step = PLAN.step(StepId(name))
    return view(
        name,
        **{
            "state": StepState.SUCCEEDED,
            "cost": PLAN.estimated_cost_of(step),
            "payment_state": PaymentState.DELIVERED,
            "output": artifact(f'{{"{name}":1}}'.encode()),
            "started_at": STARTED,
            "ended_at": STARTED + timedelta(seconds=3),
            **changes,
        },
    )


def key(name: str) -> PaymentKey:
    return PaymentKey(digest_bytes(name.encode()))


def receipt(name: str, *, usable: bool = True) -> Receipt:
    step = PLAN.step(StepId(name))
    assert isinstance(step, ServiceCall)
    return Receipt(
        key=key(name),
        step_id=step.id,
        listing_id=step.service,
        amount=PLAN.estimated_cost_of(step),
        network=SOLANA_DEVNET,
        pay_to=SELLER,
        payer=PAYER,
        transaction=f"{name}{TRANSACTION}",
        slot=77,
        block_time=STARTED,
        response_digest=digest_bytes(b"x") if usable else None,
    )


def undo(name: str, outcome: UndoOutcome, *, returned: str) -> RollbackEntry:
    return RollbackEntry(
        step_id=StepId(name),
        key=key(name),
        action="none" if outcome is UndoOutcome.NOT_POSSIBLE else "refund_claim",
        outcome=outcome,
        paid=receipt(name).amount,
        returned=usdc(returned),
        transaction=f"back{TRANSACTION}" if outcome is UndoOutcome.REFUNDED else None,
        reason="" if outcome is UndoOutcome.REFUNDED else "the seller did not answer",
    )


def report(**changes: Any) -> RunReport:
    base = RunReport(
        request_id=RUN,
        state=RunState.COMPLETED,
        text=TEXT,
        budget=usdc("5.00"),
        plan_digest=PLAN.digest,
        drafter="embedded",
        steps=tuple(delivered(step.id) for step in PLAN.steps),
        estimated_cost=usdc("0.75"),
        cap=usdc("0.80"),
        spent=usdc("0.75"),
        reserved=usdc("0"),
        receipts=tuple(receipt(step.id) for step in PLAN.steps),
        anchor=WriteReceipt(state="confirmed", transaction=f"anchor{TRANSACTION}", memo="m"),
        started_at=STARTED,
        ended_at=STARTED + timedelta(seconds=14),
    )
    return base.model_copy(update=changes)


def waiting() -> RunSnapshot:
    pending = report(
        state=RunState.AWAITING_APPROVAL,
        steps=tuple(view(step.id) for step in PLAN.steps),
        spent=usdc("0"),
        receipts=(),
        anchor=None,
        ended_at=None,
    )
    return RunSnapshot(report=pending, plan=PLAN, approval_request=approval_request())


def approval_request(**changes: Any) -> ApprovalRequest:
    base = ApprovalRequest(
        request_id=RUN,
        plan_digest=PLAN.digest,
        estimated=usdc("0.75"),
        cap=usdc("0.80"),
        loss_allowance=usdc("0"),
        wallet=PAYER,
        policy=SpendPolicy(),
        expires_at=STARTED + timedelta(hours=1),
    )
    return base.model_copy(update=changes)


def approval(request: ApprovalRequest, **changes: Any) -> Approval:
    decision = Decision(
        decision_id="d" * 32,
        document_digest=request.digest,
        cap=request.cap,
        verdict="approve",
        decided_by="cli:somebody",
    )
    base = Approval(decision=decision, decided_at=STARTED + timedelta(seconds=4))
    return base.model_copy(update=changes)


def ended(**changes: Any) -> RunSnapshot:
    request = approval_request()
    return RunSnapshot(
        report=report(**changes),
        plan=PLAN,
        approval_request=request,
        approval=approval(request),
    )


def budget_request(**changes: Any) -> BudgetRequest:
    base = BudgetRequest(
        request_id=RUN,
        budget=usdc("0.50"),
        needed=usdc("0.75"),
        maximum=usdc("100.00"),
        why="the cheapest plan found costs 0.75 USDC, 0.25 more than the budget of 0.50 USDC",
        expires_at=STARTED + timedelta(hours=1),
    )
    return base.model_copy(update=changes)


def payment(name: str, **changes: Any) -> PaymentView:
    paid = receipt(name)
    base = PaymentView(
        key=paid.key,
        workflow_id=f"run/{RUN}",
        step_id=paid.step_id,
        listing_id=paid.listing_id,
        state=PaymentState.DELIVERED,
        amount=paid.amount,
        network=paid.network,
        pay_to=paid.pay_to,
        transaction=paid.transaction,
        sends=1,
        begun_at=STARTED,
        changed_at=STARTED + timedelta(seconds=3),
    )
    return base.model_copy(update=changes)


def book(*names: str, whole: bool = True) -> ReceiptBook:
    lines: list[ReceiptLine] = []
    for number, name in enumerate(names, start=1):
        paid = receipt(name)
        terms = PLAN.offer(paid.listing_id).terms
        assert terms is not None
        lines.append(
            bound(
                paid,
                number=number,
                workflow_id=f"run/{RUN}",
                url=PLAN.offer(paid.listing_id).url,
                terms=terms,
                quoted_at=STARTED,
                order_digest=digest_bytes(name.encode()),
                before=lines[-1].digest if lines else FIRST_LINK,
            )
        )
    return ReceiptBook(whole=whole, exported_at=STARTED, lines=tuple(lines))
