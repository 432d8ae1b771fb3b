"""Runs that are in flight survive a new release: today's workflows replay recorded histories."""

import json
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from domain.runs import FulfilRequest, RunReport
from tests.replay.record import FOLDER, SCENES
from workflows._sandbox import runner
from workflows.fulfil_request import FulfilRequestWorkflow
from workflows.write_on_chain import WriteOnChainWorkflow

HISTORIES = sorted(FOLDER.glob("*.json"))


@workflow.defn(name="FulfilRequestWorkflow", sandboxed=False)
class Changed:
    @workflow.run
    async def run(self, request: FulfilRequest) -> RunReport:
        await workflow.sleep(1)
        raise AssertionError(request)


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("run/recorded", path.read_text())


def test_every_scene_is_recorded() -> None:
    assert {path.stem for path in HISTORIES} == set(SCENES)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_run_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[FulfilRequestWorkflow, WriteOnChainWorkflow],
        data_converter=pydantic_data_converter,
        workflow_runner=runner(),
    )

    result = await replayer.replay_workflow(history(path))

    assert result.replay_failure is None


async def test_a_changed_order_of_commands_is_noticed() -> None:
    replayer = Replayer(workflows=[Changed], data_converter=pydantic_data_converter)

    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(history(FOLDER / "completed.json"))


def test_no_history_names_this_machine() -> None:
    # The identity of a worker is process@host; a kept history must not tell whose.
    for path in HISTORIES:
        identities = {
            value
            for event in json.loads(path.read_text())["events"]
            for attributes in event.values()
            if isinstance(attributes, dict)
            for key, value in attributes.items()
            if key == "identity"
        }
        assert identities <= {"recorder", ""}, path
        assert str(Path(__file__).parents[2]) not in path.read_text(), path
        assert "site-packages" not in path.read_text(), path
