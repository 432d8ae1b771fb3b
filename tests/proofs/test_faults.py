"""The comparison in short: one call for each fault and client."""

from pathlib import Path

import pytest

from tests.proofs.comparing import OURS, PLAIN, Tallies, broken, compare
from tests.proofs.kinds import KINDS
from tests.proofs.told import CALLS, DELIVERED, EXTRA, SAID_FAILED, WRONG_RECEIPTS, Tally, Told

pytestmark = [
    # The x402 package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]


@pytest.mark.stack
async def test_no_fault_makes_us_pay_twice_or_lie_and_the_plain_client_does(tmp_path: Path) -> None:
    tallies = await compare(tmp_path, calls=1, seed=20, places=2)

    assert broken(tallies) == []
    assert {tally.counts[CALLS] for tally in tallies.values()} == {1}
    assert _sum(tallies, PLAIN, EXTRA) >= 4  # else the faults were none
    for kind in KINDS:
        if not kind.may_lose:
            assert tallies[kind.name, OURS].counts[DELIVERED] == 1, kind.name


def test_a_second_payment_is_counted_against_a_client() -> None:
    tally = counted(Told(delivered=True, receipts=("one",)), {"one", "two"})

    assert tally.counts[EXTRA] == 1
    assert tally.violations == ["extra: 1"]


def test_a_paid_call_told_as_failed_is_counted_against_a_client() -> None:
    assert counted(Told(delivered=False), {"one"}).counts[SAID_FAILED] == 1


def test_a_receipt_unknown_to_the_chain_is_counted_against_a_client() -> None:
    tally = counted(Told(delivered=True, receipts=("one",)), set())

    assert tally.counts[WRONG_RECEIPTS] == 1


def test_a_loss_that_did_not_happen_is_counted_against_a_client() -> None:
    assert counted(Told(delivered=False, says_lost=True), set()).counts[WRONG_RECEIPTS] == 1


def test_a_loss_told_as_such_is_no_violation() -> None:
    told = Told(delivered=False, receipts=("one",), says_lost=True)

    assert counted(told, {"one"}).violations == []


def counted(told: Told, payments: set[str]) -> Tally:
    tally = Tally()
    tally.count(told, payments, seconds=0.0)
    return tally


def _sum(tallies: Tallies, client: str, what: str) -> int:
    return sum(tally.counts[what] for (_, name), tally in tallies.items() if name == client)
