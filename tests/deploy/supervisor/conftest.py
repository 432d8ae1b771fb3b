from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.supervisor.stack_kit import SERVE, FakeStack
from tests.ports import free_port

StartFakes = Callable[..., FakeStack]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartFakes]:
    started: list[FakeStack] = []

    def start(*parts: dict[str, Any], state: Path = tmp_path / "state") -> FakeStack:
        started.append(FakeStack(state, *parts))
        return started[-1]

    yield start
    for stack in started:
        stack.close()


def serving(name: str, **given: Any) -> dict[str, Any]:
    return {"name": name, "code": SERVE, "port": free_port(), **given}
