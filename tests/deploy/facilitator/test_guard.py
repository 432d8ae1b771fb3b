"""A settlement is a success only when the chain says so."""

from dataclasses import dataclass, field

import httpx
import pytest
from x402.schemas import SettleResponse

from deploy.facilitator.guard import STATUS_ATTEMPTS, RpcStatus, StatusUnknown, checked

CLAIMED = SettleResponse(success=True, transaction="sig", network="solana:x", payer="payer")


@dataclass
class FakeStatus:
    """A chain that answers from a script; ``StatusUnknown`` is raised, the rest returned."""

    script: list[object]
    asked: int = 0
    remembered: list[str] = field(default_factory=list)

    def error_of(self, signature: str) -> object | None:
        assert signature == "sig"
        self.asked += 1
        said = self.script.pop(0)
        if isinstance(said, StatusUnknown):
            raise said
        return said

    def check(self, result: SettleResponse) -> SettleResponse:
        return checked(result, self, remember=self.remembered.append, pause=lambda _s: None)


def test_a_confirmed_success_stays_one() -> None:
    assert FakeStatus([None]).check(CLAIMED) == CLAIMED


def test_a_transaction_that_landed_and_failed_is_a_failure_with_its_id() -> None:
    result = FakeStatus([{"InstructionError": [2, {"Custom": 1}]}]).check(CLAIMED)

    assert result.success is False
    assert result.error_reason == "transaction_failed"
    assert result.transaction == "sig"


def test_a_status_that_comes_late_is_waited_for() -> None:
    assert FakeStatus([StatusUnknown(), None]).check(CLAIMED).success


def test_an_unknown_outcome_is_pending_and_remembered_for_the_retry() -> None:
    status = FakeStatus([StatusUnknown()] * STATUS_ATTEMPTS)
    result = status.check(CLAIMED)

    assert result.success is False
    assert result.error_reason == "settlement_pending"
    assert status.remembered == ["sig"]


def test_a_failure_is_not_looked_up() -> None:
    status = FakeStatus([])
    failed = CLAIMED.model_copy(update={"success": False})

    assert status.check(failed) == failed
    assert status.asked == 0


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, text="down"),
        httpx.Response(200, json={"error": {"message": "no"}}),
        httpx.Response(200, json={"result": {"value": [None]}}),
    ],
)
def test_a_node_that_does_not_say_is_not_a_node_that_says_yes(answer: httpx.Response) -> None:
    status = RpcStatus("http://node")
    transport = httpx.MockTransport(lambda _request: answer)
    status._client = httpx.Client(transport=transport, base_url="http://node")

    with pytest.raises(StatusUnknown):
        status.error_of("sig")
