"""The connection to Temporal that every command and every worker shares."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, ExternalStorage
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import RPCError

from domain.errors import Misconfigured
from domain.limits import INLINE_PAYLOAD_BYTES
from domain.settings import Settings
from starter.errors import StackUnreachable
from starter.payload_storage import FilePayloadStorage

CONNECT_WITHIN: Final = timedelta(seconds=5)
"""A server that runs answers in milliseconds; a person should not wait for one that does not."""

START_HINT: Final = "Start it with `caravan up --detach`; `caravan doctor` says what is missing."


class TemporalPlace(Protocol):
    """Where a local stack's Temporal listens, as ``stack.json`` says."""

    @property
    def address(self) -> str:
        """Host and port."""
        ...

    @property
    def namespace(self) -> str:
        """Temporal namespace."""
        ...


def data_converter(settings: Settings) -> DataConverter:
    """Build the converter for clients, workers and replayers alike.

    Models travel as JSON; payloads above 32 KiB are stored beside the artifacts.
    """
    storage = FilePayloadStorage(settings.artifacts_dir / "payloads")
    return replace(
        pydantic_data_converter,
        external_storage=ExternalStorage(
            drivers=[storage], payload_size_threshold=INLINE_PAYLOAD_BYTES
        ),
    )


def connect_config(place: TemporalPlace | None) -> ClientConnectConfig:
    """Say where Temporal is: its own environment configuration first, then the local stack.

    Raises:
        StackUnreachable: Neither names an address.
        Misconfigured: Temporal's own configuration cannot be read.
    """
    try:
        config = ClientConfig.load_client_connect_config(override_env_vars=dict(os.environ))
    except (RuntimeError, ValueError) as err:
        raise Misconfigured(f"Temporal's client configuration cannot be read: {err}") from err
    if "target_host" in config:
        return config
    if place is None:
        raise StackUnreachable(
            "no stack is known here: there is no stack.json in the state folder, and "
            "TEMPORAL_ADDRESS is not set",
            next_step=START_HINT,
        )
    config["target_host"] = place.address
    config.setdefault("namespace", place.namespace)
    return config


async def connect(settings: Settings, place: TemporalPlace | None) -> Client:
    """Connect to Temporal.

    Raises:
        StackUnreachable: It does not answer within five seconds.
    """
    config = connect_config(place)
    address = config.get("target_host", "")
    try:
        async with asyncio.timeout(CONNECT_WITHIN.total_seconds()):
            return await Client.connect(**config, data_converter=data_converter(settings))
    except (RuntimeError, RPCError, TimeoutError, OSError) as err:
        raise StackUnreachable(
            f"Temporal does not answer at {address}", next_step=START_HINT
        ) from err
