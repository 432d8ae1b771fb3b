"""One chain for all tests of this folder that need one."""

from collections.abc import Iterator

import pytest

from tests.deploy.services.stack import Node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node(tmp_path_factory.mktemp("chain"))
    try:
        made.process.wait()
        yield made
    finally:
        made.close()
