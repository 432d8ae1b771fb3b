"""The on-chain record of a run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chains import SOLANA_DEVNET
from domain.ids import Digest, RequestId, canonical_json, digest_bytes
from domain.limits import MAX_MEMO_BYTES
from domain.payments import Receipt
from domain.writes import AnchorRecord, WriteReceipt, receipts_root, record_digest
from tests.fakes.builders import receipt, usdc

receipt_sets = st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=9)


def receipts(numbers: list[int]) -> list[Receipt]:
    return [receipt(number) for number in numbers]


@given(numbers=receipt_sets, data=st.data())
def test_the_root_does_not_depend_on_order(numbers: list[int], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(numbers))

    assert receipts_root(receipts(list(shuffled))) == receipts_root(receipts(numbers))


@given(numbers=receipt_sets, data=st.data())
def test_a_removed_receipt_changes_the_root(numbers: list[int], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(numbers))
    left = [number for number in numbers if number != gone]

    assert receipts_root(receipts(left)) != receipts_root(receipts(numbers))


@pytest.mark.parametrize(
    "change",
    [
        {"amount": usdc("0.51")},
        {"pay_to": "Thief"},
        {"transaction": "another"},
        {"slot": 2},
        {"block_time": None},
        {"response_digest": None},
        {"payer": "another"},
        {"network": "another"},
    ],
)
@given(numbers=receipt_sets, data=st.data())
def test_a_changed_receipt_changes_the_root(
    change: dict[str, Any], numbers: list[int], data: st.DataObject
) -> None:
    changed = data.draw(st.sampled_from(numbers))
    other = [receipt(n, **change) if n == changed else receipt(n) for n in numbers]

    assert receipts_root(other) != receipts_root(receipts(numbers))


def test_the_root_of_nothing_is_the_digest_of_nothing() -> None:
    assert receipts_root([]) == digest_bytes(b"")


def leaf(one: Receipt) -> bytes:
    return bytes.fromhex(digest_bytes(b"\x00" + canonical_json(one.model_dump(mode="json"))))


def node(left: bytes, right: bytes) -> bytes:
    return bytes.fromhex(digest_bytes(b"\x01" + left + right))


def test_an_odd_node_is_carried_up_unchanged() -> None:
    first, second, third = sorted(receipts([1, 2, 3]), key=lambda one: one.key)

    assert receipts_root([first]) == leaf(first).hex()
    assert (
        receipts_root([first, second, third])
        == node(node(leaf(first), leaf(second)), leaf(third)).hex()
    )


def test_five_receipts_carry_the_last_one_over_two_levels() -> None:
    leaves = [leaf(one) for one in sorted(receipts([1, 2, 3, 4, 5]), key=lambda one: one.key)]
    four = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]))

    assert receipts_root(receipts([1, 2, 3, 4, 5])) == node(four, leaves[4]).hex()


def test_a_record_depends_on_request_plan_and_status() -> None:
    def record(request: str = "r", plan: str | None = "p", status: str = "completed") -> Digest:
        return record_digest(
            request_id=RequestId(request), plan_digest=Digest(plan) if plan else None, status=status
        )

    assert record() == record()
    assert len({record(), record("s"), record(plan="q"), record(plan=None)}) == 4
    assert record(status="failed") != record()


def test_the_memo_fits_and_names_both_digests() -> None:
    root = receipts_root([receipt()])
    record = AnchorRecord(
        request_id=RequestId("20261121-a-person-k3"),
        record_digest=digest_bytes(b"record"),
        receipts_root=root,
        network=SOLANA_DEVNET,
    )

    assert record.memo == f"caravan:1:{digest_bytes(b'record')}:{root}"
    assert len(record.memo.encode()) <= MAX_MEMO_BYTES
    assert "person" not in record.memo


def test_a_record_that_is_not_there_yet_names_no_transaction() -> None:
    assert WriteReceipt(state="pending").transaction is None
