"""Strings that two processes share."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import RequestId
from domain.names import (
    RECONCILE_SCHEDULE_ID,
    RUN_ID_PREFIX,
    TaskQueue,
    anchor_workflow_id,
    buy_workflow_id,
    refund_workflow_id,
    run_workflow_id,
)
from tests.fakes.builders import key

KINDS = (run_workflow_id, anchor_workflow_id, buy_workflow_id)


@given(one=st.text(), other=st.text())
def test_each_request_has_its_own_workflows(one: str, other: str) -> None:
    left, right = RequestId(one), RequestId(other)

    for named in KINDS:
        assert (named(left) == named(right)) == (one == other)
    names = {named(left) for named in KINDS} | {refund_workflow_id(key(one)), RECONCILE_SCHEDULE_ID}
    assert len(names) == len(KINDS) + 2


@given(one=st.integers(), other=st.integers())
def test_each_payment_has_its_own_refund(one: int, other: int) -> None:
    assert (refund_workflow_id(key(one)) == refund_workflow_id(key(other))) == (one == other)


def test_a_run_is_found_by_its_prefix() -> None:
    assert run_workflow_id(RequestId("r")) == "run/r"
    assert run_workflow_id(RequestId("r")).startswith(RUN_ID_PREFIX)


def test_queues_are_named_after_what_is_served() -> None:
    assert [queue.value for queue in TaskQueue] == [queue.name.lower() for queue in TaskQueue]
