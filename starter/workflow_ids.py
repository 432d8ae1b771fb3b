"""Which workflow a run's id means: a request's, or one paid call's."""

from typing import Final

from domain.ids import RequestId
from domain.names import RUN_ID_PREFIX, buy_workflow_id, run_workflow_id

BUY_PREFIX: Final = "buy-"
"""Ids of paid calls begin so; those of requests begin with the day, so none can be both."""

_CALL_ID_PREFIX: Final = buy_workflow_id(RequestId(""))


def is_call(run: RequestId) -> bool:
    """Whether ``run`` is one paid call."""
    return run.startswith(BUY_PREFIX)


def workflow_id_of(run: RequestId) -> str:
    """Workflow id of a run, of whichever kind."""
    return buy_workflow_id(run) if is_call(run) else run_workflow_id(run)


def run_of(workflow_id: str) -> RequestId:
    """The run that a workflow id means; a bare run id means itself."""
    bare = workflow_id.removeprefix(RUN_ID_PREFIX).removeprefix(_CALL_ID_PREFIX)
    return RequestId(bare)
