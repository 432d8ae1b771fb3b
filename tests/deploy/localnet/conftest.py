from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.localnet.chain import LocalChain
from deploy.localnet.rpc import Rpc
from deploy.localnet.server import LocalnetServer
from tests.deploy.localnet.localnet_kit import GRANTS, open_chain


@pytest.fixture
def chain() -> Iterator[LocalChain]:
    chain = open_chain()
    yield chain
    chain.close()


@pytest.fixture
def rpc(chain: LocalChain) -> Rpc:
    return Rpc(chain)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalnetServer]:
    with LocalnetServer(tmp_path, grants=GRANTS, manual_slots=True) as running:
        yield running
