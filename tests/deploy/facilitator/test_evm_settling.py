"""Settling on a real EVM chain: what is reported is what happened, whatever is lost."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.evm.anvil import find_anvil
from deploy.evm.contracts import LocalEvm
from deploy.facilitator import evm_signer
from domain.chains import BASE_SEPOLIA
from tests.deploy.facilitator.evm_relay import EvmRelay
from tests.deploy.facilitator.evm_table import PRICE, EvmTable
from tests.deploy.services.stack import EvmChain

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(find_anvil() is None, reason="*** WITHOUT EVM: make evm ***"),
]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvmChain]:
    made = EvmChain(tmp_path_factory.mktemp("evm"))
    yield made
    made.close()


@pytest.fixture
def relay(chain: EvmChain) -> Iterator[EvmRelay]:
    with EvmRelay(chain.url) as made:
        yield made


@pytest.fixture
def table(chain: EvmChain, relay: EvmRelay, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvmTable]:
    monkeypatch.setattr(evm_signer, "CONFIRMATION_SECONDS", 3.0)
    made = EvmTable(chain.chain, node_url=chain.url, seen_through=relay.url)
    yield made
    made.close()


def outcome(chain: LocalEvm, transaction: str) -> str:
    return str(chain.ask("eth_getTransactionReceipt", transaction)["status"])


@pytest.mark.parametrize("version", [1, 2])
def test_a_payment_is_settled_and_named(table: EvmTable, version: int) -> None:
    payment = table.version_1() if version == 1 else table.version_2()
    assert table.payments.verify(*payment).is_valid
    result = table.settle(payment)

    assert result.success
    assert outcome(table.chain, result.transaction) == "0x1"
    assert table.received == PRICE


def test_the_kinds_on_offer_are_the_networks_own(table: EvmTable) -> None:
    kinds = table.payments.get_supported().kinds

    assert {(kind.x402_version, kind.scheme, str(kind.network)) for kind in kinds} == {
        (2, "exact", BASE_SEPOLIA),
        (2, "upto", BASE_SEPOLIA),
        (2, "batch-settlement", BASE_SEPOLIA),
        (1, "exact", "base-sepolia"),
    }


def test_less_than_the_maximum_is_charged_and_checked(table: EvmTable) -> None:
    table.approve_permit2()
    payload, wanted = table.version_2("upto")
    charged = wanted.model_copy(update={"amount": "1000"})
    result = table.settle((payload, charged))

    assert (result.success, table.received) == (True, 1000)


def test_a_maximum_of_which_nothing_is_charged_moves_nothing(table: EvmTable) -> None:
    table.approve_permit2()
    payload, wanted = table.version_2("upto")
    result = table.settle((payload, wanted.model_copy(update={"amount": "0"})))

    assert (result.success, result.transaction, table.received) == (True, "", 0)


@pytest.mark.parametrize("version", [1, 2])
def test_a_transfer_that_fails_on_chain_is_not_a_payment(table: EvmTable, version: int) -> None:
    payment = table.version_1() if version == 1 else table.version_2()
    table.rob()
    result = table.settle(payment)

    assert (result.success, result.error_reason) == (False, "transaction_failed")
    assert outcome(table.chain, result.transaction) == "0x0"
    assert table.received == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("how", ["reply-lost", "garbage"])
def test_a_lost_reply_to_the_sending_is_no_refusal(
    table: EvmTable, relay: EvmRelay, version: int, how: Any
) -> None:
    payment = table.version_1() if version == 1 else table.version_2()
    relay.fail("eth_sendRawTransaction", how, times=evm_signer.SEND_ATTEMPTS)
    result = table.settle(payment)

    assert (result.success, table.received) == (True, PRICE)


def test_a_transaction_that_was_not_heard_is_sent_again(table: EvmTable, relay: EvmRelay) -> None:
    relay.fail("eth_sendRawTransaction", "never-sent", times=2)

    assert table.settle(table.version_2()).success
    assert table.received == PRICE


@pytest.mark.parametrize("version", [1, 2])
def test_a_lost_receipt_is_pending_and_the_retry_tells(
    table: EvmTable, relay: EvmRelay, version: int
) -> None:
    payment = table.version_1() if version == 1 else table.version_2()
    relay.fail("eth_getTransactionReceipt", "unknown", times=10_000)
    first = table.settle(payment)
    relay.heal()
    sent = relay.asked.count("eth_sendRawTransaction")
    second = table.settle(payment)

    assert (first.success, first.error_reason) == (False, "settlement_pending")
    assert (second.success, second.transaction) == (True, first.transaction)
    assert relay.asked.count("eth_sendRawTransaction") == sent
    assert table.received == PRICE


def test_a_deposit_whose_receipt_was_lost_is_found_with_its_channel(
    table: EvmTable, relay: EvmRelay
) -> None:
    payment = table.version_2("batch-settlement")
    relay.fail("eth_getTransactionReceipt", "unknown", times=10_000)
    first = table.settle(payment)
    relay.heal()
    second = table.settle(payment)

    assert (first.success, first.error_reason) == (False, "settlement_pending")
    assert (second.success, second.transaction) == (True, first.transaction)
    assert second.extra is not None
    assert second.extra["channelState"]["balance"] == str(PRICE)
    assert table.chain.balance(table.buyer.address) == 0


def test_a_success_is_told_once_even_of_a_pending_payment(table: EvmTable, relay: EvmRelay) -> None:
    payment = table.version_1()
    relay.fail("eth_getTransactionReceipt", "unknown", times=10_000)
    table.settle(payment)
    relay.heal()
    results = [table.settle(payment).success for _ in range(2)]

    assert results == [True, False]
    assert table.received == PRICE


def test_two_settlements_of_one_payment_at_once_succeed_once(table: EvmTable) -> None:
    payment = table.version_2()
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(table.settle(payment).success))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, True]
    assert table.received == PRICE


def test_a_number_that_was_never_used_holds_nothing_up(table: EvmTable, relay: EvmRelay) -> None:
    payment = table.version_2()
    relay.fail("eth_gasPrice", "garbage")
    failed = table.settle(payment)
    again = table.settle(payment)

    assert (failed.success, failed.transaction) == (False, "")
    assert again.success
    assert table.received == PRICE
