"""One stack for all tests of this folder that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.services.buyer import Buyer
from tests.deploy.services.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    made = Stack(folder)
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest.fixture
def buyer(stack: Stack) -> Buyer:
    return Buyer(stack, stack.payer())
