"""What an EVM settlement is called, for every answer of scheme and chain."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from x402.mechanisms.evm.types import TransactionReceipt
from x402.pending_settlement_store import InMemoryPendingSettlementStore
from x402.schemas import PaymentRequirements, SettleResponse

from deploy.facilitator.evm import moved_on_channel, paid
from deploy.facilitator.evm_guard import TRANSFER_EVENT, GuardedScheme, Transfer
from deploy.facilitator.guard import STATUS_ATTEMPTS, StatusUnknown

TOKEN, PAYER, SELLER = ("0x" + digit * 40 for digit in "abc")
TX = "0x" + "7" * 64
WANTED = PaymentRequirements.model_validate(
    {
        "scheme": "upto",
        "network": "eip155:84532",
        "asset": TOKEN.upper().replace("0X", "0x"),
        "amount": "500",
        "payTo": SELLER,
        "maxTimeoutSeconds": 60,
    }
)
CLAIMED = SettleResponse(success=True, transaction=TX, network="eip155:84532", payer=PAYER)
REFUSED = SettleResponse(success=False, transaction="", network="eip155:84532", error_reason="no")


def log(amount: int = 500, *, token: str = TOKEN, to: str = SELLER) -> dict[str, Any]:
    topics = [TRANSFER_EVENT, PAYER[2:].rjust(64, "0"), to[2:].rjust(64, "0")]
    return {
        "address": token,
        "topics": [bytes.fromhex(topic) for topic in topics],
        "data": bytes.fromhex(f"{amount:064x}"),
    }


def receipt(*logs: dict[str, Any], status: int = 1) -> TransactionReceipt:
    return TransactionReceipt(status=status, block_number=1, tx_hash=TX, logs=list(logs))


@dataclass
class Payload:
    payload: dict[str, Any] = field(
        default_factory=lambda: {"permit2Authorization": {"from": PAYER}}
    )


@dataclass
class FakeSigner:
    """Sends nothing, and reads receipts from a script; its last line is repeated."""

    script: list[TransactionReceipt | StatusUnknown | None]
    sent: int = 0

    def write_contract(self, *_args: Any, **_options: Any) -> str:
        self.sent += 1
        return TX

    def receipt(self, transaction: str) -> TransactionReceipt | None:
        assert transaction == TX
        said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(said, StatusUnknown):
            raise said
        return said


@dataclass
class FakeScheme:
    """One of the package's schemes, saying what a test wants it to say."""

    signer: Any
    says: SettleResponse
    sends: bool
    scheme = "upto"
    caip_family = "eip155:*"

    def settle(self, *_args: Any) -> SettleResponse:
        if self.sends:
            self.signer.write_contract()
        return self.says


def settle(
    signer: FakeSigner, says: SettleResponse, *, sends: bool = True, amount: str = "500"
) -> SettleResponse:
    return guard(signer, says, sends=sends).settle(
        Payload(), WANTED.model_copy(update={"amount": amount})
    )


def guard(
    signer: FakeSigner, says: SettleResponse, *, sends: bool = True, resumes: bool = False
) -> GuardedScheme:
    def make(via: Any, _store: InMemoryPendingSettlementStore) -> FakeScheme:
        return FakeScheme(via, says, sends)

    asked: Any = signer
    return GuardedScheme(
        make, asked, expect=paid, resumes=lambda _p: resumes, pause=lambda _s: None
    )


def test_a_success_with_its_transfer_is_one() -> None:
    assert settle(FakeSigner([receipt(log())]), CLAIMED) == CLAIMED


@pytest.mark.parametrize(
    "logs",
    [
        [],
        [log(499)],
        [log(501)],
        [log(to="0x" + "d" * 40)],
        [log(token="0x" + "d" * 40)],
        [{**log(), "topics": log()["topics"][:2]}],
    ],
)
def test_a_success_without_its_transfer_is_none(logs: list[dict[str, Any]]) -> None:
    result = settle(FakeSigner([receipt(*logs)]), CLAIMED)

    assert (result.success, result.error_reason) == (False, "transaction_failed")
    assert result.transaction == TX


def test_a_reverted_transaction_is_no_success() -> None:
    result = settle(FakeSigner([receipt(log(), status=0)]), CLAIMED)

    assert (result.success, result.error_reason) == (False, "transaction_failed")


def test_a_refusal_of_what_was_sent_and_landed_is_a_success() -> None:
    result = settle(FakeSigner([receipt(log())]), REFUSED)

    assert (result.success, result.transaction, result.payer) == (True, TX, PAYER)


def test_a_refusal_of_what_was_not_sent_stays_one() -> None:
    assert settle(FakeSigner([None]), REFUSED, sends=False) == REFUSED


def test_a_receipt_that_comes_late_is_waited_for() -> None:
    signer = FakeSigner([None, StatusUnknown(), receipt(log())])

    assert settle(signer, CLAIMED).success


@pytest.mark.parametrize("silence", [None, StatusUnknown()])
@pytest.mark.parametrize("says", [CLAIMED, REFUSED])
def test_what_the_chain_does_not_tell_is_pending_until_it_does(
    silence: StatusUnknown | None, says: SettleResponse
) -> None:
    signer = FakeSigner([silence] * STATUS_ATTEMPTS * 2 + [receipt(log())])
    scheme = guard(signer, says)
    results = [scheme.settle(Payload(), WANTED) for _ in range(3)]

    assert [r.error_reason for r in results[:2]] == ["settlement_pending"] * 2
    assert (results[2].success, results[2].transaction) == (True, TX)
    assert signer.sent == 1


def test_a_pending_transaction_that_then_fails_is_a_failure() -> None:
    signer = FakeSigner([*([None] * STATUS_ATTEMPTS), receipt(status=0)])
    scheme = guard(signer, CLAIMED)
    results = [scheme.settle(Payload(), WANTED) for _ in range(2)]

    assert [r.error_reason for r in results] == ["settlement_pending", "transaction_failed"]


def test_a_scheme_that_finds_its_own_pending_transaction_is_asked_again() -> None:
    pending = REFUSED.model_copy(update={"error_reason": "settlement_pending", "transaction": TX})
    scheme = guard(FakeSigner([None]), pending, resumes=True)

    assert [scheme.settle(Payload(), WANTED) for _ in range(2)] == [pending, pending]


def test_nothing_is_paid_by_sending_nothing_unless_nothing_is_owed() -> None:
    free = CLAIMED.model_copy(update={"transaction": ""})

    assert settle(FakeSigner([None]), free, sends=False, amount="0").success
    assert not settle(FakeSigner([None]), free, sends=False).success


def test_a_channels_claim_moves_only_figures() -> None:
    assert moved_on_channel({"type": "claim", "claims": []}, WANTED, CLAIMED) is None


def test_a_channels_refund_must_reach_the_payer() -> None:
    payload = {"type": "refund", "channelConfig": {"payer": PAYER}, "voucher": {}, "amount": "9"}
    moved = moved_on_channel(payload, WANTED, CLAIMED)

    assert moved is not None
    assert (moved.receiver, moved.base_units) == (PAYER, 9)
    nothing = Transfer(token=TOKEN, sender=None, receiver=PAYER, base_units=9)
    assert not nothing.is_in(receipt(log()))
