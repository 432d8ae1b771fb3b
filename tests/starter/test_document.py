import json

import pytest

from domain.drafting import TokenUsage
from domain.execution import StepState
from domain.ids import RequestId
from domain.payments import PaymentState
from domain.rollback import UndoOutcome
from domain.runs import RunError, RunState
from starter.document import RunDocument, workflow_url
from starter.document_payments import payments_of
from starter.exits import ExitCode, exit_code_for
from starter.outputs import DEFAULT_FOLDER, planned_files
from tests.starter import samples

PROMISED = {
    "run_id": None,
    "status": None,
    "plan_digest": None,
    "steps": {"id", "kind", "service", "status", "cost", "artifact"},
    "estimated_cost": None,
    "total_cost": None,
    "overhead": {"llm_input_tokens", "llm_output_tokens", "llm_cost_usd"},
    "payments": {"step_id", "state", "amount", "asset", "network", "pay_to", "transaction"},
    "artifacts": {"name", "path", "media_type", "sha256"},
    "started_at": None,
    "ended_at": None,
    "temporal_url": None,
    "error": {"code", "message", "next"},
    "rollback": {"step_id", "action", "outcome", "transaction"},
}


def test_the_document_has_every_promised_field() -> None:
    snapshot = samples.ended(
        state=RunState.ROLLED_BACK,
        rollback=(samples.undo("volume", UndoOutcome.REFUNDED, returned="0.10"),),
        error=RunError(code="cancelled", message="the run was cancelled", next="Run it again."),
    )
    files = planned_files(snapshot.report, DEFAULT_FOLDER)

    document = json.loads(RunDocument.of(snapshot, files=files).model_dump_json())

    for name, fields in PROMISED.items():
        value = document[name]
        for entry in value if isinstance(value, list) else [value]:
            assert fields is None or fields <= set(entry), name
        assert fields is None or value, name


def test_amounts_are_exact_decimal_strings() -> None:
    document = RunDocument.of(
        samples.ended(usage=TokenUsage(input_tokens=10, output_tokens=5, cost_micro_usd=1_000_042))
    )

    assert (document.total_cost, document.estimated_cost, document.asset) == (
        "0.75",
        "0.75",
        "USDC",
    )
    assert document.overhead.llm_cost_usd == "1.000042"


def test_each_payment_has_the_state_that_its_evidence_shows() -> None:
    report = samples.report(
        receipts=(
            samples.receipt("volume"),
            samples.receipt("trend"),
            samples.receipt("charts", usable=False),
        ),
        rollback=(
            samples.undo("volume", UndoOutcome.REFUNDED, returned="0.10"),
            samples.undo("trend", UndoOutcome.WRITTEN_OFF, returned="0"),
            samples.undo("charts", UndoOutcome.NOT_POSSIBLE, returned="0"),
        ),
        steps=(
            samples.delivered("volume"),
            samples.delivered("trend"),
            samples.view("charts", payment_state=PaymentState.PAID_UNDELIVERED),
            samples.view("report", payment_state=PaymentState.UNPAID),
        ),
    )

    payments = payments_of(report)

    assert [(entry.step_id, entry.state, entry.amount) for entry in payments] == [
        ("volume", "refunded", "0.10"),
        ("trend", "written_off", "0.20"),
        ("charts", "paid_undelivered", "0.15"),
        ("report", "unpaid", "0.00"),
    ]
    assert payments[-1].transaction is None


def test_a_payment_in_doubt_claims_no_amount() -> None:
    doubtful = samples.view("trend", payment_state=PaymentState.UNKNOWN, state=StepState.PAYING)

    (entry,) = payments_of(samples.report(receipts=(), steps=(doubtful,)))

    assert (entry.state, entry.amount) == ("unknown", None)


def test_a_run_has_its_page_in_the_web_ui() -> None:
    url = workflow_url("http://127.0.0.1:8233/", "default", RequestId("some-run"))

    assert url == "http://127.0.0.1:8233/namespaces/default/workflows/run%2Fsome-run"
    assert workflow_url(None, "default", RequestId("some-run")) is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RunState.COMPLETED, 0),
        (RunState.REJECTED, 3),
        (RunState.EXPIRED, 3),
        (RunState.CANCELLED, 3),
        (RunState.FAILED, 4),
        (RunState.ROLLED_BACK, 4),
        (RunState.PARTIALLY_ROLLED_BACK, 5),
        (RunState.EXECUTING, 4),
    ],
)
def test_each_ending_has_its_exit_code(state: RunState, code: int) -> None:
    assert exit_code_for(samples.report(state=state)) == code


def test_money_without_an_end_is_never_exit_code_0() -> None:
    doubtful = samples.view("trend", payment_state=PaymentState.UNKNOWN)

    assert exit_code_for(samples.report(reserved=samples.usdc("0.10"))) is ExitCode.MONEY_OPEN
    assert exit_code_for(samples.report(steps=(doubtful,))) is ExitCode.MONEY_OPEN
