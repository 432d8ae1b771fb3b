"""One market for all tests of this folder, and programs beside their installed packages."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.evm.anvil import find_anvil
from tests.deploy.services.stack import Stack
from tests.interop.clients import Client, NodeProgram, PythonClient, TypeScriptClient
from tests.interop.installation import TYPESCRIPT, cache_folder, installed, node


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("market"), evm=find_anvil() is not None)
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], NodeProgram]:
    runner, packages = node(), installed(cache_folder())
    folder: Path = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(packages / "node_modules", target_is_directory=True)
    shutil.copy(packages / "package.json", folder)

    def placed(name: str) -> NodeProgram:
        # Node looks for packages beside the program, so the program goes to them.
        return NodeProgram(runner, Path(shutil.copy(TYPESCRIPT / name, folder)))

    return placed


@pytest.fixture(
    params=[pytest.param("typescript", marks=pytest.mark.node), pytest.param("python")],
)
def client(request: pytest.FixtureRequest, market: Stack) -> Client:
    if request.param == "python":
        return PythonClient(market.node.url)
    placed: Callable[[str], NodeProgram] = request.getfixturevalue("program")
    return TypeScriptClient(placed("pay.mjs"), market.node.url)
