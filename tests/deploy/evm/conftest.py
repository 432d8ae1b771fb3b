from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.evm.anvil import find_anvil
from tests.deploy.evm.chain import EvmNode

NO_ANVIL = "*** WITHOUT EVM: anvil is not installed; run: make evm ***"


@pytest.fixture(scope="session", autouse=True)
def anvil() -> Path:
    found = find_anvil()
    if found is None:
        pytest.skip(NO_ANVIL)
    return found


@pytest.fixture(scope="session")
def node(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvmNode]:
    """One chain for all tests that neither stop it nor move its time; wallets are their own."""
    del anvil
    chain = EvmNode(tmp_path_factory.mktemp("chain") / "evm")
    chain.start()
    yield chain
    chain.close()


@pytest.fixture
def dated(anvil: Path, tmp_path: Path) -> Iterator[EvmNode]:
    """A chain whose time a test may move."""
    del anvil
    chain = EvmNode(tmp_path / "evm")
    chain.start()
    yield chain
    chain.close()
