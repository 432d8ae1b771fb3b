"""Temporal's dev server with skipping time, one for all workflow tests."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

TEMPORAL = Path(sys.executable).with_name("temporal")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(TEMPORAL),
        data_converter=pydantic_data_converter,
        ts_config=TimeSkippingConfig(enabled=False),  # a test says itself when time may pass
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"),
            *("--search-attribute", "CaravanStatus=Keyword"),
            *("--search-attribute", "CaravanPlanDigest=Keyword"),
            *("--search-attribute", "CaravanCostUsdc=Double"),
        ],
    )
    async with environment:
        yield environment
