"""What observers learn."""

from domain.events import ProgressEvent
from domain.ids import RequestId
from domain.runs import RunState
from tests.fakes.builders import NOW, usdc


def test_an_event_carries_its_version_and_survives_json() -> None:
    event = ProgressEvent(
        request_id=RequestId("r"), at=NOW, run_state=RunState.EXECUTING, spent=usdc("0.50")
    )

    assert event.version == 1
    assert ProgressEvent.model_validate_json(event.model_dump_json()) == event
