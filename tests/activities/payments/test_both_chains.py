"""The wired activities on two chains at once: every scheme, paid, proven, refunded and audited."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from temporalio.testing import ActivityEnvironment

from activities.wiring import Wiring
from deploy.evm.anvil import find_anvil
from domain.bindings import BoundInputs
from domain.bookkeeping import AuditRecords, RecordsAudited
from domain.buying import BuyRequest, QuoteCall
from domain.chains import BASE_SEPOLIA, USDC_DEVNET
from domain.ids import PaymentKey, RequestId, StepId
from domain.money import Amount
from domain.names import TaskQueue
from domain.payments import Authorization, PaymentState, Settlement
from domain.purchases import (
    AuthorizePurchase,
    ClaimRefund,
    PlanQuoted,
    PurchaseSlot,
    SettlePurchase,
)
from domain.rollback import RefundOutcome
from domain.settings import Settings
from tests.deploy.services.stack import Stack

pytestmark = pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed: make evm")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("both"), evm=True)
    try:
        made.ready()
        yield made
    finally:
        made.close()


@dataclass
class Worker:
    """The activities of one payments process, by name."""

    market: Stack
    activities: dict[str, Callable[..., Any]]
    evm_wallet: str

    async def run(self, name: str, ask: object) -> Any:
        return await ActivityEnvironment().run(self.activities[name], ask)

    def balance(self) -> int:
        assert self.market.evm is not None
        return int(self.market.evm.chain.balance(self.evm_wallet))

    async def buy(self, path: str, *, ordinal: int = 0) -> Settlement:
        url = f"{self.market.services.url}{path}"
        request = BuyRequest(
            request_id=RequestId("r"),
            method="GET",
            url=url,
            maximum=Amount.from_decimal("1.00", USDC_DEVNET),
        )
        quoted: PlanQuoted = await self.run("quote_call", QuoteCall(request=request))
        ask = AuthorizePurchase(
            slot=PurchaseSlot(
                workflow_id=f"buy{path}",
                first_run_id="first",
                step_id=StepId("call"),
                ordinal=ordinal,
            ),
            offers=quoted.plan.offers,
            inputs=BoundInputs(bindings={}),
            run_cap=request.maximum,
        )
        authorization: Authorization = await self.run("authorize", ask)
        settle = SettlePurchase(step_id=StepId("call"), authorization=authorization)
        settlement: Settlement = await self.run("settle", settle)
        return settlement


@pytest.fixture
async def worker(both: Stack, tmp_path: Path) -> AsyncIterator[Worker]:
    assert both.evm is not None
    account = Account.create()
    both.evm.chain.fund(account.address, base_units=5_000_000, wei=10**18)
    both.evm.chain.approve_permit2(account.address)
    solana, evm = tmp_path / "payer.json", tmp_path / "evm.key"
    solana.write_text(both.payer(base_units=1_000_000).to_json())
    evm.write_text(account.key.hex())
    evm.chmod(0o600)
    settings = Settings(
        state_dir=tmp_path,
        solana_rpc_url=both.node.url,
        evm_rpc_url=both.evm.url,
        evm_network=BASE_SEPOLIA,
        evm_final_depth=0,
        payer_keyfile=solana,
        evm_payer_keyfile=evm,
        allow_private_hosts=True,
    )
    async with Wiring(settings, anthropic_api_key=None) as wiring:
        built = await wiring.activities((TaskQueue.PAYMENTS,))
        named = {activity.__name__: activity for activity in built[TaskQueue.PAYMENTS]}
        yield Worker(both, named, account.address)


@pytest.mark.parametrize(
    ("path", "scheme", "price"),
    [
        ("/evm/fixed", "exact", 20_000),
        ("/evm/metered", "upto", 5_000),
        ("/evm/channel", "batch-settlement", 20_000),
    ],
)
async def test_every_scheme_is_paid_proven_and_audited(
    worker: Worker, path: str, scheme: str, price: int
) -> None:
    before = worker.balance()

    settlement = await worker.buy(path)
    audited: RecordsAudited = await worker.run("audit", AuditRecords())

    assert settlement.state is PaymentState.DELIVERED
    assert settlement.receipt is not None
    assert settlement.receipt.scheme == scheme
    assert settlement.receipt.amount.base_units == price
    assert before - worker.balance() == price
    assert audited.proven == (settlement.key,)
    assert audited.mismatches == ()


async def test_several_calls_draw_on_one_channel_and_each_has_its_line(worker: Worker) -> None:
    keys: list[PaymentKey] = []
    for ordinal in range(2):
        settlement = await worker.buy("/evm/channel", ordinal=ordinal)
        assert settlement.state is PaymentState.DELIVERED
        keys.append(settlement.key)

    audited: RecordsAudited = await worker.run("audit", AuditRecords())

    assert set(audited.proven) == set(keys)
    assert audited.mismatches == ()


async def test_a_channel_refund_gives_back_no_more_than_what_was_left(worker: Worker) -> None:
    settlement = await worker.buy("/evm/channel")
    assert settlement.receipt is not None
    ask = ClaimRefund(
        receipt=settlement.receipt,
        refund=None,
        reason="test",
        give_up_at=datetime.now(UTC) + timedelta(seconds=0),
    )

    outcome: RefundOutcome = await worker.run("claim_refund", ask)

    assert outcome.returned.base_units == 0
    assert outcome.reason
