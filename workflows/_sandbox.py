"""The workflow sandbox: what every run shares instead of importing it again."""

import dataclasses
from typing import Final

from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH: Final = (
    "activities",
    "annotated_types",
    "attr",
    "attrs",
    "domain",
    "jmespath",
    "jsonschema",
    "jsonschema_specifications",
    "pydantic",
    "pydantic_core",
    "referencing",
    "rpds",
    "temporalio",
    "typing_extensions",
    "typing_inspection",
    "workflows",
)
"""Side-effect-free modules. Code in them runs unguarded, so the linter bans clocks, randomness
and the environment in ``domain`` and ``workflows``."""


def runner() -> SandboxedWorkflowRunner:
    """Build the runner that the worker, the tests and the replayer share."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    policy = workflow.SandboxImportNotificationPolicy
    return SandboxedWorkflowRunner(
        restrictions=dataclasses.replace(
            restrictions,
            import_notification_policy=policy.WARN_ON_DYNAMIC_IMPORT
            | policy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH,
        )
    )
