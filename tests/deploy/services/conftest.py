"""One stack for all tests of this folder that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.evm.anvil import find_anvil
from tests.deploy.services.buyer import Buyer
from tests.deploy.services.evm_buyer import EvmBuyer
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


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose sellers are paid on two chains."""
    if find_anvil() is None:
        pytest.skip("*** WITHOUT EVM: make evm ***")
    made = Stack(tmp_path_factory.mktemp("both"), evm=True, both=True)
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest.fixture
def evm_buyer(both: Stack) -> Iterator[EvmBuyer]:
    made = EvmBuyer.of(both)
    yield made
    made.close()
