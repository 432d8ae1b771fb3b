"""Strings that two processes share."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import RequestId
from domain.names import RUN_ID_PREFIX, TaskQueue, anchor_workflow_id, run_workflow_id


@given(one=st.text(), other=st.text())
def test_each_request_has_its_own_workflows(one: str, other: str) -> None:
    left, right = RequestId(one), RequestId(other)

    assert (run_workflow_id(left) == run_workflow_id(right)) == (one == other)
    assert (anchor_workflow_id(left) == anchor_workflow_id(right)) == (one == other)
    assert run_workflow_id(left) != anchor_workflow_id(right)


def test_a_run_is_found_by_its_prefix() -> None:
    assert run_workflow_id(RequestId("r")) == "run/r"
    assert run_workflow_id(RequestId("r")).startswith(RUN_ID_PREFIX)


def test_queues_are_named_after_what_is_served() -> None:
    assert [queue.value for queue in TaskQueue] == [queue.name.lower() for queue in TaskQueue]
